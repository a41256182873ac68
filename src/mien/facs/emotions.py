"""From action units to the emotion that an expression resembles, with the units that led to it.

The rules describe prototypes: spontaneous faces seldom show one in full, and an expression is not a
feeling. Every constant is a choice, and stands here or in the tables of ``combinations``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.facs.combinations import EMOTIONS
from mien.facs.grading import Grades, Plan, equal_scores, plan
from mien.facs.units import ACTIVE

__all__ = [
    "EMOTIONS",
    "NEUTRAL",
    "NEUTRAL_BELOW",
    "SMOOTHED_REACH",
    "Reading",
    "Readings",
    "read",
    "read_many",
    "smooth",
]

NEUTRAL = "neutral"
"""The emotion of a face on which no scorable emotion reaches ``NEUTRAL_BELOW``."""

NEUTRAL_BELOW = 0.2
"""Score 0-1 under which an emotion is not named."""

SMOOTHED_FRAMES = 5
"""Frames in the running median."""

SMOOTHED_REACH = 0.25
"""Seconds to each side beyond which a frame no longer counts as a neighbour."""

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """What one face resembles."""

    scores: dict[str, float | None]
    """0-1 per emotion; None where the given units do not allow a score."""
    emotion: str | None
    """The highest emotion, ``neutral``, or None where nothing could be scored."""
    score: float | None
    """Score of ``emotion``, None for neutral."""
    matched: tuple[str, ...]
    """Combinations of the guide's table that the face shows in full: ``happiness 6+12*``."""
    leading: str | None
    """The combination that gave ``score``: ``1+2+26``."""
    coverage: dict[str, float]
    """Share 0-1 of the units of the combination behind each score that were given."""
    felt: bool | None
    """Whether a happy face shows AU6; None for other faces and where AU6 is not given."""
    unilateral: bool | None
    """Whether AU14 is on one side alone; None where its sides are not given, so that a one-sided
    dimpler (contempt's prototype) could not be told from one on both sides."""


@dataclass(frozen=True, eq=False)
class Readings:
    """What n faces resemble. NaN stands for "not scorable" until a table turns it into null."""

    scores: NDArray[np.float32]
    """(n, 7) in the order of ``EMOTIONS``."""
    emotion: list[str | None]
    score: NDArray[np.float32]
    """(n,)"""
    combinations: tuple[str, ...] = field(repr=False)
    """Names of the columns of ``matched``."""
    matched: NDArray[np.bool_] = field(repr=False)
    """(n, combinations)"""
    leading: list[str | None]
    coverage: NDArray[np.float32]
    """(n, 7)"""
    felt: list[bool | None]
    unilateral: list[bool | None]

    def matches(self, row: int) -> tuple[str, ...]:
        """Names of the combinations that one face shows in full."""
        return tuple(self.combinations[column] for column in np.flatnonzero(self.matched[row]))

    def reading(self, row: int) -> Reading:
        """One face by itself."""
        return Reading(
            scores=dict(zip(EMOTIONS, map(_or_none, self.scores[row]), strict=True)),
            emotion=self.emotion[row],
            score=_or_none(self.score[row]),
            matched=self.matches(row),
            leading=self.leading[row],
            coverage=dict(zip(EMOTIONS, map(float, self.coverage[row]), strict=True)),
            felt=self.felt[row],
            unilateral=self.unilateral[row],
        )


def read(
    intensity: Mapping[int, float], sides: Mapping[tuple[int, str], float] | None = None
) -> Reading:
    """Read one face.

    Args:
        intensity: 0-5 per unit; a unit that is not in it is one that nobody looked for.
        sides: 0-5 per unit and side, (14, "L"); a unit counts as sided when both are given.

    >>> reading = read({1: 3, 2: 3, 4: 0, 5: 2, 9: 0, 15: 0, 20: 0, 26: 3})
    >>> reading.emotion, round(reading.score, 3), reading.leading, reading.scores["contempt"]
    ('surprise', 0.6, '1+2+26', None)
    """
    given = sides or {}
    for name, value in [*intensity.items(), *given.items()]:
        if not np.isfinite(value):
            raise InputError(f"the intensity of {name} is {value}, expected a number 0-5")
    many = read_many(
        np.array([list(intensity.values())], np.float32).reshape(1, -1),
        tuple(intensity),
        np.array([list(given.values())], np.float32).reshape(1, -1),
        tuple(given),
    )
    return many.reading(0)


