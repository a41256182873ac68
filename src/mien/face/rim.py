"""What to show where an alignment's square leaves the frame: a blurred rim that fades away."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from mien.values import Image

__all__ = ["fade"]

_CROP_SIDE = 256
"""Side that decides whether a large square is shrunk first."""


def fade(image: Image, quad: NDArray[np.float64]) -> tuple[Image, NDArray[np.float64], float]:
    """Cut out the surroundings of a square, shrunk if large, with a faded rim outside the frame.

    Args:
        image: uint8 (h, w, 3).
        quad: (4, 2), corners of the square in pixels of the image.

    Returns:
        The picture; the place in the image of its first pixel, in pixels of the image; how often
        it was shrunk: a point p of the image is at (p - place + 0.5) / shrink - 0.5.
    """
    side = float(np.hypot(*(quad[3] - quad[0])))
    shrink = max(int(side / _CROP_SIDE * 0.5), 1)
    border = shrink * max(round(0.1 * side / shrink), 3)
    height, width = image.shape[:2]
    low = np.floor(quad.min(axis=0)).astype(int) - border
    high = np.ceil(quad.max(axis=0)).astype(int) + border
    first, last = np.maximum(low, 0), np.minimum(high, [width, height])
    first = np.minimum(first, [width - 1, height - 1])
    last = np.maximum(last, first + 1)
    part = np.ascontiguousarray(image[first[1] : last[1], first[0] : last[0]])
    if shrink > 1:
        part = np.asarray(Picture.fromarray(part).reduce(shrink))
    before, after = (first - low) / shrink, (high - last) / shrink
    pad = np.ceil(np.maximum(np.concatenate([before, after]), 0)).astype(int)
    if pad.max() <= border / shrink - 4:
        return part, first.astype(np.float64), float(shrink)
    pad = np.maximum(pad, round(0.3 * side / shrink))
    padded = np.pad(part, ((pad[1], pad[3]), (pad[0], pad[2]), (0, 0)))
    faded = _fade(padded, pad, 0.02 * side / shrink)
    return faded, (first - pad[:2] * shrink).astype(np.float64), float(shrink)


def _fade(padded: Image, pad: NDArray[np.int_], blur: float) -> Image:
    """Blur the padding and its neighbourhood, and take it to the median colour at the edge."""
    height, width = padded.shape[:2]
    across = np.minimum(np.arange(width) / pad[0], np.arange(width)[::-1] / pad[2])
    down = np.minimum(np.arange(height) / pad[1], np.arange(height)[::-1] / pad[3])
    mask = 1 - np.minimum(across, down[:, None])[..., None]
    soft = np.asarray(Picture.fromarray(padded).filter(ImageFilter.GaussianBlur(blur)), np.float64)
    mixed = padded + (soft - padded) * np.clip(3 * mask + 1, 0, 1)
    mixed += (np.median(mixed, axis=(0, 1)) - mixed) * np.clip(mask, 0, 1)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)
