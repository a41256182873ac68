"""How well expressions are told apart: confusion matrix, accuracy, recall, precision, F1.

Everything follows from the confusion matrix, whose rows are the truth.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import InputError, ShapeError
from mien.evaluation.paired import Bools, Floats, ratio

__all__ = ["accuracy_of", "confusion", "decide", "f1_of", "occurring", "precision_of", "recall_of"]


def decide(scores: ArrayLike) -> NDArray[np.intp]:
    """The class of the highest score, the first of equal ones: (n, c) to (n,).

    >>> decide([[0.1, 0.9], [0.5, 0.5]]).tolist()
    [1, 0]

    Raises:
        ShapeError: not (n, c).
        InputError: a score is not finite.
    """
    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or values.shape[1] < 2:
        raise ShapeError(f"got scores of shape {values.shape}, expected (n, c) with c of 2 or more")
    strange = int((~np.isfinite(values)).any(axis=1).sum())
    if strange:
        raise InputError(
            f"the scores of {strange} of {len(values)} pictures are not finite; expected numbers, "
            "so train with a lower rate"
        )
    return np.asarray(values.argmax(axis=1), np.intp)


def confusion(
    predicted: ArrayLike, truth: ArrayLike, classes: int, known: ArrayLike | None = None
) -> Floats:
    """How often class i, the row, was taken for class j, the column: (c, c).

    Args:
        predicted: (n,) numbers of classes.
        truth: the same.
        classes: c.
        known: (n,); others do not count.

    Raises:
        ShapeError: shapes that differ.
        InputError: what counts is no number of a class.

    >>> confusion([0, 1, 1, 1], [0, 0, 1, 1], 2).tolist()
    [[1.0, 1.0], [0.0, 2.0]]
    """
    said, true = np.asarray(predicted), np.asarray(truth)
    mask = np.ones(true.shape, bool) if known is None else np.asarray(known, bool)
    if said.shape != true.shape or mask.shape != true.shape or said.ndim != 1:
        raise ShapeError(
            f"got classes of shape {said.shape} for truths of shape {true.shape}"
            f"{'' if known is None else f' with a mask of shape {mask.shape}'}, "
            "expected equal shapes (n,)"
        )
    for name, values in (("prediction", said[mask]), ("truth", true[mask])):
        strange = values[~np.isin(values, np.arange(classes))]
        if len(strange):
            raise InputError(
                f"a {name} is class {strange[0]:g}, expected 0 to {classes - 1}; mask what is not "
                "known"
            )
    said, true = said[mask].astype(np.int64), true[mask].astype(np.int64)
    flat = np.bincount(true * classes + said, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.float64)


def accuracy_of(matrix: NDArray[np.float64]) -> Floats:
    """Share told right, of all pictures, from confusion (..., c, c).

    >>> float(accuracy_of(np.array([[1.0, 1.0], [0.0, 2.0]])))
    0.75
    """
    return ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum(axis=(-2, -1)))


def recall_of(matrix: NDArray[np.float64]) -> Floats:
    """Share told right of each class, (..., c); NaN for a class that does not occur.

    Its mean over the classes that occur is the balanced accuracy.

    >>> recall_of(np.array([[1.0, 1.0], [0.0, 2.0]])).tolist()
    [0.5, 1.0]
    """
    return ratio(_diagonal(matrix), matrix.sum(axis=-1))


def precision_of(matrix: NDArray[np.float64]) -> Floats:
    """Share that is right of what was taken for each class; 0 if nothing was.

    NaN for a class that neither occurs nor was taken for one.

    >>> precision_of(np.array([[1.0, 1.0], [0.0, 2.0]])).round(3).tolist()
    [1.0, 0.667]
    """
    figure = ratio(_diagonal(matrix), matrix.sum(axis=-2), otherwise=0.0)
    return np.where(occurring(matrix), figure, np.nan)


def f1_of(matrix: NDArray[np.float64]) -> Floats:
    """F1 of each class against all others, (..., c); its mean is the macro F1.

    NaN for a class that neither occurs nor was taken for one.

    >>> f1_of(np.array([[1.0, 1.0], [0.0, 2.0]])).round(3).tolist()
    [0.667, 0.8]
    """
    return ratio(2 * _diagonal(matrix), matrix.sum(axis=-1) + matrix.sum(axis=-2))


def occurring(matrix: NDArray[np.float64]) -> Bools:
    """Whether each class occurs or was taken for one."""
    return np.asarray(matrix.sum(axis=-1) + matrix.sum(axis=-2) > 0)


def _diagonal(matrix: NDArray[np.float64]) -> Floats:
    return np.diagonal(matrix, axis1=-2, axis2=-1)
