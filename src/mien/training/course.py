"""How the figures of a run went, epoch by epoch: a table of Markdown and a plot as SVG."""

import math
from collections.abc import Sequence
from typing import Any

from mien.evaluation.landmarks import TITLES
from mien.evaluation.metrics import METRICS, Task
from mien.evaluation.scoretable import cell, grid, plain
from mien.results.plot import Axes, Curve, as_file
from mien.training.epochs import Line

__all__ = ["columns", "curve", "plot", "table"]

METRICS_SHOWN = 2
"""Of the task: F1 and accuracy, PCC and CCC, accuracy and recall."""


def columns(lines: Sequence[Line], task: Task | None) -> dict[str, str]:
    """Which figures are shown: their names in the lines, and their titles.

    The loss of the training part; of the held-out part, if there is one, the first metrics of the
    task and, of networks that find landmarks, their mean error and failure rate; its loss where
    there is no task.
    """
    metrics = {} if task is None else METRICS[task]
    named = {name: metric.title for name, metric in list(metrics.items())[:METRICS_SHOWN]}
    if task is None:
        named = {"loss": "loss, held out"}
    wanted = {"train.loss": "loss"}
    wanted |= {f"validate.{name}": title for name, title in (named | TITLES).items()}
    return {name: title for name, title in wanted.items() if any(name in line for line in lines)}


def table(lines: Sequence[Line], task: Task | None, chosen: int) -> str:
    """A row for each epoch; the chosen one has a star."""
    shown = columns(lines, task)
    rows = [["epoch", *shown.values()]]
    for line in lines:
        epoch = int(line["epoch"])
        figures = [cell(plain(line.get(name, math.nan))) for name in shown]
        rows.append([f"{epoch} *" if epoch == chosen else str(epoch), *figures])
    return grid(rows)


def plot(lines: Sequence[Line], task: Task | None, chosen: int) -> str:
    """A curve for each figure over the epochs, as one SVG; the chosen epoch is marked."""
    shown = columns(lines, task)
    return as_file(
        [Axes(title, [curve(lines, name, chosen=chosen)]) for name, title in shown.items()]
    )


def curve(lines: Sequence[Line], name: str, **more: Any) -> Curve:  # noqa: ANN401 - of a Curve
    """A figure over the epochs; those in which it does not exist have no point."""
    return Curve([(int(line["epoch"]), line.get(name, math.nan)) for line in lines], **more)
