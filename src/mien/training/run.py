"""Runs: a recipe on a prepared data set, one fold or all of them, each into its run folder."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric.utilities import rank_zero_only
from torch import nn

from mien.data.cache import Cache
from mien.data.protocols import fold_count, write_split
from mien.errors import WeightsError
from mien.evaluation.predictions import Predictions, concatenate
from mien.evaluation.predictions_file import write_predictions
from mien.evaluation.scoretable import ScoreTable
from mien.evaluation.scoring import tabulate
from mien.evaluation.tables import Comparison, beside, mean_of_folds, pooled
from mien.evaluation.together import has_pairs, together
from mien.models.reading import Reading
from mien.spec import ModelSpec
from mien.training import checkpoints, course, runfolder
from mien.training.assemble import Assembled, assemble, network_of
from mien.training.environment import environment
from mien.training.experiment import Experiment
from mien.training.export import export
from mien.training.fit import Fitted, check, fit, is_finished
from mien.training.learner import Line
from mien.training.precision import PROBES
from mien.training.predicting import predict, read_predictions
from mien.training.recipe import Recipe
from mien.training.settings import to_json

__all__ = ["Result", "Trained", "load_trained", "train_all", "train_fold", "write_folds"]

Tell = Callable[[int, Line], None]
"""Given the number of the fold and the figures of an epoch."""


@dataclass(frozen=True, eq=False)
class Result:
    """A finished fold."""

    folder: Path
    predictions: Predictions
    """Of the test part."""
    table: ScoreTable
    """Its figures."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a run folder holds, ready to be used."""

    recipe: Recipe
    network: nn.Module
    """With the weights of the chosen epoch, in evaluation mode."""
    card: ModelSpec
    run: Mapping[str, Any]
    """Fold, digests of data and split."""


def train_fold(  # noqa: PLR0913 - what is trained, on what, into where, and how it is shown
    recipe: Recipe,
    fold: int,
    cache: Cache,
    runs: Path,
    *,
    restart: bool = False,
    bar: bool = False,
    tell: Tell | None = None,
) -> Result | None:
    """Train one fold and leave its run folder; a run that was stopped goes on.

    Args:
        recipe: what to train.
        fold: from 1.
        cache: the prepared data set.
        runs: folder of the run folders.
        restart: forget what an earlier run left there.
        bar: show a progress bar on standard error.
        tell: is given the figures of each epoch.

    Returns:
        The finished fold; None in all processes but the first of those that train together.

    Raises:
        InputError: the recipe does not fit the data, the folder holds another run, the disk
            refuses, the losses are no numbers any more.
        WeightsError: weights to start from, or a checkpoint, cannot be had or do not fit.
    """
    folder = runfolder.fold_folder(runs, recipe.name, fold)
    first = not getattr(rank_zero_only, "rank", 0)
    fresh = restart or not (folder / runfolder.LAST).exists()
    parts = assemble(recipe, fold, cache, fresh=fresh, runs=runs)
    trained = not restart and is_finished(parts.experiment, folder)
    if trained and (folder / runfolder.REPORT).exists():
        return _result(folder, parts) if first else None
    if not trained:  # what was trained elsewhere may need what this machine lacks
        check(parts.experiment)  # before the folder is touched
    if restart and first:
        runfolder.clear(folder)
    if first:
        _settle(folder, parts)
    fitted = fit(
        parts.experiment, folder, bar=bar, tell=None if tell is None else partial(tell, fold)
    )
    return _finish(folder, parts, fitted) if first else None


def train_all(
    recipe: Recipe,
    cache: Cache,
    runs: Path,
    *,
    restart: bool = False,
    bar: bool = False,
    tell: Tell | None = None,
) -> Path | None:
    """Train every fold in turn, and write the report over all of them.

    Returns:
        The report with the mean of the folds and the pooled figures; None as in `train_fold`.
    """
    count = fold_count(cache.index, recipe.data.protocol, recipe.data.folds)
    results = [
        train_fold(recipe, fold, cache, runs, restart=restart, bar=bar, tell=tell)
        for fold in range(1, count + 1)
    ]
    done = [one for one in results if one is not None]
    return write_folds(recipe, runs / recipe.name, done) if done else None


def write_folds(recipe: Recipe, folder: Path, done: Sequence[Result]) -> Path:
    """Write the report over several folds: their mean, and pooled; both are named.

    Returns:
        The Markdown file.
    """
    about = recipe.data.name, recipe.data.protocol
    predictions = [one.predictions for one in done]
    every = pooled(predictions, [one.table.fold for one in done])
    every = every.about(*about, every.fold)
    tables = {"Mean of the folds": mean_of_folds([one.table for one in done]), "Pooled": every}
    compared = {title: beside(table, recipe.expected) for title, table in tables.items()}
    text = f"# {recipe.name}, {len(done)} folds\n\n"
    for title, table in tables.items():
        text += f"## {title}\n\n{table.to_markdown()}\n"
        if recipe.expected:
            text += f"{compared[title].to_markdown()}\n"
    text += _pairs(concatenate(predictions))
    text += "".join(f"- [fold {one.table.fold}]({one.folder.name}/report.md)\n" for one in done)
    names = dict(zip(tables, ("mean_of_folds", "pooled"), strict=True))
    parts = ",\n".join(f'"{names[title]}": {one.to_json()}' for title, one in compared.items())
    runfolder.write_text(folder / runfolder.REPORT_JSON, f"{{{parts}}}\n")
    runfolder.write_text(folder / runfolder.REPORT, text)
    return folder / runfolder.REPORT


