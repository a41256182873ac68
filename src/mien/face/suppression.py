"""Of many boxes of the same thing, the best one: non-maximum suppression."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.face.detector import overlaps
from mien.values import Float32

__all__ = ["Kept", "suppress"]

MOST_READ = 30_000
"""Boxes that are looked at, the best."""


class Kept(NamedTuple):
    """What is left, the best first."""

    box: Float32
    """(m, 4): corners."""
    kind: NDArray[np.int64]
    """(m,): number of the class."""
    score: Float32
    """(m,), 0-1."""
    row: NDArray[np.intp]
    """(m,): number of the box among those given."""


def suppress(
    boxes: Float32,
    scores: Float32,
    *,
    least: float = 0.25,
    overlap: float = 0.45,
    most: int = 300,
    several: bool = False,
) -> Kept:
    """Keep the best box of each thing, in each class on its own.

    Args:
        boxes: (n, 4): corners.
        scores: (n, c): of each class, 0-1.
        least: boxes of a lower score, or as low a one, are left out.
        overlap: a box that covers a better one of its class by more than this is left out:
            intersection over union.
        most: how many are kept.
        several: a box stands for every class whose score is high enough, as it is usual in
            evaluation; else for the best one only.
    """
    if several:
        row, kind = np.nonzero(scores > least)
    else:
        best = scores.argmax(axis=1) if scores.size else np.zeros(len(scores), np.intp)
        row = np.flatnonzero(scores[np.arange(len(scores)), best] > least)
        kind = best[row]
    value = scores[row, kind]
    order = np.argsort(-value, kind="stable")[:MOST_READ]
    row, kind, value = row[order], kind[order], value[order]
    own = boxes[row]
    rest = np.arange(len(row))
    kept: list[int] = []
    while len(rest) and len(kept) < most:
        first, rest = int(rest[0]), rest[1:]
        kept.append(first)
        same = kind[rest] == kind[first]
        covered = overlaps(own[first], own[rest]) > overlap
        rest = rest[~(same & covered)]
    keep = np.array(kept, np.intp)
    return Kept(own[keep], kind[keep].astype(np.int64), value[keep], row[keep])
