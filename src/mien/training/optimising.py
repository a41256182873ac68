"""Optimisers and schedules by name, with a rate of their own for some of the parameters."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from mien.errors import InputError
from mien.training.recipe import Optim, Schedule, Trainer
from mien.training.sharpness import SAM

__all__ = [
    "OPTIMISERS",
    "SCHEDULES",
    "Groups",
    "check",
    "freeze",
    "groups",
    "momentum",
    "optimiser",
    "pace",
    "share",
    "warm_steps",
]

Groups = list[dict[str, Any]]
"""Parameters with their rate, as optimisers take them; "factor" is that of the recipe, "kind" is
bias, norm or weight where they differ."""

BIAS, NORM = "bias", "norm"


def _fused(parameters: Groups) -> bool | None:
    """One pass over memory for each step: on processors; elsewhere as torch chooses.

    On GPUs the fused form refuses to have its gradients clipped under 16-mixed. Adam's has other
    last digits, by which the networks that ship could not be trained again byte for byte.
    """
    every = [one for group in parameters for one in group["params"]]
    return True if all(one.device.type == "cpu" for one in every) else None


def _sgd(parameters: Groups, optim: Optim) -> Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=optim.rate,
        momentum=optim.momentum,
        weight_decay=optim.decay,
        nesterov=optim.nesterov,
        fused=_fused(parameters),
    )


def _adam(parameters: Groups, optim: Optim) -> Optimizer:
    return torch.optim.Adam(parameters, lr=optim.rate, betas=optim.betas, weight_decay=optim.decay)


def _adamw(parameters: Groups, optim: Optim) -> Optimizer:
    return torch.optim.AdamW(parameters, lr=optim.rate, betas=optim.betas, weight_decay=optim.decay)


def _sam(parameters: Groups, optim: Optim) -> Optimizer:
    return SAM(
        parameters, lr=optim.rate, betas=optim.betas, weight_decay=optim.decay, rho=optim.rho
    )


OPTIMISERS: dict[str, Callable[[Groups, Optim], Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
    "sam": _sam,
}
"""Every optimiser by name. One may run the closure of its step more than once."""


def check(optim: Optim, schedule: Schedule, trainer: Trainer) -> None:
    """Refuse settings that do not go together, before anything is made of them.

    Raises:
        InputError: Nesterov's step without momentum, two looks at a batch that is not there any
            more, or see `check_schedule`.
    """
    if optim.name == "sam" and (trainer.accumulate > 1 or trainer.precision == "16-mixed"):
        raise InputError(
            "optim.name=sam looks twice at each batch, which cannot be done with "
            f"trainer.accumulate={trainer.accumulate} and trainer.precision={trainer.precision}; "
            "set them to 1, and to 32 or bf16-mixed"
        )
    if optim.name == "sgd" and optim.nesterov and not optim.momentum:
        raise InputError("optim.nesterov needs momentum, and optim.momentum is 0; set one of them")
    check_schedule(schedule, trainer.epochs)


def check_schedule(schedule: Schedule, epochs: int) -> None:
    """Refuse a schedule that does not exist, or a warm-up that it has no place for.

    Raises:
        InputError: it is so.
    """
    if schedule.name == "one-cycle":
        if schedule.warmup:
            raise InputError("one-cycle warms up by itself; set schedule.warmup=0")
    elif schedule.name not in SCHEDULES:
        known = ", ".join((*SCHEDULES, "one-cycle"))
        raise InputError(f"there is no schedule {schedule.name!r}; there are {known}")
    elif schedule.warmup and schedule.warmup >= epochs:
        raise InputError(
            f"schedule.warmup is {schedule.warmup} of {epochs} epochs; leave some to learn in"
        )


def _factor(name: str, rates: Mapping[str, float]) -> float:
    """Factor of the rate of a parameter: that of the longest beginning of its name."""
    fitting = [start for start in rates if name.startswith(start)]
    return rates[max(fitting, key=len)] if fitting else 1.0


def freeze(network: nn.Module, rates: Mapping[str, float]) -> None:
    """Take the gradients from parameters whose rate is 0.

    Raises:
        InputError: no parameter begins so, or all of them are frozen.
    """
    names = [name for name, _ in network.named_parameters()]
    for start in rates:
        if not any(name.startswith(start) for name in names):
            raise InputError(
                f"optim.rates names {start!r}, but no parameter of the network begins so; "
                f"they begin with {', '.join(sorted({name.split('.')[0] for name in names}))}"
            )
    for name, parameter in network.named_parameters():
        if _factor(name, rates) == 0:
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise InputError("every parameter of the network is frozen; leave one that can learn")


def groups(parameters: Iterable[tuple[str, nn.Parameter]], optim: Optim) -> Groups:
    """Parameters that learn, those of one rate together; biases and norms apart if spared."""
    found: dict[tuple[float, str], list[nn.Parameter]] = {}
    for name, parameter in parameters:
        if parameter.requires_grad:
            kind = _kind(name, parameter) if optim.spared else ""
            found.setdefault((_factor(name, optim.rates), kind), []).append(parameter)
    return [
        {
            "params": list(members),
            "lr": optim.rate * factor,
            "factor": factor,
            "kind": kind,
            **({"weight_decay": 0.0} if kind in (BIAS, NORM) else {}),
        }
        for (factor, kind), members in found.items()
    ]


def _kind(name: str, parameter: nn.Parameter) -> str:
    """Whether a parameter is a bias, of a norm, or a weight."""
    if parameter.dim() > 1:
        return "weight"
    return BIAS if name.rpartition(".")[2] == BIAS else NORM


def optimiser(parameters: Groups, optim: Optim) -> Optimizer:
    """Make an optimiser.

    Raises:
        InputError: there is none of this name.
    """
    if optim.name not in OPTIMISERS:
        known = ", ".join(OPTIMISERS)
        raise InputError(f"there is no optimiser {optim.name!r}; there are {known}")
    return OPTIMISERS[optim.name](parameters, optim)


Shape = Callable[[float, float, Schedule], float]
"""Epochs done since the warm-up, epochs in all after it, and the schedule, to a factor."""


def _constant(done: float, total: float, schedule: Schedule) -> float:  # noqa: ARG001
    return 1.0


def _step(done: float, total: float, schedule: Schedule) -> float:  # noqa: ARG001
    return float(schedule.factor ** math.floor(done / schedule.every))


def _cosine(done: float, total: float, schedule: Schedule) -> float:
    return schedule.factor + (1 - schedule.factor) * (1 + math.cos(math.pi * done / total)) / 2


def _linear(done: float, total: float, schedule: Schedule) -> float:
    return 1 + (schedule.factor - 1) * done / total


SCHEDULES: dict[str, Shape] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "linear": _linear,
}
"""Every schedule but one-cycle, which is torch's own."""


