"""How sure figures are: intervals by drawing persons, not pictures, with replacement.

Pictures of one person are alike, and an interval that draws pictures is far too narrow. Whoever is
drawn brings all his pictures; the interval spans the middle share of the figures of all draws
(the percentile bootstrap; Efron and Tibshirani 1993, chapter 13). Counts and moments are summed
once for each person, so that a draw costs a sum over persons.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.evaluation import classes, intensity, occurrence
from mien.evaluation.metrics import METRICS, mean, metric
from mien.evaluation.paired import Bools, Floats
from mien.evaluation.predictions import Predictions, values

__all__ = ["DRAWS", "LEVEL", "MANY", "Difference", "Interval", "difference", "draws", "intervals"]

DRAWS = 1000
LEVEL = 0.95

MANY = 2000
"""Persons up to whom AUROC and average precision, whose cost grows with their square, are drawn
unasked."""

CHUNK = 200_000
"""Numbers held at once while average precision is drawn."""


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
    return {name: _interval(*draws(predictions, name, weights), level) for name in wanted}


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
        _interval(one - two, one_mean - two_mean, level),
    )


def draws(
    predictions: Predictions, name: str, weights: NDArray[np.float64]
) -> tuple[Floats, Floats]:
    """A metric of every draw: per unit or class (d, k), or (d, 1), and its mean over them (d,).

    Args:
        predictions: with their subjects.
        name: of the metric.
        weights: (d, s): how often each person, in the order of their names, is drawn.
    """
    kind = metric(predictions.task, name)
    if kind.of is None:
        found = (_auroc if name == "auroc" else _average_precision)(predictions, weights)
        return found, mean(found, ~np.isnan(found), zero=False)
    sums = _per_subject(predictions)
    drawn = np.tensordot(weights, sums, axes=(1, 0))
    found = kind.of(drawn)
    if kind.overall:
        return found[:, None], found
    there = {"occurrence": occurrence, "intensity": intensity}.get(predictions.task)
    labelled: Bools = there.labelled(drawn) if there else classes.occurring(drawn)
    return found, mean(found, labelled, zero=kind.zero)


def _weights(predictions: Predictions, count: int, seed: int) -> Floats:
    if predictions.subjects is None:
        raise InputError("intervals draw persons, and no subjects are given; give one per picture")
    persons = len(set(predictions.subjects))
    if persons < 2:
        raise InputError(f"intervals draw persons, and there is {persons}; expected 2 or more")
    rng = np.random.default_rng(seed)
    return rng.multinomial(persons, np.full(persons, 1 / persons), size=count).astype(np.float64)


def _interval(found: Floats, means: Floats, level: float) -> Interval:
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


def _codes(predictions: Predictions) -> tuple[NDArray[np.intp], int]:
    """Number of the person in each picture, in the order of names; how many persons."""
    names, codes = np.unique(np.array(predictions.subjects), return_inverse=True)
    return codes, len(names)


def _per_subject(predictions: Predictions) -> Floats:
    """Counts (s, k, 4), moments (s, k, 9) or confusion matrices (s, c, c) of each person."""
    one = predictions
    codes, persons = _codes(one)
    if one.task == "expression":
        return _confusions(one, codes, persons)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(persons))
    if one.task == "intensity":
        parts = intensity.terms(one.predicted, one.truth, one.known, (2.5, 2.5))
    else:
        said, true, mask = occurrence.decided(one.predicted, one.truth, one.known, one.threshold)
        kinds = (said & true, said & ~true, ~said & true, mask & ~said & ~true)
        parts = [kind.astype(np.float64) for kind in kinds]
    return np.stack([np.add.reduceat(part[order], starts, axis=0) for part in parts], axis=-1)


def _confusions(one: Predictions, codes: NDArray[np.intp], persons: int) -> Floats:
    size, rows = len(one.names), one.known
    said = classes.decide(one.predicted[rows])
    true = one.truth[rows].astype(np.int64)
    flat = np.bincount((codes[rows] * size + true) * size + said, minlength=persons * size * size)
    return flat.reshape(persons, size, size).astype(np.float64)


class _Scored(NamedTuple):
    """One unit: scores of its known pictures, by truth and person."""

    positives: list[Floats]
    """Scores of each person's positives, ascending."""
    negatives: list[Floats]
    positive: Floats
    """Scores of all positives, person after person."""
    owner: NDArray[np.intp]
    """Person of each."""


def _scored(one: Predictions) -> Iterator[_Scored]:
    codes, persons = _codes(one)
    for column in range(len(one.names)):
        known = one.known[:, column]
        scores = np.asarray(one.predicted[known, column], np.float64)
        order = np.lexsort((scores, codes[known]))
        scores, true = scores[order], one.truth[known, column][order] == 1
        ends = np.searchsorted(codes[known][order], np.arange(1, persons))
        parts = list(zip(np.split(scores, ends), np.split(true, ends), strict=True))
        positives = [part[shown] for part, shown in parts]
        negatives = [part[~shown] for part, shown in parts]
        owner = np.repeat(np.arange(persons), [len(part) for part in positives])
        yield _Scored(positives, negatives, np.concatenate(positives), owner)


def _auroc(one: Predictions, weights: NDArray[np.float64]) -> Floats:
    """AUROC of every draw, (d, k): pairs of persons are counted once, then weighted."""
    out = np.full((len(weights), len(one.names)), np.nan)
    for column, unit in enumerate(_scored(one)):
        persons = len(unit.positives)
        won = np.zeros((persons, persons))
        for other, scores in enumerate(unit.negatives):
            below = np.searchsorted(scores, unit.positive, "left")
            up_to = np.searchsorted(scores, unit.positive, "right")
            won[:, other] = np.bincount(unit.owner, (below + up_to) / 2, minlength=persons)
        positives = weights @ np.array([len(scores) for scores in unit.positives])
        negatives = weights @ np.array([len(scores) for scores in unit.negatives])
        pairs = positives * negatives
        there = pairs > 0
        out[there, column] = ((weights @ won) * weights).sum(axis=1)[there] / pairs[there]
    return out


def _average_precision(one: Predictions, weights: NDArray[np.float64]) -> Floats:
    """Average precision of every draw, (d, k): each positive's precision, summed by its person."""
    out = np.full((len(weights), len(one.names)), np.nan)
    light = weights.astype(np.float32)
    step = max(1, CHUNK // len(weights))
    for column, unit in enumerate(_scored(one)):
        total = np.zeros(len(weights))
        for start in range(0, len(unit.positive), step):
            scores, owner = unit.positive[start : start + step], unit.owner[start : start + step]
            hits = _at_least(unit.positives, scores)
            precision = light @ hits
            precision /= np.maximum(light @ (hits + _at_least(unit.negatives, scores)), 1)
            persons, first = np.unique(owner, return_index=True)
            total += (np.add.reduceat(precision, first, axis=1) * weights[:, persons]).sum(axis=1)
        number = weights @ np.array([len(part) for part in unit.positives])
        there = number > 0
        out[there, column] = total[there] / number[there]
    return out


def _at_least(parts: Sequence[Floats], scores: Floats) -> NDArray[np.float32]:
    """How many of each person's scores are at least as high, (s, m)."""
    return np.array(
        [len(part) - np.searchsorted(part, scores, "left") for part in parts], np.float32
    )
