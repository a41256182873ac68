"""What is minimised, by name: a network and a batch to named losses.

An objective runs the network itself, so that one with a teacher or with masked pictures fits the
same loop. It is a module: what it holds follows the network to its device.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, get_args

import torch
from torch import Tensor, nn

from mien.data.balance import OF_POSITIVES
from mien.data.sample import Batch
from mien.errors import InputError
from mien.losses.au import Reduction, binary_cross_entropy, cross_entropy, squared_error
from mien.losses.distillation import factors as distillation_factors
from mien.models.output import Output
from mien.training.besides import Beside
from mien.training.published import Alignment, Bounded, Relations
from mien.training.teaching import Distillation, Reconstruction
from mien.values import Float32

__all__ = ["OBJECTIVES", "Builder", "Single", "UnitWeights", "build", "unit_weights"]


class UnitWeights(NamedTuple):
    """What makes up for rare units: one number for each, or nothing."""

    whole: Tensor | None = None
    """(k,): factors of a unit's whole loss."""
    positives: Tensor | None = None
    """(k,): factors of a unit's loss where it is present."""


def unit_weights(name: str, values: Float32) -> UnitWeights:
    """Weights as an objective takes them.

    Args:
        name: of their formula in `mien.data.balance.WEIGHTS`.
        values: (k,), what the formula gave.
    """
    weights = torch.from_numpy(values)
    return UnitWeights(positives=weights) if name in OF_POSITIVES else UnitWeights(weights)


class Single(nn.Module):
    """One loss of what the network gives.

    Args:
        name: of the loss.
        loss: of logits, target and mask, with the weights of the units by name.
        weights: (k,) each, by the name of the loss's argument.
    """

    output: Output | None
    """Of the last batch, for the meters."""

    def __init__(
        self, name: str, loss: Callable[..., Tensor], weights: Mapping[str, Tensor | None]
    ) -> None:
        super().__init__()
        self.name = name
        self.losses = (name,)
        self.loss = loss
        self.arguments = tuple(weights)
        for argument, values in weights.items():
            self.register_buffer(argument, values, persistent=False)
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The loss by its name."""
        output = network(batch.image)
        if isinstance(output, Tensor):  # networks of the mesh give nothing but numbers
            output = Output(output)
        self.output = output
        weights = {argument: getattr(self, argument) for argument in self.arguments}
        return {self.name: self.loss(output.logits, batch.target, batch.known, **weights)}


Builder = Callable[[Mapping[str, Any], UnitWeights], nn.Module]
"""Options of an objective and weights of the units to the objective: see
`mien.training.experiment.Objective`."""


def occurrence(options: Mapping[str, Any], weights: UnitWeights) -> Single:
    """Cross-entropy of each unit, as the loss "au". Option ``reduction``: "mean"."""
    loss = partial(binary_cross_entropy, reduction=_reduction("occurrence", options))
    return Single("au", loss, {"weight": weights.whole, "pos_weight": weights.positives})


def intensity(options: Mapping[str, Any], weights: UnitWeights) -> Single:
    """Squared error of each unit, as the loss "au". Option ``reduction``: "mean"."""
    _whole("intensity", weights)
    loss = partial(squared_error, reduction=_reduction("intensity", options))
    return Single("au", loss, {"weight": weights.whole})


def expression(options: Mapping[str, Any], weights: UnitWeights) -> Single:
    """Cross-entropy of the classes, as the loss "expression". Option ``smoothing``: 0."""
    _only("expression", options, ("smoothing",))
    _whole("expression", weights)
    loss = partial(cross_entropy, smoothing=_smoothing("expression", options))
    return Single("expression", loss, {"weight": weights.whole})


def jaanet(options: Mapping[str, Any], weights: UnitWeights) -> Alignment:
    """JAA-Net's losses. Option ``dice``: "official" or "paper"."""
    _only("jaanet", options, ("dice",))
    _whole("jaanet", weights)
    return Alignment(weights.whole, str(options.get("dice", "official")))


def relations(options: Mapping[str, Any], weights: UnitWeights) -> Relations:
    """ME-GraphAU's losses. No options."""
    _only("relations", options, ())
    _whole("relations", weights)
    return Relations(weights.whole)


def bounded(options: Mapping[str, Any], weights: UnitWeights) -> Bounded:
    """EAC-Net's loss, which weighs no units. Option ``form``: "corrected"."""
    _only("bounded", options, ("form",))
    if weights.whole is not None or weights.positives is not None:
        raise InputError("the objective bounded weighs no units; set data.weights=none")
    return Bounded(str(options.get("form", "corrected")))


