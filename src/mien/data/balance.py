"""Weights that make up for rare action units, by the name of their formula."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Labels
from mien.errors import InputError
from mien.values import Float32

__all__ = ["OF_POSITIVES", "WEIGHTS", "even_chances", "rates"]

OF_POSITIVES = frozenset({"balanced"})
"""Names in WEIGHTS whose weights multiply the loss of the positive pictures of a unit, as
``pos_weight`` of a binary cross-entropy; the others multiply the whole loss of a unit."""


def rates(labels: Labels) -> NDArray[np.float64]:
    """Share of the pictures in which each unit is present (above 0), among those that know it.

    A unit that is nowhere known has the rate NaN.

    >>> known = np.array([[True, False], [True, True], [True, True], [True, False]])
    >>> value = np.array([[1, 0], [0, 1], [0, 0], [0, 0]], np.float32)
    >>> rates(Labels((1, 2), value, known)).tolist()
    [0.25, 0.5]
    """
    known = labels.known.sum(axis=0).astype(np.float64)
    present = ((labels.value > 0) & labels.known).sum(axis=0)
    nowhere = np.full(len(known), np.nan)
    return np.asarray(np.divide(present, known, out=nowhere, where=known > 0))


def even_chances(classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Chances of n pictures by which every class that there is comes as often as any other.

    >>> even_chances(np.array([0, 0, 0, 2])).round(3).tolist()
    [0.167, 0.167, 0.167, 0.5]
    """
    raw = 1 / np.bincount(classes)[classes]
    return np.asarray(raw / raw.sum(), np.float64)


def inverse(labels: Labels) -> Float32:
    """1 / rate, scaled to mean 1: JAA-Net and ME-GraphAU.

    Raises:
        InputError: a unit that never occurs.
    """
    return _scaled(1 / _occurring(labels))


def inverse_plus_one(labels: Labels) -> Float32:
    """1 / (rate + 1), scaled to mean 1: nearly flat; as one description of JAA-Net has it."""
    return _scaled(1 / (_known(labels) + 1))


def balanced(labels: Labels) -> Float32:
    """(1 - rate) / rate: positives and negatives of a unit weigh the same in all.

    Raises:
        InputError: a unit that never, or always, occurs.
    """
    rate = _occurring(labels)
    _refuse(labels, rate >= 1, "present in every training picture that knows it")
    return np.asarray((1 - rate) / rate, np.float32)


def none(labels: Labels) -> Float32:
    """Ones."""
    return np.ones(len(labels.units), np.float32)


WEIGHTS: dict[str, Callable[[Labels], Float32]] = {
    "inverse": inverse,
    "inverse-plus-one": inverse_plus_one,
    "balanced": balanced,
    "none": none,
}
"""Name to formula: from the labels of the training part, as occurrence, to float32 (k,)."""


def _scaled(raw: NDArray[np.float64]) -> Float32:
    return np.asarray(raw / raw.mean(), np.float32)


def _known(labels: Labels) -> NDArray[np.float64]:
    rate = rates(labels)
    _refuse(labels, np.isnan(rate), "without a label in the training pictures")
    return rate


def _occurring(labels: Labels) -> NDArray[np.float64]:
    rate = _known(labels)
    _refuse(labels, rate == 0, "never present in the training pictures")
    return rate


def _refuse(labels: Labels, wrong: NDArray[np.bool_], why: str) -> None:
    if wrong.any():
        named = ", ".join(f"AU{unit}" for unit, bad in zip(labels.units, wrong, strict=True) if bad)
        raise InputError(
            f"{named}: {why}, so that there is nothing to weigh by; leave such units out, or weigh "
            "none: --set data.weights=none"
        )
