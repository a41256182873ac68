"""When a measured curve rises and falls: planted movements found again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.animation.events import Event

__all__ = ["Found", "find_again"]

LEAST = 0.3
"""Height over the rest, in intensity, below which nothing is said to be found."""

AROUND = 0.25
"""Seconds before and after the movement in which the curve is followed."""


@dataclass(frozen=True)
class Found:
    """A movement in a measured curve."""

    half_rise: float
    """Seconds at which the curve crosses half its height upwards."""
    half_fall: float
    """Seconds at which it crosses it downwards."""
    height: float
    """How far it rises over its rest."""


def find_again(
    times: Sequence[float],
    values: Sequence[float | None],
    event: Event,
    others: Sequence[Event] = (),
    least: float = LEAST,
) -> Found | None:
    """Find a planted movement in a curve, by the crossings of half its height.

    The rest is the median of the curve while nothing moves; the height is the median of its highest
    fifth during the movement, so that one frame alone does not decide.

    Args:
        times: seconds, rising.
        values: the curve; None where it is unknown.
        event: what was planted.
        others: what else moves in the clip.
        least: the height below which it counts as not found.

    Returns:
        None if the curve does not rise, or does not come back from half its height in time.
    """
    known = np.array([value is not None for value in values], bool)
    time = np.array(times, np.float64)[known]
    curve = np.array([value for value in values if value is not None], np.float64)
    during = (time >= event.start) & (time <= event.end)
    still = np.ones(len(time), bool)
    for one in (event, *others):
        still &= (time < one.start) | (time > one.end)
    if not during.any() or not still.any():
        return None
    rest = float(np.median(curve[still]))
    tops = np.sort(curve[during])
    height = float(np.median(tops[-max(1, len(tops) // 5) :])) - rest
    if height < least:
        return None
    near = (time >= event.start - AROUND) & (time <= event.end + AROUND)
    return _crossings(time[near], curve[near] - rest, height)


def _crossings(
    time: NDArray[np.float64], curve: NDArray[np.float64], height: float
) -> Found | None:
    """Follow the curve from its highest point down to half its height on both sides."""
    high = curve >= height / 2
    top = int(np.argmax(curve))
    before, after = np.flatnonzero(~high[:top]), np.flatnonzero(~high[top:])
    if not len(before) or not len(after):
        return None
    rise, fall = int(before[-1]), top + int(after[0])
    return Found(
        _cross(time[rise : rise + 2], curve[rise : rise + 2], height / 2),
        _cross(time[fall - 1 : fall + 1], curve[fall - 1 : fall + 1], height / 2),
        height,
    )


def _cross(time: NDArray[np.float64], curve: NDArray[np.float64], level: float) -> float:
    """Time at which the line between two points crosses a level."""
    share = (level - curve[0]) / (curve[1] - curve[0])
    return float(time[0] + share * (time[1] - time[0]))
