"""A table of figures: per unit or class, their mean, counts, intervals; as JSON and Markdown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from mien.errors import InputError
from mien.evaluation.landmarks import FAILURE
from mien.evaluation.metrics import METRICS, Task
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Name

__all__ = ["FEW", "Bounds", "Figures", "ScoreTable", "cell", "grid", "plain", "title"]

Figures = Mapping[str, float | None]
"""Name of a metric to figure; None where it does not exist."""

Bounds = Mapping[str, tuple[float | None, float | None]]
"""Name of a metric to the two ends of its interval."""

FEW = 10
"""Persons below whom there is a caution at the intervals."""


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
    """Number of persons, if told."""
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
    landmarks: Figures = field(default_factory=dict)
    """mean_error and failure_rate, see `mien.evaluation.landmarks`; empty of networks that find no
    landmarks."""

    def about(self, data: str, protocol: str, fold: int | str) -> "ScoreTable":
        """The same with what it was measured on."""
        return replace(self, data=data, protocol=protocol, fold=str(fold))

    def to_json(self) -> str:
        """As JSON; figures that do not exist are null."""
        return json.dumps(asdict(self), indent=1, allow_nan=False)

    def to_markdown(self) -> str:
        """As Markdown: what it was measured on, figures of three decimals, intervals, notes."""
        metrics = [name for name in METRICS[self.task] if name in self.mean]
        heads = [METRICS[self.task][name].title for name in metrics]
        shown = "class" if self.task == "expression" else "unit"
        rows = [[shown, *heads, "shown in", "known in"]]
        for name, figures in self.units.items():
            bounds = self.intervals.get(name, {})
            cells = [cell(figures.get(one), bounds.get(one)) for one in metrics]
            rows.append([title(name), *cells, *map(str, self.counts[name])])
        cells = [cell(self.mean[one], self.mean_interval.get(one)) for one in metrics]
        rows.append(["mean", *cells, "", ""])
        parts = [self.facts(), grid(rows)]
        if self.landmarks:
            error, failed = (self.landmarks.get(one) for one in ("mean_error", "failure_rate"))
            parts.append(
                f"Landmarks: mean error {cell(error)} of the distance between the eyes, failure "
                f"rate {cell(failed)} (share of pictures with an error above {FAILURE:g})."
            )
        if self.mean_interval:
            drawn = "persons" if self._persons else "pictures, each as a person of its own"
            parts.append(
                f"In brackets: 95 % intervals, by drawing {drawn}. {self.caution}".rstrip()
            )
        if self.confusion is not None:
            names = [title(name) for name in self.units]
            matrix = [["so \\ taken for", *names]]
            matrix += [[n, *map(str, row)] for n, row in zip(names, self.confusion, strict=True)]
            parts.append(grid(matrix))
        return "\n\n".join([*parts, *self.notes]) + "\n"

    @property
    def caution(self) -> str:
        """A sentence where persons are too few for intervals to be trusted."""
        if not (self.mean_interval and self._persons and (self.subjects or 0) < FEW):
            return ""
        return f"{self.subjects} persons are few: intervals by drawing them are often too narrow."

    @property
    def _persons(self) -> bool:
        """Whether some person has several pictures; a set that lacks persons gives each one."""
        return self.subjects is not None and self.subjects < self.pictures

    def facts(self) -> str:
        """What it was measured on, as one sentence."""
        words = [
            self.data or "data set not named",
            self.protocol or "protocol not named",
            f"fold {self.fold}" if self.fold.isdigit() else self.fold or "fold not named",
            f"{self.pictures} {'picture' if self.pictures == 1 else 'pictures'}",
        ]
        if self._persons:
            words[-1] += f" of {self.subjects} {'person' if self.subjects == 1 else 'persons'}"
        if self.threshold is not None:
            words.append(f"present from probability {self.threshold:g} on")
        return ", ".join([*words, f"mien {self.version}"]) + "."

    @classmethod
    def from_json(cls, text: str) -> "ScoreTable":
        """Read what `to_json` wrote.

        Raises:
            InputError: it is something else.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            for name in ("units", "counts", "intervals"):
                raw[name] = {_named(key, raw["task"]): one for key, one in raw[name].items()}
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


def title(name: Name) -> str:
    """AU12 for 12; a class by its name."""
    return f"AU{name}" if isinstance(name, int) else name


def plain(value: float | np.floating | Floats) -> float | None:
    """A number for JSON: None instead of NaN."""
    number = float(value)
    return None if np.isnan(number) else number


def cell(value: float | None, bounds: tuple[float | None, float | None] | None = None) -> str:
    """A figure with its interval for a table.

    >>> cell(0.62, (0.5, 0.71)), cell(None)
    ('0.620 [0.500, 0.710]', '–')
    """
    if value is None:
        return "–"
    if bounds is None or bounds[0] is None or bounds[1] is None:
        return f"{value:.3f}"
    return f"{value:.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]"


def grid(rows: Sequence[Sequence[str]]) -> str:
    """Rows, the first of which is the head, as a table of Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]])


def _named(key: str, task: str) -> Name:
    return key if task == "expression" else int(key)


def _bounds(raw: Mapping[str, Sequence[float | None]]) -> Bounds:
    return {name: (pair[0], pair[1]) for name, pair in raw.items()}
