"""A camera as a stream of its newest frames."""

import sys
from collections.abc import Generator, Iterator
from functools import partial
from time import monotonic

import av
from av.container import InputContainer

from mien.errors import UnreadableSource
from mien.video.newest import Newest
from mien.video.screen import Screen
from mien.video.shots import Counts, Kind, Shot

__all__ = ["Camera", "Device", "open_camera", "open_device"]

SYSTEMS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
"""The system's way to its cameras, by ``sys.platform``."""

PATIENCE = 10.0
"""Seconds to wait for a frame before a camera is given up."""


class Device:
    """An opened camera, or anything else that delivers frames at its own pace.

    Args:
        container: as PyAV opened it.
    """

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self._stream = container.streams.video[0]
        rate = self._stream.average_rate
        self.rate = float(rate) if rate else None
        self.size = (self._stream.width, self._stream.height)
        """Width and height; upright and in square pixels once the first frame has come."""

    def shots(self) -> Generator[Shot, None, None]:
        """Frames as they come; times count from the first. The camera is let go of at the end.

        Raises:
            FFmpegError: it broke.
        """
        screen: Screen | None = None
        began = first = monotonic()
        try:
            for index, frame in enumerate(self._container.decode(self._stream)):
                stamp = frame.time if frame.pts is not None else monotonic() - began
                if screen is None:
                    screen, first = Screen(frame, self._stream.sample_aspect_ratio), stamp
                    self.size = screen.size
                yield Shot(index, stamp - first, partial(screen.paint, frame))
        finally:
            self._container.close()


class Camera:
    """Frames as a camera delivers them. A slow reader gets the newest; the others are counted.

    Args:
        name: the camera as the user named it.
        device: the opened camera.

    Raises:
        UnreadableSource: no frame arrives.
    """

    kind: Kind = "camera"
    begin = 0.0
    duration: float | None = None
    frames_in_container: int | None = None

    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.counts = Counts()
        self.notes: list[str] = []
        self.rate = device.rate
        self._newest = Newest(device.shots(), self.counts)
        if not self._newest.begins(PATIENCE):
            self.close()
            reason = self._newest.error or "it stays silent"
            raise UnreadableSource(f"{self.name} delivers no frame: {reason}")
        self.size = device.size

    def shots(self, start: float | None = None) -> Iterator[Shot]:  # noqa: ARG002 - no way back
        """The newest frame, again and again, until the camera ends."""
        while (arrived := self._newest.take(PATIENCE)) is not None:
            self.counts.decoded += 1
            yield arrived.shot
        if self._newest.closed:
            return
        silent = "" if self._newest.ended else f"no frame came for {PATIENCE:.0f} s"
        if reason := self._newest.error or silent:
            self.notes.append(f"the camera stopped: {reason}")

    def close(self) -> None:
        """Let go of the camera."""
        self._newest.close()


def open_camera(name: str) -> Camera:
    """Open a camera by its name.

    Args:
        name: ``camera:0`` for the first one, or ``camera:`` and the system's own name of a device.

    Raises:
        UnreadableSource: there is no such camera, or it delivers nothing.
    """
    return Camera(name, open_device(name))


def open_device(name: str) -> Device:
    """Open a camera by its name, without waiting for a frame.

    Raises:
        UnreadableSource: there is no such camera.
    """
    system = SYSTEMS.get(sys.platform)
    if system is None:
        raise UnreadableSource(f"{name}: cameras are not read on {sys.platform}; give a video file")
    address, options = _device(name.partition(":")[2], system)
    try:
        container = av.open(address, format=system, options=options)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnreadableSource(
            f"{name} cannot be opened ({error}); expected a connected camera that no other program "
            "holds: camera:0 is the first, camera:1 the second"
        ) from error
    return Device(container)


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
