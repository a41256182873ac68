"""From predictions to their table of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.evaluation.bootstrap import Interval, intervals
from mien.evaluation.landmarks import figures_of
from mien.evaluation.metrics import METRICS, Metric, Task, mean
from mien.evaluation.occurrence import THRESHOLD
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Name, Predictions, summary, values
from mien.evaluation.scoretable import ScoreTable, plain, title

__all__ = ["score", "tabulate"]


def score(  # noqa: PLR0913 - what was said and what is so, as callers hold it
    task: Task,
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None,
    names: Sequence[Name],
    *,
    subjects: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> ScoreTable:
    """Score predictions on n pictures.

    >>> table = score("occurrence", [[0.9], [0.8], [0.1]], [[1], [0], [0]], None, [12])
    >>> round(table.units[12]["f1"], 3), table.counts[12]
    (0.667, (1, 3))

    Args:
        task: occurrence, intensity or expression.
        predicted: (n, k) probabilities 0-1 or intensities 0-5; (n, c) scores of classes.
        truth: (n, k) 0 or 1, or 0-5; (n,) numbers of classes.
        known: of the shape of ``truth``; what is not known counts nowhere. None: all is known.
        names: numbers of the units, or names of the classes, in column order.
        subjects: (n): the person in each picture; with two persons or more there are intervals.
        threshold: of occurrence: present from here on.

    Raises:
        ShapeError: shapes that do not fit.
        InputError: labels or predictions that are none.
    """
    return tabulate(
        Predictions(
            task,
            tuple(names),
            np.asarray(predicted),
            np.asarray(truth),
            np.ones(np.shape(truth), bool) if known is None else np.asarray(known, bool),
            None if subjects is None else tuple(subjects),
            threshold,
        )
    )


def tabulate(predictions: Predictions) -> ScoreTable:
    """The table of predictions."""
    one = predictions
    counts = dict(zip(one.names, one.tally(), strict=True))
    persons = None if one.subjects is None else len(set(one.subjects))
    table = ScoreTable(
        one.task,
        {name: {} for name in one.names},
        {},
        counts,
        len(one),
        persons,
        one.threshold if one.task == "occurrence" else None,
        confusion=_matrix(one) if one.task == "expression" else None,
        version=version("mien"),
        landmarks={} if one.errors is None else figures_of(one.errors),
    )
    labelled = np.array([known > 0 for _, known in counts.values()])
    units: dict[Name, dict[str, float | None]] = {name: {} for name in one.names}
    means: dict[str, float | None] = {}
    notes: list[str] = []
    for name, metric in METRICS[one.task].items():
        found = values(one, name)
        if metric.overall:
            means[name] = plain(found)
            continue
        for unit, figure in zip(one.names, found, strict=True):
            units[unit][name] = plain(figure)
        means[name] = plain(mean(found, labelled, zero=metric.zero))
        notes += _note(one, metric, found, labelled)
    table = replace(table, units=units, mean=means, notes=tuple(notes))
    return table if persons is None or persons < 2 else _with_intervals(table, intervals(one))


def _with_intervals(table: ScoreTable, found: Mapping[str, Interval]) -> ScoreTable:
    units: dict[Name, dict[str, tuple[float | None, float | None]]] = {
        name: {} for name in table.units
    }
    for metric, interval in found.items():
        if METRICS[table.task][metric].overall:
            continue
        for unit, low, high in zip(table.units, interval.low, interval.high, strict=True):
            units[unit][metric] = plain(low), plain(high)
    means = {name: (plain(one.mean[0]), plain(one.mean[1])) for name, one in found.items()}
    return replace(table, intervals=units, mean_interval=means)


def _note(
    one: Predictions, metric: Metric, found: Floats, labelled: NDArray[np.bool_]
) -> list[str]:
    """What to say of figures that do not exist."""
    lost = np.isnan(found)
    counted = lost & labelled if metric.zero else np.zeros_like(lost)
    notes = []
    for which, fate in ((counted, "counts as 0 in"), (lost & ~counted, "is left out of")):
        if which.any():
            named = ", ".join(
                title(name) for name, bad in zip(one.names, which, strict=True) if bad
            )
            notes.append(f"{metric.title} of {named} does not exist and {fate} the mean.")
    return notes


def _matrix(one: Predictions) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(value) for value in row) for row in summary(one))