def share(schedule: Schedule, step: int, per_epoch: int, epochs: int) -> float:
    """Factor of the rate at a step.

    During the warm-up it rises by equal amounts from the first step to the last, which has 1; what
    comes after is counted from there. "step" is counted from the first epoch, as published.

    Args:
        schedule: any but one-cycle.
        step: from 0.
        per_epoch: steps of an epoch.
        epochs: of the whole training.
    """
    warm = warm_steps(schedule, per_epoch, epochs)
    if step < warm:
        return (step + 1) / warm
    # Whole steps are counted, and then divided: a sum of fractions would miss the round numbers.
    before = 0 if schedule.name == "step" else warm
    done = (step - before) / per_epoch
    total = max(epochs - before / per_epoch, 1e-9)
    return SCHEDULES[schedule.name](min(done, total), total, schedule)


def pace(optimizer: Optimizer, schedule: Schedule, per_epoch: int, epochs: int) -> LRScheduler:
    """Make a schedule that is told of every step.

    Raises:
        InputError: there is none of this name, or its numbers make no sense.
    """
    check_schedule(schedule, epochs)
    if schedule.name == "one-cycle":
        rates: Sequence[float] = [group["lr"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, max_lr=list(rates), total_steps=per_epoch * epochs)

    def plain(step: int) -> float:
        return share(schedule, step, per_epoch, epochs)

    def falling(step: int) -> float:
        risen = _risen(schedule, step, per_epoch, epochs)
        return plain(step) if risen >= 1 else schedule.bias + (1 - schedule.bias) * risen

    apart = [schedule.bias and group.get("kind") == BIAS for group in optimizer.param_groups]
    return LambdaLR(optimizer, [falling if one else plain for one in apart])


def warm_steps(schedule: Schedule, per_epoch: int, epochs: int) -> int:
    """Steps of the warm-up."""
    least = min(schedule.steps, per_epoch * epochs // 2)
    return max(schedule.warmup * per_epoch, least)


def momentum(optim: Optim, schedule: Schedule, step: int, per_epoch: int, epochs: int) -> float:
    """The momentum of a step: in the warm-up it changes by equal amounts to that of the recipe."""
    begin = schedule.momentum or optim.momentum
    risen = _risen(schedule, step, per_epoch, epochs)
    return begin + (optim.momentum - begin) * risen


def _risen(schedule: Schedule, step: int, per_epoch: int, epochs: int) -> float:
    """How much of the warm-up is done at a step, 0-1; 1 at its last step."""
    return min(1.0, (step + 1) / max(1, warm_steps(schedule, per_epoch, epochs)))
