"""Files of torch, read as plain tensors by name; a file from a stranger can do nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mien.errors import WeightsError

__all__ = ["read_tensors"]

WRAPPED = ("network", "state_dict", "model")
"""Where the tensors lie in a checkpoint that holds more than them."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a file written by ``torch.save``: alone, or in one of WRAPPED.

    Raises:
        WeightsError: the file is damaged, or holds anything but plain tensors by name.
    """
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"{path} is no file of weights that can be trusted: it is damaged, or holds more than "
            "plain tensors, and to read it could run code; save the state dict of the network alone"
        ) from error
    for name in WRAPPED:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    found = dict(content) if isinstance(content, Mapping) else {}
    strange = [
        name
        for name, value in found.items()
        if not isinstance(name, str) or not isinstance(value, Tensor)
    ]
    if strange or not found:
        what = f" alone, but {strange[0]!r} too" if 0 < len(strange) < len(found) else ""
        raise WeightsError(
            f"{path} holds no tensors by name{what}; save the state dict of the network alone"
        )
    return found
