"""Runs that are ended by SIGKILL, which nothing can be done about, go on to the same numbers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mien.training import checkpoints
from mien.training.fit import fit
from mien.training.runfolder import BEST, LAST, METRICS
from tests.training.deadly import MOMENTS
from tests.training.tinyruns import experiment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder with a run that was killed at each of the moments."""
    root = tmp_path_factory.mktemp("killed")
    subprocess.run(
        [sys.executable, "-m", "tests.training.deadly", root],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return root


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was not."""
    folder = tmp_path_factory.mktemp("whole")
    return fit(experiment(), folder), folder


def lines(folder):
    found = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return [{name: one for name, one in line.items() if name != "seconds"} for line in found]


def test_they_were_killed(killed):
    ended = json.loads((killed / "ended.json").read_text())
    assert ended == dict.fromkeys(MOMENTS, signal.SIGKILL)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_to_the_same_numbers(moment, killed, whole):
    folder = killed / moment
    if moment == "in the first epoch":
        assert not (folder / LAST).exists()
    else:
        kept = checkpoints.read(folder / LAST)["callbacks"]["Keeper"]["lines"]
        assert 1 <= len(kept) < 4
    fitted = fit(experiment(), folder)
    assert lines(folder) == lines(whole[1])
    for name, key in ((BEST, "network"), (LAST, "state_dict")):
        one, other = (checkpoints.read(each / name)[key] for each in (folder, whole[1]))
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    wanted = whole[0].network.state_dict()
    torch.testing.assert_close(fitted.network.state_dict(), wanted, rtol=0, atol=0)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
