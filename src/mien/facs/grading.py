"""Matching and grading the combinations for one layout of columns, many faces at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mien.facs.combinations import (
    ALIASES,
    ALONE,
    COMBINATIONS,
    EMOTIONS,
    INHIBITORS,
    PATTERNS,
    Combination,
    Key,
)
from mien.facs.units import ACTIVE, MAXIMUM

__all__ = ["COVERED", "LETTER_BOUNDS", "ONE_SIDED", "Grades", "Plan", "equal_scores", "plan"]

COVERED = 2 / 3
"""Share of a combination's units that must be given for it to be graded."""

LETTER_BOUNDS = {"B": (1.5, 2.5), "C": (2.5, 3.5), "D": (3.5, 4.5)}
"""Intensities of the letters that the table asks for, the upper bound excluded."""

ONE_SIDED = 0.5
"""A movement is on one side alone when it is active and the other side has at most this share."""

_NEVER = -1e4
"""Stands for the logarithm of 0: any mean of up to seven logarithms with it gives exactly 0."""

Array = NDArray[np.float64]
Condition = tuple[Key, float, float]
"""A unit, the least intensity it may have, and the first that is too much."""


def equal_scores(scores: Array) -> Array:
    """Scores rounded so that those which are equal on paper are equal here."""
    return np.round(scores, 9)


@dataclass(frozen=True, eq=False)
class Grades:
    """Of n faces and the seven emotions, in the order of ``EMOTIONS``."""

    scores: Array
    """(n, 7), 0-1; NaN in the column of an emotion that cannot be scored."""
    leading: NDArray[np.object_]
    """(n, 7): name of the combination that gave the score."""
    sizes: NDArray[np.intp]
    """(n, 7): units of that combination that are given."""
    coverage: Array
    """(n, 7): share of its units that are given."""


@dataclass(frozen=True, eq=False)
class Block:
    """The gradable combinations of one emotion, those with more units first."""

    names: NDArray[np.object_]
    """(patterns,)"""
    weights: Array
    """(keys, patterns): 1 / units given, for the units of the pattern that are given."""
    sizes: NDArray[np.intp]
    """(patterns,): units given."""
    covered: Array
    """(patterns,): share of the units that are given."""
    best_covered: float
    """The largest share among all combinations of the emotion, gradable or not."""
    inhibitors: list[int]
    """Keys that speak against the emotion."""
    alone: list[tuple[int, int, float]]
    """Pattern, key and least intensity where a unit stands by itself."""

    def grade(
        self, values: Array, logs: Array
    ) -> tuple[Array, NDArray[np.object_], NDArray[np.intp], Array]:
        """Score, leading combination, its units and its coverage, (n,) each."""
        n = len(values)
        if not len(self.names):
            nothing = np.full(n, None, dtype=object)
            return np.full(n, np.nan), nothing, np.zeros(n, np.intp), np.full(n, self.best_covered)
        grades = np.exp(logs @ self.weights)
        for pattern, key, least in self.alone:
            grades[:, pattern] *= values[:, key] >= least
        lead = equal_scores(grades).argmax(axis=1)
        scores = grades[np.arange(n), lead]
        if self.inhibitors:
            scores *= 1 - values[:, self.inhibitors].max(axis=1) / MAXIMUM
        coverage = np.where(scores > 0, self.covered[lead], self.best_covered)
        return scores, self.names[lead], self.sizes[lead], coverage


@dataclass(frozen=True, eq=False)
class Plan:
    """All that can be worked out from the columns alone, before any value is seen."""

    keys: tuple[Key, ...]
    """What can be asked for, with these columns."""
    sources: tuple[tuple[int, int | None, float], ...]
    """For each key: its column, the column of the other side, and the floor of an alias."""
    blocks: tuple[Block, ...]
    """The emotions, in order."""
    names: tuple[str, ...]
    """Names of the combinations that can be matched."""
    conditions: tuple[tuple[int, float, float], ...] = field(repr=False)
    """Number of the key, least and first excluded value of every condition."""
    members: NDArray[np.float32] = field(repr=False)
    """(conditions, combinations): 1 where the condition belongs to the combination."""

    def values(self, intensity: NDArray[np.floating], sided: NDArray[np.floating]) -> Array:
        """(n, keys): the intensity 0-5 of every key; NaN stays."""
        out = np.empty((len(intensity), len(self.keys)))
        for key, (column, other, floor) in enumerate(self.sources):
            if other is None:
                out[:, key] = intensity[:, column]
                if floor:
                    out[:, key] *= ~(out[:, key] < floor)
            else:
                own = out[:, key] = sided[:, column]
                out[:, key] *= ~((sided[:, other] > ONE_SIDED * own) | (own < ACTIVE))
        return np.clip(out, 0, MAXIMUM, out=out)

    def grade(self, values: Array) -> Grades:
        """Grade (n, keys) values without NaN."""
        logs = np.full_like(values, _NEVER)
        np.log(values / MAXIMUM, out=logs, where=values > 0)
        columns = zip(*(block.grade(values, logs) for block in self.blocks), strict=True)
        return Grades(*(np.stack(column, axis=1) for column in columns))

    def match(self, values: Array) -> NDArray[np.bool_]:
        """(n, combinations): whether a face shows the whole combination, letters included."""
        holds = np.empty((len(values), len(self.conditions)), np.float32)
        for column, (key, least, below) in enumerate(self.conditions):
            holds[:, column] = (values[:, key] >= least) & (values[:, key] < below)
        hits: NDArray[np.bool_] = holds @ self.members > self.members.sum(axis=0) - 0.5
        return hits

    def column(self, unit: int, side: str = "") -> int | None:
        """Number of a key, None where it cannot be asked for."""
        return self.keys.index((unit, side)) if (unit, side) in self.keys else None


