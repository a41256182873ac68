"""Where networks that saw the same pictures say the most different things."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.errors import InputError
from mien.evaluation.paired import Bools, Floats
from mien.evaluation.predictions import Name, Predictions

__all__ = ["Apart", "Dispute", "apart", "disputes"]


@dataclass(frozen=True)
class Dispute:
    """A picture, and the unit or class in which the networks are furthest apart on it."""

    row: int
    """Of the predictions."""
    name: Name
    spread: float
    """Largest minus smallest of what they say."""
    said: tuple[float, ...]
    """By each network."""
    truth: float | None
    """The label of the unit; of a class 1 if it is the picture's, else 0. None: not known."""


@dataclass(frozen=True)
class Apart:
    """How far the networks are apart in one unit or class, over all pictures."""

    name: Name
    spread: float
    """Largest minus smallest of what they say, on average."""
    split: float | None
    """Share of the pictures on which some say that it is there and others that it is not; of
    classes that some take the picture for it and others do not; None of intensities."""


def disputes(every: Sequence[Predictions], most: int) -> tuple[Dispute, ...]:
    """The pictures on which networks differ most, the largest difference first.

    Each picture is named once, with the unit in which they are furthest apart on it. Pictures with
    the same difference keep their order.

    >>> def said(*rows):
    ...     values = np.array(rows)
    ...     return Predictions("occurrence", (6, 12), values, values > 0.5, values >= 0)
    >>> one = said((0.5, 0.5), (0.1, 0.9), (0.2, 0.2))
    >>> two = said((0.5, 0.6), (0.2, 0.2), (0.2, 0.7))
    >>> [(found.row, found.name, round(found.spread, 2)) for found in disputes([one, two], 2)]
    [(1, 12, 0.7), (2, 12, 0.5)]

    Raises:
        InputError: fewer than two, or they are not of the same pictures and units.
    """
    table, first = _stacked(every), every[0]
    spread = table.max(axis=0) - table.min(axis=0)
    worst = spread.argmax(axis=1)
    height = spread[np.arange(len(spread)), worst]
    order = np.argsort(-height, kind="stable")[:most]
    return tuple(
        Dispute(
            int(row),
            first.names[worst[row]],
            float(height[row]),
            tuple(float(one) for one in table[:, row, worst[row]]),
            _truth(first, int(row), int(worst[row])),
        )
        for row in order
    )


def apart(every: Sequence[Predictions]) -> tuple[Apart, ...]:
    """How far networks are apart in each unit or class, in the order of the units.

    Raises:
        InputError: fewer than two, or they are not of the same pictures and units.
    """
    table, first = _stacked(every), every[0]
    spread = (table.max(axis=0) - table.min(axis=0)).mean(axis=0)
    there = _there(every, table)
    shares = None if there is None else (there.any(axis=0) & ~there.all(axis=0)).mean(axis=0)
    return tuple(
        Apart(name, float(spread[place]), None if shares is None else float(shares[place]))
        for place, name in enumerate(first.names)
    )


def _stacked(every: Sequence[Predictions]) -> Floats:
    """What each network says, (m, n, k)."""
    kinds = {(one.task, one.names, one.subjects, len(one)) for one in every}
    if len(every) < 2 or len(kinds) != 1:
        raise InputError(
            f"got {len(every)} sets of predictions of {len(kinds)} kinds, expected two or more of "
            "the same pictures and units"
        )
    return np.stack([np.asarray(one.predicted, np.float64) for one in every])


def _there(every: Sequence[Predictions], table: Floats) -> Bools | None:
    """Whether each network says that a unit, or the class, is there, (m, n, k)."""
    if every[0].task == "intensity":
        return None
    if every[0].task == "occurrence":
        thresholds = np.array([one.threshold for one in every])
        return np.asarray(table >= thresholds[:, None, None])
    return np.asarray(np.arange(table.shape[2]) == table.argmax(axis=2)[..., None])


def _truth(one: Predictions, row: int, column: int) -> float | None:
    if one.task == "expression":
        return float(int(one.truth[row]) == column) if one.known[row] else None
    return float(one.truth[row, column]) if one.known[row, column] else None
