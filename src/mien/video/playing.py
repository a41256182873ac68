"""A camera, or a recording at its own pace, of which only the newest frame is ever at hand."""

import threading
from collections.abc import Callable, Generator
from time import monotonic
from types import TracebackType
from typing import Self

from mien.errors import InputError
from mien.video.lasting import LastingCamera
from mien.video.newest import Arrived, Newest
from mien.video.reader import Source, bounded, open_source
from mien.video.shots import LATE, Shot
from mien.video.sources import is_camera

__all__ = ["Playing", "at_its_pace", "play"]


class Playing:
    """A source that goes on by itself; use it in ``with``.

    Args:
        source: a camera or a recording.
        camera: the same, where it is a camera.
        closing: the event that ends the waiting of either.
    """

    def __init__(
        self, source: Source, camera: LastingCamera | None, closing: threading.Event
    ) -> None:
        self.source = source
        self._camera = camera
        shots = source.shots() if camera is not None else at_its_pace(source.shots(), closing)
        self._newest = Newest(shots, source.counts, closing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._newest.close()
        self.source.close()

    def take(self, patience: float) -> Arrived | None:
        """The newest frame, if one came that was not taken yet.

        Args:
            patience: seconds to wait for it.
        """
        return self._newest.take(patience)

    @property
    def ended(self) -> bool:
        """Whether there will be no frame any more."""
        return self._newest.ended

    @property
    def error(self) -> str:
        """Why it broke off; the text is empty otherwise."""
        return self._newest.error

    @property
    def dropped(self) -> int:
        """Frames so far that were not taken because a newer one was there."""
        return self.source.counts.dropped.get(LATE, 0)

    @property
    def is_gone(self) -> bool:
        """Whether the camera is away, and waited for."""
        return self._camera is not None and self._camera.is_gone


def play(
    source: str,
    *,
    start: float | None = None,
    end: float | None = None,
    every: float | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Playing:
    """Let a camera or a recording run.

    Args:
        source: ``camera:0``, or the path of a video.
        start: seconds; of a recording, where it begins.
        end: seconds; frames from here on are not given.
        every: seconds; of each step this long only the first frame is given.
        say: is told, in a line, when a camera is gone and when it is back.

    Raises:
        UnreadableSource: it cannot be opened.
        InputError: it is a picture, or ``end`` is not after ``start``.
    """
    closing = threading.Event()
    if not is_camera(source):
        recording = open_source(source, start=start, end=end, every=every)
        if recording.kind == "picture":
            recording.close()
            raise InputError(
                f"{source} is a picture, and only a camera or a video goes on by itself; "
                "mien analyze reads pictures"
            )
        return Playing(recording, None, closing)
    cameras: list[LastingCamera] = []

    def opened() -> LastingCamera:
        cameras.append(LastingCamera(source, closing, say))
        return cameras[0]

    bound = bounded(opened, start, end, every)
    return Playing(bound, cameras[0], closing)


def at_its_pace(
    shots: Generator[Shot, None, None], closing: threading.Event
) -> Generator[Shot, None, None]:
    """Give each frame of a recording when its time has come, counted from the first one.

    Args:
        shots: as fast as they are decoded.
        closing: ends the waiting.
    """
    began: float | None = None
    try:
        for shot in shots:
            began = monotonic() - shot.time if began is None else began
            if closing.wait(max(0.0, began + shot.time - monotonic())):
                return
            yield shot
    finally:
        shots.close()
