"""A decoded frame as it is meant to be seen: upright, with square pixels, in RGB."""

from fractions import Fraction
from typing import cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from mien.values import Image

__all__ = ["paint", "size_on_screen"]

SOUND_ASPECT = (0.25, 4.0)
"""Width of a pixel over its height; what lies outside is taken for an error in the file."""

Matrix = tuple[int, int, int, int]


def size_on_screen(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height at which a frame is meant to be seen, in square pixels.

    Args:
        frame: a decoded frame.
        aspect: width of its pixels over their height, as the stream says.
    """
    width, height = frame.width, frame.height
    if aspect and aspect != 1 and SOUND_ASPECT[0] <= aspect <= SOUND_ASPECT[1]:
        width = max(1, round(width * aspect))
    return (height, width) if _lies(_display_matrix(frame)) else (width, height)


def paint(frame: VideoFrame, size: tuple[int, int], painter: VideoReformatter) -> Image:
    """Convert a frame to upright RGB.

    Args:
        frame: a decoded frame of any pixel format.
        size: width and height on the screen; a frame of another size is scaled to it.
        painter: keeps its tables from frame to frame.

    Returns:
        uint8 (h, w, 3), contiguous.
    """
    matrix = _display_matrix(frame)
    width, height = size[::-1] if _lies(matrix) else size
    rgb = painter.reformat(frame, width, height, "rgb24", interpolation="BILINEAR", threads=1)
    image = cast(Image, rgb.to_ndarray())
    return image if matrix is None else _turn(image, matrix)


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
