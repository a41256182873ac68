"""Runs: a recipe on a prepared data set, one fold or all of them, each into its run folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mien.data.cache import Cache
from mien.data.protocols import fold_count
from mien.evaluation.predictions import Predictions, concatenate
from mien.evaluation.predictions_file import write_predictions
from mien.evaluation.scoretable import ScoreTable
from mien.evaluation.scoring import tabulate
from mien.evaluation.tables import Comparison, beside, mean_of_folds, pooled
from mien.evaluation.together import has_pairs, together
from mien.models.reading import Reading
from mien.training import course, runfolder
from mien.training.assemble import Assembled, assemble
from mien.training.epochs import Line
from mien.training.experiment import Experiment
from mien.training.export import export
from mien.training.fit import Fitted
from mien.training.onefold import Tell, Way, go
from mien.training.precision import PROBES
from mien.training.predicting import predict, read_predictions
from mien.training.recipe import Recipe
from mien.training.unlabelled import Learned, learn_fold

__all__ = ["Result", "train", "train_all", "train_fold", "write_folds"]


@dataclass(frozen=True, eq=False)
class Result:
    """A finished fold."""

    folder: Path
    predictions: Predictions
    """Of the test part."""
    table: ScoreTable
    """Its figures."""


def train(recipe: Recipe, fold: int | None, cache: Cache, runs: Path, way: Way) -> Path | None:
    """Train one fold, or all, whether there are labels or not.

    Args:
        recipe: what to train.
        fold: from 1; None: every fold in turn.
        cache: the prepared data set.
        runs: folder of the run folders.
        way: how.

    Returns:
        The report; None as in `train_fold`.
    """
    restart, bar, tell = way
    if recipe.labelled and fold is None:
        return train_all(recipe, cache, runs, restart=restart, bar=bar, tell=tell)
    count = fold_count(cache.index, recipe.data.protocol, recipe.data.folds)
    done: Result | Learned | None = None
    for number in range(1, count + 1) if fold is None else [fold]:
        if recipe.labelled:
            done = train_fold(recipe, number, cache, runs, restart=restart, bar=bar, tell=tell)
        else:
            done = learn_fold(recipe, number, cache, runs, way)
    return None if done is None else done.folder / runfolder.REPORT


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
    folder, way = runfolder.fold_folder(runs, recipe.name, fold), Way(restart, bar, tell)
    parts = assemble(recipe, fold, cache, fresh=way.is_fresh(folder), runs=runs)
    return go(folder, parts, way, partial(_result, folder, parts), partial(_finish, folder, parts))


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


def _finish(folder: Path, parts: Assembled, fitted: Fitted) -> Result:
    """Test, export and report; the report comes last and says that all is there."""
    each = predict(fitted.network, parts.recipe, parts.test)
    predictions = each[parts.recipe.data.task]
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
    data, fold = parts.recipe.data, parts.split.fold
    beside = {
        task: tabulate(one).about(data.name, data.protocol, fold)
        for task, one in each.items()
        if task != data.task
    }
    _report(folder, parts, fitted, result, beside)
    return result


def _result(folder: Path, parts: Assembled, predictions: Predictions | None = None) -> Result:
    if predictions is None:
        path = folder / runfolder.PREDICTIONS
        predictions = read_predictions(path, parts.recipe, parts.card.classes)
    data = parts.recipe.data
    table = tabulate(predictions).about(data.name, data.protocol, parts.split.fold)
    return Result(folder, predictions, table)


def _report(
    folder: Path,
    parts: Assembled,
    fitted: Fitted,
    result: Result,
    others: Mapping[str, ScoreTable],
) -> None:
    """Ours, and beside it what was published; then the tasks that are read beside."""
    table = result.table
    compared = beside(table, parts.recipe.expected)
    chosen = fitted.lines[fitted.epoch]
    how = _how(parts.experiment, chosen)
    text = f"# {parts.recipe.name}, fold {parts.split.fold}\n\n{table.to_markdown()}\n"
    if parts.recipe.expected:
        text += f"## Beside published figures\n\n{compared.to_markdown()}\n"
    text += _pairs(result.predictions)
    for name, one in others.items():
        text += f"## Beside: {name}\n\n{one.to_markdown()}\n"
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
    values = _values(compared, result.predictions)
    if others:
        values["beside"] = {name: json.loads(one.to_json()) for name, one in others.items()}
    runfolder.write_text(folder / runfolder.REPORT_JSON, values)
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
