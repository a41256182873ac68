"""A thread that keeps only the newest frame: whoever cannot keep up misses frames, never time."""

import threading
from collections.abc import Generator
from time import monotonic
from typing import NamedTuple

import av

from mien.errors import MienError
from mien.video.shots import LATE, Counts, Shot

__all__ = ["Arrived", "Newest"]

LEAVING = 2.0
"""Seconds that a thread may take to end; one that a driver holds back ends with the program."""


class Arrived(NamedTuple):
    """A frame, and when it was there."""

    shot: Shot
    at: float
    """Seconds of the monotonic clock."""


class Newest:
    """Runs shots in a thread of its own, at their pace, and hands out the newest one.

    There is room for one frame. One that was not taken before the next came is counted as late.

    Args:
        shots: of a camera, or of a recording that is played; closed in the end.
        counts: of the source; late frames are added.
        closing: is set when nobody wants more frames, for shots that wait; None: none do.
    """

    def __init__(
        self,
        shots: Generator[Shot, None, None],
        counts: Counts,
        closing: threading.Event | None = None,
    ) -> None:
        self._shots = shots
        self._counts = counts
        self._closing = closing or threading.Event()
        self._arrival = threading.Condition()
        self._newest: Arrived | None = None
        self._begun = self._over = False
        self._error = ""
        self._thread = threading.Thread(target=self._watch, name="mien-newest", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether there will be no frame any more, and none waits."""
        with self._arrival:
            return self._over and self._newest is None

    @property
    def error(self) -> str:
        """Why the frames ended, if they broke off; the text is empty otherwise."""
        return self._error

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closing.is_set()

    def begins(self, patience: float) -> bool:
        """Wait for the first frame, and leave it to be taken; False where none came in time.

        Args:
            patience: seconds.
        """
        with self._arrival:
            self._arrival.wait_for(lambda: self._begun or self._over, patience)
            return self._begun

    def take(self, patience: float) -> Arrived | None:
        """Wait for a frame that was not taken yet; None where none came in time, or none will.

        Args:
            patience: seconds.
        """
        with self._arrival:
            self._arrival.wait_for(self._settled, patience)
            newest, self._newest = self._newest, None
            return None if self.closed else newest

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        with self._arrival:
            self._arrival.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(LEAVING)

    def _settled(self) -> bool:
        """Whether there is no reason to wait: a frame is there, or none will come."""
        return self._newest is not None or self._over or self.closed

    def _watch(self) -> None:
        """Go through the shots at their pace (runs in a thread of its own)."""
        error = ""
        try:
            for shot in self._shots:
                if self.closed:
                    break
                self._offer(Arrived(shot, monotonic()))
        except (av.FFmpegError, OSError, MienError) as broken:
            error = str(broken)
        finally:
            self._shots.close()
            with self._arrival:
                self._error, self._over = error, True
                self._arrival.notify_all()

    def _offer(self, arrived: Arrived) -> None:
        """Put a frame where it can be taken, in place of the one that lies there."""
        with self._arrival:
            if self._newest is not None:
                self._counts.set_dropped(LATE, self._counts.dropped.get(LATE, 0) + 1)
            self._begun, self._newest = True, arrived
            self._arrival.notify_all()
