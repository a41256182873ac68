"""The boxes that a detector's grids start from, fitted to the boxes of a set.

As YOLOv5 does: when fewer than 98 % of the boxes are within a factor of four of some anchor, the
anchors are found anew by k-means of widths and heights, and improved by chance.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.values import Float32

__all__ = ["ENOUGH", "RATIO", "fit_anchors", "fitness", "recall"]

Floats = NDArray[np.float64]

RATIO = 4.0
"""Factor up to which a box is matched to an anchor, in width and height."""
ENOUGH = 0.98
"""Share of the boxes that has to be matched."""
ROUNDS = 30
"""Of k-means."""
TRIES = 1000
"""Changes by chance."""
SPREAD = 0.1
CHANGED = 0.9
"""Chance that a number is changed in a try."""


def recall(sizes: Float32, anchors: Float32) -> float:
    """Share of boxes with an anchor within the ratio.

    >>> recall(np.array([[10, 10], [90, 10]], np.float32), np.array([[12, 9]], np.float32))
    0.5

    Args:
        sizes: (m, 2): width and height of the boxes.
        anchors: (k, 2), in the same unit.
    """
    return float((_likeness(sizes, anchors).max(axis=1) > 1 / RATIO).mean())


def fitness(sizes: Float32, anchors: Float32) -> float:
    """Mean over the boxes of the likeness to their best anchor, 0-1; 0 for who has none."""
    best = _likeness(sizes, anchors).max(axis=1)
    return float((best * (best > 1 / RATIO)).mean())


def fit_anchors(sizes: Float32, count: int, random: Generator) -> Float32:
    """Find anchors for boxes.

    Args:
        sizes: (m, 2): width and height in pixels at the size that is trained with.
        count: how many; with fewer different boxes than that, boxes near to these are added.
        random: of the start and the changes.

    Returns:
        (count, 2) by rising area.
    """
    many = sizes
    if len(np.unique(sizes, axis=0)) < count:
        noise = random.uniform(0.7, 1.4, (count * 4, 2))
        many = np.concatenate([sizes, sizes[random.integers(len(sizes), size=count * 4)] * noise])
    anchors = _means(many.astype(np.float64), count, random)
    best = fitness(sizes, anchors.astype(np.float32))
    for _ in range(TRIES):
        change = np.ones_like(anchors)
        drawn = random.random(anchors.shape) < CHANGED
        factor = 1 + random.random() * random.normal(size=anchors.shape) * SPREAD
        change[drawn] = np.clip(factor, 0.3, 3.0)[drawn]
        changed = np.maximum(anchors * change, 2.0)
        now = fitness(sizes, changed.astype(np.float32))
        if now > best:
            best, anchors = now, changed
    return anchors[np.argsort(anchors.prod(axis=1))].astype(np.float32)


def _likeness(sizes: Float32, anchors: Float32) -> Float32:
    """The worse of the two ratios, at most 1, of each box and anchor, (m, k)."""
    ratio = sizes[:, None] / anchors[None]
    return np.asarray(np.minimum(ratio, 1 / ratio).min(axis=2), np.float32)


def _means(sizes: Floats, count: int, random: Generator) -> Floats:
    """K-means of widths and heights in units of their spread."""
    spread = np.maximum(sizes.std(axis=0), 1e-3)
    points = sizes / spread
    centres = points[random.choice(len(points), count, replace=False)]
    for _ in range(ROUNDS):
        near = ((points[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)
        for number in range(count):
            if (near == number).any():
                centres[number] = points[near == number].mean(axis=0)
    return np.asarray(centres * spread)
