"""What a network starts from: published weights, a file of torchvision's, or a run of ours.

Only plain tensors are read, so that a file from a stranger can do nothing. Weights fit or they are
refused, and what did not fit is named.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from mien.errors import InputError, WeightsError
from mien.models.published import Say, imagenet

__all__ = ["BEST", "FromImageNet", "GoesOn", "load", "read_weights", "start"]

logger = logging.getLogger(__name__)

BEST = "best.ckpt"
"""The checkpoint in a run folder that is started from."""
IMAGENET = "imagenet"
CLASSIFIERS = ("classifier.", "fc.", "AuxLogits.", "head.")
"""What names of classifiers begin with in torchvision's files; ours are heads of their own."""
WRAPPED = ("network", "state_dict", "model")
"""Where the weights are in a checkpoint that holds more than them."""
OWN = "network."
"""What names begin with in a checkpoint of a run; the others are of its objective."""
NAMED = 3
"""So many tensors are named in a message."""


@runtime_checkable
class FromImageNet(Protocol):
    """A network with a part whose weights have the names of torchvision."""

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and that part."""
        ...


@runtime_checkable
class GoesOn(Protocol):
    """A network that can start from one of another kind: of other units, or an earlier stage."""

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """What it takes of the weights, by its own names; None if they are of no such network."""
        ...


def start(network: nn.Module, source: str, say: Say = logger.info) -> None:
    """Load what a recipe's ``model.start`` names.

    Args:
        network: gets the weights.
        source: "" leaves it random; "imagenet" is the published weights of its backbone; else a
            file of weights or a run folder.
        say: takes a line on what is fetched, and one on what is left out.

    Raises:
        InputError: there is no such file, or the network has no published weights.
        OfflineError: weights would have to be fetched, and MIEN_OFFLINE is set.
        WeightsError: they cannot be had, or do not fit.
    """
    if not source:
        return
    if source == IMAGENET:
        if not isinstance(network, FromImageNet):
            raise InputError(
                f"{type(network).__name__} has no part that was trained on ImageNet; start from a "
                "file or leave model.start empty"
            )
        path = imagenet(network.imagenet_part()[0], say)
    else:
        path = _file(source)
    load(network, read_weights(path), str(path), say)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a file of torch: a plain one or a checkpoint of ours.

    Raises:
        WeightsError: the file is damaged, or holds anything but plain tensors.
    """
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(
            f"{path} is no file of weights that can be trusted: it is damaged, or holds more than "
            "plain tensors; save the state dict of the network alone"
        ) from error
    for name in WRAPPED:
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            content = content[name]
    if (
        not isinstance(content, dict)
        or not content
        or not all(
            isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
        )
    ):
        raise WeightsError(
            f"{path} holds no tensors by name; save the state dict of the network, or name a run "
            "folder"
        )
    own = {name.removeprefix(OWN): content[name] for name in content if name.startswith(OWN)}
    return own or dict(content)


def load(
    network: nn.Module, weights: Mapping[str, Tensor], origin: str, say: Say = logger.info
) -> None:
    """Put weights into a network: all of ours, or torchvision's into its backbone.

    Args:
        network: gets them.
        weights: tensors by name.
        origin: where they are from, to be named.
        say: takes a line on what is left out.

    Raises:
        WeightsError: something is missing, unexpected or of another shape.
    """
    own = network.state_dict()
    taken = network.goes_on(weights) if isinstance(network, GoesOn) else None
    if taken is not None:
        _put(network, {**own, **taken}, origin, "the network")
        fresh = [key for key in own if key not in taken]
        say(
            f"{origin}: goes on from {len(taken)} tensors; at random start "
            f"{_listed(fresh) or 'nothing'}"
        )
    elif isinstance(network, FromImageNet) and not set(own) & set(weights):
        name, part = network.imagenet_part()
        left = sorted(key for key in weights if key.startswith(CLASSIFIERS))
        _put(part, {key: weights[key] for key in weights if key not in left}, origin, name)
        say(
            f"{origin}: {len(weights) - len(left)} tensors are loaded into the features; "
            f"{_listed(left) or 'nothing'} left out: the heads start at random"
        )
    else:
        _put(network, weights, origin, "the network")


def _put(module: nn.Module, weights: Mapping[str, Tensor], origin: str, name: str) -> None:
    """Load strictly; old files do not count the batches of their norms."""
    own = module.state_dict()
    missing = [key for key in own if key not in weights and not key.endswith("num_batches_tracked")]
    strange = [key for key in weights if key not in own]
    other = [
        f"{key} {tuple(weights[key].shape)} for {tuple(own[key].shape)}"
        for key in own
        if key in weights and weights[key].shape != own[key].shape
    ]
    faults = {"missing": missing, "unexpected": strange, "of another shape": other}
    if any(faults.values()):
        told = "; ".join(f"{kind}: {_listed(keys)}" for kind, keys in faults.items() if keys)
        raise WeightsError(
            f"{origin} does not fit {name} ({told}); name weights of the same network, made with "
            "the same options and as many outputs"
        )
    module.load_state_dict({**own, **weights})


def _file(source: str) -> Path:
    """The file that a source names."""
    path = Path(source).expanduser()
    if path.is_dir():
        path = path / BEST
    if not path.is_file():
        raise InputError(
            f"there is no {path}; model.start is empty, {IMAGENET!r}, a file of weights, or the "
            f"folder of one fold of a run, with its {BEST}"
        )
    return path


def _listed(names: list[str]) -> str:
    """The first few names, and how many there are more."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
