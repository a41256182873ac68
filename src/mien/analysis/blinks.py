"""Blinks (AU45) and closed eyes (AU43) from the course of the eye openness of one track.

Closed is closed for this person: under 0.7 of the open eye of the ten seconds around. Looking far
down lowers the lids as much as closing them does, and is not told apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError

__all__ = [
    "BLINK",
    "CLOSED",
    "LONGEST_BLINK",
    "MOST_YAW",
    "SLOWEST_RATE",
    "Blink",
    "BlinkSummary",
    "Watch",
    "blinks",
    "watch",
]

BLINK, CLOSED = 45, 43
"""The action units: closed and open again within ``LONGEST_BLINK``, and closed for longer."""

CLOSED_BELOW = 0.7
"""Share of the open eye under which an eye counts as closed."""

WINDOW = 10.0
"""Seconds around a moment from which the open eye is taken."""

NARROWEST_OPEN = 0.2
"""An open eye is never taken to be narrower than this, so that eyes which stay closed are seen as
closed. Of 790 portraits the five with closed eyes lie at 0.05-0.11, and 95 % of all above 0.2."""

CLOSED_SHARE = 0.25
"""Openness of a closed eye over that of an open one, where the person was never seen closing them;
0.085 over 0.33 in the same portraits."""

SHORTEST_BLINK = 2 / 30
"""Seconds: two frames at 30 frames per second."""

LONGEST_BLINK = 0.5
"""Seconds; longer is AU43."""

MERGED_GAP = 0.1
"""Seconds: closures less apart than this are one."""

MOST_YAW = 30.0
"""Degrees of head turn beyond which the far eye is not to be trusted."""

SLOWEST_RATE = 15.0
"""Frames per second below which a blink falls between two frames."""

LONGEST_GAP = 0.15
"""Seconds between two frames over which nothing is assumed."""

DROWSY = 0.2
"""PERCLOS counts the time under this share of the way from closed to open."""

_ROUNDING = 0.8
"""Frames are not evenly spaced: limits of duration and rate are taken with this much room."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Blink:
    """One closure of the eyes. Times in seconds, where the openness crosses the threshold."""

    start: float
    end: float
    peak: float
    """When the eyes were least open."""
    amplitude: float
    """How far the eye aspect ratio fell below that of the open eye."""
    unit: int
    """45, a blink, or 43, closed for longer."""
    complete: bool
    """Whether the eyes were seen both closing and opening again."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class BlinkSummary:
    """The eyelids of one track in a few numbers; None where there is nothing to say."""

    watched: float
    """Seconds in which a blink would have been seen."""
    count: int | None
    """Complete blinks."""
    rate: float | None
    """Blinks per minute watched."""
    mean_duration: float | None
    """Seconds."""
    mean_amplitude: float | None
    """Fall of the eye aspect ratio."""
    perclos: float | None
    """Share 0-1 of the time with the eyes at least 80 % closed."""
    reason: str | None
    """Why blinks could not be seen; None when they could."""


@dataclass(frozen=True, eq=False)
class Watch:
    """What the eyelids of one track did."""

    closures: tuple[Blink, ...]
    """All closures in order of time, blinks or longer, complete or cut off."""
    unit: NDArray[np.int16]
    """(n,): 45 or 43 in the frames of a closure, 0 where the eyes are open or not ``known``."""
    known: NDArray[np.bool_]
    """(n,): whether the eyes could be judged in the frame."""
    open_eye: Array
    """(n,): eye aspect ratio of the person's open eye around that time."""
    summary: BlinkSummary


def blinks(times: Array, openness: NDArray[np.floating], yaw: Array | None = None) -> list[Blink]:
    """Complete blinks of one track; arguments as for ``watch``."""
    closures = watch(times, openness, yaw).closures
    return [closure for closure in closures if closure.unit == BLINK and closure.complete]


