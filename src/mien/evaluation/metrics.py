"""Every metric by task and name: what it is computed from, which way is better, and its mean."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.evaluation import classes, intensity, occurrence
from mien.evaluation.intensity import icc31, mae, pcc, slope
from mien.evaluation.paired import Bools, Floats

__all__ = ["METRICS", "TASKS", "Metric", "Task", "icc31", "mae", "mean", "metric", "pcc", "slope"]

Task = Literal["occurrence", "intensity", "expression"]
TASKS: tuple[Task, ...] = ("occurrence", "intensity", "expression")


class Metric(NamedTuple):
    """One figure per unit, or class."""

    title: str
    """What it is called in tables."""
    high: bool
    """Whether more is better."""
    of: Callable[[NDArray[np.float64]], Floats] | None
    """From counts, moments or the confusion matrix; None where every prediction is needed."""
    zero: bool = False
    """Whether a figure that does not exist counts as 0 in the mean; it is left out otherwise."""
    overall: bool = False
    """One figure for all classes together, which takes the place of a mean."""


METRICS: dict[Task, dict[str, Metric]] = {
    "occurrence": {
        "f1": Metric("F1", True, occurrence.f1_of),
        "accuracy": Metric("accuracy", True, occurrence.accuracy_of),
        "balanced_accuracy": Metric("balanced accuracy", True, occurrence.balanced_accuracy_of),
        "auroc": Metric("AUROC", True, None),
        "average_precision": Metric("AP", True, None),
    },
    "intensity": {
        "pcc": Metric("PCC", True, intensity.pcc_of, zero=True),
        "ccc": Metric("CCC", True, intensity.ccc_of, zero=True),
        "icc": Metric("ICC(3,1)", True, intensity.icc31_of, zero=True),
        "mae": Metric("MAE", False, intensity.mae_of),
        "mse": Metric("MSE", False, intensity.mse_of),
    },
    "expression": {
        "accuracy": Metric("accuracy", True, classes.accuracy_of, overall=True),
        "recall": Metric("recall", True, classes.recall_of),
        "precision": Metric("precision", True, classes.precision_of),
        "f1": Metric("F1", True, classes.f1_of),
    },
}
"""Task, then name as in recipes, to metric; the first of a task chooses the epoch."""


def metric(task: Task, name: str) -> Metric:
    """A metric by its name.

    Raises:
        InputError: there is no such task or metric.
    """
    if task not in METRICS:
        raise InputError(f"{task!r} is no task; there are {', '.join(TASKS)}")
    if name not in METRICS[task]:
        raise InputError(f"{name!r} is no metric of {task}; there are {', '.join(METRICS[task])}")
    return METRICS[task][name]


def mean(values: NDArray[np.float64], labelled: Bools, *, zero: bool) -> Floats:
    """The mean over units, (..., k) to (...); NaN if there is nothing to average.

    Args:
        values: a figure per unit, NaN where it does not exist.
        labelled: of the same shape: False for a unit no label of which is known; it is left out.
        zero: whether other figures that do not exist count as 0; they are left out otherwise.

    >>> nan = float("nan")
    >>> float(mean(np.array([0.5, nan, nan]), np.array([True, True, False]), zero=True))
    0.25
    >>> float(mean(np.array([0.5, nan, nan]), np.array([True, True, False]), zero=False))
    0.5
    """
    there = labelled & (zero | ~np.isnan(values))
    total = np.where(there, np.nan_to_num(values), 0.0).sum(axis=-1)
    number = there.sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
