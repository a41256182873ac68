"""EAC-Net: a VGG-19 that enhances the places of units, and crops them for small networks.

Li, Abtahi, Zhu, Yin, "EAC-Net: Deep Nets with Enhancing and Cropping for Facial Action Unit
Detection", TPAMI 2018. Two stages: the E-Net learns first; then the C-Net learns on its frozen
fourth group. Both need landmarks beside the picture.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.facs.regions import EACNET_CENTRES
from mien.models.maps import centres, draw_maps
from mien.models.output import Output

__all__ = ["ATTENTIONS", "CNet", "EACNet", "ENet", "attention", "cells", "eacnet", "enhancing"]

SIZE = 224
FRAME = 100
"""Side of the frame in which centres and maps are drawn."""
EYE_CORNERS = (39, 42)
WINDOWS = 2 * len(EACNET_CENTRES)
GROUPS = (5, 10, 19, 28)
"""Layers of torchvision's VGG-19 before which each group ends, its pool included."""
FOURTH = 512
"""Channels of the fourth group."""


class Attention(NamedTuple):
    """How the map falls off around a centre, in cells of a 100 x 100 frame."""

    slope: float
    before: int
    after: int
    losing: bool
    """Leave out a centre whose window begins outside the frame, as the release does by mistake."""


ATTENTIONS = {
    "paper": Attention(0.095, 5, 5, losing=False),
    "release": Attention(0.07, 7, 6, losing=True),
}
"""The map as the paper describes it, and as the released code draws it."""


def cells(points: Float[Tensor, "b 49 2"], size: int = SIZE) -> Float[Tensor, "b 10 2 2"]:
    """Centres in the 100 x 100 frame, from the 49 landmarks in pixels of the crop."""
    table = [one._replace(points=_in_49(one.points)) for one in EACNET_CENTRES]
    return centres(points / size * FRAME, table, _in_49(EYE_CORNERS))


def attention(
    middles: Float[Tensor, "b 10 2 2"], how: Attention, side: int = SIZE
) -> Float[Tensor, "b 1 s s"]:
    """One map for all units, from the centres in the 100 x 100 frame."""
    whole = middles.trunc().flatten(1, 2)[:, None]
    if how.losing:
        lost = ((whole < how.before).any(dim=-1, keepdim=True)).expand_as(whole)
        whole = torch.where(lost, torch.full_like(whole, 10.0 * FRAME), whole)
    drawn = draw_maps(whole, FRAME, how.slope, (how.before, how.after))
    return functional.interpolate(drawn, (side, side), mode="bilinear", align_corners=False)


