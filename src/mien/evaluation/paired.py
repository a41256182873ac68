"""Predictions beside their truths, with a mask of what is known: how every metric begins."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.errors import InputError, ShapeError

__all__ = ["Bools", "Floats", "pair", "ratio"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def pair(
    predicted: ArrayLike, truth: ArrayLike, known: ArrayLike | None = None
) -> tuple[Floats, Floats, Bools]:
    """Both as float64 of one shape, (n,) or (n, k), 0 where the truth is not known, and the mask.

    Raises:
        ShapeError: other shapes, or shapes that differ.
        InputError: a prediction or truth that counts is not finite.
    """
    first, second = np.asarray(predicted, np.float64), np.asarray(truth, np.float64)
    mask = np.ones(second.shape, bool) if known is None else np.asarray(known, bool)
    if first.shape != second.shape or mask.shape != second.shape or first.ndim not in (1, 2):
        raise ShapeError(
            f"got predictions of shape {first.shape} for truths of shape {second.shape}"
            f"{'' if known is None else f' with a mask of shape {mask.shape}'}, "
            "expected equal shapes (n,) or (n, k)"
        )
    first, second = np.where(mask, first, 0.0), np.where(mask, second, 0.0)
    for name, values in (("predictions", first), ("truths", second)):
        strange = int((~np.isfinite(values)).sum())
        if strange:
            raise InputError(
                f"{strange} of {int(mask.sum())} {name} are not finite; expected numbers, so mask "
                "what is not known, and train with a lower rate if it is the network's output"
            )
    return first, second, mask


def ratio(above: ArrayLike, below: ArrayLike, otherwise: float = np.nan) -> Floats:
    """A quotient; ``otherwise`` where there is nothing to divide by.

    >>> ratio([1.0, 0.0], [2.0, 0.0], otherwise=0.0).tolist()
    [0.5, 0.0]
    """
    top, bottom = np.asarray(above, np.float64), np.asarray(below, np.float64)
    there = bottom > 0
    return np.asarray(np.where(there, top / np.where(there, bottom, 1.0), otherwise))
