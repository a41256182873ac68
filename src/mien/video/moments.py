"""Moments and spans of time as people type them, in seconds."""

import math
import re
from numbers import Real

from mien.errors import InputError

__all__ = ["TICK", "Rhythm", "read_seconds"]

TICK = 0.0005
"""Seconds by which a time stamp may miss its moment: many containers round to milliseconds."""

UNITS = {"": 1.0, "s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0}

_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)\s*([a-z]*)")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+\.?\d*|\.\d+)")


def read_seconds(value: str | float, name: str = "time") -> float:
    """Seconds meant by a number or a text.

    Args:
        value: seconds as a number, or a text such as ``"2.5"``, ``"0.2s"``, ``"200ms"``,
            ``"2min"``, ``"1:02.5"`` (minutes and seconds) or ``"1:00:02"``.
        name: what the value is for, to be named when it cannot be read.

    Raises:
        InputError: the value is none of these, or below zero.

    Example:
        >>> read_seconds("1:02.5"), read_seconds("200ms"), read_seconds(3)
        (62.5, 0.2, 3.0)
    """
    seconds = _parse(value.strip().lower()) if isinstance(value, str) else _number(value)
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        raise InputError(
            f"{name} is {str(value)!r}, expected seconds from 0 on, "
            "such as 2.5, 0.2s, 200ms, 2min or 1:02.5"
        )
    return seconds


class Rhythm:
    """Picks the first frame at or after each moment of a regular grid.

    Args:
        every: seconds from one moment of the grid to the next.
        start: first moment of the grid, None for the time of the first frame.

    Raises:
        InputError: ``every`` is not above zero.
    """

    def __init__(self, every: float, start: float | None = None) -> None:
        if every <= 0:
            raise InputError(f"every is {every} s, expected more than 0, such as 0.2s")
        self._every = every
        self._origin = start
        self._last = -math.inf

    def picks(self, time: float) -> bool:
        """Whether the frame at this time is the first of its step. Ask once per frame, in order."""
        if self._origin is None:
            self._origin = time
        step = math.floor((time - self._origin + TICK) / self._every)
        picked = step > self._last
        self._last = max(step, self._last)
        return picked


def _number(value: object) -> float | None:
    """Seconds of a number, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _parse(text: str) -> float | None:
    """Seconds of a text, None if it is no time."""
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = match.groups()
        if float(seconds) >= 60 or (hours and int(minutes) >= 60):
            return None
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    match = _NUMBER.fullmatch(text)
    if match is None or match[2] not in UNITS:
        return None
    return float(match[1]) * UNITS[match[2]]
