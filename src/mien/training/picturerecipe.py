"""What makes a run of the picture network what it is: frozen settings, kept in the run folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PictureRecipe", "PictureSchedule"]


@dataclass(frozen=True)
class PictureSchedule:
    """How long and how fast: a flat rate as long as it pays, then a short way down."""

    epochs: int = 68
    """At the flat rate; each ends with figures and a checkpoint."""
    steps: int = 250
    """Of an epoch."""
    batch: int = 16
    """Groups of six crops."""
    rate: float = 1.5e-3
    decay: float = 0.02
    """Weight decay."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    warmup: int = 1
    """Epochs in which the rate rises from 0."""
    cooling: int = 16
    """Epochs in which the rate falls to 0, from the best epoch on."""
    precision: str = "bf16-mixed"
    seed: int = 3


@dataclass(frozen=True)
class PictureRecipe:
    """The picture network: size, what holds its level, schedule."""

    name: str = "au-picture"
    width: int = 32
    features: int = 256
    dropout: float = 0.15
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"within": 1.0, "anchor": 1.0, "difference": 1.0, "aside": 3.0}
    )
    """Of the errors, see `mien.training.picturing.GroupError`."""
    pull: Mapping[int, float] = field(default_factory=dict)
    """How much each unit's level on a portrait is held at what the mesh network reads there."""
    taught: Mapping[int, float] = field(default_factory=dict)
    """The same for units whose level a teacher gives, where there is one."""
    other: float = 0.02
    """Pull of the units that neither names."""
    schedule: PictureSchedule = field(default_factory=PictureSchedule)
    stretch_single: float = 1.5
    """Highest factor by which a shrunk reading of a single frame is stretched: more would show the
    face's own shape as an expression."""
    stretch_difference: float = 2.0
    """The same of a reading against the neutral."""
    stretch_aside: float = 3.0
    """The same of how left and right differ, of either."""
