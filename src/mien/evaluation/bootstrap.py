"""How sure figures are: intervals by drawing persons, not pictures, with replacement.

Pictures of one person are alike, and an interval that draws pictures is far too narrow. Whoever is
drawn brings all his pictures; the interval spans the middle share of the figures of all draws
(the percentile bootstrap; Efron and Tibshirani 1993, chapter 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mien.errors import InputError
from mien.evaluation.drawing import draws
from mien.evaluation.metrics import METRICS
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Predictions, values

__all__ = [
    "DRAWS",
    "LEVEL",
    "MANY",
    "Difference",
    "Interval",
    "difference",
    "interval_of",
    "intervals",
]

DRAWS = 1000
LEVEL = 0.95

MANY = 2000
"""Persons up to whom AUROC and average precision, whose cost grows with their square, are drawn
unasked."""


class Interval(NamedTuple):
    """The middle share of the figures of all draws; NaN where no draw has a figure."""

    low: Floats
    """(k,) per unit or class; () if the metric has one figure for all."""
    high: Floats
    mean: tuple[float, float]
    """Low and high of the mean over units."""


@dataclass(frozen=True)
class Difference:
    """How much better, or worse, the first predictor is than the second on the same pictures."""

    metric: str
    names: tuple[int | str, ...]
    values: Floats
    """First minus second, per unit or class; NaN where one does not exist."""
    mean: float
    """First minus second, of the means."""
    interval: Interval


def intervals(
    predictions: Predictions,
    metrics: Sequence[str] | None = None,
    *,
    count: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, Interval]:
    """Confidence intervals of metrics.

    >>> error = np.array([[0.0], [0.2], [1.0], [1.2]])
    >>> known = np.ones((4, 1), bool)
    >>> one = Predictions("intensity", (12,), error, np.zeros((4, 1)), known, ("a", "a", "b", "b"))
    >>> found = intervals(one, ["mae"])["mae"]
    >>> found.low.round(6).tolist(), found.high.round(6).tolist()  # a twice, b twice
    ([0.1], [1.1])

    Args:
        predictions: with their subjects.
        metrics: names; None: all of the task; with more than MANY persons those only that follow
            from sums.
        count: draws.
        level: share of the draws inside, above 0 and below 1.
        seed: the same seed gives the same intervals.

    Raises:
        InputError: the subjects are not given, or it is only one.
    """
    weights = _weights(predictions, count, seed)
    wanted = metrics
    if wanted is None:
        many = weights.shape[1] > MANY
        kinds = METRICS[predictions.task].items()
        wanted = [name for name, kind in kinds if kind.of is not None or not many]
    return {name: interval_of(*draws(predictions, name, weights), level) for name in wanted}


def difference(
    first: Predictions,
    second: Predictions,
    name: str,
    *,
    count: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> Difference:
    """First minus second, with an interval: both are scored on the same drawn persons.

    If the interval does not hold 0, the persons at hand tell the two apart.

    Raises:
        InputError: not the same pictures.
    """
    same = (
        first.task == second.task
        and first.names == second.names
        and first.subjects == second.subjects
        and np.array_equal(first.known, second.known)
        and np.array_equal(first.truth[first.known], second.truth[second.known])
    )
    if not same:
        raise InputError(
            f"the two sets of predictions ({len(first)} and {len(second)} pictures) have other "
            "units, subjects or truths; expected the same pictures in the same order"
        )
    weights = _weights(first, count, seed)
    (one, one_mean), (two, two_mean) = draws(first, name, weights), draws(second, name, weights)
    whole = np.ones((1, weights.shape[1]))
    means = [float(draws(each, name, whole)[1][0]) for each in (first, second)]
    return Difference(
        name,
        first.names,
        np.atleast_1d(values(first, name) - values(second, name)),
        means[0] - means[1],
        interval_of(one - two, one_mean - two_mean, level),
    )


def _weights(predictions: Predictions, count: int, seed: int) -> Floats:
    if predictions.subjects is None:
        raise InputError("intervals draw persons, and no subjects are given; give one per picture")
    persons = len(set(predictions.subjects))
    if persons < 2:
        raise InputError(f"intervals draw persons, and there is {persons}; expected 2 or more")
    rng = np.random.default_rng(seed)
    return rng.multinomial(persons, np.full(persons, 1 / persons), size=count).astype(np.float64)


def interval_of(found: Floats, means: Floats, level: float = LEVEL) -> Interval:
    """The middle share of draws (d, k), and of their means (d,)."""
    sides = (1 - level) / 2, (1 + level) / 2
    low, high = np.array([_quantiles(column, sides) for column in found.T]).T
    bottom, top = _quantiles(means, sides)
    return Interval(low, high, (bottom, top))


def _quantiles(column: Floats, sides: tuple[float, float]) -> tuple[float, float]:
    there = column[~np.isnan(column)]
    if not len(there):
        return float("nan"), float("nan")
    low, high = np.quantile(there, sides)
    return float(low), float(high)
