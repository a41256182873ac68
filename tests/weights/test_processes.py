"""Processes that are killed while they fetch, or that fetch at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")

PRELUDE = """
import os, signal, sys, time
from dataclasses import replace
from pathlib import Path
from mien.weights import cache
from mien.weights.store import Store
from tests.weights.tinymodels import tiny_catalog, tiny_wheel

def download(package, folder):
    path = folder / "pkg.whl"
    wheel = tiny_wheel()
    path.write_bytes(wheel[:1000])
    between()
    path.write_bytes(wheel)
    return path

def between():
    pass

def state(store):
    return {standing.state for standing in store.standings(True)[:3]}

store = Store(tiny_catalog(), Path(sys.argv[1]), say=lambda line: None, download=download)
"""

KILLED = """
# A child for each step that touches the disk; each is killed with SIGKILL at its own step.
import mien.weights.lowering

def at_step(number):
    count = 0
    def trace(event, args):
        nonlocal count
        if event in ("open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir"):
            if store.home.name in str(args[0]):
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(trace)

number = 0
while True:
    number += 1
    mine = replace(store, home=store.home / str(number))
    child = os.fork()
    if child == 0:
        at_step(number)
        mine.model_path("net-one")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        break
    found = state(mine)
    assert found <= {"to be fetched", "to be converted", "in the cache"}, (number, found)
    mine.fetch()
    assert state(mine) == {"in the cache"}, number
    assert not list(mine.home.rglob(".part-*")), number
print(number)
"""

TOGETHER = """
def between():
    print("fetching", flush=True)
    if "unlocked" in sys.argv:  # wait until both are here
        (Path(sys.argv[1]) / f"here-{os.getpid()}").touch()
        while len(list(Path(sys.argv[1]).glob("here-*"))) < 2:
            time.sleep(0.01)
    time.sleep(0.5)

if "unlocked" in sys.argv:
    cache._lock = lambda *_: False
store.model_path("net-one")
assert state(store) == {"in the cache"}, state(store)
"""


def start(script, *arguments):
    command = [sys.executable, "-c", PRELUDE + script, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(command, text=True, env=environment, **pipes)


def finish(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_killed_at_any_step_the_cache_is_whole_or_absent(tmp_path: Path):
    assert int(finish(start(KILLED, tmp_path))) > 40


def test_two_at_once_fetch_once(tmp_path):
    processes = [start(TOGETHER, tmp_path) for _ in range(2)]
    said = "".join(finish(process) for process in processes)
    assert said.count("fetching") == 1
    assert not list(tmp_path.rglob(".part-*"))


def test_two_at_once_without_locks(tmp_path):
    processes = [start(TOGETHER, tmp_path, "unlocked") for _ in range(2)]
    said = "".join(finish(process) for process in processes)
    assert said.count("fetching") == 2
    assert not list(tmp_path.rglob(".part-*"))


def test_lock_of_a_killed_process_is_free(tmp_path):
    process = start("import time\n" + TOGETHER.replace("0.5", "60"), tmp_path)
    assert process.stdout.readline() == "fetching\n"
    process.kill()
    process.communicate()
    assert "fetching" in finish(start(TOGETHER.replace("0.5", "0"), tmp_path))
