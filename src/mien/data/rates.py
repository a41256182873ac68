"""How often each unit and expression is there, overall and per person, and how much is unknown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Expressions, Index, Labels

__all__ = ["Rates", "Share", "completeness", "rates"]

LEVELS = 6
"""Intensities 0 to 5."""


@dataclass(frozen=True)
class Share:
    """In how many pictures something is there, of those where that is known."""

    present: int
    known: int
    of: int
    """Pictures in all."""

    @property
    def rate(self) -> float | None:
        """0-1; None if nothing is known."""
        return self.present / self.known if self.known else None

    @property
    def unknown(self) -> float:
        """Share of the pictures where it is not known, 0-1."""
        return 1 - self.known / self.of if self.of else 0.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"present": self.present, "known": self.known, "rate": self.rate}


@dataclass(frozen=True)
class Rates:
    """Counts of an index."""

    subjects: dict[str, int]
    """Pictures of each person."""
    sequences: dict[str, int]
    """Pictures of each sequence."""
    occurrence: dict[int, Share]
    """Of each unit."""
    occurrence_by_subject: dict[str, dict[int, Share]]
    levels: dict[int, tuple[int, ...]]
    """Pictures at intensity 0, 1, ... 5, rounded, of each unit."""
    levels_unknown: dict[int, float]
    """Share of the pictures whose intensity is not known, of each unit."""
    expressions: dict[str, int]
    """Pictures of each class."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "subjects": self.subjects,
            "sequences": self.sequences,
            "occurrence": _shares(self.occurrence),
            "occurrence_by_subject": {
                subject: _shares(shares) for subject, shares in self.occurrence_by_subject.items()
            },
            "intensity_levels": {f"AU{unit}": list(row) for unit, row in self.levels.items()},
            "intensity_unknown": {f"AU{unit}": row for unit, row in self.levels_unknown.items()},
            "expressions": self.expressions,
        }


def rates(index: Index) -> Rates:
    """Count what an index says of its pictures."""
    occurrence, intensity = index.occurrence, index.intensity
    by_subject = {}
    if occurrence is not None:
        by_subject = {
            subject: _occurrence(occurrence.take(rows))
            for subject, rows in _rows_of(index.subject).items()
        }
    return Rates(
        dict(Counter(index.subject)),
        dict(Counter(index.sequence)),
        {} if occurrence is None else _occurrence(occurrence),
        by_subject,
        {} if intensity is None else _levels(intensity),
        {} if intensity is None else _unknown(intensity),
        {} if index.expression is None else _classes(index.expression),
    )


def completeness(index: Index) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pictures have a label, and which have all labels that any picture has.

    Returns:
        (n,), (n,)
    """
    tables = [labels.known for labels in (index.occurrence, index.intensity) if labels is not None]
    if index.expression is not None:
        tables.append(index.expression.known[:, None])
    known = np.concatenate([np.zeros((len(index), 0), bool), *tables], axis=1)
    told = np.asarray(known.any(axis=1))
    return told, np.asarray(told & (known | ~known.any(axis=0)).all(axis=1))


def _occurrence(labels: Labels) -> dict[int, Share]:
    """How often each unit is there."""
    known = labels.known.sum(axis=0)
    present = ((labels.value > 0) & labels.known).sum(axis=0)
    return {
        unit: Share(int(there), int(told), len(labels.value))
        for unit, there, told in zip(labels.units, present, known, strict=True)
    }


def _levels(labels: Labels) -> dict[int, tuple[int, ...]]:
    """Histogram of each unit's intensity."""
    rounded = np.clip(np.rint(labels.value), 0, LEVELS - 1).astype(np.int64)
    return {
        unit: tuple(np.bincount(rounded[told, column], minlength=LEVELS).tolist())
        for column, (unit, told) in enumerate(zip(labels.units, labels.known.T, strict=True))
    }


def _unknown(labels: Labels) -> dict[int, float]:
    """Share of the pictures without a label, of each unit."""
    share = 1 - labels.known.mean(axis=0) if len(labels.known) else np.ones(len(labels.units))
    return dict(zip(labels.units, share.tolist(), strict=True))


def _classes(labels: Expressions) -> dict[str, int]:
    """Pictures of each expression."""
    counts = np.bincount(labels.value[labels.known], minlength=len(labels.classes))
    return dict(zip(labels.classes, counts.tolist(), strict=True))


def _rows_of(names: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Rows of each name, in order of first appearance."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return {name: np.array(some, np.intp) for name, some in rows.items()}


def _shares(shares: dict[int, Share]) -> dict[str, Any]:
    """For JSON, by the names of the units."""
    return {f"AU{unit}": share.to_dict() for unit, share in shares.items()}
