"""(Learning half) Networks only: no loss, no data, no training.

``build(name, ...)`` makes one of MODELS with random weights; it never loads and never downloads.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import nn

from mien.errors import InputError
from mien.facs.units import UNITS
from mien.models.baselines import baseline, inception
from mien.models.eacnet import eacnet, enhancing
from mien.models.jaanet import jaanet
from mien.models.mae import mae, teacher
from mien.models.megraphau import megraphau, opengraphau
from mien.models.posterv2 import posterv2
from mien.models.student import combined, student
from mien.models.yolo import yolo

__all__ = ["MODELS", "build"]

Builder = Callable[..., nn.Module]

MODELS: dict[str, Builder] = {
    "alexnet": partial(baseline, "alexnet"),
    "vgg16": partial(baseline, "vgg16"),
    "vgg16-bn": partial(baseline, "vgg16-bn"),
    "vgg19": partial(baseline, "vgg19"),
    "resnet18": partial(baseline, "resnet18"),
    "resnet50": partial(baseline, "resnet50"),
    "resnet101": partial(baseline, "resnet101"),
    "inception": inception,
    "eacnet-enhancing": enhancing,
    "eacnet": eacnet,
    "jaanet": jaanet,
    "megraphau": megraphau,
    "opengraphau": opengraphau,
    "mae": mae,
    "mae-teacher": teacher,
    "student": student,
    "student-repvgg-a0": partial(student, backbone="repvgg-a0", form="unbounded"),
    "student-combined": combined,
    "posterv2": posterv2,
    "yolov5n": partial(yolo, "n"),
    "yolov5s": partial(yolo, "s"),
    "yolov5m": partial(yolo, "m"),
}
"""Every network by name: a function of ``outputs`` (how many) and of options with defaults. One
that has an option ``units`` is told their numbers."""

SIDED = frozenset({"opengraphau"})
"""Networks that read some units on each side as well: their numbers come more than once."""


def build(
    name: str,
    outputs: int | None = None,
    *,
    units: Sequence[int] = (),
    **options: Any,  # noqa: ANN401 - options differ
) -> nn.Module:
    """Make a network with random weights.

    Args:
        name: one of MODELS.
        outputs: how many units or classes; not needed where ``units`` are given, and none for a
            network that says nothing of them.
        units: numbers of the units, in the order of the outputs.
        options: what this network lets one choose.

    Raises:
        InputError: there is no such network, it has no such option, or a unit is unknown or twice
            there.
    """
    if name not in MODELS:
        raise InputError(f"there is no network {name!r}; there are {', '.join(MODELS)}")
    builder = MODELS[name]
    known = _options(builder)
    if unknown := sorted(set(options) - set(known)):
        raise InputError(
            f"{name} has no option {', '.join(unknown)}; it has {', '.join(known) or 'none'}"
        )
    _refuse(units, twice=name in SIDED)
    if units and "units" in known:
        options["units"] = tuple(units)
    count = outputs if outputs is not None else len(units)
    if not _takes_outputs(builder):
        if count:
            raise InputError(f"{name} says nothing of units or classes, and {count} were asked for")
        return builder(**options)
    if count < 1 or (units and count != len(units)):
        raise InputError(
            f"{name} was asked for {count or 'no'} outputs for {len(units)} units; "
            "give the units, or a number of outputs from 1 on"
        )
    return builder(count, **options)


def _refuse(units: Sequence[int], *, twice: bool) -> None:
    """Refuse units that are none, and those that are named twice."""
    if strange := [unit for unit in units if isinstance(unit, bool | str | float)]:
        raise InputError(f"{strange[0]!r} is no number of a unit; give them as 1, 2, 4")
    if unknown := [unit for unit in units if unit not in UNITS]:
        named = ", ".join(f"AU{unit}" for unit in unknown)
        raise InputError(
            f"there is no {named}; action units are {min(UNITS)} to {max(UNITS)}, no 3"
        )
    if not twice and (again := sorted({unit for unit in units if list(units).count(unit) > 1})):
        named = ", ".join(f"AU{unit}" for unit in again)
        raise InputError(f"{named} is named twice among the units; name each once")


def _options(builder: Builder) -> list[str]:
    """Names of what a network lets one choose."""
    parameters = inspect.signature(builder).parameters.values()
    return [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]


def _takes_outputs(builder: Builder) -> bool:
    """Whether a network is told how many units or classes it says."""
    parameters = inspect.signature(builder).parameters.values()
    return any(one.kind is one.POSITIONAL_OR_KEYWORD for one in parameters)
