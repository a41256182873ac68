"""When a face moves: units that rise, stay and fall, and their intensities at any time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mien.animation.moves import Intensities, is_sided, known_units
from mien.errors import InputError
from mien.facs.units import MAXIMUM, Side

__all__ = ["RAMP", "Event", "Script", "apart", "names"]

RAMP = 0.4
"""Seconds that a movement takes to its height, and back, unless it is shorter than twice that."""

LONGEST = 3600.0
"""Seconds: no clip is longer."""


@dataclass(frozen=True)
class Event:
    """One movement: units that rise together, stay and fall.

    >>> blink = Event({(43, ""): 5.0}, start=2.0, duration=0.3)
    >>> blink.half_rise, round(blink.level(2.15), 3), blink.level(2.3)
    (2.075, 1.0, 0.0)
    """

    units: Intensities
    """Intensity at the height by unit and side; a side goes before both.

    Intensities are changes of what the photograph shows: below 0 they take back a smile that is
    there already.
    """
    start: float
    """Seconds at which it begins to rise."""
    duration: float
    """Seconds until it is gone again."""
    ramp: float = RAMP
    """Seconds that it takes to rise, and to fall; at most half the duration."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and 0 <= self.start <= LONGEST):
            raise InputError(f"a movement at {self.start:g} s was asked for, expected 0 s or later")
        if not 0 < self.duration <= LONGEST:
            raise InputError(
                f"a movement for {self.duration:g} s was asked for, expected more than 0 s"
            )
        if not 0 <= self.ramp <= LONGEST:
            raise InputError(f"a rise of {self.ramp:g} s was asked for, expected 0 s or more")
        apart(self.units)

    @property
    def rise(self) -> float:
        """Seconds from nothing to the height."""
        return min(self.ramp, self.duration / 2)

    @property
    def end(self) -> float:
        """Seconds at which it is gone."""
        return self.start + self.duration

    @property
    def half_rise(self) -> float:
        """Seconds at which it has risen to half its height."""
        return self.start + self.rise / 2

    @property
    def half_fall(self) -> float:
        """Seconds at which it has fallen to half its height."""
        return self.end - self.rise / 2

    def level(self, time: float) -> float:
        """Share of its height at a time, 0-1; rise and fall have the shape of a cosine."""
        if not self.start <= time < self.end:
            return 0.0
        inside = min(time - self.start, self.end - time)
        return 0.5 - 0.5 * math.cos(math.pi * min(inside / self.rise, 1.0)) if self.rise else 1.0


@dataclass(frozen=True)
class Script:
    """All movements of a clip."""

    events: Sequence[Event]
    """In any order; where two move the same unit they add up, within -5 to 5."""
    length: float
    """Seconds."""
    rate: float = 30.0
    """Frames per second."""

    def __post_init__(self) -> None:
        if not 0 < self.length <= LONGEST:
            raise InputError(
                f"a clip of {self.length:g} s was asked for, expected up to {LONGEST:g} s"
            )
        if not 1 <= self.rate <= 240:
            raise InputError(f"{self.rate:g} frames per second were asked for, expected 1 to 240")

    @cached_property
    def times(self) -> tuple[float, ...]:
        """Time of each frame in seconds."""
        return tuple(index / self.rate for index in range(max(1, round(self.length * self.rate))))

    @cached_property
    def units(self) -> tuple[tuple[int, Side], ...]:
        """Every unit and side that moves, ascending; a sided unit has both its sides."""
        return tuple(sorted(self.height))

    @cached_property
    def height(self) -> dict[tuple[int, Side], float]:
        """Every unit and side as if all movements were at their height."""
        return _sum([(event, 1.0) for event in self.events])

    def at(self, time: float) -> dict[tuple[int, Side], float]:
        """Intensity of every unit and side at a time in seconds."""
        return _sum([(event, event.level(time)) for event in self.events])


def apart(units: Intensities) -> dict[tuple[int, Side], float]:
    """Give a sided unit once for each side.

    Args:
        units: intensities; a side that is named goes before both.

    Raises:
        InputError: a unit cannot be moved, has no sides, or its intensity is out of range.

    >>> apart({(12, ""): 4.0, (12, "L"): 1.0, (26, ""): 2.0})
    {(12, 'L'): 1.0, (12, 'R'): 4.0, (26, ''): 2.0}
    """
    found: dict[tuple[int, Side], float] = {}
    for (unit, side), intensity in sorted(units.items()):
        _check(unit, side, intensity)
        sides: Sequence[Side] = (side,) if side or not is_sided(unit) else ("L", "R")
        found.update({(unit, one): float(intensity) for one in sides})
    return found


def _sum(levels: Sequence[tuple[Event, float]]) -> dict[tuple[int, Side], float]:
    """Events at shares of their height, added up."""
    found: dict[tuple[int, Side], float] = {}
    for event, level in levels:
        for key, intensity in apart(event.units).items():
            found[key] = found.get(key, 0.0) + level * intensity
    return {key: min(max(value, -MAXIMUM), MAXIMUM) for key, value in sorted(found.items())}


def _check(unit: int, side: Side, intensity: float) -> None:
    if unit not in known_units():
        listed = ", ".join(map(str, known_units()))
        raise InputError(f"AU{unit} cannot be animated; these can: {listed}")
    if side and not is_sided(unit):
        raise InputError(f"AU{unit} moves as a whole; write {unit}={intensity:g}")
    if not -MAXIMUM <= intensity <= MAXIMUM:
        raise InputError(
            f"AU{unit} is given as {intensity:g}, expected 0 to {MAXIMUM:g}, "
            "or below 0 to take back what the photograph shows"
        )


def names(values: Mapping[tuple[int, Side], float]) -> dict[str, float]:
    """Intensities by the names of the AU table's columns; a sided unit is the mean of its sides.

    >>> names({(12, "L"): 4.0, (12, "R"): 2.0})
    {'AU12': 3.0, 'AU12_L': 4.0, 'AU12_R': 2.0}
    """
    found: dict[str, float] = {}
    for (unit, side), value in sorted(values.items()):
        if side:
            both = [values.get((unit, one), 0.0) for one in ("L", "R")]
            found[f"AU{unit}"] = sum(both) / 2
        found[f"AU{unit}_{side}" if side else f"AU{unit}"] = value
    return found
