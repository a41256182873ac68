"""How well predicted intensities follow the true ones: pure functions of arrays.

All take predictions and truths of one shape, (n,) or (n, k), and give one number, or one per
column. Where a figure does not exist - a column that does not vary - it is NaN, for the caller to
leave out.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import ShapeError

__all__ = ["icc31", "mae", "pcc", "slope"]

Floats = NDArray[np.float64]


def pcc(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Pearson correlation.

    >>> float(pcc([1, 2, 3], [2, 4, 6]))
    1.0
    """
    first, second = _centred(predicted, true)
    power = np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return _ratio((first * second).sum(axis=0), power)


def slope(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """By how much the prediction rises when the truth rises by one: 1 is right, less is shrunk.

    >>> float(slope([0, 1, 2], [0, 2, 4]))
    0.5
    """
    first, second = _centred(predicted, true)
    return _ratio((first * second).sum(axis=0), (second**2).sum(axis=0))


def mae(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Mean absolute error.

    >>> float(mae([1, 2], [2, 4]))
    1.5
    """
    first, second = _pair(predicted, true)
    return np.asarray(np.abs(first - second).mean(axis=0))


def icc31(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Intraclass correlation ICC(3,1) of Shrout and Fleiss: two fixed raters, single rating.

    (MS_rows - MS_error) / (MS_rows + MS_error) of the two-way analysis of variance. An offset
    between the raters does not count against it, a difference in scale does.

    >>> float(icc31([1, 2, 3], [2, 3, 4]))
    1.0
    >>> float(icc31([1, 2, 3], [2, 4, 6]))
    0.8
    """
    first, second = _centred(predicted, true)
    rows = (first + second) ** 2 / 2
    errors = (first - second) ** 2 / 2
    return _ratio((rows - errors).sum(axis=0), (rows + errors).sum(axis=0))


def _pair(predicted: ArrayLike, true: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    if first.shape != second.shape or first.ndim not in (1, 2) or len(first) < 2:
        raise ShapeError(
            f"got predictions of shape {first.shape} for truths of shape {second.shape}, "
            "expected two equal shapes (n,) or (n, k) with n of at least 2"
        )
    return first, second


def _centred(predicted: ArrayLike, true: ArrayLike) -> tuple[Floats, Floats]:
    first, second = _pair(predicted, true)
    return first - first.mean(axis=0), second - second.mean(axis=0)


def _ratio(above: Floats, below: Floats) -> Floats:
    """A quotient that is NaN where there is nothing to divide by."""
    safe = np.where(below > 1e-12, below, 1.0)
    return np.asarray(np.where(below > 1e-12, above / safe, np.nan))
