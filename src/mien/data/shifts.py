"""Whether landmarks and labels are in step with the pictures.

What the set says of frame i + n is compared with what is seen on the picture of frame i, for every
n up to a limit.
Only movement counts. From both courses their mean is taken, so a still face, or a scheme that puts
every point a little elsewhere, decides nothing. How well a shift fits is the share of the movement
in the pictures that it explains, ``1 - residual / movement``; every shift is compared with none on
the same pictures. A shift is believed only if it leaves clearly less unexplained, and if it
explains most of the movement; else the answer is that there is too little to go by.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.checkreport import Shift, Verdict

__all__ = ["LIMIT", "Course", "Courses", "course", "judge", "together"]

LIMIT = 10
"""Frames by which shifts are looked for, in both directions."""
FEWEST = 8
"""Pictures on which a shift must be compared."""
EXPLAINED = 0.5
"""Share of the movement that must be explained before anything is said."""
CLEARER = 0.75
"""A shift leaves less than this share of what is unexplained without it."""

Float64 = NDArray[np.float64]


class Courses(NamedTuple):
    """Two courses over the same frame numbers, with NaN where there is nothing."""

    seen: Float64
    """(t, d): measured on the pictures; only the stretch that was looked at."""
    told: Float64
    """(t, d): as the data set says, also before and after that stretch."""
    scaled: bool
    """Whether ``told`` may be scaled, each column by a factor of its own, to fit ``seen``."""
    first: str = ""
    """Path of the first picture."""


class Course(NamedTuple):
    """What each shift explains: residuals and movement, by shift from -LIMIT to LIMIT."""

    shifted: Float64
    """(2 LIMIT + 1,): sum of squares that the shift leaves."""
    straight: Float64
    """(2 LIMIT + 1,): what no shift leaves, on the same frames."""
    movement: Float64
    """(2 LIMIT + 1,): sum of squares to be explained, on the same frames."""
    pictures: int
    first: str = ""

    @property
    def gains(self) -> Float64:
        """Share of the movement that each shift explains more than none, NaN if not compared."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.divide(self.straight - self.shifted, self.movement)
        share[self.movement <= 0] = np.nan
        return np.asarray(share, np.float64)


def course(courses: Courses) -> Course:
    """Compare every shift with none, each on the frames that both can use."""
    count = 2 * LIMIT + 1
    shifted, straight, movement = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count)
    seen, told, scaled, first = courses
    there = np.isfinite(seen).all(axis=1)
    unmoved = np.isfinite(told).all(axis=1)
    for place, shift in enumerate(range(-LIMIT, LIMIT + 1)):
        moved = _moved(told, shift)
        rows = there & unmoved & np.isfinite(moved).all(axis=1)
        if rows.sum() < FEWEST:
            continue
        goal = seen[rows] - seen[rows].mean(axis=0)
        shifted[place] = _unexplained(goal, moved[rows], scaled)
        straight[place] = _unexplained(goal, told[rows], scaled)
        movement[place] = (goal**2).sum()
    return Course(shifted, straight, movement, int((there & unmoved).sum()), first)


def together(parts: Sequence[Course]) -> Course:
    """Several sequences as one: sums of squares add up, each sequence by its share."""

    def total(values: list[Float64]) -> Float64:
        return np.asarray(np.nansum(np.stack(values), axis=0), np.float64)

    return Course(
        total([part.shifted for part in parts]),
        total([part.straight for part in parts]),
        total([part.movement for part in parts]),
        sum(part.pictures for part in parts),
        parts[0].first,
    )


def judge(part: Course, of: Literal["landmarks", "labels"], sequence: str = "") -> Shift:
    """The shift that fits best, and whether it may be believed."""
    gains = part.gains
    usable = np.isfinite(gains) & (part.movement > 0)
    if not usable[LIMIT]:
        return Shift(of, sequence, 0, 0.0, 0.0, part.pictures, "too weak", part.first)
    best = int(np.nanargmax(np.where(usable, gains, np.nan)))
    fit, as_is = (float(1 - values[best] / part.movement[best])
                  for values in (part.shifted, part.straight))  # fmt: skip
    clearer = part.shifted[best] < CLEARER * part.straight[best]
    verdict: Verdict
    if fit < EXPLAINED:
        verdict = "too weak"
    else:
        verdict = "shifted" if clearer and best != LIMIT else "in step"
    frames = best - LIMIT if verdict == "shifted" else 0
    return Shift(of, sequence, frames, max(fit, 0.0), max(as_is, 0.0), part.pictures, verdict,
                 part.first)  # fmt: skip


def _moved(values: Float64, shift: int) -> Float64:
    """``values[i + shift]`` at place i; NaN where that is beyond the ends."""
    moved = np.full_like(values, np.nan)
    if shift >= 0:
        moved[: len(values) - shift] = values[shift:]
    else:
        moved[-shift:] = values[:shift]
    return moved


def _unexplained(goal: Float64, told: Float64, scaled: bool) -> float:
    """Sum of squares of ``goal`` that ``told`` leaves, both about their means."""
    told = told - told.mean(axis=0)
    if scaled:
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = (goal * told).sum(axis=0) / (told**2).sum(axis=0)
        told = told * np.maximum(np.nan_to_num(gain), 0.0)
    return float(((goal - told) ** 2).sum())
