"""A decoded frame as it is meant to be seen: upright, with square pixels, in RGB."""

from fractions import Fraction
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from mien.values import Image

__all__ = ["Screen"]

SOUND_ASPECT = (0.25, 4.0)
"""Width of a pixel over its height; what lies outside is taken for an error in the file."""

Matrix = tuple[int, int, int, int]


class Screen:
    """Where the frames of one stream are shown: all upright and of the size of the first.

    A frame of another shape is shown whole and undistorted, between black bars.

    Args:
        head: first frame of the stream. Its display matrix holds for all. It alone is asked,
            because a frame that was asked for it is part of a cycle and stays in memory for long.
        aspect: width of a pixel over its height, as the stream says.
    """

    size: tuple[int, int]
    """Width and height in square pixels."""

    def __init__(self, head: VideoFrame, aspect: Fraction | None) -> None:
        sound = aspect is not None and SOUND_ASPECT[0] <= aspect <= SOUND_ASPECT[1]
        self._aspect = aspect if aspect is not None and sound else Fraction(1)
        self._coded = (head.width, head.height)
        width, height = max(1, round(head.width * self._aspect)), head.height
        self._matrix = _display_matrix(head)
        self._stored = (width, height)
        self._painter = VideoReformatter()
        self.size = (height, width) if _lies(self._matrix) else (width, height)

    def paint(self, frame: VideoFrame) -> Image:
        """Convert a frame to upright RGB.

        Args:
            frame: a decoded frame of any pixel format and size.

        Returns:
            uint8 (h, w, 3), contiguous.
        """
        coded = (frame.width, frame.height)
        size = self._stored if coded == self._coded else self._fitted(*coded)
        rgb = self._painter.reformat(frame, *size, "rgb24", interpolation="BILINEAR", threads=1)
        image = cast(Image, rgb.to_ndarray())
        if size != self._stored:
            image = _between_bars(image, *self._stored)
        return image if self._matrix is None else _turn(image, self._matrix)

    def _fitted(self, width: int, height: int) -> tuple[int, int]:
        """The largest size in which a frame of so many stored pixels fits, in square pixels."""
        shown = float(width * self._aspect)
        factor = min(self._stored[0] / shown, self._stored[1] / height)
        return max(1, round(shown * factor)), max(1, round(height * factor))


def _between_bars(image: Image, width: int, height: int) -> Image:
    """A picture in the middle of a black one."""
    whole = np.zeros((height, width, 3), np.uint8)
    down, across = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    whole[down : down + image.shape[0], across : across + image.shape[1]] = image
    return whole


def _display_matrix(frame: VideoFrame) -> Matrix | None:
    """The part (a, b, c, d) of the display matrix that turns: x' = a x + c y, y' = b x + d y."""
    data = cast(Buffer | None, frame.side_data.get("DISPLAYMATRIX"))
    if data is None:
        return None
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).tolist()
    return a, b, c, d


def _lies(matrix: Matrix | None) -> bool:
    """Whether a picture is stored lying on its side."""
    return matrix is not None and abs(matrix[1]) > abs(matrix[0])


def _turn(image: Image, matrix: Matrix) -> Image:
    """Turn and mirror a picture by quarter turns, as close to the matrix as they come."""
    a, b, c, d = matrix
    across, down = a, d
    if _lies(matrix):
        image = image.transpose(1, 0, 2)
        across, down = c, b
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])
