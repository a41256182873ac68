"""Grad-CAM of a run's network: where its last map raises a number, by Captum.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", ICCV 2017. Captum (BSD-3-Clause) does the work, on the map that the network names
(`mien.models.lastmap`): of convolutions, or of tokens laid out as they lie in the picture.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import InputError, MissingExtra
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.runtime import normalised
from mien.spec import ModelSpec
from mien.training.trained import load_trained
from mien.values import Float32, Image

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["GradCam", "grad_cam", "named_map"]

SMALLEST = 2
"""Side of the smallest map that has places."""
LOGITS = {"expression": "expression", "probability": "occurrence"}
"""Where an output's numbers are when they are not the network's first."""

GradCam = Callable[[Image, list[int]], Float32]
"""A crop (s, s, 3) and the columns that are asked, to maps (t, m, m), none below 0."""


def grad_cam(folder: Path, output: str) -> GradCam:
    """What finds the maps of a run's network.

    Args:
        folder: a run folder with a checkpoint.
        output: probability, intensity or expression: which numbers are asked.

    Raises:
        MissingExtra: Captum is not installed.
        InputError: Grad-CAM says nothing of this network, see `named_map`.
        WeightsError: the checkpoint is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries that it draws with
            from captum.attr import LayerGradCam
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "captum", "explain", "compute Grad-CAM") from error
    trained = load_trained(folder)
    network, card = trained.network.eval(), trained.card
    named, seen = named_map(network, card), nn.Identity()
    method = LayerGradCam(_Logits(network, _field(card, output)), seen)

    def pass_by(_: nn.Module, __: object, given: Tensor) -> Tensor:
        return named.laid(seen(named.spread(given)), given)

    named.part.register_forward_hook(pass_by)

    def maps(image: Image, places: list[int]) -> Float32:
        crop = torch.from_numpy(normalised(image[None], card)).requires_grad_()
        found: Any = method.attribute(
            crop.expand(len(places), -1, -1, -1), target=places, relu_attributions=True
        )
        return np.asarray(found.detach().numpy()[:, 0], np.float32)

    return maps


def named_map(network: nn.Module, card: ModelSpec) -> LastMap:
    """The last map of a network, as it names it.

    Raises:
        InputError: it names none, or one without places.
    """
    other = "choose --method occlusion, which asks of any network"
    if "maps" in getattr(network, "extras", ()):
        raise InputError(
            f"{card.name} has attention maps of its own, and parts that see some of the face only; "
            f"choose --method attention, or {other[7:]}"
        )
    named: LastMap | None = getattr(network, "last_map", None)
    if named is None:
        raise InputError(f"{card.name} names no map that Grad-CAM could ask; {other}")
    rows, columns = _places(network, named, card.size)
    if min(rows, columns) < SMALLEST:
        raise InputError(
            f"of crops of {card.size} pixels the last map of {card.name} has {rows} x {columns} "
            f"places, and shows nothing; {other}"
        )
    return named


def _places(network: nn.Module, named: LastMap, side: int) -> tuple[int, int]:
    """Rows and columns of the last map of crops of a size."""
    found: list[tuple[int, int]] = []

    def note(_: nn.Module, __: object, given: Tensor) -> None:
        rows, columns = named.spread(given).shape[2:]
        found.append((rows, columns))

    hook = named.part.register_forward_hook(note)
    try:
        with torch.no_grad():
            network(torch.zeros(1, 3, side, side))
    finally:
        hook.remove()
    return found[-1]


class _Logits(nn.Module):
    """A network as the numbers before the last step, (b, k)."""

    def __init__(self, network: nn.Module, field: str) -> None:
        super().__init__()
        self.network, self.field = network, field

    def forward(self, image: "Float[Tensor, 'b 3 s s']") -> "Float[Tensor, 'b k']":
        """Ask it."""
        output: Output = self.network(image)
        found: Tensor = getattr(output, self.field)
        return found


def _field(card: ModelSpec, output: str) -> str:
    """Which tensor of the network's answer holds the numbers of an output."""
    first = {"occurrence": "probability", "intensity": "intensity", "expression": "expression"}
    return "logits" if first[card.task] == output else LOGITS[output]
