"""What a network starts from: published weights, a file of torchvision's, or a run of ours.

Only plain tensors are read, so that a file from a stranger can do nothing. Weights fit or they are
refused, and what did not fit is named.
"""

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from mien.errors import InputError, WeightsError
from mien.models.plain import read_tensors
from mien.models.published import Say, imagenet
from mien.models.unpickling import read_whole_model

__all__ = ["BEST", "FromImageNet", "GoesOn", "Keeps", "load", "sources", "start"]

logger = logging.getLogger(__name__)

BEST = "best.ckpt"
"""The checkpoint in a run folder that is started from."""
IMAGENET = "imagenet"
CLASSIFIERS = ("classifier.", "fc.", "AuxLogits.", "head.")
"""What names of classifiers begin with in torchvision's files; ours are heads of their own."""
OWN = "network."
"""What names begin with in a checkpoint of a run; the others are of its objective."""
NAMED = 3
"""So many tensors are named in a message."""
ANOTHER = 0.2
"""Share of a network's tensors: where more do not fit, the weights are of another network, and to
name them one by one helps nobody."""


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


@runtime_checkable
class Keeps(Protocol):
    """A network with parts that never learn: left random they would stay so."""

    @property
    def kept_parts(self) -> tuple[str, ...]:
        """What the names of their tensors begin with."""
        ...


def start(network: nn.Module, source: str, say: Say = logger.info) -> None:
    """Load what a recipe's ``model.start`` names.

    Args:
        network: gets the weights.
        source: "" leaves it random; "imagenet" is the published weights of its backbone; else a
            file of weights or a run folder, or several of them with a comma between, each of
            another part.
        say: takes a line on what is fetched, and one on what is left out.

    Raises:
        InputError: there is no such file, the network has no published weights, or a part that
            never learns would stay random.
        OfflineError: weights would have to be fetched, and MIEN_OFFLINE is set.
        WeightsError: they cannot be had, or do not fit.
    """
    loaded: set[str] = set()
    for one in sources(source):
        loaded |= _start(network, one, say)
    parts = network.kept_parts if isinstance(network, Keeps) else ()
    for part in parts:
        if any(key.startswith(part) and key not in loaded for key in network.state_dict()):
            raise InputError(
                f"the part {part.rstrip('.')!r} of {type(network).__name__} does not learn and "
                "would stay random; name its weights with model.start, or let it learn"
            )


def sources(source: str) -> list[str]:
    """What ``model.start`` names, one by one; a comma may be part of the name of a single file."""
    if "," in source and not Path(source).expanduser().exists():
        return [one.strip() for one in source.split(",") if one.strip()]
    return [source] if source else []


def _start(network: nn.Module, source: str, say: Say) -> set[str]:
    """Load one source; the names of what is loaded."""
    if source == IMAGENET:
        if not isinstance(network, FromImageNet):
            raise InputError(
                f"{type(network).__name__} has no part that was trained on ImageNet; start from a "
                "file or leave model.start empty"
            )
        path = imagenet(network.imagenet_part()[0], say)
    else:
        path = _file(source)
    return load(network, _weights(network, path), str(path), say)


def _weights(network: nn.Module, path: Path) -> dict[str, Tensor]:
    """Tensors of a file, the network's own of a run; whole models too, if it is published so."""
    try:
        weights = read_tensors(path)
    except WeightsError:
        if not getattr(network, "published_whole", False) or not zipfile.is_zipfile(path):
            raise
        return read_whole_model(path)
    own = {name.removeprefix(OWN): weights[name] for name in weights if name.startswith(OWN)}
    return own or weights


def load(
    network: nn.Module, weights: Mapping[str, Tensor], origin: str, say: Say = logger.info
) -> set[str]:
    """Put weights into a network: all of ours, or torchvision's into its backbone.

    Args:
        network: gets them.
        weights: tensors by name.
        origin: where they are from, to be named.
        say: takes a line on what is left out.

    Returns:
        Names of the network's tensors that were loaded.

    Raises:
        WeightsError: something is missing, unexpected or of another shape.
    """
    own = network.state_dict()
    taken = network.goes_on(weights) if isinstance(network, GoesOn) else None
    if taken is not None:
        _put(network, {**own, **taken}, origin, "the network")
        fresh = [key for key in own if key not in taken]
        rest = f"; the rest stays as it is: {_listed(fresh)}" if fresh else ""
        say(f"{origin}: goes on from {len(taken)} tensors{rest}")
        return set(taken)
    if isinstance(network, FromImageNet) and not set(own) & set(weights):
        name, part = network.imagenet_part()
        left = sorted(key for key in weights if key.startswith(CLASSIFIERS))
        _put(part, {key: weights[key] for key in weights if key not in left}, origin, name)
        say(
            f"{origin}: {len(weights) - len(left)} tensors are loaded into the features; "
            f"{_listed(left) or 'nothing'} left out: the heads start at random"
        )
        mine = {id(one) for one in part.state_dict(keep_vars=True).values()}
        everything = network.state_dict(keep_vars=True)
        return {key for key, one in everything.items() if id(one) in mine}
    _put(network, weights, origin, "the network")
    return set(own)


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
    if len(missing) + len(strange) + len(other) > ANOTHER * len(own):
        raise WeightsError(
            f"{origin} does not fit {name}, it holds another network: {len(missing)} of its "
            f"{len(own)} tensors are missing, {len(other)} of another shape and {len(strange)} are "
            f"strange, such as {(other or missing or strange)[0]}; name weights of the same "
            "network, with the same backbone and options and as many outputs"
        )
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
