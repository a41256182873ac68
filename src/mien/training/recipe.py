"""A recipe: everything that makes a run what it is, as frozen values.

A recipe is written whole into the run folder, and can be changed from the command line:
``--set optim.rate=1e-4`` (`mien.training.overrides`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mien.data.transforms import Augment
from mien.errors import InputError
from mien.facs.units import ACTIVE
from mien.training.ranges import LARGEST_SEED, positive, share, within

__all__ = [
    "IMAGENET",
    "Augment",
    "Data",
    "Expected",
    "Model",
    "Objective",
    "Optim",
    "Recipe",
    "Schedule",
    "Trainer",
]

NAME = r"[^\W_][\w.-]*"
"""Of a recipe, which names its folder: no separator, and not ".."."""

UNLABELLED = frozenset({"reconstruction"})
"""Objectives that read no labels."""

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation per channel of the pictures that most published backbones were trained on."""


@dataclass(frozen=True)
class Model:
    """Which network, and what it starts from."""

    name: str
    """One of `mien.models.MODELS`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What this network lets one choose, such as ``head``."""
    start: str = ""
    """Weights to start from: "" random; "imagenet" (through torchvision, downloads); or a file or
    run folder of ours, in which "{fold}" is the number of the fold and "{runs}" the folder of the
    run folders: an earlier stage has to be of the same fold, or it knows the test part."""


@dataclass(frozen=True)
class Data:
    """What is learned from, and how it is cut and divided."""

    name: str
    """One of `mien.data.DATASETS`."""
    task: Literal["occurrence", "intensity", "expression"] = "occurrence"
    units: tuple[int, ...] = ()
    """Numbers of the units, in the order of the outputs; empty for expressions."""
    threshold: float = ACTIVE
    """Where a set gives intensities only: a unit is present from here on (DISFA: 2)."""
    template: str = "ffhq"
    """One of `mien.face.align.TEMPLATES`."""
    aligned: int = 256
    """Side of the aligned picture in the cache."""
    size: int = 224
    """Side of the crop that the network sees; the middle one in testing."""
    mean: tuple[float, float, float] = IMAGENET[0]
    std: tuple[float, float, float] = IMAGENET[1]
    """Per channel, of pictures scaled to 0-1."""
    augment: Augment = field(default_factory=Augment)
    protocol: str = "subject-folds"
    """One of `mien.data.protocols.PROTOCOLS`."""
    folds: int = 10
    """Number of folds, where the protocol leaves it open."""
    held: float = 0.1
    """Share of the training subjects held out to choose the epoch by; 0 uses the last epoch."""
    weights: str = "none"
    """Weights of the units, one of `mien.data.balance.WEIGHTS`, from the training part."""
    sampler: Literal["shuffle", "balanced"] = "shuffle"
    """How an epoch of training pictures is drawn: each once; or as many in all, with replacement,
    each class as often as any other."""
    batch: int = 32
    test_batch: int = 64

    def __post_init__(self) -> None:
        within("data.threshold", self.threshold, 0, 5)
        within("data.aligned", self.aligned, 1)
        within("data.size", self.size, 1)
        positive("data.std", self.std)
        within("data.folds", self.folds, 1)
        share("data.held", self.held)
        within("data.batch", self.batch, 1)
        within("data.test_batch", self.test_batch, 1)


@dataclass(frozen=True)
class Objective:
    """What is minimised."""

    name: str = "occurrence"
    """One of `mien.training.objectives.OBJECTIVES`."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Factor of each named loss; one that is not named counts once."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What this objective lets one choose; in ``teacher``, the run folder that a student learns
    from, "{fold}" and "{runs}" are filled in as in ``model.start``."""

    def __post_init__(self) -> None:
        for name, factor in self.weights.items():
            within(f"objective.weights.{name}", factor, 0)


