"""How well the presence of action units is told: F1, accuracy, balanced accuracy, AUROC, AP.

All take probabilities and truths of one shape, (n,) or (n, k), and a mask of what is known; they
give one number, or one per column. A label that is not known counts nowhere. Where a figure does
not exist it is NaN, for the caller to leave out.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import InputError
from mien.evaluation.paired import Bools, Floats, pair, ratio

__all__ = [
    "THRESHOLD",
    "accuracy",
    "accuracy_of",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "balanced_accuracy_of",
    "counts",
    "f1",
    "f1_of",
    "labelled",
    "terms",
]

THRESHOLD = 0.5
"""A unit is present from this probability on, itself included."""


def f1(
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None = None,
    *,
    threshold: float = THRESHOLD,
) -> Floats:
    """F1 of the positive class, 2 TP / (2 TP + FP + FN): 0 where that is 0/0.

    Of all pictures at once, not the mean over batches. NaN where no label is known.

    >>> float(f1([0.9, 0.5, 0.1, 0.2], [1, 0, 0, 1]))
    0.5
    """
    return f1_of(counts(predicted, truth, known, threshold=threshold))


def accuracy(
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None = None,
    *,
    threshold: float = THRESHOLD,
) -> Floats:
    """Share of the known labels that are told right.

    >>> float(accuracy([0.9, 0.5, 0.1, 0.2], [1, 0, 0, 1], [True, True, True, False]).round(3))
    0.667
    """
    return accuracy_of(counts(predicted, truth, known, threshold=threshold))


def balanced_accuracy(
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None = None,
    *,
    threshold: float = THRESHOLD,
) -> Floats:
    """Mean of the shares told right among positives and among negatives; NaN without either.

    >>> float(balanced_accuracy([0.9, 0.9, 0.1, 0.2], [1, 0, 0, 0]).round(3))
    0.833
    """
    return balanced_accuracy_of(counts(predicted, truth, known, threshold=threshold))


def auroc(predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Area under the receiver operating curve; NaN without positives or without negatives.

    The share of pairs of a positive and a negative in which the positive has the higher score,
    ties counting one half.

    >>> float(auroc([0.9, 0.3, 0.3, 0.1], [1, 1, 0, 0]))
    0.875
    """
    return _per_column(_auroc, predicted, truth, known)


def average_precision(
    predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None
) -> Floats:
    """Average precision, sum of (R_n - R_n-1) P_n over the thresholds; NaN without positives.

    The mean over the positives of the precision among all that score at least as high.

    >>> float(average_precision([0.9, 0.3, 0.2, 0.1], [1, 0, 1, 0]).round(3))
    0.833
    """
    return _per_column(_average_precision, predicted, truth, known)


def counts(
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None = None,
    *,
    threshold: float = THRESHOLD,
) -> Floats:
    """True positives, false positives, false negatives, true negatives: (4,) or (k, 4).

    Sums over batches, persons or processes give those of the whole.

    >>> counts([0.9, 0.5, 0.1, 0.2], [1, 0, 0, 1]).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    return np.stack([one.sum(axis=0) for one in terms(predicted, truth, known, threshold)], axis=-1)


def terms(
    predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None, threshold: float
) -> list[Floats]:
    """What the counts are sums of, each of the shape of the truth, 0 where it is not known.

    Raises:
        InputError: a truth that is neither 0 nor 1.
    """
    scores, labels, mask = _labels(predicted, truth, known)
    said = scores >= threshold
    kinds = (said & labels, said & ~labels, ~said & labels, ~said & ~labels)
    return [(kind & mask).astype(np.float64) for kind in kinds]


def f1_of(tally: NDArray[np.float64]) -> Floats:
    """F1 from counts (..., 4)."""
    hits, alarms, misses, _ = np.moveaxis(tally, -1, 0)
    figure = ratio(2 * hits, 2 * hits + alarms + misses, otherwise=0.0)
    return np.where(labelled(tally), figure, np.nan)


def accuracy_of(tally: NDArray[np.float64]) -> Floats:
    """Accuracy from counts (..., 4)."""
    return ratio(tally[..., 0] + tally[..., 3], tally.sum(axis=-1))


def balanced_accuracy_of(tally: NDArray[np.float64]) -> Floats:
    """Balanced accuracy from counts (..., 4)."""
    hits, alarms, misses, rejections = np.moveaxis(tally, -1, 0)
    return (ratio(hits, hits + misses) + ratio(rejections, rejections + alarms)) / 2


def labelled(tally: NDArray[np.float64]) -> Bools:
    """Whether any label is known, from counts (..., 4)."""
    return np.asarray(tally.sum(axis=-1) > 0)


def _labels(
    predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None
) -> tuple[Floats, Bools, Bools]:
    scores, labels, mask = pair(predicted, truth, known)
    strange = np.unique(labels[(labels != 0) & (labels != 1)])
    if len(strange):
        raise InputError(
            f"the truth holds {strange[0]:g}, expected 0 or 1; mask labels that are not known, and "
            "make intensities to occurrence with a threshold"
        )
    return scores, labels == 1, mask


def _per_column(
    figure: Callable[[Floats, Floats], float],
    predicted: ArrayLike,
    truth: ArrayLike,
    known: ArrayLike | None,
) -> Floats:
    """The figure of each column, from its positive and its negative scores, both ascending."""
    scores, labels, mask = _labels(predicted, truth, known)
    found = [
        figure(np.sort(s[m & y]), np.sort(s[m & ~y]))
        for s, y, m in zip(*(np.atleast_2d(one.T) for one in (scores, labels, mask)), strict=True)
    ]
    return np.array(found).reshape(scores.shape[1:])


def _auroc(positive: Floats, negative: Floats) -> float:
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, "left")
    up_to = np.searchsorted(negative, positive, "right")
    return float((below + up_to).mean() / 2 / len(negative))


def _average_precision(positive: Floats, negative: Floats) -> float:
    if not len(positive):
        return float("nan")
    hits = len(positive) - np.searchsorted(positive, positive, "left")
    alarms = len(negative) - np.searchsorted(negative, positive, "left")
    return float((hits / (hits + alarms)).mean())
