"""Figures of a validation pass: the metrics of each task on what the network means."""

from collections.abc import Mapping

from torch import Tensor, nn
from torchmetrics import Metric

from mien.data.loading import View
from mien.data.sample import Batch
from mien.evaluation.meters import LandmarkMeter, meter
from mien.models.output import Output
from mien.models.reading import MEANT, Reading, Task
from mien.training.recipe import Recipe

__all__ = ["BesideMeter", "PointsMeter", "TaskMeter"]


class Figures(nn.Module):
    """A metric whose figures are plain numbers by name: "f1", "f1/AU12"."""

    metric: Metric

    def compute(self) -> Mapping[str, float]:
        """Figures by name; one that does not exist is NaN."""
        found: Mapping[str, Tensor] = self.metric.compute()
        return {name: float(value) for name, value in found.items()}

    def reset(self) -> None:
        """Forget everything."""
        self.metric.reset()


class TaskMeter(Figures):
    """The metrics of the recipe's task, on what the network means by its output.

    Args:
        recipe: its task decides.
        names: numbers of the units, or names of the classes.
    """

    def __init__(self, recipe: Recipe, names: tuple[int, ...] | tuple[str, ...]) -> None:
        super().__init__()
        self.reading = Reading(nn.Identity(), recipe.data.task)
        self.metric = meter(recipe.data.task, names)

    def update(self, output: Output, batch: Batch) -> None:
        """Take in one batch."""
        values, *_ = self.reading(output)
        self.metric.update(values.float(), batch.target, batch.known)


class BesideMeter(Figures):
    """The metrics of a task that is read beside that of the recipe, as "occurrence.f1".

    Args:
        task: its name.
        view: units and classes.
    """

    def __init__(self, task: Task, view: View) -> None:
        super().__init__()
        self.task, self.meant = task, MEANT[task]
        self.metric = meter(task, view.detected if task == "occurrence" else view.classes)

    def update(self, output: Output, batch: Batch) -> None:
        """Take in one batch."""
        if batch.beside is not None:
            said = self.meant(getattr(output, self.task)).float()
            self.metric.update(said, *batch.beside[self.task])

    def compute(self) -> Mapping[str, float]:
        """Figures by name."""
        return {f"{self.task}.{name}": value for name, value in super().compute().items()}


class PointsMeter(Figures):
    """Mean error and failure rate of the landmarks that a network finds."""

    def __init__(self) -> None:
        super().__init__()
        self.metric = LandmarkMeter()

    def update(self, output: Output, batch: Batch) -> None:
        """Take in one batch."""
        if output.landmarks is not None and batch.landmarks is not None:
            self.metric.update(output.landmarks, batch.landmarks)
