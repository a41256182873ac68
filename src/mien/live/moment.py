"""A frame that was read while it was news, and how the run goes."""

from collections import deque
from dataclasses import dataclass, field
from time import monotonic, time

import numpy as np

from mien.analysis.stream import FrameReading

__all__ = ["Moment", "Tally"]

SPAN = 2.0
"""Seconds over which the frames a second are counted."""
LATEST = 30
"""Frames whose delays give the one that is shown."""
KEPT = 20_000
"""Delays that are remembered for the end."""


@dataclass(frozen=True, eq=False)
class Moment:
    """What was just read."""

    source: str
    reading: FrameReading
    arrived: float
    """When the frame was there, in seconds of the monotonic clock."""
    dropped: int
    """Frames so far that were passed over for newer ones."""
    rate: float | None
    """Frames read a second, lately; None at the beginning."""
    delay: float | None
    """Seconds from a frame's arrival until it was shown, lately; None for the first frame."""

    @property
    def captured(self) -> float:
        """When the frame was there, in seconds since 1970."""
        return time() - self.age

    @property
    def age(self) -> float:
        """Seconds since then."""
        return monotonic() - self.arrived


@dataclass
class Tally:
    """Frames, their rate and their delays, in memory that does not grow."""

    frames: int = 0
    begun: float = field(default_factory=monotonic)
    _times: deque[float] = field(default_factory=deque)
    _delays: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))

    def read(self, now: float) -> None:
        """Count a frame that is read now, a time of the monotonic clock."""
        self.frames += 1
        self._times.append(now)
        while self._times[0] < now - SPAN:
            self._times.popleft()

    def shown(self, delay: float) -> None:
        """Note the seconds from the arrival of a frame until it was shown."""
        self._delays.append(delay)

    @property
    def rate(self) -> float | None:
        """Frames a second over the last two seconds."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return None
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    @property
    def delay(self) -> float | None:
        """The middle one of the last delays."""
        if not self._delays:
            return None
        newest = [self._delays[-1 - place] for place in range(min(LATEST, len(self._delays)))]
        return float(np.median(newest))

    def line(self, name: str, dropped: int) -> str:
        """The run in one line."""
        spent = monotonic() - self.begun
        line = f"{name}: {self.frames} frames read in {spent:.1f} s"
        if self.frames and spent > 0:
            line += f", {self.frames / spent:.1f} a second"
        line += f"; {dropped} passed over for newer ones"
        if self._delays:
            half, most = 1000 * np.quantile(np.array(self._delays), (0.5, 0.95))
            line += f"; delay {half:.0f} ms, for 95 % of them at most {most:.0f} ms"
        return line
