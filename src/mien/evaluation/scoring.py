"""The table of a network's figures: per unit or class, their mean, counts and intervals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import InputError
from mien.evaluation.bootstrap import Interval, intervals
from mien.evaluation.metrics import METRICS, Metric, Task, mean
from mien.evaluation.occurrence import THRESHOLD
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Name, Predictions, summary, values

__all__ = ["Figures", "ScoreTable", "score", "tabulate", "title"]

Figures = Mapping[str, float | None]
"""Name of a metric to figure; None where it does not exist."""

Bounds = Mapping[str, tuple[float | None, float | None]]
"""Name of a metric to the two ends of its interval."""


@dataclass(frozen=True)
class ScoreTable:
    """Figures of one network, or of several folds. F1 and the like are on the scale 0-1."""

    task: Task
    units: Mapping[Name, Figures]
    """Number of a unit, or name of a class, to its figures."""
    mean: Figures
    """Over the units; what has one figure for all classes (accuracy) as it is."""
    counts: Mapping[Name, tuple[int, int]]
    """How many pictures show the unit or class, and for how many that is known."""
    pictures: int
    subjects: int | None = None
    threshold: float | None = None
    """Of occurrence."""
    intervals: Mapping[Name, Bounds] = field(default_factory=dict)
    """95 % intervals by person, per unit or class."""
    mean_interval: Bounds = field(default_factory=dict)
    confusion: tuple[tuple[int, ...], ...] | None = None
    """Of expressions: rows are the truth."""
    notes: tuple[str, ...] = ()
    """Figures that do not exist, and how the mean treats them."""
    data: str = ""
    """Name of the data set."""
    protocol: str = ""
    fold: str = ""
    """Its number, or what was made of several folds."""
    version: str = ""
    """Of mien."""

    def about(self, data: str, protocol: str, fold: int | str) -> "ScoreTable":
        """The same with what it was measured on."""
        return replace(self, data=data, protocol=protocol, fold=str(fold))

    def to_json(self) -> str:
        """As JSON; figures that do not exist are null."""
        values_ = asdict(self)
        return json.dumps(values_, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "ScoreTable":
        """Read what `to_json` wrote.

        Raises:
            InputError: it is something else.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            for name in ("units", "counts", "intervals"):
                raw[name] = {_name(key, raw["task"]): one for key, one in raw[name].items()}
            raw["counts"] = {key: tuple(one) for key, one in raw["counts"].items()}
            raw["intervals"] = {key: _bounds(one) for key, one in raw["intervals"].items()}
            raw["mean_interval"] = _bounds(raw["mean_interval"])
            raw["notes"] = tuple(raw["notes"])
            if raw["confusion"] is not None:
                raw["confusion"] = tuple(tuple(row) for row in raw["confusion"])
            return cls(**raw)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"this is no table of scores ({error}); expected one that mien wrote"
            ) from error


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
    )
    labelled = np.array([known > 0 for _, known in counts.values()])
    units: dict[Name, dict[str, float | None]] = {name: {} for name in one.names}
    means: dict[str, float | None] = {}
    notes: list[str] = []
    for name, metric in METRICS[one.task].items():
        found = values(one, name)
        if metric.overall:
            means[name] = _plain(found)
            continue
        for unit, figure in zip(one.names, found, strict=True):
            units[unit][name] = _plain(figure)
        means[name] = _plain(mean(found, labelled, zero=metric.zero))
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
            units[unit][metric] = _plain(low), _plain(high)
    means = {name: (_plain(one.mean[0]), _plain(one.mean[1])) for name, one in found.items()}
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


def title(name: Name) -> str:
    """AU12 for 12; a class by its name."""
    return f"AU{name}" if isinstance(name, int) else name


def _plain(value: float | np.floating | Floats) -> float | None:
    """A number for JSON: None instead of NaN."""
    number = float(value)
    return None if np.isnan(number) else number


def _name(key: str, task: str) -> Name:
    return key if task == "expression" else int(key)


def _bounds(raw: Mapping[str, Sequence[float | None]]) -> Bounds:
    return {name: (pair[0], pair[1]) for name, pair in raw.items()}
