"""What is written at the end of each epoch: figures, the best weights, and how to go on."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Checkpoint
from torch.utils.tensorboard import SummaryWriter

from mien.errors import InputError
from mien.training.checkpoints import FORMAT, MARK, write
from mien.training.epochs import Line, write_metrics
from mien.training.learner import Learner
from mien.training.runfolder import BEST, LAST, TENSORBOARD

__all__ = ["Keeper"]


class Keeper(Checkpoint):
    """Keeps a run's figures, its best epoch, and its last one, in this order.

    A kill between two of them costs nothing: when the run goes on from its last epoch, the figures
    are cut to what it knew, and the epoch that comes again gives the same best weights.

    Args:
        folder: the run folder.
        tell: is given each line of figures.
    """

    def __init__(self, folder: Path, tell: Callable[[Line], None] | None = None) -> None:
        self.folder = folder
        self.tell = tell
        self.lines: list[Line] = []
        self.best: float | None = None
        """The best figure so far."""
        self.chosen = -1
        """The epoch that it is of."""
        self.interrupted = False
        self._board: SummaryWriter | None = None

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep what the epoch brought."""
        learner = _learner(pl_module)
        self.lines.append(learner.line)
        if self._is_better(learner):
            self.chosen = learner.current_epoch
            weights = trainer.strategy.lightning_module_state_dict()
            if trainer.is_global_zero:
                self._write_best(learner, weights)
        if trainer.is_global_zero:
            write_metrics(self.folder, self.lines)
            self._draw(learner.line)
        trainer.save_checkpoint(self.folder / LAST)
        if trainer.is_global_zero and self.tell is not None:
            self.tell(learner.line)

    def _is_better(self, learner: Learner) -> bool:
        """Whether this epoch is to be chosen: the last one, or the first of the best."""
        monitor = learner.experiment.monitor
        if not monitor:
            return True
        figure = learner.line[f"validate.{monitor}"]
        if math.isnan(figure):
            return self.chosen < 0
        sign = -1 if learner.experiment.smaller else 1
        better = self.best is None or sign * figure > sign * self.best
        if better:
            self.best = figure
        return better

    def _write_best(self, learner: Learner, weights: dict[str, Any]) -> None:
        start = "network." if learner.averaged is None else "averaged.network."
        ours = {
            "format": FORMAT,
            "identity": dict(learner.experiment.identity),
            "epoch": learner.current_epoch,
            "figures": learner.line,
        }
        network = {
            name.removeprefix(start): value
            for name, value in weights.items()
            if name.startswith(start)
        }
        write({MARK: ours, "network": network}, self.folder / BEST)

    def _draw(self, line: Line) -> None:
        """Give the figures to TensorBoard, whose older ones of this epoch and later are void."""
        epoch = int(line["epoch"])
        if self._board is None:
            self._board = SummaryWriter(str(self.folder / TENSORBOARD), purge_step=epoch)
        for name, value in line.items():
            if name != "epoch":
                self._board.add_scalar(name.replace(".", "/"), value, epoch)
        self._board.flush()

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on."""
        return {"lines": self.lines, "best": self.best, "chosen": self.chosen}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on."""
        self.lines = list(state_dict["lines"])
        self.best, self.chosen = state_dict["best"], state_dict["chosen"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Cut the figures to those of the epoch that is gone on from."""
        if trainer.is_global_zero:
            write_metrics(self.folder, self.lines)

    def on_exception(
        self,
        trainer: pl.Trainer,  # noqa: ARG002
        pl_module: pl.LightningModule,  # noqa: ARG002
        exception: BaseException,
    ) -> None:
        """Note an interruption."""
        self.interrupted = isinstance(exception, KeyboardInterrupt)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:  # noqa: ARG002
        """Close the file of TensorBoard."""
        if self._board is not None:
            self._board.close()
            self._board = None


def _learner(module: pl.LightningModule) -> Learner:
    if not isinstance(module, Learner):
        raise InputError(f"a {type(module).__name__} was trained, expected a Learner")
    return module
