"""Runs that are ended by SIGKILL, which nothing can be done about, at the worst moments."""

import json
import os
import signal
import warnings

import pytest
import torch

from mien.training import checkpoints
from mien.training.fit import fit
from mien.training.runfolder import BEST, LAST, METRICS
from tests.training.tinyruns import Squared, experiment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyAt(Squared):
    """Kills the process at one of its calls."""

    def __init__(self, call):
        self.left = call

    def __call__(self, network, batch):
        self.left -= 1
        if self.left < 0:
            die()
        return super().__call__(network, batch)


def in_an_epoch(folder):
    """In the third of four epochs, in the middle: each is four batches and two of validation."""
    fit(experiment(objective=DeadlyAt(14)), folder)


def in_validation(folder):
    fit(experiment(objective=DeadlyAt(17)), folder)


def while_writing(name, time):
    """When a checkpoint is half written, the n-th of this name."""

    def run(folder):
        real, count = checkpoints.torch.save, 0

        class Half:
            def __init__(self, file):
                self.file = file

            def write(self, data):
                self.file.write(data[: len(data) // 2])
                self.file.flush()
                die()

            def flush(self):
                pass

        def save(what, file):
            nonlocal count
            count += ("loops" in what or "callbacks" in what) == (name == LAST)
            real(what, Half(file) if count == time else file)

        checkpoints.torch.save = save
        fit(experiment(), folder)

    return run


def before_the_last_checkpoint(folder):
    """The best weights and the figures of the epoch are there, the last checkpoint is not."""
    real = checkpoints.WholeFiles.save_checkpoint

    def save(self, checkpoint, path, storage_options=None):
        if len(checkpoint["callbacks"]["Keeper"]["lines"]) == 3:
            die()
        real(self, checkpoint, path, storage_options)

    checkpoints.WholeFiles.save_checkpoint = save
    fit(experiment(), folder)


MOMENTS = {
    "in an epoch": in_an_epoch,
    "in validation": in_validation,
    "while the last checkpoint is written": while_writing(LAST, 2),
    "while the best checkpoint is written": while_writing(BEST, 2),
    "before the last checkpoint": before_the_last_checkpoint,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return fit(experiment(), folder), folder


def lines(folder):
    found = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    return [{name: one for name, one in line.items() if name != "seconds"} for line in found]


def killed(run, folder):
    """Do something in another process, which is to be killed on its way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks while there are threads
        child = os.fork()
    if child == 0:
        try:
            run(folder)
        finally:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_to_the_same_numbers(moment, tmp_path, whole):
    killed(MOMENTS[moment], tmp_path)
    assert 1 <= len(checkpoints.read(tmp_path / LAST)["callbacks"]["Keeper"]["lines"]) < 4
    fitted = fit(experiment(), tmp_path)
    assert lines(tmp_path) == lines(whole[1])
    for name in (BEST, LAST):
        key = "network" if name == BEST else "state_dict"
        one, other = (checkpoints.read(folder / name)[key] for folder in (tmp_path, whole[1]))
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    wanted = whole[0].network.state_dict()
    torch.testing.assert_close(fitted.network.state_dict(), wanted, rtol=0, atol=0)
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert not left


def test_a_run_killed_before_its_first_epoch_ends_begins_anew(tmp_path, whole):
    killed(lambda folder: fit(experiment(objective=DeadlyAt(2)), folder), tmp_path)
    assert not (tmp_path / LAST).exists()
    fit(experiment(), tmp_path)
    assert lines(tmp_path) == lines(whole[1])
