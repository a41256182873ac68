"""A camera that is opened again when it breaks, so that what watches it can go on for days."""

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from time import monotonic

import av

from mien.errors import UnreadableSource
from mien.video.camera import Device, open_device
from mien.video.shots import Counts, Kind, Shot

__all__ = ["WAITS", "LastingCamera"]

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
"""Seconds before each attempt to open a camera again; the last holds from then on."""

Say = Callable[[str], None]


class LastingCamera:
    """Frames of a camera as they come, with gaps where it was gone.

    Frames are numbered on, and times go on as the clock does. That the camera is gone is said once
    for each time, and again that it is back.

    Args:
        name: the camera as the user named it.
        closing: ends the waiting when it is set.
        say: is told of a loss in one line.
        opened: opens the device; the first time when this is made.

    Raises:
        UnreadableSource: there is no such camera.
    """

    kind: Kind = "camera"
    begin = 0.0
    duration: float | None = None
    frames_in_container: int | None = None

    def __init__(
        self,
        name: str,
        closing: threading.Event,
        say: Say,
        opened: Callable[[str], Device] = open_device,
    ) -> None:
        self.name = name
        self.counts = Counts()
        self.notes: list[str] = []
        self.losses = 0
        """How often it was gone."""
        self.is_gone = False
        """Whether it is now."""
        self._closing, self._say, self._opened = closing, say, opened
        self._device: Device | None = opened(name)
        self.rate, self.size = self._device.rate, self._device.size
        self._attempts = 0

    def shots(self, start: float | None = None) -> Generator[Shot, None, None]:  # noqa: ARG002
        """Frames until nobody wants more."""
        began, index = None, 0
        while self._device is not None:
            reason, since = "it delivers no more frames", None
            try:
                for shot in self._device.shots():
                    now = monotonic()
                    began = now if began is None else began
                    since = now - began if since is None else since
                    self._welcome()
                    self.counts.decoded += 1
                    yield replace(shot, index=index, time=since + shot.time)
                    index += 1
            except (av.FFmpegError, OSError) as error:
                reason = str(error)
            self._lost(reason)
            self._device = self._again()

    def close(self) -> None:
        """Open it no more; the device is let go of where its frames are taken."""
        self._closing.set()

    def _welcome(self) -> None:
        """A frame came."""
        self._attempts = 0
        if self.is_gone:
            self.is_gone = False
            self._say(f"{self.name} is back")

    def _lost(self, reason: str) -> None:
        """The camera broke; what breaks again before its first frame is the same loss."""
        if self.is_gone or self._closing.is_set():
            return
        self.is_gone = True
        self.losses += 1
        self._say(f"{self.name} is gone ({reason}); it is opened again as soon as it is there")

    def _again(self) -> Device | None:
        """Wait, longer each time, and open it; None when nobody wants it any more."""
        while not self._closing.wait(WAITS[min(self._attempts, len(WAITS) - 1)]):
            self._attempts += 1
            try:
                return self._opened(self.name)
            except UnreadableSource:
                continue
        return None