def read_many(
    intensity: NDArray[np.floating],
    units: Sequence[int],
    sided: NDArray[np.floating] | None = None,
    sides: Sequence[tuple[int, str]] = (),
) -> Readings:
    """Read n faces at once; the same as ``read`` on every row.

    Args:
        intensity: (n, k), 0-5; a row with a NaN in it is a face that is not there.
        units: the unit of each column of ``intensity``.
        sided: (n, m), 0-5 on one side.
        sides: unit and side, (14, "L"), of each column of ``sided``.
    """
    if sided is None:
        sided = np.zeros((len(intensity), 0), np.float32)
    for name, array, columns in (("intensity", intensity, units), ("sided", sided, sides)):
        if array.ndim != 2 or array.shape != (len(intensity), len(columns)):
            raise ShapeError(
                f"{name} has shape {array.shape}, expected ({len(intensity)}, {len(columns)}): "
                "one row per face, one column per unit"
            )
    layout = plan(tuple(units), tuple(sides))
    values = layout.values(intensity, sided)
    there = np.asarray(np.isfinite(values).all(axis=1))
    values[~there] = 0
    return _readings(layout, values, there)


def smooth(values: NDArray[np.floating], times: NDArray[np.floating]) -> NDArray[np.float32]:
    """Median of five frames for each column of one track's (n, k) values, NaN left out.

    A neighbour further than a quarter of a second away does not count, so that nothing is smoothed
    over a gap or where the frames are far apart. At both ends the window is shorter.

    Args:
        values: (n, k), in the order of time.
        times: (n,), seconds.
    """
    reach = SMOOTHED_FRAMES // 2
    padded = np.full((len(values) + 2 * reach, values.shape[1]), np.nan, np.float32)
    padded[reach : reach + len(values)] = values
    moments = np.pad(np.asarray(times, np.float64), reach, constant_values=np.nan)
    window = np.stack([padded[shift : shift + len(values)] for shift in range(SMOOTHED_FRAMES)])
    nearby = np.stack([moments[shift : shift + len(values)] for shift in range(SMOOTHED_FRAMES)])
    far = ~(np.abs(nearby - times) <= SMOOTHED_REACH)
    window[far] = np.nan
    window.sort(axis=0)
    counts = np.maximum((~np.isnan(window)).sum(axis=0), 1)
    low = np.take_along_axis(window, ((counts - 1) // 2)[None], axis=0)[0]
    high = np.take_along_axis(window, (counts // 2)[None], axis=0)[0]
    return np.where(np.isnan(values), np.nan, (low + high) / 2).astype(np.float32)


def _or_none(value: np.float32) -> float | None:
    """A number, or None for NaN."""
    return None if np.isnan(value) else float(value)


def _readings(layout: Plan, values: Array, there: NDArray[np.bool_]) -> Readings:
    """Readings of (n, keys) values; faces that are not ``there`` cannot be scored."""
    grades = layout.grade(values)
    grades.scores[~there] = np.nan
    best, emotion = _best(grades)
    rows = np.arange(len(values))
    named = np.array([name in EMOTIONS for name in emotion], bool)
    return Readings(
        scores=grades.scores.astype(np.float32),
        emotion=emotion,
        score=np.where(named, grades.scores[rows, best], np.nan).astype(np.float32),
        combinations=layout.names,
        matched=layout.match(values) & there[:, None],
        leading=_if(named, grades.leading[rows, best].tolist()),
        coverage=grades.coverage.astype(np.float32),
        felt=_felt(layout, values, emotion),
        unilateral=_unilateral(layout, values, there),
    )


def _best(grades: Grades) -> tuple[NDArray[np.intp], list[str | None]]:
    """Column of the highest emotion and its name; of equals the one that rests on more units."""
    scores = equal_scores(np.nan_to_num(grades.scores, nan=-1.0))
    highest = scores.max(axis=1)
    best = np.where(scores == highest[:, None], grades.sizes, -1).argmax(axis=1)
    names = np.array([*EMOTIONS, NEUTRAL, None], dtype=object)
    chosen = np.where(highest >= NEUTRAL_BELOW, best, len(EMOTIONS) + (highest < 0))
    return best, names[chosen].tolist()


def _felt(layout: Plan, values: Array, emotion: list[str | None]) -> list[bool | None]:
    """AU6 active, for happy faces."""
    column = layout.column(6)
    if column is None:
        return [None] * len(values)
    happy = np.array([name == "happiness" for name in emotion], bool)
    return _if(happy, (values[:, column] >= ACTIVE).tolist())


def _unilateral(layout: Plan, values: Array, there: NDArray[np.bool_]) -> list[bool | None]:
    """AU14 on one side alone."""
    left, right = layout.column(14, "L"), layout.column(14, "R")
    if left is None or right is None:
        return [None] * len(values)
    active = np.maximum(values[:, left], values[:, right]) >= ACTIVE
    return _if(there, active.tolist())


def _if(keep: NDArray[np.bool_], values: list[T]) -> list[T | None]:
    """The values where ``keep`` holds, None elsewhere."""
    return [
        value if is_kept else None for is_kept, value in zip(keep.tolist(), values, strict=True)
    ]
