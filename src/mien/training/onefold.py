"""One fold of a run into its folder; the same for runs that are tested and for those that are not.

What was finished is given again, what was stopped goes on, and nothing is touched before all is
known to fit.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from lightning.fabric.utilities import rank_zero_only

from mien.data.splits import write_split
from mien.training import runfolder
from mien.training.assemble import Parts
from mien.training.environment import environment
from mien.training.epochs import Line
from mien.training.fit import Fitted, check, fit, is_finished
from mien.training.settings import to_json

__all__ = ["Tell", "Way", "go"]

Tell = Callable[[int, Line], None]
"""Given the number of the fold and the figures of an epoch."""
_Done = TypeVar("_Done")


class Way(NamedTuple):
    """How a fold is trained: none of it changes a number."""

    restart: bool = False
    """Forget what an earlier run left in the folder."""
    bar: bool = False
    """Show a progress bar on standard error."""
    tell: Tell | None = None

    def is_fresh(self, folder: Path) -> bool:
        """Whether the network starts as the recipe says, and not where it was."""
        return self.restart or not (folder / runfolder.LAST).exists()


def go(
    folder: Path,
    parts: Parts,
    way: Way,
    again: Callable[[], _Done],
    finish: Callable[[Fitted], _Done],
) -> _Done | None:
    """Train one fold, or go on.

    Args:
        folder: the run folder.
        parts: what is trained.
        way: how.
        again: gives the result of a fold that was finished before.
        finish: tests what was trained and reports; the report comes last and says that all is
            there.

    Returns:
        What ``again`` or ``finish`` gave; None in all processes but the first of those that train
        together.

    Raises:
        InputError: the settings cannot be trained with, the folder holds another run, the disk
            refuses, the losses are no numbers any more.
        WeightsError: a checkpoint in the folder is damaged or of something else.
    """
    first = not getattr(rank_zero_only, "rank", 0)
    trained = not way.restart and is_finished(parts.experiment, folder)
    if trained and (folder / runfolder.REPORT).exists():
        return again() if first else None
    if not trained:  # what was trained elsewhere may need what this machine lacks
        check(parts.experiment)  # before the folder is touched
    if way.restart and first:
        runfolder.clear(folder)
    if first:
        _settle(folder, parts)
    tell = None if way.tell is None else partial(way.tell, parts.split.fold)
    fitted = fit(parts.experiment, folder, bar=way.bar, tell=tell)
    return finish(fitted) if first else None


def _settle(folder: Path, parts: Parts) -> None:
    """Make the folder say what the run is; it is no other's, or that has been refused."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / runfolder.REPORT).unlink(missing_ok=True)
    identity = parts.experiment.identity
    run = {
        "fold": identity["fold"],
        "data": identity["data"],
        "split": identity["split"],
        "card": parts.about,
    }
    runfolder.write_text(folder / runfolder.RECIPE, to_json(parts.recipe) + "\n")
    runfolder.write_text(folder / runfolder.RUN, run)
    runfolder.write_text(folder / runfolder.ENVIRONMENT, environment())
    write_split(parts.split, folder / runfolder.SPLIT)
