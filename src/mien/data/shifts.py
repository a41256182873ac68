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

LIMIT = 31
"""Frames by which shifts are tried, in both directions; the best must have neighbours, so it is one
less that can be found."""
FEWEST = 8
"""Pictures on which a shift must be compared, and half of those that can be compared unshifted."""
CLEARER = 0.75
"""What fits clearly better leaves less than this share of what the other leaves unexplained."""
CONSISTENT = 4.0
"""Or it fits better in one sequence after the other: mean gain over its standard error."""
SEVERAL = 5
"""Sequences from which on that is asked."""
LAG = {"landmarks": 1, "occurrence": 3, "intensity": 3}
"""Frames from which on a shift of one sequence counts: a network takes part of one unit for
another, so its course may lie a frame or two beside that of the labels."""
LAG_TOGETHER = {"landmarks": 1, "occurrence": 2, "intensity": 2}
"""The same of several sequences together."""
LAG_CONSISTENT = 2
"""The same where a shift leaves hardly less in each: trackers may lag by a frame."""
SURE = 3
"""Landmarks and pictures are called in step if shifts from so many frames on fit clearly worse."""
TELLING = 0.5
"""Share of the movement that some shift must explain for a sequence to have a say."""
AGREEING = 2 / 3
"""Share of the sequences to which a shift must be an improvement to be one of all."""
ROUNDING = 1e-6
"""Share of the movement that always counts as unexplained."""
PICTURES = {"landmarks": 10, "occurrence": 24, "intensity": 24}
"""Pictures from which on something is said."""
ENOUGH = {"landmarks": (0.5, 0.5), "occurrence": (0.8, 0.35), "intensity": (0.8, 0.35)}
"""Share of the movement that must be explained before anything is said: of one or two sequences,
and of more together. A coder and a network agree less than two trackers do; but in one sequence two
smooth courses often fit one another by chance."""

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
    both = np.isfinite(seen).all(axis=1) & np.isfinite(told).all(axis=1)
    when = np.flatnonzero(both)
    far = (np.ptp(when) if len(when) else 0) / 3  # a shift is compared with what it leaves over
    for place, shift in enumerate(range(-LIMIT, LIMIT + 1)):
        if abs(shift) > far or len(when) < FEWEST:
            continue
        moved = _moved(told, shift)
        rows = both & np.isfinite(moved).all(axis=1)
        if rows.sum() < max(FEWEST, both.sum() / 2):
            continue
        goal = seen[rows] - seen[rows].mean(axis=0)
        shifted[place] = _unexplained(goal, moved[rows], scaled)
        straight[place] = _unexplained(goal, told[rows], scaled)
        movement[place] = (goal**2).sum()
        floor = ROUNDING * movement[place]
        shifted[place], straight[place] = shifted[place] + floor, straight[place] + floor
    return Course(shifted, straight, movement, int(both.sum()), first)


def together(every: Sequence[Course]) -> Course:
    """Several sequences as one: sums of squares add up, each sequence by its share.

    Those of which no shift explains half cannot tell, and are left out if others can.
    """
    parts = [part for part in every if np.nanmax(part.share(part.shifted), initial=0.0) >= TELLING]
    if len(parts) < min(len(every), 3):
        parts = list(every)

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
    if not np.isfinite(gains[LIMIT]) or part.pictures < PICTURES[of]:
        return Shift(of, sequence, 0, 0.0, 0.0, part.pictures, "too weak", part.first)
    best = int(np.nanargmax(gains))
    verdict: Verdict = "too weak"
    if part.share(part.shifted)[best] >= ENOUGH[of][len(part.parts) >= 3]:
        lag = (LAG_TOGETHER if len(part.parts) > 1 else LAG)[of]
        if abs(best - LIMIT) >= lag and _better(part, best):
            believed = _is_peak(gains, best) and _agreed(part, best)
            verdict = "shifted" if believed else "too weak"
        elif _sure(part):
            verdict = "in step"
    if verdict != "shifted":
        best = LIMIT
    fit, as_is = (max(0.0, float(part.share(left)[best])) for left in (part.shifted, part.straight))
    return Shift(of, sequence, best - LIMIT, fit, as_is, part.pictures, verdict, part.first)


def _agreed(part: Course, best: int) -> bool:
    """Whether most of the sequences, if there are several, gain by the same shift.

    Of a few each must gain by it nearly what it can gain by any, for a little is gained by chance.
    """
    told = [one.gains for one in part.parts if np.isfinite(one.gains[best])]
    least = 0.0 if len(told) >= SEVERAL else 0.5
    agreeing = [gains[best] > max(0.0, least * np.nanmax(gains)) for gains in told]
    return not part.parts or sum(agreeing) >= AGREEING * len(told) > 0


def _is_peak(gains: Float64, best: int) -> bool:
    """Whether larger shifts were compared too: at the edge courses fit that have only a trend."""
    beside = gains[max(0, best - 1) : best + 2]
    return len(beside) == 3 and bool(np.isfinite(beside).all())


def _better(part: Course, place: int) -> bool:
    """Whether a shift fits clearly better than none."""
    if part.shifted[place] < CLEARER * part.straight[place]:
        return True
    return abs(place - LIMIT) >= LAG_CONSISTENT and _consistency(part, place) > CONSISTENT


def _sure(part: Course) -> bool:
    """Whether a shift would have been seen: a steady drift, or a stillness, fits any."""
    places = [
        place
        for place in np.flatnonzero(np.isfinite(part.gains)).tolist()
        if abs(place - LIMIT) >= SURE
    ]
    worse = [
        part.straight[place] < CLEARER * part.shifted[place]
        or _consistency(part, place) < -CONSISTENT
        for place in places
    ]
    return bool(worse) and all(worse)


def _consistency(part: Course, place: int) -> float:
    """Mean gain of a shift over the sequences by its standard error; 0 for few sequences."""
    gains = np.array([one.gains[place] for one in part.parts])
    told = gains[np.isfinite(gains)]
    if len(told) < SEVERAL:
        return 0.0
    return float(told.mean() / max(told.std(ddof=1) / np.sqrt(len(told)), 1e-12))


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
