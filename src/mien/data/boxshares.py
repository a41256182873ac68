"""Boxes as shares of their picture, as label files have them, and as corners in its pixels."""

import numpy as np

from mien.values import Float32

__all__ = ["corners", "shares"]


def corners(told: Float32, width: int, height: int) -> Float32:
    """Centre x, y, width, height as shares (m, 4) to corners in pixels.

    >>> corners(np.array([[0.5, 0.5, 0.5, 1.0]], np.float32), 100, 40).tolist()
    [[25.0, 0.0, 75.0, 40.0]]
    """
    half = told[:, 2:] / 2
    size = np.array([width, height] * 2, np.float32)
    return np.asarray(np.column_stack([told[:, :2] - half, told[:, :2] + half]) * size, np.float32)


def shares(box: Float32, width: int, height: int) -> Float32:
    """The way back.

    >>> shares(np.array([[25.0, 0.0, 75.0, 40.0]], np.float32), 100, 40).tolist()
    [[0.5, 0.5, 0.5, 1.0]]
    """
    size = np.array([width, height], np.float32)
    low, high = box[:, :2] / size, box[:, 2:] / size
    return np.column_stack([(low + high) / 2, high - low]).astype(np.float32)
