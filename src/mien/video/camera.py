"""A camera as a stream of its newest frames."""

import sys
import threading
from collections.abc import Iterator
from functools import partial
from time import monotonic

import av
from av.container import InputContainer
from av.video.frame import VideoFrame

from mien.errors import UnreadableSource
from mien.video.screen import Screen
from mien.video.shots import LATE, Counts, Kind, Shot

__all__ = ["Camera", "open_camera"]

SYSTEMS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
"""The system's way to its cameras, by ``sys.platform``."""

PATIENCE = 10.0
"""Seconds to wait for a frame before a camera is given up."""


class Camera:
    """Frames as a camera delivers them. A slow reader gets the newest; the others are counted.

    Args:
        name: the camera as the user named it.
        container: an opened device, or anything that delivers frames at their own pace.

    Raises:
        UnreadableSource: no frame arrives.
    """

    kind: Kind = "camera"
    duration: float | None = None
    frames_in_container: int | None = None

    def __init__(self, name: str, container: InputContainer) -> None:
        self.name = name
        self.counts = Counts()
        self.notes: list[str] = []
        self._container = container
        self._stream = container.streams.video[0]
        rate = self._stream.average_rate
        self.rate = float(rate) if rate else None
        self._arrival = threading.Condition()
        self._newest: tuple[int, float, VideoFrame] | None = None
        self._head: VideoFrame | None = None
        self._error: str | None = None
        self._open = True
        self._thread = threading.Thread(target=self._watch, name="mien-camera", daemon=True)
        self._thread.start()
        self._screen = Screen(self._first(), self._stream.sample_aspect_ratio)
        self.size = self._screen.size

    def shots(self, start: float | None = None) -> Iterator[Shot]:  # noqa: ARG002 - no way back
        """The newest frame, again and again, until the camera ends."""
        while (newest := self._take()) is not None:
            index, time, frame = newest
            self.counts.decoded += 1
            yield Shot(index, time, partial(self._screen.paint, frame))
        if self._error:
            self.notes.append(f"the camera stopped: {self._error}")

    def close(self) -> None:
        """Let go of the camera."""
        with self._arrival:
            self._open = False
            self._arrival.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(PATIENCE)

    def _first(self) -> VideoFrame:
        """Wait for the first frame."""
        with self._arrival:
            self._arrival.wait_for(self._settled, PATIENCE)
        if self._head is None:
            self.close()
            reason = self._error or "it stays silent"
            raise UnreadableSource(f"{self.name} delivers no frame: {reason}")
        return self._head

    def _take(self) -> tuple[int, float, VideoFrame] | None:
        """Wait for a frame that was not taken yet; None when there will be none."""
        with self._arrival:
            self._arrival.wait_for(self._settled, PATIENCE)
            if not self._open:
                return None
            newest, self._newest = self._newest, None
            if newest is None and self._error is None:
                self._error = f"no frame came for {PATIENCE:.0f} s"
            return newest

    def _settled(self) -> bool:
        """Whether there is no reason to wait: a frame is there, or none will come."""
        return self._newest is not None or self._error is not None or not self._open

    def _watch(self) -> None:
        """Decode at the camera's pace and keep the newest frame (runs in a thread of its own)."""
        ended = ""
        try:
            first: float | None = None
            began = monotonic()
            for index, frame in enumerate(self._container.decode(self._stream)):
                stamp = frame.time if frame.pts is not None else monotonic() - began
                first = stamp if first is None else first
                if not self._offer(index, stamp - first, frame):
                    break
        except (av.FFmpegError, OSError) as error:
            ended = str(error)
        finally:
            self._container.close()
        with self._arrival:
            self._error = self._error or ended
            self._arrival.notify_all()

    def _offer(self, index: int, time: float, frame: VideoFrame) -> bool:
        """Put a frame where it can be taken; False when nobody wants it any more."""
        with self._arrival:
            if self._newest is not None:
                self.counts.set_dropped(LATE, self.counts.dropped.get(LATE, 0) + 1)
            self._head = self._head or frame
            self._newest = (index, time, frame)
            self._arrival.notify_all()
            return self._open


def open_camera(name: str) -> Camera:
    """Open a camera by its name.

    Args:
        name: ``camera:0`` for the first one, or ``camera:`` and the system's own name of a device.

    Raises:
        UnreadableSource: there is no such camera, or it delivers nothing.
    """
    system = SYSTEMS.get(sys.platform)
    if system is None:
        raise UnreadableSource(f"{name}: cameras are not read on {sys.platform}; give a video file")
    device, options = _device(name.partition(":")[2], system)
    try:
        container = av.open(device, format=system, options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnreadableSource(
            f"{name} cannot be opened ({error}); expected a connected camera that no other program "
            "holds: camera:0 is the first, camera:1 the second"
        ) from error
    return Camera(name, container)


def _device(which: str, system: str) -> tuple[str, dict[str, str]]:
    """The address and the options by which a system opens a camera."""
    if system == "v4l2":
        return (f"/dev/video{which}" if which.isdecimal() else which), {}
    if system == "avfoundation":
        return which, {"framerate": "30"}
    if not which.isdecimal():
        return f"video={which}", {}
    cameras = [
        device.name
        for device in av.device.enumerate_input_devices(system)
        if "video" in device.media_types
    ]
    if int(which) >= len(cameras):
        raise UnreadableSource(
            f"camera:{which} does not exist; connected: {', '.join(cameras) or 'none'}"
        )
    return f"video={cameras[int(which)]}", {}
