"""What makes a run of the mesh networks what it is: frozen settings, kept in the run folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Calibration", "MeshRecipe", "MeshSchedule", "Shares"]


@dataclass(frozen=True)
class MeshSchedule:
    """How long and how fast."""

    epochs: int = 24
    """Each ends with figures and a checkpoint."""
    steps: int = 500
    """Of an epoch: examples are drawn, there is no going through all of them."""
    batch: int = 256
    rate: float = 1.5e-3
    """Highest learning rate of the one-cycle schedule."""
    decay: float = 0.02
    """Weight decay."""
    seed: int = 7


@dataclass(frozen=True)
class Shares:
    """What each batch is made of; the shares sum to 1."""

    simulated: float
    """Faces of the model with the measured response of the mesh, no picture."""
    rendered: float
    """Meshes found on rendered heads."""
    planted: float
    """Meshes found on portraits warped by planted units."""


@dataclass(frozen=True)
class Calibration:
    """How outputs are stretched, on development faces, so that 0-5 means 0-5."""

    stretch: float = 1.0
    """Highest factor by which a shrunk output is stretched."""
    rest: bool = False
    """Subtract what quiet portraits read, so that a quiet face reads 0."""


@dataclass(frozen=True)
class MeshRecipe:
    """One network: data, size, schedule, what is expected."""

    name: str
    reads: Literal["mesh", "mesh-difference"]
    shares: Shares
    simulated: int = 60_000
    """Simulated faces to draw."""
    widths: tuple[int, ...] = (512, 256)
    dropout: float = 0.15
    components: int = 250
    """Principal directions of the features that are kept."""
    noise: float = 0.002
    """White noise in eye distances, added in training and to the scale of the directions. The
    simulated noise has few directions; without this the network lives off those left clean."""
    networks: int = 1
    """Networks of which the shipped one is the average: they differ in their random start."""
    schedule: MeshSchedule = field(default_factory=MeshSchedule)
    calibration: Calibration = field(default_factory=Calibration)
    seed: int = 1
    expected: Mapping[str, float] = field(default_factory=dict)
    """Figures of the shipped network, to compare a new run with."""
