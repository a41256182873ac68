"""How sure a detector's figures are: average precision of pictures drawn with replacement.

Pictures that were made from one are drawn together. A picture that is drawn twice counts as two
pictures with the same boxes, found twice alike; figures are those of `mien.evaluation.detection`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.evaluation.bootstrap import DRAWS
from mien.evaluation.detection import OVERLAPS, RECALLS, Boxes, match
from mien.evaluation.paired import Floats

__all__ = ["FIGURES", "drawn_figures", "drawn_precisions", "picture_weights"]

FIGURES = ("map50", "map50_95")
"""What is drawn: average precision at an overlap of 0.5, and its mean over ten of them."""
CHUNK = 2_000_000
"""Numbers held at once."""


def picture_weights(groups: Sequence[str], *, count: int = DRAWS, seed: int = 0) -> Floats:
    """How often each picture is drawn, (d, n): groups are drawn with replacement, whole.

    >>> picture_weights(["a", "b", "b"], count=3).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.0, 2.0, 2.0]]

    Args:
        groups: (n,) what each picture was made from.
        count: draws.
        seed: the same seed gives the same draws, so that two detectors are drawn alike.

    Raises:
        InputError: all pictures are of one group.
    """
    names, place = np.unique(np.array(groups), return_inverse=True)
    if len(names) < 2:
        raise InputError(f"intervals draw pictures, and there is {len(names)}; expected 2 or more")
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=count)
    return drawn[:, place].astype(np.float64)


def drawn_figures(
    said: Sequence[Boxes], true: Sequence[Boxes], classes: int, weights: Floats
) -> tuple[Floats, Floats]:
    """Both FIGURES of every draw: of each class (d, c, 2), and their mean (d, 2).

    NaN for a class none of whose boxes is drawn; it is left out of the mean.

    Args:
        said: boxes with scores, one value a picture.
        true: boxes of the same pictures.
        classes: c.
        weights: (d, n) how often each picture is drawn.
    """
    found = drawn_precisions(said, true, classes, weights)
    each = np.stack([found[..., 0], found.mean(axis=2)], axis=2)
    there = ~np.isnan(each[..., :1])
    count = there.sum(axis=1)
    total = np.where(there, np.nan_to_num(each), 0).sum(axis=1)
    return each, np.where(count > 0, total / np.maximum(count, 1), np.nan)


def drawn_precisions(
    said: Sequence[Boxes], true: Sequence[Boxes], classes: int, weights: Floats
) -> Floats:
    """Average precision of every draw, class and overlap, (d, c, t)."""
    found = match(said, true, classes)
    picture = np.repeat(np.arange(len(said)), [len(one.kind) for one in said])
    out = np.full((len(weights), classes, len(OVERLAPS)), np.nan)
    for kind in range(classes):
        boxes = np.array([(one.kind == kind).sum() for one in true], np.float64)
        wanted = weights @ boxes
        rows = np.flatnonzero(found.kind == kind)
        rows = rows[np.argsort(-found.score[rows], kind="stable")]
        step = max(1, CHUNK // max(len(rows), 1))
        for first in range(0, len(weights), step):
            drawn = weights[first : first + step][:, picture[rows]]
            totals = np.cumsum(drawn, axis=1)
            for column in range(len(OVERLAPS)):
                right = found.right[rows, column]
                if column and np.array_equal(right, found.right[rows, column - 1]):
                    some = slice(first, first + step)
                    out[some, kind, column] = out[some, kind, column - 1]
                    continue
                places = np.flatnonzero(right)
                for place, (own, total) in enumerate(zip(drawn, totals, strict=True), first):
                    if wanted[place]:
                        out[place, kind, column] = _area(own, total, places, wanted[place])
    return out


def _area(own: Floats, total: Floats, places: NDArray[np.intp], wanted: float) -> float:
    """The area of `mien.evaluation.detection.area`, from predictions that count several times.

    Args:
        own: (m,) how often each prediction counts, in falling order of score.
        total: (m,) its sum so far.
        places: which of them are right.
        wanted: number of true boxes.
    """
    places = places[own[places] > 0]
    if not len(places):
        return 0.0
    times, seen = own[places], total[places]
    hits = np.cumsum(times)
    # a right one never lowers the precision: the envelope is flat from the one before up to it
    envelope = np.repeat(np.maximum.accumulate((hits / seen)[::-1])[::-1], 2)
    recall = np.stack([hits - times, hits], axis=1).ravel() / wanted
    recall = np.concatenate([recall, recall[-1:], [1.0]])
    envelope = np.concatenate([envelope, hits[-1:] / total[-1], [0.0]])
    return float(np.trapezoid(np.interp(RECALLS, recall, envelope), RECALLS))