class ENet(nn.Module):
    """VGG-19 whose third and fourth groups add their first features where units are.

    Layers of ``features`` have torchvision's names. The first two groups are not trained by the
    authors.

    Args:
        outputs: number of units.
        how: the attention map.
        size: side of the crop, a multiple of 32.
    """

    needs_landmarks = True
    extras = ("maps",)

    def __init__(self, outputs: int, how: Attention, size: int) -> None:
        from torchvision.models import vgg19

        super().__init__()
        self.how = how
        self.features = vgg19(weights=None, init_weights=False).features
        _draw(self.features)
        self.head = nn.Sequential(
            nn.Linear(512 * (size // 32) ** 2, 4096), nn.ReLU(), nn.Dropout(),
            nn.Linear(4096, 2048), nn.ReLU(), nn.Dropout(),
            nn.Linear(2048, outputs),
        )  # fmt: skip

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and the part whose weights have torchvision's names."""
        return "vgg19", self.features

    def forward(self, image: Float[Tensor, "b 3 s s"], points: Float[Tensor, "b 49 2"]) -> Output:
        """Read normalised pictures whose landmarks are known, in pixels of the crop."""
        drawn = attention(cells(points, image.shape[-1]), self.how, image.shape[-1])
        fourth = enhanced(self.features, image, drawn)
        seen = self.features[GROUPS[3] - 1 :](fourth)
        return Output(self.head(seen.flatten(1)), maps=drawn, features=seen)


def enhanced(
    features: nn.Sequential, image: Float[Tensor, "b 3 s s"], drawn: Float[Tensor, "b 1 s s"]
) -> Float[Tensor, "b 512 g g"]:
    """The fourth group's output before its pool."""
    x: Tensor = features[: GROUPS[1]](image)
    for first, last, pool in ((GROUPS[1], GROUPS[2] - 1, 4), (GROUPS[2], GROUPS[3] - 1, 8)):
        if pool == 8:
            x = features[first - 1](x)
        early = features[first : first + 2](x)
        x = features[first + 2 : last](early) + early * functional.max_pool2d(drawn, pool)
    return x


class CNet(nn.Module):
    """Twenty windows of 3 x 3 cells, each with a convolution and a linear layer of its own.

    Args:
        outputs: number of units.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.level = nn.LocalResponseNorm(5, alpha=0.01, beta=0.75, k=2.0)
        self.conv = nn.Conv2d(WINDOWS * FOURTH, WINDOWS * FOURTH, 3, groups=WINDOWS)
        self.linear = nn.Conv2d(WINDOWS * FOURTH, WINDOWS * 150, 4, groups=WINDOWS)
        self.hidden = nn.Linear(WINDOWS * 150, 2048)
        self.dropout = nn.Dropout()
        self.output = nn.Linear(2048, outputs)

    def forward(
        self, fourth: Float[Tensor, "b 512 g g"], middles: Float[Tensor, "b 10 2 2"]
    ) -> Output:
        """Read the fourth group around the centres, given in the 100 x 100 frame."""
        cut = windows(self.level(fourth), middles)
        wide = functional.interpolate(cut, scale_factor=2.0, mode="nearest")
        each = functional.relu(self.linear(functional.relu(self.conv(wide))))
        features = functional.relu(self.hidden(each.flatten(1)))
        return Output(self.output(self.dropout(features)), features=features)


def windows(
    fourth: Float[Tensor, "b 512 g g"], middles: Float[Tensor, "b 10 2 2"]
) -> Float[Tensor, "b w 3 3"]:
    """The windows around the centres, channels of one window after another."""
    side = fourth.shape[-1]
    place = (middles * side / FRAME).trunc().clamp(1, side - 2).long().flatten(1, 2)
    around = torch.arange(-1, 2, device=place.device)
    columns, rows = (place[..., axis, None] + around for axis in (0, 1))
    index = (rows[..., :, None] * side + columns[..., None, :]).flatten(1)
    channels = fourth.shape[1]
    found = fourth.flatten(2).gather(2, index[:, None].expand(-1, channels, -1))
    cut = found.reshape(-1, channels, WINDOWS, 3, 3).transpose(1, 2)
    return cut.reshape(-1, WINDOWS * channels, 3, 3)


class EACNet(nn.Module):
    """The first four groups of a trained E-Net, which stay as they are, and the C-Net.

    Args:
        outputs: number of units.
        how: the attention map.
    """

    needs_landmarks = True
    extras = ("maps",)

    def __init__(self, outputs: int, how: Attention) -> None:
        from torchvision.models import vgg19

        super().__init__()
        self.how = how
        self.features = vgg19(weights=None, init_weights=False).features[: GROUPS[3] - 1]
        self.features.requires_grad_(requires_grad=False)
        self.crops = CNet(outputs)

    @property
    def kept_parts(self) -> tuple[str, ...]:
        """Beginnings of the names of what never learns, and so must not stay random."""
        return ("features.",)

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """The first four groups of a trained E-Net; None of other networks."""
        if "head.0.weight" not in weights:
            return None
        return {key: weights[key] for key in self.state_dict() if key in weights}

    def forward(self, image: Float[Tensor, "b 3 s s"], points: Float[Tensor, "b 49 2"]) -> Output:
        """Read normalised pictures whose landmarks are known, in pixels of the crop."""
        middles = cells(points, image.shape[-1])
        drawn = attention(middles, self.how, image.shape[-1])
        with torch.no_grad():
            fourth = enhanced(self.features, image, drawn)
        found: Output = self.crops(fourth, middles)
        found.maps = drawn
        return found


def enhancing(outputs: int, *, attention: str = "paper", size: int = SIZE) -> ENet:
    """Build the E-Net, the first stage; ``attention`` is one of ATTENTIONS."""
    return ENet(outputs, _attention(attention), size)


def eacnet(outputs: int, *, attention: str = "paper") -> EACNet:
    """Build the whole EAC-Net, the second stage; ``attention`` is one of ATTENTIONS."""
    return EACNet(outputs, _attention(attention))


def _attention(name: str) -> Attention:
    if name not in ATTENTIONS:
        raise InputError(f"there is no attention {name!r}; there are {', '.join(ATTENTIONS)}")
    return ATTENTIONS[name]


def _draw(features: nn.Sequential) -> None:
    """Random weights through which sixteen layers without norms pass a picture on (He 2015).

    Torch's own draw makes it fainter with each: they would all give the same for every picture.
    """
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type] # each has one


def _in_49(points: tuple[int, int]) -> tuple[int, int]:
    """Landmarks of the scheme "68" by their index in "49": no jaw, no inner mouth corners."""
    first, second = (point - 17 - (point > 60) - (point > 64) for point in points)
    return first, second
