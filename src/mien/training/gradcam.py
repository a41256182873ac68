"""Grad-CAM of a run's network: where its last convolutions raise a number, by Captum.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization", ICCV 2017. Captum (BSD-3-Clause) does the work.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import InputError, MissingExtra
from mien.models.output import Output
from mien.models.posterv2 import PosterV2
from mien.models.tokens import SwinTokens
from mien.models.vit import Encoder
from mien.runtime import normalised
from mien.spec import ModelSpec
from mien.training.trained import load_trained
from mien.values import Float32, Image

if TYPE_CHECKING:
    from jaxtyping import Float

__all__ = ["GradCam", "grad_cam", "last_convolutions"]

AXES = 4
"""Of maps: faces, channels, rows, columns."""
SMALLEST = 2
"""Side of the smallest map that has places."""
MIXING = (Encoder, PosterV2, SwinTokens)
"""Parts that mix all places before they are read: of their maps the rule says nothing."""
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
        InputError: the network has attention maps of its own, or mixes places, so that Grad-CAM
            says nothing of it.
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
    layer = last_convolutions(network, card)
    method = LayerGradCam(_Logits(network, _field(card, output)), layer)

    def maps(image: Image, places: list[int]) -> Float32:
        seen = torch.from_numpy(normalised(image[None], card)).requires_grad_()
        found: Any = method.attribute(
            seen.expand(len(places), -1, -1, -1), target=places, relu_attributions=True
        )
        return np.asarray(found.detach().numpy()[:, 0], np.float32)

    return maps


def last_convolutions(network: nn.Module, card: ModelSpec) -> nn.Module:
    """The last part of a network, in the order in which they run, that gives maps of the picture.

    Raises:
        InputError: there is none that Grad-CAM could be asked of.
    """
    other = "choose --method occlusion, which asks of any network"
    if "maps" in getattr(network, "extras", ()):
        raise InputError(
            f"{card.name} has attention maps of its own, and parts that see some of the face only; "
            f"choose --method attention, or {other[7:]}"
        )
    for part in network.modules():
        if isinstance(part, MIXING):
            raise InputError(
                f"{card.name} mixes all places of the picture by attention before it reads them, "
                f"so Grad-CAM says nothing of it; {other}"
            )
    found: list[nn.Module] = []

    def note(part: nn.Module, _: object, given: object) -> None:
        # nodes of a graph with a feature of each place have four axes too, of which two differ
        if isinstance(given, Tensor) and given.ndim == AXES:
            rows, columns = given.shape[2:]
            if rows == columns >= SMALLEST:
                found.append(part)

    hooks = [part.register_forward_hook(note) for part in network.modules()]
    try:
        with torch.no_grad():
            network(torch.zeros(1, 3, card.size, card.size))
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise InputError(f"{card.name} has no convolutions whose maps have places; {other}")
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
