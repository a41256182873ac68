"""How well boxes are found: mean average precision at one overlap, and over ten of them.

The figures of YOLOv5: greedy one-to-one matching by overlap within a class, the area under the
precision envelope at 101 recalls. COCO's own tool matches by score first and averages instead of
integrating, so that the two differ in the third decimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.evaluation.paired import Floats
from mien.values import Float32

__all__ = [
    "LEAST",
    "OVERLAP",
    "OVERLAPS",
    "RECALLS",
    "Boxes",
    "Found",
    "area",
    "average_precisions",
    "iou",
    "match",
    "means",
]

OVERLAPS: tuple[float, ...] = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""0.50, 0.55, ... 0.95."""
LEAST, OVERLAP = 0.001, 0.6
"""Lowest score, and largest overlap within a class, of the boxes that are evaluated."""
RECALLS = np.linspace(0, 1, 101)
"""At which the precision envelope is read."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """The boxes of one picture; of predictions with their scores."""

    box: Float32
    """(m, 4): x0, y0, x1, y1 in pixels."""
    kind: NDArray[np.int64]
    """(m,): number of the class."""
    score: Float32 | None = None
    """(m,), 0-1; None for true boxes."""

    def __post_init__(self) -> None:
        count = len(self.kind)
        scores = (count,) if self.score is None else self.score.shape
        if self.box.shape != (count, 4) or self.kind.shape != (count,) or scores != (count,):
            raise ShapeError(
                f"got boxes of shape {self.box.shape}, classes of shape {self.kind.shape} and "
                f"scores of shape {scores}, expected (m, 4), (m,) and (m,)"
            )
        numbers = self.box if self.score is None else np.c_[self.box, self.score]
        if not np.isfinite(numbers).all():
            raise InputError("a box or its score is not finite; expected pixels and 0-1")


@dataclass(frozen=True, eq=False)
class Found:
    """All predicted boxes of a set of pictures, each right or wrong at each overlap."""

    score: Floats
    """(m,)."""
    kind: NDArray[np.int64]
    """(m,)."""
    right: NDArray[np.bool_]
    """(m, t): matched to a true box at the t overlaps."""
    wanted: NDArray[np.int64]
    """(c,): number of true boxes of each class."""


def match(predicted: Sequence[Boxes], true: Sequence[Boxes], classes: int) -> Found:
    """Match predictions to true boxes, in each picture and class on its own.

    Args:
        predicted: boxes with scores, one value a picture.
        true: boxes of the same pictures.
        classes: c, how many there are.

    Raises:
        ShapeError: not the same number of pictures, or predictions without scores.
        InputError: a class that there is not.
    """
    if len(predicted) != len(true) or any(one.score is None for one in predicted):
        raise ShapeError(
            f"got boxes of {len(predicted)} and true boxes of {len(true)} pictures, expected the "
            "same pictures, and scores for the predicted ones"
        )
    kinds = np.concatenate([np.empty(0, np.int64), *(one.kind for one in (*predicted, *true))])
    strange = kinds[(kinds < 0) | (kinds >= classes)]
    if len(strange):
        raise InputError(f"a box is of class {strange[0]}, expected 0 to {classes - 1}")
    none = np.empty((0, len(OVERLAPS)), bool)
    right = [_match(one, other) for one, other in zip(predicted, true, strict=True)]
    wanted = [np.bincount(one.kind, minlength=classes) for one in true]
    return Found(
        np.concatenate([np.empty(0), *(one.score for one in predicted if one.score is not None)]),
        np.concatenate([np.empty(0, np.int64), *(one.kind for one in predicted)]),
        np.concatenate([none, *right]),
        np.sum([np.zeros(classes, np.int64), *wanted], axis=0),
    )


def average_precisions(found: Found) -> Floats:
    """Average precision of each class at each overlap, (c, t); NaN for a class without boxes."""
    out = np.full((len(found.wanted), found.right.shape[1]), np.nan)
    for kind, wanted in enumerate(found.wanted):
        own = found.kind == kind
        order = np.argsort(-found.score[own], kind="stable")
        for column in range(out.shape[1] if wanted else 0):
            out[kind, column] = area(found.right[own, column][order], int(wanted))
    return out


def means(areas: Floats) -> tuple[float, float]:
    """Mean average precision at an overlap of 0.5, and over 0.50 to 0.95, of the classes there.

    Args:
        areas: average precisions, (c, t).

    Returns:
        Two numbers 0-1, NaN without any class.
    """
    there = areas[~np.isnan(areas).any(axis=1)]
    return (float(there[:, 0].mean()), float(there.mean())) if len(there) else (np.nan, np.nan)


def area(right: NDArray[np.bool_], wanted: int) -> float:
    """Area under the precision envelope, from predictions in falling order of score.

    The envelope is sampled at 101 recalls and summed as trapezia. It ends in a precision of 0 at a
    recall of 1, to which it runs straight from the last recall that was reached. Two things follow
    that YOLOv5's tables share: the highest figure is 0.995, and who stops at some boxes is given
    half of the rest. It is the figure for detectors that offer many boxes, down to scores of 0.001.

    >>> round(area(np.array([True]), 1), 3)
    0.995
    >>> round(area(np.array([True]), 2), 3)  # 0.5 found; 0.25 for the way down from there
    0.75

    Args:
        right: (m,): which predictions have a true box of their own.
        wanted: number of true boxes, 1 or more.
    """
    if not right.any():
        return 0.0
    hits = np.cumsum(right)
    recall = np.concatenate([[0.0], hits / wanted, [1.0]])
    precision = np.concatenate([[1.0], hits / np.arange(1, len(right) + 1), [0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.trapezoid(np.interp(RECALLS, recall, envelope), RECALLS))


def iou(first: Float32, second: Float32) -> Floats:
    """Overlap of each box with each: common area over joint area, (m, 4), (n, 4) to (m, n).

    >>> box = np.array([[0, 0, 2, 2], [1, 0, 3, 2]], np.float32)
    >>> iou(box[:1], box).round(3).tolist()
    [[1.0, 0.333]]
    """
    a, b = first[:, None].astype(np.float64), second[None].astype(np.float64)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = np.clip(sides, 0, None).prod(axis=2)
    joint = _size(a) + _size(b) - common
    return np.asarray(common / np.where(joint > 0, joint, 1))


def _size(box: Floats) -> Floats:
    return np.asarray(np.clip(box[..., 2:] - box[..., :2], 0, None).prod(axis=-1))


def _match(predicted: Boxes, true: Boxes) -> NDArray[np.bool_]:
    """Whether each prediction has a true box of its own at each overlap, (m, t)."""
    out = np.zeros((len(predicted.kind), len(OVERLAPS)), bool)
    overlap = iou(predicted.box, true.box) * (predicted.kind[:, None] == true.kind[None])
    pairs = np.argwhere(overlap >= min(OVERLAPS))
    height = overlap[pairs[:, 0], pairs[:, 1]]
    for column, least in enumerate(OVERLAPS):
        taken: set[int] = set()
        for place in np.argsort(-height, kind="stable"):
            if height[place] < least:
                break
            said, real = (int(one) for one in pairs[place])
            if not out[said, column] and real not in taken:
                out[said, column] = True
                taken.add(real)
    return out
