"""A metric of persons drawn with replacement: what the bootstrap computes, draw by draw.

Counts and moments are summed once for each person, so that a draw costs a sum over persons. AUROC
and average precision need to know, of each person's positives, how many scores of each other
person they beat.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.evaluation import classes, intensity, occurrence
from mien.evaluation.metrics import mean, metric
from mien.evaluation.paired import Bools, Floats
from mien.evaluation.predictions import Predictions

__all__ = ["draws"]

CHUNK = 200_000
"""Numbers held at once while average precision is drawn."""


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
        parts = intensity.terms(one.predicted, one.truth, one.known, intensity.MIDDLE)
    else:
        parts = occurrence.terms(one.predicted, one.truth, one.known, one.threshold)
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
