"""Runs that learn from pictures without labels: nothing to test, a network to start others from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from mien.data.cache import Cache
from mien.data.loading import CropDataset, View
from mien.data.protocols import split
from mien.errors import InputError
from mien.models.starting import start
from mien.training import course, objectives, runfolder
from mien.training.assemble import (
    LOSS,
    Parts,
    check_batch,
    check_loss_names,
    identity_of,
)
from mien.training.epochs import Line, read_metrics
from mien.training.experiment import Experiment, Objective
from mien.training.fit import Fitted
from mien.training.fitting import check_data
from mien.training.loaded import Loaded
from mien.training.onefold import Way, go
from mien.training.recipe import Recipe
from mien.training.sources import source_of
from mien.training.trained import network_of

__all__ = ["Learned", "assemble_unlabelled", "learn_fold"]


@dataclass(frozen=True, eq=False)
class Learned:
    """A finished fold."""

    folder: Path
    lines: tuple[Line, ...]
    """Figures of all epochs."""


def learn_fold(recipe: Recipe, fold: int, cache: Cache, runs: Path, way: Way) -> Learned | None:
    """Train one fold without labels and leave its run folder; a run that was stopped goes on.

    Args:
        recipe: what to train; its objective reads no labels.
        fold: from 1.
        cache: the prepared data set; only the training part of the fold is learned from.
        runs: folder of the run folders.
        way: how.

    Raises:
        InputError: as of `mien.training.run.train_fold`.
        WeightsError: the same.
    """
    folder = runfolder.fold_folder(runs, recipe.name, fold)
    parts = assemble_unlabelled(recipe, fold, cache, fresh=way.is_fresh(folder), runs=runs)
    return go(folder, parts, way, partial(_again, folder), partial(_report, folder, parts))


def assemble_unlabelled(
    recipe: Recipe, fold: int, cache: Cache, *, fresh: bool = True, runs: Path = Path("runs")
) -> Parts:
    """Put together what one fold of a recipe without labels needs; see `assemble`.

    Raises:
        InputError: the recipe does not fit the data, or the network is for labels.
        WeightsError: the weights to start from cannot be had.
    """
    data = recipe.data
    check_data(recipe, cache)
    parts = split(
        cache.index, data.protocol, fold, folds=data.folds, held=data.held, seed=recipe.trainer.seed
    )
    view = View("picture", size=data.size, mean=data.mean, std=data.std)
    train = CropDataset(cache, parts.train, view, data.augment, recipe.trainer.seed)
    held = CropDataset(cache, parts.validate, view) if len(parts.validate) else None
    if recipe.trainer.monitor not in ("", LOSS):
        raise InputError(
            f"trainer.monitor is {recipe.trainer.monitor!r}, expected {LOSS}: without labels there "
            "is no other figure"
        )
    objective = objectives.build(recipe.objective.name, recipe.objective.options)
    network = network_of(recipe, 0)
    check_loss_names(recipe, objective)
    check_batch(recipe, network)
    if fresh:
        start(network, source_of(recipe, fold, runs))
    experiment = Experiment(
        network=network,
        objective=cast(Objective, objective),
        train=Loaded(train, data.batch, recipe.trainer, shuffle=True),
        validate=None
        if held is None
        else Loaded(held, data.test_batch, recipe.trainer, shuffle=False),
        optim=recipe.optim,
        schedule=recipe.schedule,
        trainer=recipe.trainer,
        monitor=LOSS if held is not None else "",
        smaller=True,
        weights=recipe.objective.weights,
        identity=identity_of(recipe, cache, parts, objective),
        recipe=Recipe,
    )
    return Parts(recipe, cache, parts, experiment)


def _again(folder: Path) -> Learned:
    """A fold that was finished before."""
    return Learned(folder, read_metrics(folder))


def _report(folder: Path, parts: Parts, fitted: Fitted) -> Learned:
    """The losses of all epochs; written last, it says that all is there."""
    name, lines, chosen = parts.recipe.name, fitted.lines, fitted.epoch
    held = "" if parts.experiment.validate is None else " and of the held-out part"
    text = (
        f"# {name}, fold {parts.split.fold}\n\nLearned from pictures without labels: there is "
        f"nothing to test. Another run starts from it with `--set model.start={folder}`.\n\n"
        f"## Epochs\n\nLoss of the training part{held}; * is the chosen epoch.\n\n"
        f"{course.table(lines, None, chosen)}\n\n![figures of all epochs]({runfolder.EPOCHS})\n\n"
        f"## How\n\n{parts.split.describe()}\n"
    )
    runfolder.write_text(folder / runfolder.EPOCHS, course.plot(lines, None, chosen))
    runfolder.write_text(folder / runfolder.REPORT_JSON, _values(lines, chosen))
    runfolder.write_text(folder / runfolder.REPORT, text)
    return Learned(folder, lines)


def _values(lines: Sequence[Line], chosen: int) -> dict[str, object]:
    """The report as numbers."""
    line = lines[chosen]
    values: dict[str, object] = {"epoch": chosen}
    return values | {name: line[name] for name in line if name.endswith(".loss")}