def watch(
    times: Array, openness: NDArray[np.floating], yaw: NDArray[np.floating] | None = None
) -> Watch:
    """Follow the eyelids of one track.

    Args:
        times: (n,), seconds, rising, in any spacing.
        openness: (n,) eye aspect ratio, or (n, 2) of both eyes; NaN where there is no face.
        yaw: (n,), degrees; without it the head is taken to face the camera.
    """
    times, ratio, turn = _checked(times, openness, yaw)
    known = np.isfinite(ratio) & (np.abs(turn) <= MOST_YAW)
    reason = _reason(times, ratio, known)
    if reason is not None:
        nothing = BlinkSummary(0.0, None, None, None, None, None, reason)
        unknown = np.zeros(len(times), bool)
        unit = np.zeros(len(times), np.int16)
        return Watch((), unit, unknown, np.full(len(times), np.nan), nothing)
    open_eye = _open_eye(times, np.where(known, ratio, np.nan))
    joined = known[1:] & known[:-1] & (np.diff(times) <= LONGEST_GAP)
    above = np.where(known, _above(ratio, open_eye), np.nan)
    runs = _merged(times, above, joined, _runs(above < 0, joined))
    step = float(np.median(np.diff(times)[joined]))
    runs = [run for run in runs if times[run[1]] - times[run[0]] + step >= _least()]
    closures = [_closure(times, ratio, open_eye, joined, run) for run in runs]
    unit = np.zeros(len(times), np.int16)
    for (first, last), closure in zip(runs, closures, strict=True):
        unit[first : last + 1] = closure.unit
    summary = _summary(times, ratio, open_eye, joined, closures)
    return Watch(tuple(closures), unit, known, open_eye, summary)


def _least() -> float:
    """Seconds that a closure must last, with room for uneven frames."""
    return SHORTEST_BLINK * _ROUNDING


def _checked(
    times: Array, openness: NDArray[np.floating], yaw: NDArray[np.floating] | None
) -> tuple[Array, Array, Array]:
    """The three courses as float64 (n,)."""
    times = np.asarray(times, np.float64)
    ratio = np.asarray(openness, np.float64)
    ratio = ratio.mean(axis=1) if ratio.ndim == 2 else ratio
    turn = np.zeros(len(times)) if yaw is None else np.asarray(yaw, np.float64)
    if not times.shape == ratio.shape == turn.shape or times.ndim != 1:
        raise ShapeError(
            f"times, openness and yaw have lengths {times.shape}, {ratio.shape} and {turn.shape}, "
            "expected as many of each"
        )
    if np.any(np.diff(times) < 0):
        raise InputError("the times go back; give the frames of one track in order of time")
    return times, ratio, turn


def _reason(times: Array, ratio: Array, known: NDArray[np.bool_]) -> str | None:
    """Why blinks cannot be seen at all, if so."""
    if not np.isfinite(ratio).any():
        return "there is no face with eyes to watch"
    if not known.any():
        return f"the head is turned by more than {MOST_YAW:.0f} degrees throughout"
    steps = np.diff(times)[known[1:] & known[:-1]]
    if not len(steps):
        return "no two frames in a row show the eyes; blinks need at least 15 frames per second"
    step = float(np.median(steps))
    if step * _rate_room() > 1 / SLOWEST_RATE:
        return (
            f"the frames are {step:.2g} s apart; "
            f"blinks need at least {SLOWEST_RATE:.0f} frames per second"
        )
    return None


def _rate_room() -> float:
    """Time stamps are rounded to milliseconds in many files: 15 per second may read as 14.9."""
    return 0.98


def _open_eye(times: Array, ratio: Array) -> Array:
    """Openness of the open eye around each time: the rolling median of the frames not closed.

    Worked out once a second and drawn out between. At both ends of the clip the window stays whole.
    """
    centres = np.arange(times[0], times[-1] + 1.0, 1.0)
    latest = max(times[-1] - WINDOW, times[0])
    begins = np.clip(centres - WINDOW / 2, times[0], latest)
    firsts = np.searchsorted(times, begins, "left")
    lasts = np.searchsorted(times, begins + WINDOW, "right")
    levels = np.array(
        [_open_level(ratio[first:last]) for first, last in zip(firsts, lasts, strict=True)]
    )
    fine = np.isfinite(levels)
    drawn: Array = np.interp(times, centres[fine], levels[fine])
    return drawn


