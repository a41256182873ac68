"""Colours between the pixels of a picture, and soft edges, in plain numpy."""

import numpy as np
from numpy.typing import NDArray

from mien.values import Float32

__all__ = ["sample", "soften"]


def sample(image: NDArray[np.generic], places: NDArray[np.floating]) -> Float32:
    """Take colours between four pixels (bilinear); beyond the border its last pixels go on.

    Args:
        image: (h, w, c).
        places: (..., 2), x, y in pixels; the centre of the top-left pixel is (0, 0).

    Returns:
        float32 (..., c).

    >>> sample(np.array([[[0], [10]]]), np.array([[0.25, 0.0], [9.0, 9.0]])).ravel().tolist()
    [2.5, 10.0]
    """
    height, width, channels = image.shape
    x = np.clip(places[..., 0], 0, width - 1).astype(np.float32)
    y = np.clip(places[..., 1], 0, height - 1).astype(np.float32)
    left = np.minimum(x.astype(np.intp), max(width - 2, 0))
    top = np.minimum(y.astype(np.intp), max(height - 2, 0))
    across, down = (x - left)[..., None], (y - top)[..., None]
    flat = image.reshape(-1, channels)
    first = top * width + left
    right, below = int(width > 1), width * int(height > 1)
    upper = flat[first] * (1 - across) + flat[first + right] * across
    lower = flat[first + below] * (1 - across) + flat[first + below + right] * across
    return np.asarray(upper + (lower - upper) * down, np.float32)


def soften(image: Float32) -> Float32:
    """Blur by one pixel to each side (weights 1, 2, 1), so that a mask has no steps.

    Args:
        image: float32 (h, w, c).
    """
    framed = np.pad(image, ((1, 1), (0, 0), (0, 0)), mode="edge")
    tall = (framed[:-2] + 2 * framed[1:-1] + framed[2:]) / 4
    framed = np.pad(tall, ((0, 0), (1, 1), (0, 0)), mode="edge")
    return np.asarray((framed[:, :-2] + 2 * framed[:, 1:-1] + framed[:, 2:]) / 4, np.float32)
