"""Whether landmarks and labels are in step with the pictures.

What the set says of frame i + n is compared with what is seen on the picture of frame i, for every
n up to a limit.
Only movement counts. From both courses their mean is taken, so a still face, or a scheme that puts
every point a little elsewhere, decides nothing. How well a shift fits is the share of the movement
in the pictures that it explains, ``1 - residual / movement``; every shift is compared with none on
the same pictures. A shift is believed only if it leaves clearly less unexplained and explains most
of the movement, and "in step" only if shifts fit clearly worse; else there is too little to go by.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.checkreport import Of, Shift, Verdict

__all__ = ["LIMIT", "Course", "Courses", "course", "judge", "together"]

LIMIT = 10
"""Frames by which shifts are looked for, in both directions."""
FEWEST = 8
"""Pictures on which a shift must be compared."""
CLEARER = 0.75
"""What fits clearly better leaves less than this share of what the other leaves unexplained."""
SURE = 3
"""Landmarks and pictures are called in step if shifts from so many frames on fit clearly worse."""
AGREEING = 2 / 3
"""Share of the sequences to which a shift must be an improvement to be one of all."""
ENOUGH = {"landmarks": (0.5, 0.5), "labels": (0.6, 0.35)}
"""Share of the movement that must be explained before anything is said: of one sequence, and of
three or more together. A coder and a network agree less than two trackers do; in a single sequence
a few smooth courses fit one another by chance."""

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
    parts: tuple["Course", ...] = ()
    """The sequences of which this is the sum."""

    @property
    def gains(self) -> Float64:
        """Share of the movement that each shift explains more than none, NaN if not compared."""
        return self.share(self.shifted) - self.share(self.straight)

    def share(self, left: Float64) -> Float64:
        """Share of the movement that is explained by what leaves ``left``, by shift."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share = 1 - np.divide(left, self.movement)
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
        tuple(parts),
    )


def judge(part: Course, of: Of, sequence: str = "") -> Shift:
    """The shift that fits best, and whether it may be believed."""
    gains = part.gains
    if not np.isfinite(gains[LIMIT]):
        return Shift(of, sequence, 0, 0.0, 0.0, part.pictures, "too weak", part.first)
    best = int(np.nanargmax(gains))
    verdict: Verdict = "too weak"
    if part.share(part.shifted)[best] >= ENOUGH[of][len(part.parts) >= 3]:
        clearer = bool(part.shifted[best] < CLEARER * part.straight[best])
        if best != LIMIT and clearer:
            verdict = "shifted" if _agreed(part, best) else "too weak"
        elif _sure(part):
            verdict = "in step"
    if verdict != "shifted":
        best = LIMIT
    fit, as_is = (max(0.0, float(part.share(left)[best])) for left in (part.shifted, part.straight))
    return Shift(of, sequence, best - LIMIT, fit, as_is, part.pictures, verdict, part.first)


def _agreed(part: Course, best: int) -> bool:
    """Whether most of the sequences, if there are several, gain by the same shift."""
    gains = np.array([one.gains[best] for one in part.parts])
    told = gains[np.isfinite(gains)]
    return len(part.parts) == 0 or bool((told > 0).sum() >= AGREEING * len(told) > 0)


def _sure(part: Course) -> bool:
    """Whether a shift would have been seen: a steady drift, or a stillness, fits any."""
    far = np.abs(np.arange(-LIMIT, LIMIT + 1)) >= SURE
    compared = far & np.isfinite(part.gains)
    worse = part.straight[compared] < CLEARER * part.shifted[compared]
    return bool(compared.any() and worse.all())


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
