"""(Learning half) Networks only: no loss, no data, no training.

``build(name, ...)`` makes one of MODELS with random weights; it never loads and never downloads.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from mien.errors import InputError

__all__ = ["MODELS", "build"]

Builder = Callable[..., nn.Module]

MODELS: dict[str, Builder] = {}
"""Every network by name: a function of ``outputs`` (how many) and of options with defaults."""


def build(name: str, outputs: int, **options: Any) -> nn.Module:  # noqa: ANN401 - options differ
    """Make a network with random weights.

    Args:
        name: one of MODELS.
        outputs: how many units or classes.
        options: what this network lets one choose.

    Raises:
        InputError: there is no such network, or it has no such option.
    """
    if name not in MODELS:
        raise InputError(f"there is no network {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name](outputs, **options)
