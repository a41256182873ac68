"""Frames to a video file with their true time stamps, and single pictures."""

import logging
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import cast

import av
import numpy as np
import PIL.Image
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from mien.errors import InputError, ShapeError
from mien.files import by_suffix, cannot_write, whole_file
from mien.values import Image, check_image

__all__ = ["VideoWriter", "write_picture"]

logger = logging.getLogger(__name__)

BASE = Fraction(1, 90_000)
"""Unit of the time stamps in seconds: fine enough for any frame rate in use."""

BT709 = 1
LIMITED = 1
"""Colour matrix and range of the file, by their numbers in the standard (H.273)."""

H264 = ("libx264", {"crf": "18", "preset": "veryfast", "bf": "0"})
VP9 = ("libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "7"})

VIDEOS = {".mp4": H264, ".m4v": H264, ".mov": H264, ".mkv": H264, ".webm": VP9}
"""Suffix of a video to codec and its options."""

PICTURES = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 92, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 92, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 90}),
}
"""Suffix of a picture to format and its options."""


class VideoWriter:
    """Writes frames to a video file, each at its own time; use it in ``with``.

    The file appears under its name only when the block ends without an error. Codecs need even
    sides, so an odd side gets its last line of pixels twice.

    Args:
        path: the file; its suffix says the kind: .mp4, .m4v, .mov, .mkv (H.264) or .webm (VP9).
        width: of the frames in pixels.
        height: of the frames in pixels.

    Raises:
        InputError: the suffix is unknown, or the file cannot be written.
    """

    def __init__(self, path: str | Path, width: int, height: int) -> None:
        self.path = Path(path)
        self._codec = by_suffix(self.path, VIDEOS, "a video")
        if width < 1 or height < 1:
            raise ShapeError(f"a video of {width}x{height} was asked for, expected 1x1 or more")
        self._size = (width, height)
        self._stamp: int | None = None
        self._shift = 0
        self._files = ExitStack()
        if width % 2 or height % 2:
            logger.info(
                "%s: codecs need even sides; %dx%d got its last line of pixels twice",
                self.path.name,
                width,
                height,
            )

    def __enter__(self) -> "VideoWriter":
        partial = self._files.enter_context(whole_file(self.path))
        try:
            self._container: OutputContainer = av.open(f"file:{partial}", "w")
            self._stream = self._add_stream()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._files:
            try:
                if error is None and self._stamp is not None:
                    self._put(None)
                self._container.close()
            except (av.FFmpegError, OSError) as problem:
                if error is None:
                    raise self._failed(problem) from problem
            if error is None and self._stamp is None:
                raise InputError(f"{self.path.name} got no frame, expected at least one")
            if error is not None:
                raise error

    def write(self, image: Image, time: float) -> None:
        """Add a frame.

        Args:
            image: uint8 (h, w, 3), RGB, of the size of the video.
            time: its presentation time in seconds, after that of the frame before. No file begins
                before 0: where the first does, all are moved until it is at 0.

        Raises:
            ShapeError: the frame is of another size.
            InputError: the time does not grow, or the file cannot be written.
        """
        check_image(image)
        height, width = image.shape[:2]
        if (width, height) != self._size:
            raise ShapeError(
                f"a frame of {width}x{height} came for {self.path.name}, "
                f"expected {self._size[0]}x{self._size[1]}"
            )
        if self._stamp is None:
            self._shift = max(0, -round(time / BASE))
        stamp = round(time / BASE) + self._shift
        step = 0 if self._stamp is None else stamp - self._stamp
        if self._stamp is not None and step <= 0:
            raise InputError(
                f"a frame at {time:.4f} s came for {self.path.name}, "
                "expected a time after that of the frame before"
            )
        self._stamp = stamp
        frame = VideoFrame.from_ndarray(_even(image)).reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, threads=1
        )
        frame.pts, frame.time_base, frame.duration = stamp, BASE, step
        try:
            self._put(frame)
        except (av.FFmpegError, OSError) as problem:
            raise self._failed(problem) from problem

    def _add_stream(self) -> VideoStream:
        """The one stream, with its colours and time stamps declared."""
        name, options = self._codec
        stream = cast(VideoStream, self._container.add_stream(name, rate=30, options=dict(options)))
        stream.width, stream.height = (side + side % 2 for side in self._size)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = BASE
        stream.codec_context.thread_count = 1
        stream.codec_context.colorspace = BT709
        stream.codec_context.color_range = LIMITED
        return stream

    def _put(self, frame: VideoFrame | None) -> None:
        """Encode a frame, None for what is still waiting in the codec."""
        self._container.mux(self._stream.encode(frame))

    def _failed(self, problem: Exception) -> InputError:
        """The error to raise when the disk or the codec refuses."""
        return cannot_write(
            self.path, problem if isinstance(problem, OSError) else OSError(str(problem))
        )


def write_picture(path: str | Path, image: Image) -> None:
    """Write a picture: .png, .jpg or .webp by its suffix.

    Args:
        path: the file; it appears under its name only when it is complete.
        image: uint8 (h, w, 3), RGB.

    Raises:
        InputError: the suffix is unknown, or the file cannot be written.
    """
    check_image(image)
    path = Path(path)
    name, options = by_suffix(path, PICTURES, "a picture")
    with whole_file(path) as partial:
        try:
            PIL.Image.fromarray(image).save(partial, format=name, **options)
        except OSError as error:
            raise cannot_write(path, error) from error


def _even(image: Image) -> Image:
    """With the last row or column twice where a side is odd."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return np.ascontiguousarray(image)
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