def reconstruction(options: Mapping[str, Any], weights: UnitWeights) -> Reconstruction:
    """What a masked auto-encoder learns. Options ``masked``: 0.75; ``even``: true."""
    _only("reconstruction", options, ("masked", "even"))
    if weights != UnitWeights():
        raise InputError("the objective reconstruction has no units; set data.weights=none")
    share = options.get("masked", 0.75)
    if not isinstance(share, int | float):
        raise InputError(f"masked of the objective reconstruction is {share!r}, expected a share")
    return Reconstruction(float(share), bool(options.get("even", True)))


def distillation(options: Mapping[str, Any], weights: UnitWeights) -> Distillation:
    """What a student learns of a teacher and of the labels.

    Options ``teacher``: a run folder, and `mien.training.assemble` puts its network in its place;
    ``task`` is set there too, to that of the data; ``alpha``, ``beta`` and ``form``: see
    `mien.losses.distillation.factors`; ``shortening``: nearest or linear.
    """
    known = ("teacher", "task", "alpha", "beta", "form", "shortening")
    _only("distillation", options, known)
    _whole("distillation", weights)
    teacher = options.get("teacher")
    if not isinstance(teacher, nn.Module):
        raise InputError(
            "the objective distillation has no teacher; set objective.options.teacher to the "
            "folder of one fold of its run"
        )
    task = options.get("task", "intensity")
    if task not in TASK_LOSSES:
        raise InputError(
            f"task of the objective distillation is {task!r}; choose {', '.join(TASK_LOSSES)}"
        )
    factors = {name: options[name] for name in ("alpha", "beta", "form") if name in options}
    shortening = options.get("shortening", "nearest")
    found = distillation_factors(**factors)
    return Distillation(teacher, TASK_LOSSES[task], found, weights.whole, shortening)


def combined(options: Mapping[str, Any], weights: UnitWeights) -> Beside:
    """What a network of intensity, presence and expressions learns from one pass.

    Options ``smoothing``: 0, and ``squeezed``: false, see `mien.training.besides.Beside`; the
    others are those of `distillation` where there is a ``teacher``, else of `intensity`.
    """
    own = "smoothing", "squeezed"
    rest = {name: value for name, value in options.items() if name not in own}
    first = (distillation if "teacher" in rest else intensity)(rest, weights)
    squeezed = options.get("squeezed", False)
    if not isinstance(squeezed, bool):
        raise InputError(
            f"squeezed of the objective combined is {squeezed!r}, expected true or false"
        )
    return Beside(first, _smoothing("combined", options), squeezed)


TASK_LOSSES: dict[str, Callable[..., Tensor]] = {
    "intensity": squared_error,
    "occurrence": binary_cross_entropy,
    "expression": cross_entropy,
}

OBJECTIVES: dict[str, Builder] = {
    "occurrence": occurrence,
    "intensity": intensity,
    "expression": expression,
    "jaanet": jaanet,
    "relations": relations,
    "bounded": bounded,
    "reconstruction": reconstruction,
    "distillation": distillation,
    "combined": combined,
}
"""Every objective by name."""


def build(name: str, options: Mapping[str, Any], weights: UnitWeights | None = None) -> nn.Module:
    """Make an objective.

    Args:
        name: one of OBJECTIVES.
        options: what it lets one choose.
        weights: of the units, see `unit_weights`.

    Raises:
        InputError: there is no such objective or option, or the weights are not for it.
    """
    if name not in OBJECTIVES:
        raise InputError(f"there is no objective {name!r}; there are {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](options, weights or UnitWeights())


def _reduction(name: str, options: Mapping[str, Any]) -> Reduction:
    _only(name, options, ("reduction",))
    wanted: Reduction = options.get("reduction", "mean")
    if wanted not in get_args(Reduction):
        raise InputError(
            f"reduction of the objective {name} is {wanted!r}; choose "
            f"{' or '.join(get_args(Reduction))}"
        )
    return wanted


def _smoothing(name: str, options: Mapping[str, Any]) -> float:
    smoothing = options.get("smoothing", 0.0)
    if not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        raise InputError(
            f"smoothing of the objective {name} is {smoothing!r}, expected 0 to below 1"
        )
    return float(smoothing)


def _whole(name: str, weights: UnitWeights) -> None:
    if weights.positives is not None:
        raise InputError(
            f"the objective {name} has no positives to be weighted; choose other weights than "
            f"{', '.join(sorted(OF_POSITIVES))}"
        )


def _only(name: str, options: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if strange := sorted(set(options) - set(known)):
        raise InputError(
            f"the objective {name} has no option {', '.join(strange)}; it has "
            f"{', '.join(known) or 'none'}"
        )
