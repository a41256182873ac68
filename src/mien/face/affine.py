"""Affine maps: points and pictures through a (2, 3) matrix, bilinear, at exact points."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.values import Float32, Image

__all__ = ["Colour", "Float64", "Matrix", "inverse", "sample", "transform", "warp"]

Float64 = NDArray[np.float64]
Matrix = NDArray[np.floating]
Colour = tuple[int, int, int]

_PILLOW_PIXELS = 1_200_000
"""Above this many source pixels, packing them for Pillow costs more than sampling in numpy."""


def warp(image: Image, matrix: Matrix, size: int, border: Colour | str = (0, 0, 0)) -> Image:
    """Cut a square out of an image through an affine map, bilinear, without anti-aliasing.

    Pixel (i, j) of the result is taken at exactly the point that ``matrix`` maps to (i, j).
    Fractions of a grey level are dropped, not rounded. What is far larger than ``size`` is sampled,
    not averaged.

    Args:
        image: uint8 (h, w, 3).
        matrix: (2, 3), pixels of the image to pixels of the result.
        size: side of the result.
        border: the colour outside the image, or "edge" to repeat its outermost pixels.

    Returns:
        uint8 (size, size, 3).
    """
    return sample(image, inverse(matrix), size, border)


def sample(
    image: Image, back: Float64, size: int, border: Colour | str = (0, 0, 0), average: int = 1
) -> Image:
    """Do the same as ``warp``, from the map of the result's pixels to the image's.

    With ``average`` fine lines are averaged, not sampled, and the averages are rounded.

    Args:
        image: uint8 (h, w, 3).
        back: (2, 3), pixels of the result to pixels of the image.
        size: side of the result.
        border: the colour outside the image, or "edge" to repeat its outermost pixels.
        average: squares of so many pixels of the image are averaged first. As many as lie beside
            each other in a pixel of the result keep fine patterns from turning into coarse ones.

    Returns:
        uint8 (size, size, 3).
    """
    height, width = image.shape[:2]
    corners = back @ [[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]]
    # one square more on each side than bilinear sampling can touch
    x0, y0 = (math.floor(edge) - average for edge in corners.min(axis=1))
    x1, y1 = (math.ceil(edge) + 2 * average for edge in corners.max(axis=1))
    if border != "edge":
        x0, y0 = max(x0, -2 * average), max(y0, -2 * average)
        x1, y1 = min(x1, width + 2 * average), min(y1, height + 2 * average)
        if x0 >= x1 or y0 >= y1:
            return np.full((size, size, 3), border, np.uint8)
    if (x1 - x0) * (y1 - y0) > _PILLOW_PIXELS:
        if average > 1:  # there are more than enough: every second one will do
            return sample(image[::2, ::2], back / 2, size, border, average // 2)
        return _sample(image, back, size, border)
    source = Picture.fromarray(_region(image, (x0, y0, x1, y1), border))
    if average > 1:
        source = source.reduce(average)
    (a, b, c), (d, e, f) = back.tolist()
    # Pillow's pixel centres lie at one half, in the source and in the result.
    edges = (a, b, c - x0 + 0.5 - 0.5 * (a + b), d, e, f - y0 + 0.5 - 0.5 * (d + e))
    result = source.transform(
        (size, size),
        Picture.Transform.AFFINE,
        tuple(edge / average for edge in edges),
        Picture.Resampling.BILINEAR,
        fillcolor=None if isinstance(border, str) else border,
    )
    return np.asarray(result)


def inverse(matrix: Matrix) -> Float64:
    """Give the (2, 3) map that undoes ``matrix``."""
    square = np.asarray(matrix[:, :2], np.float64)
    back = np.linalg.inv(square)
    return np.concatenate([back, -back @ np.asarray(matrix[:, 2:], np.float64)], axis=1)


def transform(points: NDArray[np.floating], matrix: Matrix) -> Float64:
    """Map points (n, 2) through ``matrix`` (2, 3).

    >>> transform(np.array([[1.0, 2.0]]), np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 0.0]])).tolist()
    [[7.0, 4.0]]
    """
    mapped: Float64 = points @ np.asarray(matrix[:, :2], np.float64).T + matrix[:, 2]
    return mapped


def _region(image: Image, box: tuple[int, int, int, int], border: Colour | str) -> Image:
    """Copy a box x0, y0, x1, y1 (the last not included), padded where it leaves the image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if (left, top, right, bottom) == box:
        return np.ascontiguousarray(image[y0:y1, x0:x1])
    if left >= right or top >= bottom:  # nothing of the image is inside
        if border != "edge":
            return np.full((y1 - y0, x1 - x0, 3), border, np.uint8)
        rows = np.clip(np.arange(y0, y1), 0, height - 1)
        columns = np.clip(np.arange(x0, x1), 0, width - 1)
        return np.asarray(image[rows[:, None], columns])
    region = np.empty((y1 - y0, x1 - x0, 3), np.uint8)
    inside = region[top - y0 : bottom - y0]
    inside[:, left - x0 : right - x0] = image[top:bottom, left:right]
    edge = border == "edge"
    inside[:, : left - x0] = inside[:, left - x0, None] if edge else border
    inside[:, right - x0 :] = inside[:, right - x0 - 1, None] if edge else border
    region[: top - y0] = region[top - y0] if edge else border
    region[bottom - y0 :] = region[bottom - y0 - 1] if edge else border
    return region


def _sample(image: Image, back: Float64, size: int, border: Colour | str) -> Image:
    """Do what ``sample`` does in plain numpy: its cost does not grow with the region."""
    height, width = image.shape[:2]
    places = np.arange(size, dtype=np.float32)
    flat = back.astype(np.float32)
    points = [row[0] * places + row[1] * places[:, None] + row[2] for row in flat]
    limits = (width - 1, height - 1)
    if border == "edge":
        points = [np.clip(p, 0, limit) for p, limit in zip(points, limits, strict=True)]
    corner = [np.floor(p) for p in points]
    along, down = (
        np.asarray(p - whole)[..., None] for p, whole in zip(points, corner, strict=True)
    )
    left, top = (whole.astype(np.int64) for whole in corner)

    def pixels(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Float32:
        inside = image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
        if not isinstance(border, str):
            outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
            inside[outside] = border
        return inside.astype(np.float32)

    upper = pixels(top, left) * (1 - along) + pixels(top, left + 1) * along
    lower = pixels(top + 1, left) * (1 - along) + pixels(top + 1, left + 1) * along
    return np.asarray(upper * (1 - down) + lower * down, np.uint8)
