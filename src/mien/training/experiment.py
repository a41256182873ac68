"""An experiment: the assembled parts that the one training loop needs, and nothing more.

Crop networks, the mesh perceptrons, students with their teacher inside the objective, masked
auto-encoders and detectors are all this: a network, an objective, batches. `mien.training.assemble`
makes one from a `Recipe`; `mien.training.fit` trains it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor, nn

from mien.data.sample import Batch
from mien.models.output import Output
from mien.training.recipe import Optim, Schedule, Trainer

__all__ = ["Batches", "Experiment", "Meter", "Objective", "Passage", "Turn"]


@dataclass(frozen=True)
class Turn:
    """Which pass through the data is asked for, and which part of it."""

    epoch: int
    """From 0. Order and variation of a training pass depend on the seed and on this alone, so that
    a run that was killed goes on with the same numbers."""
    rank: int = 0
    """Number of this process among those that train together."""
    ranks: int = 1
    """How many processes train together; all get the same number of training batches."""


class Passage(Protocol):
    """The batches of one pass; a DataLoader is one."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...


Batches = Callable[[Turn], Passage]
"""Batches of a turn. Nothing is read before they are iterated over."""


class Objective(Protocol):
    """What is minimised: named losses of one batch.

    An objective that is a ``nn.Module`` is moved to the device of the network, and what it has to
    learn is learned with it. One that cannot do without landmarks says so by
    ``needs = ("landmarks",)``, and is refused where they are missing. One that names its
    ``losses`` has factors of others refused before the first batch, else at it.
    """

    output: Output | None
    """Of the last batch, for the meters; not to be kept."""

    def __call__(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Scalar losses by name."""
        ...


class Meter(Protocol):
    """Figures of a validation pass.

    Over several processes it is its task to bring them together, as torchmetrics do.
    """

    def update(self, output: Output, batch: Batch) -> None:
        """Take in one batch."""
        ...

    def compute(self) -> Mapping[str, float]:
        """Figures by name; one that does not exist is NaN."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


@dataclass(frozen=True, eq=False)
class Experiment:
    """What is trained, on what, and how."""

    network: nn.Module
    objective: Objective
    train: Batches
    optim: Optim
    schedule: Schedule
    trainer: Trainer
    validate: Batches | None = None
    """The part that the epoch is chosen by; None uses the last epoch."""
    meters: Sequence[Meter] = ()
    """Over the validation part. A meter that is a ``nn.Module`` is moved to the device."""
    check: Callable[[nn.Module], Mapping[str, float]] | None = None
    """More figures of the network, which is in evaluation mode, at the end of each epoch."""
    monitor: str = ""
    """The figure that chooses the epoch and stops early; "" uses the last epoch."""
    smaller: bool = False
    """Whether less of ``monitor`` is better: losses and errors."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Factor of each named loss; one that is not named counts once."""
    identity: Mapping[str, object] = field(default_factory=dict)
    """Recipe and data of the run, as JSON: a run folder of another identity is not gone on with."""
    recipe: type | None = None
    """What the identity's recipe is of: settings that a run was begun without have had their
    defaults."""
