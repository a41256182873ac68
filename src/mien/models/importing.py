"""Official checkpoints into our networks, strictly: every tensor finds its place, none is left.

Files are read as plain tensors only; a file that would run code when it is opened is refused.
"""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import InputError, WeightsError
from mien.models import officialstudent
from mien.models.gaze import official as official_gaze
from mien.models.jaanet import official as official_jaanet
from mien.models.mae import official as official_mae
from mien.models.mae import official_teacher
from mien.models.megraphau import official as official_megraphau
from mien.models.megraphau import official_open
from mien.models.plain import read_tensors
from mien.models.posternames import UNUSED as POSTER_UNUSED
from mien.models.posterv2 import official as official_posterv2
from mien.models.unpickling import read_whole_model
from mien.models.yolo import official as official_yolo

__all__ = ["MODULES", "OFFICIAL", "from_official", "read_any", "read_official"]

State = Mapping[str, Tensor]
Layout = Mapping[str, Sequence[str]]

MODULES: dict[str, tuple[str, ...]] = {
    "jaanet": (
        "region_learning",
        "align_net",
        "local_attention_refine",
        "local_au_net",
        "global_au_feat",
        "au_net",
    ),
}
"""Networks whose authors save each module in a file of its own, such as region_learning_5.pth."""

UNUSED: dict[str, tuple[str, ...]] = {"posterv2": POSTER_UNUSED}
"""Networks whose authors also save what no result depends on: what those names begin with."""

WHOLE = ("yolov5",)
"""Networks whose authors save the model itself, not its state dict."""

SHOWN = 4
"""Names listed in an error."""

OFFICIAL: dict[str, Callable[[State], tuple[nn.Module, Layout]]] = {
    "jaanet": official_jaanet,
    "megraphau": official_megraphau,
    "opengraphau": official_open,
    "gaze": official_gaze,
    "mae": official_mae,
    "mae-teacher": official_teacher,
    "student-intensity": officialstudent.intensity,
    "student-occurrence": officialstudent.occurrence,
    "student-expression": officialstudent.expression,
    "student-combined": officialstudent.combined,
    "posterv2": official_posterv2,
    "yolov5": official_yolo,
}
"""For each network: a state dict of the authors' to our network and the layout of its tensors."""


def from_official(name: str, state: State) -> nn.Module:
    """Build a network from the authors' tensors.

    Args:
        name: one of OFFICIAL.
        state: the authors' state dict; the prefix ``module.`` of data parallel training is
            dropped.

    Returns:
        The network in evaluation mode.

    Raises:
        InputError: no such network.
        WeightsError: tensors are missing, left over or of another shape.
    """
    if name not in OFFICIAL:
        raise InputError(f"{name!r} has no official checkpoints here; {', '.join(OFFICIAL)} have")
    plain = {key.removeprefix("module."): value for key, value in state.items()}
    network, layout = OFFICIAL[name](plain)
    used = {key: one for key, one in plain.items() if not key.startswith(UNUSED.get(name, ()))}
    _check(name, used, layout)
    own = network.state_dict()
    for key, value in own.items():
        found = [plain[source] for source in layout[key]]
        joined = _join(found, value.dim())
        if joined.shape != value.shape:
            raise WeightsError(
                f"{layout[key][0]} of this checkpoint is of shape {tuple(found[0].shape)}, which "
                f"does not fit {name} ({key}: {tuple(value.shape)}); is it of other units?"
            )
        own[key] = joined.to(value.dtype)
    network.load_state_dict(own)
    return network.eval()


def read_official(name: str, paths: Sequence[Path]) -> dict[str, Tensor]:
    """Read the authors' files of one network as one dict.

    Args:
        name: one of OFFICIAL.
        paths: one file; or, of MODULES, one for each module, named as the authors name them. Their
            tensors are led by the module and a dot.

    Raises:
        InputError: no such network, or files that do not belong together.
        WeightsError: a file cannot be read, or holds more than plain data.
    """
    if name not in OFFICIAL:
        raise InputError(f"{name!r} has no official checkpoints here; {', '.join(OFFICIAL)} have")
    if len(paths) == 1:
        return read_tensors(paths[0]) if name not in WHOLE else read_any(paths[0])
    modules = MODULES.get(name, ())
    found: dict[str, tuple[Path, str]] = {}
    for path in paths:
        module = next((one for one in modules if _epoch(path, one) is not None), None)
        if module is None or module in found:
            reason = "a second file of" if module else "no module of"
            raise InputError(f"{path.name} is {reason} {module or name}; {_wanted(name)}")
        found[module] = path, _epoch(path, module) or ""
    if missing := [one for one in modules if one not in found]:
        raise InputError(f"the file of {', '.join(missing)} is missing; {_wanted(name)}")
    epochs = {epoch for _, epoch in found.values()}
    if len(epochs) > 1:
        raise InputError(
            f"these files are of the epochs {', '.join(sorted(epochs))}; give those of one epoch"
        )
    joined: dict[str, Tensor] = {}
    for module, (path, _) in found.items():
        for key, value in read_tensors(path).items():
            joined[f"{module}.{key.removeprefix('module.')}"] = value
    return joined


def _epoch(path: Path, module: str) -> str | None:
    """What follows the name of a module in that of a file; None of another module's file."""
    rest = path.stem.removeprefix(module)
    if rest == path.stem or (rest and not (rest[0] == "_" and rest[1:].isdigit())):
        return None
    return rest[1:]


def _wanted(name: str) -> str:
    """Which files a network is made from."""
    modules = MODULES.get(name, ())
    if not modules:
        return "give one file"
    return "give one file, or " + ", ".join(f"{one}_5.pth" for one in modules)


def read_any(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint that is a state dict or a whole model; nothing in it is executed.

    Raises:
        WeightsError: it is neither, or names anything beyond tensors and layers.
    """
    try:
        return read_tensors(path)
    except WeightsError as error:
        if not zipfile.is_zipfile(path):
            raise
        try:
            return read_whole_model(path)
        except WeightsError as other:
            raise other from error


def _join(found: Sequence[Tensor], axes: int) -> Tensor:
    """One tensor of ours from one or several of theirs: stacked, or one after the other."""
    if len(found) == 1 or axes == 0:
        return found[0]
    return torch.stack(list(found)) if found[0].dim() < axes else torch.cat(list(found))


def _check(name: str, state: State, layout: Layout) -> None:
    """Refuse tensors that are missing or left over."""
    wanted = {source for sources in layout.values() for source in sources}
    for word, keys in (("lacks", wanted - set(state)), ("has unknown", set(state) - wanted)):
        if keys:
            shown = ", ".join(sorted(keys)[:SHOWN])
            more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
            raise WeightsError(
                f"this checkpoint {word} tensors for {name}: {shown}{more}; "
                "name a checkpoint of this network, or of this stage and backbone"
            )
