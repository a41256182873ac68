"""How well predicted intensities follow the true ones: PCC, CCC, ICC(3,1), MAE, MSE, slope.

All take predictions and truths of one shape, (n,) or (n, k), and a mask of what is known; they
give one number, or one per column. Where a figure does not exist - a column that does not vary, or
of which too little is known - it is NaN, for the caller to leave out or to count as 0, and to say
so.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.evaluation.paired import Bools, Floats, pair, ratio

__all__ = [
    "MIDDLE",
    "ccc",
    "ccc_of",
    "icc31",
    "icc31_of",
    "labelled",
    "mae",
    "mae_of",
    "moments",
    "mse",
    "mse_of",
    "pcc",
    "pcc_of",
    "slope",
    "slope_of",
    "terms",
]

FLAT = 1e-12
"""A variance up to here is none: a deviation of a millionth, the noise of float32."""

Origin = tuple[ArrayLike, ArrayLike]

MIDDLE: Origin = (2.5, 2.5)
"""Of the scale 0-5: sums about it lose the fewest digits."""


def pcc(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Pearson correlation; NaN where either side does not vary.

    >>> float(pcc([1, 2, 3], [2, 4, 6]))
    1.0
    >>> float(pcc([0, 1, 2, 3, 4], [0, 1, 2, 3, 5]).round(6))
    0.986394
    """
    return _figure(pcc_of, predicted, true, known)


def ccc(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Concordance correlation of Lin, population moments: offset and scale both count against it.

    2 cov / (var x + var y + (mean x - mean y)^2).

    >>> float(ccc([0, 1, 2, 3, 4], [0, 1, 2, 3, 5]).round(6))
    0.96
    """
    return _figure(ccc_of, predicted, true, known)


def icc31(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Intraclass correlation ICC(3,1) of Shrout and Fleiss: two fixed raters, single rating.

    (MS_rows - MS_error) / (MS_rows + MS_error) of the two-way analysis of variance, which for two
    raters is 2 cov / (var x + var y). An offset between the raters does not count against it, a
    difference in scale does. NaN where neither side varies.

    >>> float(icc31([1, 2, 3], [2, 3, 4]))
    1.0
    >>> float(icc31([1, 2, 3], [2, 4, 6]))
    0.8
    >>> float(icc31([0, 1, 2, 3, 4], [0, 1, 2, 3, 5]).round(6))  # 30/31
    0.967742
    """
    return _figure(icc31_of, predicted, true, known)


def mae(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Mean absolute error.

    >>> float(mae([1, 2], [2, 4]))
    1.5
    """
    return _figure(mae_of, predicted, true, known)


def mse(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """Mean squared error.

    >>> float(mse([1, 2], [2, 4]))
    2.5
    """
    return _figure(mse_of, predicted, true, known)


def slope(predicted: ArrayLike, true: ArrayLike, known: ArrayLike | None = None) -> Floats:
    """By how much the prediction rises when the truth rises by one: 1 is right, less is shrunk.

    The slope of the regression on the truth; NaN where the truth does not vary.

    >>> float(slope([0, 1, 2], [0, 2, 4]))
    0.5
    """
    return _figure(slope_of, predicted, true, known)


def terms(
    predicted: ArrayLike,
    true: ArrayLike,
    known: ArrayLike | None = None,
    origin: Origin = (0.0, 0.0),
) -> list[Floats]:
    """What the moments are sums of, each of the shape of the truth, 0 where it is not known."""
    x, y, mask = pair(predicted, true, known)
    left, right = (
        np.where(mask, one - np.asarray(at), 0.0) for one, at in zip((x, y), origin, strict=True)
    )
    error = x - y
    return [
        mask.astype(np.float64),
        left,
        right,
        left * left,
        right * right,
        left * right,
        error,
        np.abs(error),
        error * error,
    ]


def moments(
    predicted: ArrayLike,
    true: ArrayLike,
    known: ArrayLike | None = None,
    origin: Origin = (0.0, 0.0),
) -> Floats:
    """Nine sums that all figures follow from: (9,) or (k, 9).

    Number, x, y, xx, yy, xy about ``origin``; x - y, its absolute value, its square. Sums over
    batches, persons or processes give those of the whole.

    >>> moments([1, 2], [2, 4]).tolist()
    [2.0, 3.0, 6.0, 5.0, 20.0, 10.0, -3.0, 3.0, 5.0]
    """
    return np.stack([one.sum(axis=0) for one in terms(predicted, true, known, origin)], axis=-1)


def labelled(sums: NDArray[np.float64]) -> Bools:
    """Whether any label is known, from moments (..., 9)."""
    return np.asarray(sums[..., 0] > 0)


def pcc_of(sums: NDArray[np.float64]) -> Floats:
    """Pearson correlation from moments (..., 9)."""
    first, second, both = _spread(sums)
    varies = (first > FLAT) & (second > FLAT)
    return np.clip(ratio(both, np.sqrt(np.where(varies, first * second, 0))), -1, 1)


def ccc_of(sums: NDArray[np.float64]) -> Floats:
    """Concordance correlation from moments (..., 9)."""
    first, second, both = _spread(sums)
    offset = ratio(sums[..., 6], sums[..., 0]) ** 2
    below = first + second + offset
    return ratio(2 * both, np.where(below > FLAT, below, 0))


def icc31_of(sums: NDArray[np.float64]) -> Floats:
    """ICC(3,1) from moments (..., 9)."""
    first, second, both = _spread(sums)
    return ratio(2 * both, np.where(first + second > FLAT, first + second, 0))


def slope_of(sums: NDArray[np.float64]) -> Floats:
    """Slope from moments (..., 9)."""
    _, second, both = _spread(sums)
    return ratio(both, np.where(second > FLAT, second, 0))


def mae_of(sums: NDArray[np.float64]) -> Floats:
    """Mean absolute error from moments (..., 9)."""
    return ratio(sums[..., 7], sums[..., 0])


def mse_of(sums: NDArray[np.float64]) -> Floats:
    """Mean squared error from moments (..., 9)."""
    return ratio(sums[..., 8], sums[..., 0])


def _figure(
    of: Callable[[NDArray[np.float64]], Floats],
    predicted: ArrayLike,
    true: ArrayLike,
    known: ArrayLike | None,
) -> Floats:
    x, y, mask = pair(predicted, true, known)
    number = np.maximum(mask.sum(axis=0), 1)
    means = x.sum(axis=0) / number, y.sum(axis=0) / number
    return np.asarray(of(moments(x, y, mask, means)))


def _spread(sums: NDArray[np.float64]) -> tuple[Floats, Floats, Floats]:
    """Population variances of both and their covariance; NaN for fewer than two labels."""
    number = np.where(sums[..., 0] >= 2, sums[..., 0], np.nan)
    x, y = sums[..., 1] / number, sums[..., 2] / number
    return (
        sums[..., 3] / number - x * x,
        sums[..., 4] / number - y * y,
        sums[..., 5] / number - x * y,
    )