def load_trained(folder: Path) -> Trained:
    """The network of a run folder.

    Raises:
        InputError: this is no folder of one fold of a run.
        WeightsError: its checkpoint is missing, damaged or does not fit.
    """
    recipe, run = runfolder.read_recipe(folder), runfolder.read_run(folder)
    card = ModelSpec.from_json(run["card"])
    network = network_of(recipe, len(card.units or card.classes))
    found = checkpoints.read(folder / runfolder.BEST)
    try:
        network.load_state_dict(found["network"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(
            f"{folder / runfolder.BEST} does not fit the network of its recipe"
        ) from error
    return Trained(recipe, network.eval(), card, run)


def _settle(folder: Path, parts: Assembled) -> None:
    """Make the folder say what the run is; it is no other's, or that has been refused."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / runfolder.REPORT).unlink(missing_ok=True)
    identity = parts.experiment.identity
    run = {
        "fold": identity["fold"],
        "data": identity["data"],
        "split": identity["split"],
        "card": parts.card.to_json(),
    }
    runfolder.write_text(folder / runfolder.RECIPE, to_json(parts.recipe) + "\n")
    runfolder.write_text(folder / runfolder.RUN, run)
    runfolder.write_text(folder / runfolder.ENVIRONMENT, environment())
    write_split(parts.split, folder / runfolder.SPLIT)


def _finish(folder: Path, parts: Assembled, fitted: Fitted) -> Result:
    """Test, export and report; the report comes last and says that all is there."""
    predictions = predict(fitted.network, parts.recipe, parts.test)
    facts = {"recipe": parts.recipe.name, "fold": parts.split.fold, "epoch": fitted.epoch}
    write_predictions(
        predictions,
        parts.cache.index,
        parts.test.rows,
        folder / runfolder.PREDICTIONS,
        facts,
    )
    some = parts.test.__getitems__(list(range(min(PROBES, len(parts.test)))))
    given = [some.image]
    if parts.card.points and some.landmarks is not None:
        given.append(some.landmarks)
    probe = tuple(np.ascontiguousarray(one.numpy()) for one in given)
    reading = Reading(fitted.network, parts.recipe.data.task)
    export(reading, parts.card, probe, folder / runfolder.MODEL)
    result = _result(folder, parts, predictions)
    _report(folder, parts, fitted, result)
    return result


def _result(folder: Path, parts: Assembled, predictions: Predictions | None = None) -> Result:
    if predictions is None:
        path = folder / runfolder.PREDICTIONS
        predictions = read_predictions(path, parts.recipe, parts.card.classes)
    data = parts.recipe.data
    table = tabulate(predictions).about(data.name, data.protocol, parts.split.fold)
    return Result(folder, predictions, table)


def _report(folder: Path, parts: Assembled, fitted: Fitted, result: Result) -> None:
    """Ours, and beside it what was published."""
    table = result.table
    compared = beside(table, parts.recipe.expected)
    chosen = fitted.lines[fitted.epoch]
    how = _how(parts.experiment, chosen)
    text = f"# {parts.recipe.name}, fold {parts.split.fold}\n\n{table.to_markdown()}\n"
    if parts.recipe.expected:
        text += f"## Beside published figures\n\n{compared.to_markdown()}\n"
    text += _pairs(result.predictions)
    task = parts.recipe.data.task
    held = "the held-out part" if parts.experiment.validate is not None else "nothing held out"
    text += (
        f"## Epochs\n\nLoss of the training part, figures of {held}; * is the chosen epoch.\n\n"
        f"{course.table(fitted.lines, task, fitted.epoch)}\n\n"
        f"![figures of all epochs]({runfolder.EPOCHS})\n\n"
    )
    text += (
        f"## How\n\nEpoch {fitted.epoch} of {len(fitted.lines)} (from 0), {how}. "
        f"{parts.split.describe()}\n"
    )
    drawn = course.plot(fitted.lines, task, fitted.epoch)
    runfolder.write_text(folder / runfolder.EPOCHS, drawn)
    runfolder.write_text(folder / runfolder.REPORT_JSON, _values(compared, result.predictions))
    runfolder.write_text(folder / runfolder.REPORT, text)


def _pairs(predictions: Predictions) -> str:
    """Which units occur together, in the labels and as predicted; nothing where there are none."""
    if not has_pairs(predictions):
        return ""
    return f"## Units together\n\n{together(predictions).to_markdown()}\n"


def _values(compared: Comparison, predictions: Predictions) -> dict[str, object]:
    """The report as numbers."""
    values: dict[str, object] = json.loads(compared.to_json())
    if has_pairs(predictions):
        values["together"] = together(predictions).to_values()
    return values


def _how(experiment: Experiment, chosen: Line) -> str:
    """Why this epoch."""
    name = experiment.monitor
    if not name:
        return "the last: no part was held out to choose it by"
    return f"chosen by {name} {chosen[f'validate.{name}']:.3f} on the held-out part"
