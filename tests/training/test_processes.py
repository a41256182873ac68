"""Two processes on the processors, by Lightning's own means: as several GPUs would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mien.training import checkpoints
from mien.training.runfolder import LAST, METRICS

REPOSITORY = Path(__file__).parents[2]
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import torch

torch.set_num_threads(1)
from mien.errors import MienError
from mien.training.fit import fit
from mien.training.recipe import Optim, Schedule
from tests.training.tinyruns import Gap, batches, experiment, held

folder, devices = Path(sys.argv[1]), sys.argv[2]


def part(turn):
    # Each process takes its half of every batch: together they make the step of one.
    made = batches(turn)
    if turn.ranks == 1:
        return made
    half = slice(turn.rank * 4, turn.rank * 4 + 4)
    return [replace(one, image=one.image[half], target=one.target[half], known=one.known[half])
            for one in made]


class Joined(Gap):
    def compute(self):
        from torch import distributed
        found = torch.tensor(super().compute()["gap"])
        if distributed.is_initialized():
            distributed.all_reduce(found)
            found /= distributed.get_world_size()
        return {"gap": float(found)}


torch.manual_seed(0)
network = torch.nn.Linear(6, 2)
run = experiment(of=network, optim=Optim("sgd", 0.05), schedule=Schedule("cosine"), devices=devices,
                 epochs=int(sys.argv[3]), strategy="ddp" if devices == "2" else "auto")
run = replace(run, train=part, meters=[Joined()], identity={})
try:
    fit(run, folder)
except MienError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def run(folder, devices, epochs=4):
    script = folder.parent / "script.py"
    script.write_text(SCRIPT)
    keep = {name: value for name, value in os.environ.items() if "RANK" not in name}
    environment = {**keep, "PYTHONPATH": str(REPOSITORY), "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [sys.executable, script, folder, devices, str(epochs)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def lines(folder):
    return [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]


@pytest.mark.slow
def test_two_processes_do_the_work_of_one(tmp_path):
    for devices in ("1", "2"):
        done = run(tmp_path / devices, devices)
        assert done.returncode == 0, done.stderr
    one, two = (lines(tmp_path / devices) for devices in ("1", "2"))
    assert len(two) == 4
    for alone, together in zip(one, two, strict=True):
        for name in ("train.loss", "validate.loss", "validate.gap", "rate", "step"):
            assert together[name] == pytest.approx(alone[name], rel=1e-4), name
    weights = [checkpoints.read(tmp_path / name / LAST)["state_dict"] for name in ("1", "2")]
    torch.testing.assert_close(*weights, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_run_of_two_processes_does_not_go_on_in_one(tmp_path):
    script = tmp_path / "run"
    assert run(script, "2", epochs=2).returncode == 0
    (script / LAST).rename(tmp_path / "kept")
    found = torch.load(tmp_path / "kept", weights_only=True)
    found["callbacks"]["Keeper"]["lines"].pop()  # as if it had been stopped
    torch.save(found, script / LAST)
    done = run(script, "1", epochs=2)
    assert done.returncode == 2
    assert "trained by 2 processes and now there are 1" in done.stderr
