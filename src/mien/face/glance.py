"""A frame at a glance: a grid of its brightness, enough to see cuts and possible newcomers."""

from collections.abc import Sequence

import numpy as np

from mien.values import Float32, Image

__all__ = ["glance", "has_news", "is_cut"]

_ROWS, _COLUMNS = 24, 40
_CUT = 0.3
"""Correlation of two frames under which the picture has changed as a whole."""
_CHANGE = 20.0
"""Grey levels that a place must change, well above noise."""
_PLACES = 3
"""Places that must change: the smallest faces that can be found cover five."""


def glance(image: Image) -> Float32:
    """Give the brightness at the places of a grid, float32 (24, 40)."""
    height, width = image.shape[:2]
    rows, columns = np.arange(_ROWS) * height // _ROWS, np.arange(_COLUMNS) * width // _COLUMNS
    return np.asarray(image[rows[:, None], columns].mean(axis=2, dtype=np.float32))


def is_cut(last: Float32, now: Float32) -> bool:
    """Whether two frames have little in common; a frame without contrast is like any other."""
    before, after = last - last.mean(), now - now.mean()
    scale = float(np.linalg.norm(before) * np.linalg.norm(after))
    return scale > 4.0 * now.size and float((before * after).sum()) < _CUT * scale


def has_news(then: Float32, now: Float32, boxes: Sequence[Float32], size: tuple[int, int]) -> bool:
    """Whether a picture has changed elsewhere than around the faces that are known.

    Args:
        then: the glance at an earlier frame.
        now: the glance at this one.
        boxes: of the known faces, in pixels.
        size: width and height of the frame in pixels.
    """
    changed = np.abs(now - then) > _CHANGE
    for box in boxes:
        around = (box[2:] - box[:2]) / 2
        grid = np.array([_COLUMNS, _ROWS]) / size
        low = np.clip(np.ceil((box[:2] - around) * grid), 0, None).astype(int)
        high = np.clip(np.floor((box[2:] + around) * grid) + 1, 0, None).astype(int)
        changed[low[1] : high[1], low[0] : high[0]] = False
    return int(np.count_nonzero(changed)) >= _PLACES