@lru_cache(maxsize=32)
def plan(units: tuple[int, ...], sides: tuple[tuple[int, str], ...]) -> Plan:
    """The plan for columns of these units, and of these units and sides."""
    sources = _sources(units, sides)
    keys = tuple(sources)
    rows = [row for row in _conditions() if all(key in sources for key, _, _ in row[1])]
    conditions = list(dict.fromkeys(item for _, items in rows for item in items))
    members = np.zeros((len(conditions), len(rows)), np.float32)
    for column, (_, items) in enumerate(rows):
        members[[conditions.index(item) for item in items], column] = 1
    return Plan(
        keys=keys,
        sources=tuple(sources.values()),
        blocks=tuple(_block(emotion, keys) for emotion in EMOTIONS),
        names=tuple(name for name, _ in rows),
        conditions=tuple((keys.index(key), least, below) for key, least, below in conditions),
        members=members,
    )


def _sources(
    units: Sequence[int], sides: Sequence[tuple[int, str]]
) -> dict[Key, tuple[int, int | None, float]]:
    """Where each key's value comes from; this is the one place where aliases are applied."""
    sources: dict[Key, tuple[int, int | None, float]] = {
        (unit, ""): (column, None, 0.0) for column, unit in enumerate(units)
    }
    for alias in ALIASES:
        if alias.unit not in units and alias.source in units:
            sources[alias.unit, ""] = (units.index(alias.source), None, alias.above)
    for column, (unit, side) in enumerate(sides):
        other = (unit, "R" if side == "L" else "L")
        if other in sides:
            sources[unit, side] = (column, sides.index(other), 0.0)
    return sources


@lru_cache(maxsize=1)
def _conditions() -> list[tuple[str, tuple[Condition, ...]]]:
    """Name and conditions of every combination, one-sided ones once for each side."""
    return [
        (name, conditions)
        for row in COMBINATIONS
        for side in (("L", "R") if any(code.side for code in row.codes) else ("",))
        for name, conditions in [_on_side(row, side)]
    ]


def _on_side(row: Combination, side: str) -> tuple[str, tuple[Condition, ...]]:
    """One combination with its one-sided units on a named side."""
    conditions = tuple(
        (
            (code.unit, side if code.side else ""),
            *LETTER_BOUNDS.get(code.letter, (ACTIVE, np.inf)),
        )
        for code in row.codes
    )
    return row.name.replace("U", side), conditions


def _block(emotion: str, keys: tuple[Key, ...]) -> Block:
    """Sort out what can be graded of one emotion."""
    covered = {
        pattern: sum(key in keys for key in pattern.keys) / len(pattern.keys)
        for pattern in PATTERNS
        if pattern.emotion == emotion
    }
    graded = [
        (pattern, share)
        for pattern, share in covered.items()
        if share > COVERED - 1e-9 and pattern.is_defined_by(keys)
    ]
    graded.sort(key=lambda item: (-round(item[1] * len(item[0].keys)), -item[1]))
    weights = np.array([[key in pattern.keys for pattern, _ in graded] for key in keys], float)
    weights = weights.reshape(len(keys), len(graded))
    sizes = weights.sum(axis=0)
    return Block(
        names=np.array([pattern.name for pattern, _ in graded], dtype=object),
        weights=weights / np.maximum(sizes, 1),
        sizes=sizes.astype(np.intp),
        covered=np.array([share for _, share in graded]),
        best_covered=max(covered.values()),
        inhibitors=[keys.index((u, "")) for u in sorted(INHIBITORS[emotion]) if (u, "") in keys],
        alone=[
            (column, keys.index(pattern.keys[0]), ALONE[pattern.keys[0]])
            for column, (pattern, _) in enumerate(graded)
            if len(pattern.keys) == 1 and pattern.keys[0] in ALONE
        ],
    )
