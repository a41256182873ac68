"""A picture of any shape in a square of one size, with its shape kept and grey beside it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image as Picture

from mien.values import Float32, Image

__all__ = ["GREY", "Letterbox", "letterbox"]

GREY = 114


@dataclass(frozen=True)
class Letterbox:
    """How a picture lies in its square: square = picture * scale + shift."""

    scale_x: float
    scale_y: float
    left: int
    """Pixels of grey on the left."""
    top: int
    """Pixels of grey above."""

    def into(self, boxes: Float32) -> Float32:
        """Boxes (n, 4) of corners, from pixels of the picture to those of the square."""
        return np.asarray(boxes * self._scale() + self._shift(), np.float32)

    def back(self, boxes: Float32) -> Float32:
        """The way back."""
        return np.asarray((boxes - self._shift()) / self._scale(), np.float32)

    def _scale(self) -> Float32:
        return np.array([self.scale_x, self.scale_y] * 2, np.float32)

    def _shift(self) -> Float32:
        return np.array([self.left, self.top] * 2, np.float32)


def letterbox(image: Image, size: int) -> tuple[Image, Letterbox]:
    """Put a picture in the middle of a square.

    Args:
        image: uint8 (h, w, 3).
        size: side of the square in pixels; the longer side of the picture becomes as long.

    Returns:
        uint8 (size, size, 3), and where the picture lies in it.
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    out = np.full((size, size, 3), GREY, np.uint8)
    left, top = (size - wide) // 2, (size - high) // 2
    small = image
    if (wide, high) != (width, height):
        picture = Picture.fromarray(np.ascontiguousarray(image))
        small = np.asarray(picture.resize((wide, high), Picture.Resampling.BILINEAR))
    out[top : top + high, left : left + wide] = small
    return out, Letterbox(wide / width, high / height, left, top)
