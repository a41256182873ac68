"""Runs that are killed by SIGKILL at the worst moments: ``python deadly.py FOLDER``.

A program of its own that has not trained before: torch cannot train in a fork of one that has.
"""

import json
import os
import signal
import sys
from pathlib import Path

from mien.training import checkpoints
from mien.training.fit import fit
from mien.training.runfolder import BEST, LAST
from tests.training.tinyruns import Squared, experiment


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyAt(Squared):
    """Kills the process at one of its calls; an epoch has four, and two of validation."""

    def __init__(self, call):
        self.left = call

    def __call__(self, network, batch):
        self.left -= 1
        if self.left < 0:
            die()
        return super().__call__(network, batch)


def at_batch(call):
    return lambda folder: fit(experiment(objective=DeadlyAt(call)), folder)


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
            count += ("callbacks" in what) == (name == LAST)
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
    "in the first epoch": at_batch(2),
    "in an epoch": at_batch(14),
    "in validation": at_batch(17),
    "while the last checkpoint is written": while_writing(LAST, 2),
    "while the best checkpoint is written": while_writing(BEST, 2),
    "before the last checkpoint": before_the_last_checkpoint,
}


def main(root):
    """Run each in a process of its own, and say how it ended."""
    ended = {}
    for name, run in MOMENTS.items():
        child = os.fork()
        if child == 0:
            try:
                run(root / name)
            finally:
                os._exit(99)
        _, status = os.waitpid(child, 0)
        ended[name] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    (root / "ended.json").write_text(json.dumps(ended))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
