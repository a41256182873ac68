"""Time stamps of a stream as times that always grow."""

__all__ = ["Clock"]

JUMP = 1.0
"""Seconds: a stamp further back than this starts a new count, as in files that were joined."""


class Clock:
    """Gives each frame its time: its stamp where it has a sound one, an estimate elsewhere.

    A stamp is unsound when it is missing, or does not grow. It is then estimated from the previous
    frame's time and the nominal frame rate.

    Args:
        step: seconds from a frame to the next, where nothing better is known.
    """

    last: float | None = None
    """Time of the frame before, in seconds."""
    estimated: int = 0
    """Frames whose time had to be estimated."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._shift = 0.0

    def time(self, stamp: float | None) -> float:
        """Time of the next frame in seconds.

        Args:
            stamp: presentation time in seconds as the container has it, None if it has none.
        """
        if stamp is not None and (self.last is None or stamp + self._shift > self.last):
            self.last = stamp + self._shift
            return self.last
        self.estimated += 1
        self.last = self._estimate(stamp)
        return self.last

    def _estimate(self, stamp: float | None) -> float:
        """A time after the last one for a frame with an unsound stamp."""
        if self.last is None:
            return 0.0
        if stamp is None:
            return self.last + self._step
        if stamp + self._shift < self.last - JUMP:
            self._shift = self.last + self._step - stamp
            return self.last + self._step
        return self.last + self._step / 2
