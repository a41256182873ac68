"""Figures per action unit: left and right averaged, on rendered heads and on planted portraits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.expressions import UNITS
from mien.data.portraits import MIX, REST, SINGLE, Planted
from mien.evaluation.metrics import icc31, mae, pcc, slope
from mien.spec import Reliability
from mien.values import Float32

__all__ = [
    "DEPENDABLE",
    "FAIR",
    "Figures",
    "figures",
    "fold",
    "planted_mixes",
    "planted_singles",
    "reliability",
]

DEPENDABLE, FAIR = 0.75, 0.5
"""Lowest correlation of a dependable and of a fair unit, in the worse of two tests."""

MIN_RISE = 1e-3
"""Truths that vary by less than this give no correlation."""


@dataclass(frozen=True)
class Figures:
    """How one unit is read: correlation, rise per unit of truth, absolute error, ICC(3,1)."""

    pcc: float
    slope: float
    mae: float
    icc: float


def fold(values: Float32) -> dict[int, Float32]:
    """Outputs (n, 38) as one column per unit: the mean of left and right."""
    return {unit: values[:, np.array(UNITS) == unit].mean(axis=1) for unit in dict.fromkeys(UNITS)}


def figures(predicted: Float32, true: Float32) -> dict[int, Figures]:
    """Figures of every unit whose truth varies; both (n, 38), on the same scale."""
    out = {}
    first, second = fold(predicted), fold(true)
    for unit in first:
        if second[unit].std() > MIN_RISE:
            pair = first[unit], second[unit]
            out[unit] = Figures(*(float(f(*pair)) for f in (pcc, slope, mae, icc31)))
    return out


def planted_singles(predicted: Float32, faces: Planted) -> dict[int, Figures]:
    """Figures of each unit planted alone, over its pictures and the unchanged ones."""
    out = {}
    for unit in dict.fromkeys(UNITS):
        rows = (faces.kind == REST) | ((faces.kind == SINGLE) & (faces.unit == unit))
        if (faces.unit == unit).any():
            out[unit] = figures(predicted[rows], faces.intensity[rows])[unit]
    return out


def planted_mixes(predicted: Float32, faces: Planted) -> dict[int, Figures]:
    """Figures of every unit over random mixtures and the unchanged pictures."""
    rows: NDArray[np.bool_] = (faces.kind == REST) | (faces.kind == MIX)
    return figures(predicted[rows], faces.intensity[rows])


def reliability(rendered: float, mixed: float) -> Reliability:
    """Class of a unit from its correlations on rendered heads and on planted mixtures.

    The worse of the two decides.

    >>> reliability(0.9, 0.76), reliability(0.9, 0.6), reliability(0.4, 0.9)
    ('dependable', 'fair', 'weak')
    """
    worse = min(rendered, mixed)
    if worse >= DEPENDABLE:
        return "dependable"
    return "fair" if worse >= FAIR else "weak"