def _open_level(window: Array) -> float:
    """Median of a window's open eyes: of all that reach half of its widest tenth."""
    values = window[np.isfinite(window)]
    if not len(values):
        return np.nan
    opened = values[values >= 0.5 * np.percentile(values, 90)]
    return max(float(np.median(opened)), NARROWEST_OPEN)


def _runs(closed: NDArray[np.bool_], joined: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each unbroken stretch of closed eyes."""
    same = closed[1:] & closed[:-1] & joined
    begins = np.flatnonzero(closed & ~np.concatenate([[False], same]))
    ends = np.flatnonzero(closed & ~np.concatenate([same, [False]]))
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def _merged(
    times: Array, above: Array, joined: NDArray[np.bool_], runs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Runs with those put together that are less than MERGED_GAP apart and seen in between."""
    merged: list[tuple[int, int]] = []
    for first, last in runs:
        if merged and joined[merged[-1][1] : first].all():
            gap = _crossing(times, above, first - 1) - _crossing(times, above, merged[-1][1])
            if gap < MERGED_GAP:
                merged[-1] = (merged[-1][0], last)
                continue
        merged.append((first, last))
    return merged


def _closure(
    times: Array, ratio: Array, open_eye: Array, joined: NDArray[np.bool_], run: tuple[int, int]
) -> Blink:
    """The closure of a run of frames."""
    first, last = run
    above = _above(ratio, open_eye)
    closing = first > 0 and bool(joined[first - 1])
    opening = last < len(times) - 1 and bool(joined[last])
    start = _crossing(times, above, first - 1) if closing else float(times[first])
    end = _crossing(times, above, last) if opening else float(times[last])
    peak = first + int(np.argmin(ratio[first : last + 1]))
    return Blink(
        start=start,
        end=end,
        peak=float(times[peak]),
        amplitude=float(open_eye[peak] - ratio[peak]),
        unit=BLINK if end - start <= LONGEST_BLINK else CLOSED,
        complete=closing and opening,
    )


def _above(ratio: Array, open_eye: Array) -> Array:
    """How far the openness is above the threshold of a closed eye."""
    return ratio - CLOSED_BELOW * open_eye


def _crossing(times: Array, above: Array, before: int) -> float:
    """When the openness crosses the threshold between a frame and the next."""
    here, there = above[before], above[before + 1]
    share = here / (here - there) if here != there else 0.5
    return float(times[before] + share * (times[before + 1] - times[before]))


def _summary(
    times: Array, ratio: Array, open_eye: Array, joined: NDArray[np.bool_], closures: list[Blink]
) -> BlinkSummary:
    """The numbers of a track in which blinks could be seen."""
    steps = np.where(joined, np.diff(times), 0.0)
    held = np.concatenate([[0.0], steps]) / 2 + np.concatenate([steps, [0.0]]) / 2
    watched = float(steps.sum())
    found = [item for item in closures if item.unit == BLINK and item.complete]
    shut = _closed_level(times, ratio, open_eye, closures)
    drowsy = ratio < shut + DROWSY * (open_eye - shut)
    return BlinkSummary(
        watched=watched,
        count=len(found),
        rate=60 * len(found) / watched if watched else None,
        mean_duration=float(np.mean([item.duration for item in found])) if found else None,
        mean_amplitude=float(np.mean([item.amplitude for item in found])) if found else None,
        perclos=float(held[drowsy].sum() / watched) if watched else None,
        reason=None,
    )


def _closed_level(times: Array, ratio: Array, open_eye: Array, closures: list[Blink]) -> Array:
    """Openness of the person's closed eye: that of the tightest tenth of the closures."""
    lows = [ratio[np.searchsorted(times, item.peak)] for item in closures]
    levels = [open_eye[np.searchsorted(times, item.peak)] for item in closures]
    shut = [low for low, level in zip(lows, levels, strict=True) if low < level / 2]
    return np.minimum(float(np.percentile(shut, 10)), open_eye) if shut else CLOSED_SHARE * open_eye
