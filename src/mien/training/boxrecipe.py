"""What makes a run of a detector what it is: frozen settings, kept in the run folder."""

from dataclasses import dataclass, field
from typing import Literal

from mien.data.boxaugment import BoxAugment
from mien.training.ranges import within
from mien.training.recipe import Expected, Model, Optim, Schedule, Trainer

__all__ = ["BoxData", "BoxGains", "BoxRecipe"]

CELL = 32
"""Sides are multiples of this."""


@dataclass(frozen=True)
class BoxData:
    """How pictures are seen."""

    size: int = 640
    """Side of the square in pixels, a multiple of 32."""
    batch: int = 16
    test_batch: int = 32
    augment: BoxAugment = field(default_factory=BoxAugment)

    def __post_init__(self) -> None:
        within("data.batch", self.batch, 2)  # batch normalisation learns from several
        within("data.test_batch", self.test_batch, 1)
        within("data.size", self.size, CELL)
        if self.size % CELL:
            below = self.size // CELL * CELL
            within("data.size, a multiple of 32,", self.size, below + CELL)


@dataclass(frozen=True)
class BoxGains:
    """Factors of the losses, of 640 pixels and 80 classes; see `mien.losses.detection.gains`."""

    box: float = 0.05
    objectness: float = 1.0
    kind: float = 0.5
    nominal: int = 64
    """The losses are multiplied by so many pictures, as if they were summed over such a batch."""

    def __post_init__(self) -> None:
        for name in ("box", "objectness", "kind", "nominal"):
            within(f"gains.{name}", getattr(self, name), 0)


@dataclass(frozen=True)
class BoxRecipe:
    """One detector."""

    name: str
    model: Model
    data: BoxData = field(default_factory=BoxData)
    anchors: Literal["auto", "fixed"] = "auto"
    """Whether the boxes that the grids start from may be fitted to the training part."""
    gains: BoxGains = field(default_factory=BoxGains)
    optim: Optim = field(default_factory=Optim)
    schedule: Schedule = field(default_factory=Schedule)
    trainer: Trainer = field(default_factory=Trainer)
    expected: tuple[Expected, ...] = ()
    paper: str = ""