@dataclass(frozen=True)
class Optim:
    """How weights follow their gradients."""

    name: Literal["sgd", "adam", "adamw", "sam"] = "adamw"
    rate: float = 1e-4
    decay: float = 0.0
    """Weight decay."""
    momentum: float = 0.9
    """Of sgd."""
    nesterov: bool = False
    betas: tuple[float, float] = (0.9, 0.999)
    """Of adam, adamw and sam."""
    rho: float = 0.05
    """Of sam: how far its second look at each batch is from the weights."""
    clip: float = 0.0
    """Largest norm of the gradient; 0 does not clip."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Factor of the rate for parameters whose name begins so; 0 freezes them."""
    spared: bool = False
    """Norms and biases, which have one axis, are not decayed."""
    average: float = 0.0
    """Decay of the moving average of the weights, which is then what is validated and kept; see
    `mien.training.averaging`. 0: no average."""

    def __post_init__(self) -> None:
        positive("optim.rate", (self.rate,))
        within("optim.decay", self.decay, 0)
        share("optim.momentum", self.momentum)
        share("optim.betas", *self.betas)
        positive("optim.rho", (self.rho,))
        within("optim.clip", self.clip, 0)
        share("optim.average", self.average)
        for name, factor in self.rates.items():
            within(f"optim.rates.{name}", factor, 0)


@dataclass(frozen=True)
class Schedule:
    """How the rate changes."""

    name: Literal["constant", "step", "cosine", "linear", "one-cycle"] = "constant"
    every: int = 1
    """Epochs between two steps."""
    factor: float = 0.5
    """By which the rate changes at a step; or the last rate, relative to the first, of cosine and
    linear."""
    warmup: int = 0
    """Epochs in which the rate rises from 0."""
    steps: int = 0
    """Steps in which it rises at least, as far as that is half of the training."""
    bias: float = 0.0
    """Where the rate of biases begins in the warm-up, in rates; from 1 on it falls."""
    momentum: float = 0.0
    """Where the momentum of sgd begins in the warm-up; 0: it does not change."""

    def __post_init__(self) -> None:
        within("schedule.every", self.every, 1)
        within("schedule.factor", self.factor, 0)
        within("schedule.warmup", self.warmup, 0)
        within("schedule.steps", self.steps, 0)
        within("schedule.bias", self.bias, 0)
        share("schedule.momentum", self.momentum)


@dataclass(frozen=True)
class Trainer:
    """How long, on what, and when to stop."""

    epochs: int = 20
    precision: Literal["32", "16-mixed", "bf16-mixed"] = "32"
    patience: int = 0
    """Epochs without a better figure after which training stops; 0 never stops early."""
    monitor: str = ""
    """The figure that chooses the epoch; "" is that of the task: f1, pcc or accuracy."""
    accumulate: int = 1
    """Batches per step."""
    seed: int = 0
    devices: str = "auto"
    """As Lightning writes them: auto, 1, 4, "0,2"."""
    nodes: int = 1
    strategy: str = "auto"
    workers: int = 2
    """Processes that load pictures, per device."""
    channels_last: bool = False
    """Keep pictures and convolutions with their channels beside one another in memory: quicker with
    half precision; the same numbers but for their last digits."""
    compile: bool = False
    """Let torch compile the network: costs minutes at the start, and needs a compiler."""

    def __post_init__(self) -> None:
        within("trainer.epochs", self.epochs, 1)
        within("trainer.patience", self.patience, 0)
        within("trainer.accumulate", self.accumulate, 1)
        within("trainer.seed", self.seed, 0, LARGEST_SEED)
        within("trainer.nodes", self.nodes, 1)
        within("trainer.workers", self.workers, 0)


@dataclass(frozen=True)
class Expected:
    """A published figure, to be printed beside ours."""

    source: str
    """Paper or table, with its year."""
    metric: str
    """f1, accuracy, pcc, mae, mse, mean_error, ..."""
    mean: float
    """Over the units, on the scale of ours: F1 of .62 is 0.62."""
    units: Mapping[int, float] = field(default_factory=dict)
    """The same per unit."""
    protocol: str = ""
    """Under which it was obtained, in words; it is printed with it."""


@dataclass(frozen=True)
class Recipe:
    """One experiment."""

    name: str
    model: Model
    data: Data
    objective: Objective = field(default_factory=Objective)
    optim: Optim = field(default_factory=Optim)
    schedule: Schedule = field(default_factory=Schedule)
    trainer: Trainer = field(default_factory=Trainer)
    expected: tuple[Expected, ...] = ()
    paper: str = ""
    """Source of the method, for the card."""

    @property
    def labelled(self) -> bool:
        """Whether it learns what a data set says of its pictures; if not there is no test."""
        return self.objective.name not in UNLABELLED

    def __post_init__(self) -> None:
        # it names a folder below that of the runs, and nothing else
        if not re.fullmatch(NAME, self.name):
            raise InputError(
                f"the recipe's name is {self.name!r}, expected letters, digits, '.', '_' and '-', "
                "a letter or digit first"
            )
