"""Predictions of one network beside their truths, checked at birth."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.evaluation.classes import confusion, decide
from mien.evaluation.intensity import MIDDLE, moments
from mien.evaluation.metrics import TASKS, Task, metric
from mien.evaluation.occurrence import THRESHOLD, auroc, average_precision, counts
from mien.evaluation.paired import Bools, Floats

__all__ = ["Name", "Predictions", "concatenate", "summary", "values"]

Name = int | str
"""Number of a unit, or name of a class."""

WHOLE = {"auroc": auroc, "average_precision": average_precision}
"""Metrics that need every prediction."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of n pictures, and what is so."""

    task: Task
    names: tuple[Name, ...]
    """Numbers of the k units, or names of the c classes, in column order."""
    predicted: NDArray[np.floating]
    """(n, k): probability 0-1 or intensity 0-5; (n, c): a score per class."""
    truth: NDArray[np.generic]
    """(n, k): 0 or 1, or 0-5; (n,): number of the class."""
    known: Bools
    """Of the shape of ``truth``."""
    subjects: tuple[str, ...] | None = None
    """(n): the person in each picture."""
    threshold: float = THRESHOLD
    """Of occurrence."""
    errors: Floats | None = None
    """(n,): how far the landmarks that the network found lie from the true ones, over the distance
    between the eyes, see `mien.evaluation.landmarks`; NaN where the true ones are not known. None
    of networks that find none."""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise InputError(f"{self.task!r} is no task; there are {', '.join(TASKS)}")
        wide = len(self.predicted), len(self.names)
        shape = wide[:1] if self.task == "expression" else wide
        if self.predicted.shape != wide or self.truth.shape != shape or self.known.shape != shape:
            raise ShapeError(
                f"got predictions of shape {self.predicted.shape}, truths of shape "
                f"{self.truth.shape} and a mask of shape {self.known.shape} for {len(self.names)} "
                f"{'classes' if self.task == 'expression' else 'units'}; expected {wide}, {shape} "
                f"and {shape}"
            )
        if len(set(self.names)) != len(self.names):
            raise InputError(f"{self.names} names one of them twice; expected each once")
        if self.subjects is not None and len(self.subjects) != len(self.predicted):
            raise ShapeError(
                f"got {len(self.subjects)} subjects for {len(self.predicted)} pictures, "
                "expected one each"
            )
        if self.errors is not None and self.errors.shape != wide[:1]:
            raise ShapeError(
                f"got landmark errors of shape {self.errors.shape} for {wide[0]} pictures, "
                "expected one each"
            )
        summary(self)  # refuses scores and labels that are none

    def __len__(self) -> int:
        return len(self.predicted)

    def take(self, rows: NDArray[np.intp] | Bools) -> "Predictions":
        """Only some pictures."""
        subjects = None if self.subjects is None else tuple(np.array(self.subjects)[rows].tolist())
        return Predictions(
            self.task,
            self.names,
            self.predicted[rows],
            self.truth[rows],
            self.known[rows],
            subjects,
            self.threshold,
            None if self.errors is None else self.errors[rows],
        )

    def of(self, names: Sequence[Name]) -> "Predictions":
        """Only some units, in their order; or all classes in another order.

        Raises:
            InputError: one of them is not here, or a class is left out.
        """
        strange = [name for name in names if name not in self.names]
        if strange or (self.task == "expression" and set(names) != set(self.names)):
            raise InputError(
                f"the predictions are of {', '.join(map(str, self.names))}, and "
                f"{', '.join(map(str, names))} were asked for"
            )
        columns = [self.names.index(name) for name in names]
        predicted = self.predicted[:, columns]
        if self.task == "expression":
            true = np.where(self.known, self.truth, 0).astype(np.intp)
            truth = np.argsort(columns)[true]
            return replace(self, names=tuple(names), predicted=predicted, truth=truth)
        return replace(
            self,
            names=tuple(names),
            predicted=predicted,
            truth=self.truth[:, columns],
            known=self.known[:, columns],
        )

    def tally(self) -> list[tuple[int, int]]:
        """For each unit or class how many pictures show it, and for how many that is known."""
        if self.task == "expression":
            known = int(self.known.sum())
            true = np.where(self.known, self.truth, -1)
            return [(int((true == place).sum()), known) for place in range(len(self.names))]
        shown = (np.asarray(self.truth, np.float64) > 0) & self.known
        return [(int(a), int(b)) for a, b in zip(shown.sum(0), self.known.sum(0), strict=True)]


def summary(predictions: Predictions) -> Floats:
    """Counts (k, 4), moments (k, 9) or the confusion matrix (c, c), by the task."""
    one = predictions
    if one.task == "occurrence":
        return counts(one.predicted, one.truth, one.known, threshold=one.threshold)
    if one.task == "intensity":
        return moments(one.predicted, one.truth, one.known, MIDDLE)
    said = np.where(one.known, decide(np.where(one.known[:, None], one.predicted, 0)), 0)
    return confusion(said, one.truth, len(one.names), one.known)


def values(predictions: Predictions, name: str) -> Floats:
    """A metric of each unit or class, (k,); or (), of all classes together.

    Raises:
        InputError: the task has no such metric.
    """
    one, found = predictions, metric(predictions.task, name)
    if found.of is None:
        return WHOLE[name](one.predicted, one.truth, one.known)
    return found.of(summary(one))


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """All pictures of several folds together, as if one network had seen them.

    Raises:
        InputError: none, or folds of another task, other units or another threshold.
    """
    kinds = {(one.task, one.names, one.threshold) for one in parts}
    if len(kinds) != 1:
        raise InputError(
            f"got {len(parts)} sets of predictions of {len(kinds)} kinds, expected one or more of "
            "the same task, units and threshold"
        )
    task, names, threshold = kinds.pop()
    subjects: tuple[str, ...] | None = ()
    for one in parts:
        both = one.subjects is not None and subjects is not None
        subjects = (*subjects, *one.subjects) if both else None  # type: ignore[misc]
    return Predictions(
        task,
        names,
        np.concatenate([one.predicted for one in parts]),
        np.concatenate([one.truth for one in parts]),
        np.concatenate([one.known for one in parts]),
        subjects,
        threshold,
        _joined([one.errors for one in parts]),
    )


def _joined(parts: Sequence[Floats | None]) -> Floats | None:
    """The errors of all folds, where each has them."""
    there = [one for one in parts if one is not None]
    return np.concatenate(there) if len(there) == len(parts) else None
