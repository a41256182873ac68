"""The metrics as torchmetrics classes, for training loops: they add up over batches and processes.

Sums - counts, moments, confusion matrices - are added; where every prediction is needed, all are
kept and gathered. Figures are computed by the functions of this room. A sampler that fills up the
last batch of several processes with repeated pictures makes both slightly wrong: final figures
are to come from one process.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric

from mien.errors import InputError
from mien.evaluation import classes, intensity, landmarks, metrics, occurrence
from mien.evaluation.metrics import METRICS, Task
from mien.evaluation.predictions import Name
from mien.evaluation.scoretable import title

__all__ = [
    "ExpressionMeter",
    "IntensityMeter",
    "LandmarkMeter",
    "OccurrenceMeter",
    "meter",
]


class _Summed(Metric):
    """Figures that follow from one array of sums.

    Args:
        names: numbers of the units, or names of the classes, in column order.
        shape: of the sums.
    """

    is_differentiable = False
    full_state_update = False
    task: Task
    sums: Tensor

    def __init__(self, names: Sequence[Name], shape: tuple[int, ...]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.add_state("sums", torch.zeros(shape, dtype=_wide()), dist_reduce_fx="sum")

    def _add(self, sums: NDArray[np.float64]) -> None:
        self.sums += torch.from_numpy(sums).to(self.sums)

    def compute(self) -> dict[str, Tensor]:
        """Figures by name: "f1" the mean, "f1/AU12" a unit's; NaN where one does not exist."""
        sums = self.sums.cpu().double().numpy()
        out: dict[str, float] = {}
        for name, kind in METRICS[self.task].items():
            if kind.of is None:
                continue
            found = kind.of(sums)
            if kind.overall:
                out[name] = float(found)
                continue
            out[name] = float(metrics.mean(found, self._labelled(sums), zero=kind.zero))
            for unit, figure in zip(self.names, found, strict=True):
                out[f"{name}/{title(unit)}"] = float(figure)
        return {name: torch.tensor(figure) for name, figure in out.items()}

    @abstractmethod
    def _labelled(self, sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the names have labels."""


class OccurrenceMeter(_Summed):
    """F1, accuracy and balanced accuracy; with ``curves`` AUROC and average precision too.

    Args:
        units: numbers of the units.
        threshold: a unit is present from here on.
        curves: keep every prediction.

    >>> meter = OccurrenceMeter((12,))
    >>> meter.update(torch.tensor([[0.9], [0.2]]), torch.tensor([[1.0], [1.0]]))
    >>> round(float(meter.compute()["f1"]), 3)
    0.667
    """

    task = "occurrence"
    predicted: list[Tensor]
    truth: list[Tensor]
    known: list[Tensor]

    def __init__(
        self,
        units: Sequence[int],
        *,
        threshold: float = occurrence.THRESHOLD,
        curves: bool = False,
    ) -> None:
        super().__init__(units, (len(units), 4))
        self.threshold, self.curves = threshold, curves
        for name in ("predicted", "truth", "known") if curves else ():
            self.add_state(name, [], dist_reduce_fx="cat")

    def update(self, predicted: Tensor, truth: Tensor, known: Tensor | None = None) -> None:
        """Take a batch: probabilities, 0 or 1, and the mask, (b, k) each."""
        arrays = _numpy(predicted), _numpy(truth), _mask(truth, known)
        self._add(occurrence.counts(*arrays, threshold=self.threshold))
        if self.curves:
            mask = torch.ones_like(truth, dtype=torch.bool) if known is None else known
            self.predicted.append(predicted.detach().float())
            self.truth.append(truth.detach().float())
            self.known.append(mask.detach())

    def compute(self) -> dict[str, Tensor]:
        """Figures by name, see the base."""
        out = super().compute()
        if not self.curves:
            return out
        empty = self.sums.new_empty((0, len(self.names)), dtype=torch.float32)
        arrays = [_numpy(_joined(one, empty)) for one in (self.predicted, self.truth, self.known)]
        for name, of in (
            ("auroc", occurrence.auroc),
            ("average_precision", occurrence.average_precision),
        ):
            found = of(*arrays)
            out[name] = torch.tensor(float(metrics.mean(found, ~np.isnan(found), zero=False)))
            for unit, figure in zip(self.names, found, strict=True):
                out[f"{name}/{title(unit)}"] = torch.tensor(float(figure))
        return out

    def _labelled(self, sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        return occurrence.labelled(sums)


class IntensityMeter(_Summed):
    """PCC, CCC, ICC(3,1), MAE and MSE.

    >>> meter = IntensityMeter((12,))
    >>> meter.update(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [3.0]]))
    >>> float(meter.compute()["mae"])
    1.5
    """

    task = "intensity"

    def __init__(self, units: Sequence[int]) -> None:
        super().__init__(units, (len(units), 9))

    def update(self, predicted: Tensor, truth: Tensor, known: Tensor | None = None) -> None:
        """Take a batch: intensities, true ones, and the mask, (b, k) each."""
        arrays = _numpy(predicted), _numpy(truth), _mask(truth, known)
        self._add(intensity.moments(*arrays, intensity.MIDDLE))

    def _labelled(self, sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        return intensity.labelled(sums)


class ExpressionMeter(_Summed):
    """Accuracy, and recall, precision and F1 per class and averaged; `sums` is the confusion.

    >>> meter = ExpressionMeter(("neutral", "anger"))
    >>> meter.update(torch.tensor([[0.9, 0.1], [0.6, 0.4]]), torch.tensor([0, 1]))
    >>> float(meter.compute()["accuracy"])
    0.5
    """

    task = "expression"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names, (len(names), len(names)))

    def update(self, predicted: Tensor, truth: Tensor, known: Tensor | None = None) -> None:
        """Take a batch: scores (b, c), numbers of classes (b,), and the mask (b,)."""
        mask = _mask(truth, known)
        said = classes.decide(_numpy(predicted)[mask])
        self._add(classes.confusion(said, _numpy(truth)[mask], len(self.names)))

    def _labelled(self, sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        return classes.occurring(sums)


class LandmarkMeter(Metric):
    """Mean error and failure rate of landmarks, relative to the distance between the eyes."""

    is_differentiable = False
    full_state_update = False
    sums: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("sums", torch.zeros(3, dtype=_wide()), dist_reduce_fx="sum")

    def update(self, predicted: Tensor, true: Tensor) -> None:
        """Take a batch: landmarks (b, 49, 2) of the scheme "49"."""
        errors = landmarks.landmark_errors(_numpy(predicted), _numpy(true))
        failed = (errors > landmarks.FAILURE).sum()
        self.sums += torch.tensor([len(errors), errors.sum(), failed]).to(self.sums)

    def compute(self) -> dict[str, Tensor]:
        """mean_error and failure_rate; NaN without pictures."""
        number, error, failed = self.sums.cpu().double()
        return {
            "mean_error": (error / number).float(),
            "failure_rate": (failed / number).float(),
        }


def meter(task: Task, names: Sequence[Any], **options: Any) -> Metric:  # noqa: ANN401 - passed on
    """The meter of a task.

    Args:
        task: occurrence, intensity or expression.
        names: numbers of the units, or names of the classes.
        options: of the meter.
    """
    kinds: dict[str, type[_Summed]] = {
        "occurrence": OccurrenceMeter,
        "intensity": IntensityMeter,
        "expression": ExpressionMeter,
    }
    if task not in kinds:
        raise InputError(f"{task!r} is no task; there are {', '.join(kinds)}")
    return kinds[task](names, **options)


def _wide() -> torch.dtype:
    """The widest float of every device here: Apple's has no float64."""
    return torch.float32 if torch.backends.mps.is_available() else torch.float64


def _numpy(values: Tensor) -> NDArray[Any]:
    values = values.detach().cpu()
    return (values.float() if values.is_floating_point() else values).numpy()


def _mask(truth: Tensor, known: Tensor | None) -> NDArray[np.bool_]:
    return np.ones(tuple(truth.shape), bool) if known is None else _numpy(known).astype(bool)


def _joined(parts: list[Tensor] | Tensor, empty: Tensor) -> Tensor:
    """The kept batches as one: torchmetrics has joined them already after gathering."""
    return parts if isinstance(parts, Tensor) else torch.cat(parts or [empty])
