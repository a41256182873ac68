"""Pictures, videos and cameras as a stream of frames with true time stamps."""

import math
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType

from mien.errors import InputError
from mien.values import Frame
from mien.video.camera import open_camera
from mien.video.moments import TICK, Rhythm, read_seconds
from mien.video.pictures import is_picture, is_preview, read_first, read_picture
from mien.video.recording import Recording
from mien.video.shots import Counts, Feed, Kind, Shot
from mien.video.sources import check_file, check_name, expand, is_camera, path_of

__all__ = ["Counts", "Source", "bounded", "expand", "open_source", "read_picture"]


class Picture:
    """A picture as a source of one frame at time 0."""

    kind: Kind = "picture"
    begin = 0.0
    duration: float | None = None
    rate: float | None = None

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.counts = Counts()
        self.notes: list[str] = []
        self._image, frames = read_first(path)
        self.frames_in_container: int | None = frames
        if frames > 1:
            self.notes.append(
                f"only the first of its {frames} frames is read; to read them all, convert it to "
                "a video such as .mp4"
            )
        self.size = (self._image.shape[1], self._image.shape[0])
        if is_preview(path):
            width, height = self.size
            self.notes.append(
                f"only a preview of {width}x{height} is read, as it may be a camera's raw file; "
                "develop it to JPEG or PNG"
            )

    def shots(self, start: float | None = None) -> Iterator[Shot]:  # noqa: ARG002 - it has no time
        """The one frame."""
        self.counts.decoded += 1
        yield Shot(0, 0.0, lambda: self._image)

    def close(self) -> None:
        """Nothing is held."""


class Source:
    """Frames of a picture, a video or a camera, one after the other; memory stays flat.

    Iterate once, inside ``with``. Made by `open_source`.
    """

    def __init__(
        self, feed: Feed, start: float | None, end: float | None, rhythm: Rhythm | None
    ) -> None:
        self._feed = feed
        self._start = -math.inf if start is None else start - TICK
        self._end = math.inf if end is None else end
        self._rhythm = rhythm

    def __enter__(self) -> "Source":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        width, height = self.size
        return f"Source({self.name!r}, {self.kind}, {width}x{height})"

    def __iter__(self) -> Iterator[Frame]:
        for shot in self.shots():
            yield Frame(shot.paint(), shot.index, shot.time)

    def shots(self) -> Generator[Shot, None, None]:
        """The frames that are wanted, before their pixels are asked for."""
        counts = self._feed.counts
        for shot in self._feed.shots(self._start if math.isfinite(self._start) else None):
            if self.kind != "picture":
                if shot.time >= self._end - TICK:
                    counts.outside += 1
                    return
                if shot.time < self._start:
                    counts.outside += 1
                    continue
                if self._rhythm is not None and not self._rhythm.picks(shot.time):
                    counts.skipped += 1
                    continue
            counts.yielded += 1
            yield shot

    @property
    def kind(self) -> Kind:
        """What it is: picture, video or camera."""
        return self._feed.kind

    @property
    def name(self) -> str:
        """The path, or the camera, as it was given."""
        return self._feed.name

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its frames in pixels, upright."""
        return self._feed.size

    @property
    def begin(self) -> float:
        """When it begins by its header, in seconds."""
        return self._feed.begin

    @property
    def duration(self) -> float | None:
        """Seconds that it lasts by its header; None if it does not say."""
        return self._feed.duration

    @property
    def rate(self) -> float | None:
        """Frames a second by its header, for estimates only; None if it does not say."""
        return self._feed.rate

    @property
    def frames_in_container(self) -> int | None:
        """Frames in the file: by its header, else counted once it is read to its end, else None."""
        return self._feed.frames_in_container

    @property
    def counts(self) -> Counts:
        """What became of the frames up to now."""
        return self._feed.counts

    @property
    def notes(self) -> list[str]:
        """What was odd about the source, each in a sentence."""
        return self._feed.notes

    def close(self) -> None:
        """Let go of the file or the camera."""
        self._feed.close()


def open_source(
    source: str | Path,
    *,
    start: str | float | None = None,
    end: str | float | None = None,
    every: str | float | None = None,
    threads: int = 1,
) -> Source:
    """Open a picture, a video or a camera.

    A file is what its content says, whatever its suffix. Times are the container's presentation
    times, so those of a stream that starts at 1.4 s start at 1.4 s, and ``start`` and ``end`` mean
    the same times; a camera's count from its first frame. A picture is one frame at 0 s and takes
    no notice of ``start``, ``end`` and ``every``.

    Args:
        source: a path, or ``camera:0``.
        start: seconds, or a text such as ``"1:02.5"``; earlier frames are not given.
        end: seconds or text; frames at this moment and later are not given.
        every: seconds or text; of each step this long, from ``start`` or the first frame on, only
            the first frame is given.
        threads: threads of the video decoder. One costs the least CPU time per frame.

    Raises:
        UnreadableSource: it cannot be opened.
        InputError: a time cannot be read, or ``end`` is not after ``start``.
    """
    return bounded(partial(_open_feed, source, threads), start, end, every)


def bounded(
    opened: Callable[[], Feed],
    start: str | float | None = None,
    end: str | float | None = None,
    every: str | float | None = None,
) -> Source:
    """A source of a feed that is opened once the times are known to be sound.

    Raises:
        InputError: a time cannot be read, or ``end`` is not after ``start``.
    """
    first = None if start is None else read_seconds(start, "start")
    last = None if end is None else read_seconds(end, "end")
    if last is not None and last <= (first or 0.0):
        raise InputError(f"end is {last} s, expected a moment after the start at {first or 0.0} s")
    rhythm = None if every is None else Rhythm(read_seconds(every, "every"), first)
    return Source(opened(), first, last, rhythm)


def _open_feed(source: str | Path, threads: int) -> Feed:
    """The source behind a name, by what it is."""
    source = check_name(source)
    if is_camera(source):
        return open_camera(str(source))
    path = path_of(source)
    check_file(path)
    if is_picture(path):
        return Picture(path)
    return Recording(path, threads)
