"""What is minimised, by name: a network and a batch to named losses and their sum.

An objective runs the network itself, so that one with a teacher or with masked pictures fits the
same loop.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, get_args

from torch import Tensor, nn

from mien.data.sample import Batch
from mien.errors import InputError
from mien.losses.au import Reduction, binary_cross_entropy, cross_entropy, squared_error
from mien.models.output import Output

__all__ = ["OBJECTIVES", "Builder", "Losses", "Objective", "build"]


@dataclass(frozen=True, eq=False)
class Losses:
    """What one batch costs."""

    total: Tensor
    """The sum of the parts, each with its factor: what is minimised."""
    parts: dict[str, Tensor]
    """Each loss by name, without its factor."""
    output: Output
    """What the network gave, for the meters."""


class Objective(Protocol):
    """Runs a network on a batch and says what it costs."""

    def __call__(self, network: nn.Module, batch: Batch, weights: Tensor | None = None) -> Losses:
        """Run and judge.

        Args:
            network: the network that learns.
            batch: pictures with what is known of them.
            weights: of each unit or class, (k,).
        """
        ...


Builder = Callable[[Mapping[str, Any], Mapping[str, float]], Objective]
"""Options of the objective, and a factor for each of its losses, to the objective."""


def occurrence(options: Mapping[str, Any], factors: Mapping[str, float]) -> Objective:
    """Cross-entropy of each unit, as the loss "au". Option ``reduction``: "mean"."""
    loss = partial(binary_cross_entropy, reduction=_reduction("occurrence", options))
    return _Single("au", loss, _factor("occurrence", factors, "au"))


def intensity(options: Mapping[str, Any], factors: Mapping[str, float]) -> Objective:
    """Squared error of each unit, as the loss "au". Option ``reduction``: "mean"."""
    loss = partial(squared_error, reduction=_reduction("intensity", options))
    return _Single("au", loss, _factor("intensity", factors, "au"))


def expression(options: Mapping[str, Any], factors: Mapping[str, float]) -> Objective:
    """Cross-entropy of the classes, as the loss "expression". Option ``smoothing``: 0."""
    _only("expression", options, ("smoothing",))
    smoothing = options.get("smoothing", 0.0)
    if not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        raise InputError(
            f"smoothing of the objective expression is {smoothing!r}, expected 0 to below 1"
        )
    loss = partial(cross_entropy, smoothing=float(smoothing))
    return _Single("expression", loss, _factor("expression", factors, "expression"))


OBJECTIVES: dict[str, Builder] = {
    "occurrence": occurrence,
    "intensity": intensity,
    "expression": expression,
}
"""Every objective by name."""


def build(name: str, options: Mapping[str, Any], factors: Mapping[str, float]) -> Objective:
    """Make an objective.

    Args:
        name: one of OBJECTIVES.
        options: what it lets one choose.
        factors: of each of its losses; one that is not named counts once.

    Raises:
        InputError: there is no such objective, option or loss.
    """
    if name not in OBJECTIVES:
        raise InputError(f"there is no objective {name!r}; there are {', '.join(OBJECTIVES)}")
    return OBJECTIVES[name](options, factors)


@dataclass(frozen=True)
class _Single:
    """One loss of what the network gives."""

    name: str
    loss: Callable[..., Tensor]
    factor: float

    def __call__(self, network: nn.Module, batch: Batch, weights: Tensor | None = None) -> Losses:
        output = network(batch.image)
        if isinstance(output, Tensor):  # networks of the mesh give nothing but numbers
            output = Output(output)
        value = self.loss(output.logits, batch.target, batch.known, weight=weights)
        return Losses(self.factor * value, {self.name: value}, output)


def _reduction(name: str, options: Mapping[str, Any]) -> Reduction:
    _only(name, options, ("reduction",))
    wanted: Reduction = options.get("reduction", "mean")
    if wanted not in get_args(Reduction):
        raise InputError(
            f"reduction of the objective {name} is {wanted!r}; choose "
            f"{' or '.join(get_args(Reduction))}"
        )
    return wanted


def _factor(name: str, factors: Mapping[str, float], loss: str) -> float:
    if strange := sorted(set(factors) - {loss}):
        raise InputError(f"the objective {name} has no loss {', '.join(strange)}; it has {loss}")
    return float(factors.get(loss, 1.0))


def _only(name: str, options: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if strange := sorted(set(options) - set(known)):
        raise InputError(
            f"the objective {name} has no option {', '.join(strange)}; it has {', '.join(known)}"
        )
