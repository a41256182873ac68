"""JAA-Net: action units and face alignment learned together, units seen through adaptive attention.

Shao, Liu, Cai, Ma, "Deep Adaptive Attention for Joint Facial Action Unit Detection and Face
Alignment", ECCV 2018 (version 1), and "JÂA-Net: Joint Facial Action Unit Detection and Face
Alignment via Adaptive Attention", IJCV 2021 (version 2).

Tiles of the face and branches of the units are groups of one convolution each: the same numbers as
separate layers, and no loop over tiles or units.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError, WeightsError
from mien.facs.coded import BP4D, DISFA, GFT
from mien.facs.regions import JAANET_CENTRES
from mien.models.maps import centres, draw_maps
from mien.models.output import Output

__all__ = ["JAANet", "jaanet", "official"]

POINTS = 49
EYE_CORNERS = (22, 25)
CROP = 176
SMALLEST = 32
"""Side of a crop of which a cell is left after three pools of the maps."""
MARGIN = 4
"""Cells that the refinement's convolutions take off each side of the map."""
SPREAD, FALL = 0.14, 0.56
"""Half width of a region as a share of the map, and by how much the value has fallen there."""
WIDTHS = (96, 128, 160)
"""Channels of the three levels of an extractor."""


class Tiles(nn.Module):
    """Norm, ReLU and convolution with weights of their own on each tile of a map."""

    def __init__(self, across: int, inward: int, outward: int) -> None:
        super().__init__()
        self.across = across
        count = across * across
        self.norm = nn.BatchNorm2d(count * inward)
        self.conv = nn.Conv2d(count * inward, count * outward, 3, padding=1, groups=count)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o h w"]:
        """Cut into tiles row by row, and put together again."""
        channels, height, width = x.shape[1:]
        n, high, wide = self.across, height // self.across, width // self.across
        cut = x.reshape(-1, channels, n, high, n, wide).permute(0, 2, 4, 1, 3, 5)
        found: Tensor = self.conv(
            functional.relu(self.norm(cut.reshape(-1, n * n * channels, high, wide)))
        )
        grid = found.reshape(-1, n, n, found.shape[1] // (n * n), high, wide)
        return grid.permute(0, 3, 1, 4, 2, 5).reshape(-1, grid.shape[3], height, width)


class Regions(nn.Module):
    """The hierarchical multi-scale region layer: tiles of an eighth, a quarter and a half."""

    def __init__(self, inward: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inward, width, 3, padding=1)
        self.eighths = Tiles(8, width, width // 2)
        self.quarters = Tiles(4, width // 2, width // 4)
        self.halves = Tiles(2, width // 4, width // 4)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o h w"]:
        """The same size, with the three scales added to the whole."""
        x = self.conv(x)
        first = self.eighths(x)
        second = self.quarters(first)
        third = self.halves(second)
        joined: Tensor = self.norm(x + torch.cat([first, second, third], dim=1))
        return functional.relu(joined)


def extractor(inward: int, groups: int = 1) -> nn.Sequential:
    """Three levels of two convolutions and a pool; ``groups`` of them side by side."""
    layers: list[nn.Module] = []
    for width in WIDTHS:
        for source in (inward, width):
            conv = nn.Conv2d(groups * source, groups * width, 3, padding=1, groups=groups)
            layers += [conv, nn.BatchNorm2d(groups * width), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        inward = width
    return nn.Sequential(*layers)


def refinement(units: int) -> nn.Sequential:
    """Four convolutions without padding for each unit: a drawn map to a refined one."""
    layers: list[nn.Module] = []
    for source in (1, 64, 64):
        conv = nn.Conv2d(units * source, units * 64, 3, groups=units)
        layers += [conv, nn.BatchNorm2d(units * 64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(units * 64, units, 3, groups=units), nn.Sigmoid())


class Heads(nn.Module):
    """Two linear layers without anything between them, of its own for each unit."""

    def __init__(self, units: int, inward: int) -> None:
        super().__init__()
        self.first, self.first_bias = _linear(units, inward, 64)
        self.second, self.second_bias = _linear(units, 64, 2)

    def forward(self, x: Float[Tensor, "b k d"]) -> Float[Tensor, "b k 2"]:
        """Scores of absence and presence."""
        hidden = torch.einsum("bkd,krd->bkr", x, self.first) + self.first_bias
        return torch.einsum("bkr,kcr->bkc", hidden, self.second) + self.second_bias


def _linear(units: int, inward: int, outward: int) -> tuple[nn.Parameter, nn.Parameter]:
    """Weights and offsets of a linear layer for each unit, drawn as the library draws them."""
    limit = inward**-0.5
    weight = torch.empty(units, outward, inward).uniform_(-limit, limit)
    return nn.Parameter(weight), nn.Parameter(torch.empty(units, outward).uniform_(-limit, limit))


class JAANet(nn.Module):
    """Pictures (b, 3, s, s) to units, 49 landmarks and attention maps.

    ``Output.maps`` are the refined maps (b, k, s/4, s/4), ``Output.drawn`` those drawn from the
    landmarks, (b, k, s/4 + 8, s/4 + 8). The refined map is laid over the features as published:
    centres are scaled to the larger map, so both agree in the middle of the crop only.

    Args:
        units: numbers of the units.
        version: 1 or 2. In version 2 each unit has a head of its own, and the joint head does not
            teach the branches of the units.
        size: side of the crop; a multiple of 16.
    """

    extras = ("maps", "landmarks")

    def __init__(self, units: Sequence[int], version: int, size: int) -> None:
        super().__init__()
        self.units = tuple(units)
        self.table = [JAANET_CENTRES[unit] for unit in units]
        self.version, self.size, self.side = version, size, size // 4
        count, flat = len(units), WIDTHS[-1] * (size // 32) ** 2
        self.regions = nn.Sequential(
            Regions(3, 32), nn.MaxPool2d(2), Regions(32, 64), nn.MaxPool2d(2)
        )
        self.align = extractor(64)
        self.landmarks = nn.Sequential(nn.Linear(flat, 512), nn.Linear(512, 2 * POINTS))
        self.refine = refinement(count)
        self.local = extractor(64, count)
        self.heads = Heads(count, flat) if version == 2 else None
        self.whole = extractor(64)
        self.joint = nn.Sequential(nn.Linear(3 * flat, 512), nn.Linear(512, 2 * count))

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures."""
        seen = self.regions(image)
        aligned = self.align(seen)
        points = self._points(aligned)
        drawn = self.draw(points.detach())
        maps = self.refine(drawn)
        count, side = len(self.table), self.side
        looked = (seen[:, None] * maps[:, :, None]).reshape(-1, count * seen.shape[1], side, side)
        found = self.local(looked).unflatten(1, (count, WIDTHS[-1]))
        mean = found.mean(dim=1)
        if self.heads is not None:
            mean = mean.detach()
        joined = torch.cat([aligned, self.whole(seen), mean], dim=1)
        scores = self.joint(joined.flatten(1)).unflatten(1, (2, count))
        local = None if self.heads is None else self.heads(found.flatten(2))
        return Output(
            scores[:, 1] - scores[:, 0],
            landmarks=points,
            maps=maps,
            drawn=drawn,
            local=None if local is None else local[..., 1] - local[..., 0],
        )

    def _points(self, aligned: Float[Tensor, "b c h w"]) -> Float[Tensor, "b p 2"]:
        """Landmarks in pixels; in float32 whatever the rest is: bfloat16 is half a pixel off."""
        flat, kind = aligned.flatten(1), aligned.device.type
        if not torch.is_autocast_enabled(kind):
            found: Tensor = self.landmarks(flat)
        else:
            with torch.autocast(kind, enabled=False):
                found = self.landmarks(flat.float())
        return found.reshape(-1, POINTS, 2)

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """Weights of ours from a network of other units, its branches by the units' numbers.

        As the authors start DISFA from BP4D: 25 from the branch of 23, 26 from that of 17; units
        without a like, the heads and the joint head start anew.

        Returns:
            None, if the weights are of as many units, or of no JAA-Net of a published set.
        """
        joint = weights.get("joint.1.bias")
        before = _SETS.get(0 if joint is None else len(joint) // 2)
        if before is None or len(before) == len(self.units):
            return None
        own = self.state_dict()
        taken = {
            key: value
            for key, value in weights.items()
            if key.partition(".")[0] in ("regions", "align", "landmarks", "whole")
        }
        for key in own:
            if key.partition(".")[0] in ("refine", "local") and key in weights:
                taken[key] = _branches(own[key], weights[key], self.units, before)
        return taken

    def draw(self, points: Float[Tensor, "b p 2"]) -> Float[Tensor, "b k m m"]:
        """The maps that landmarks, in pixels of the crop, give each unit."""
        side = self.side + 2 * MARGIN
        cells = (centres(points, self.table, EYE_CORNERS) * (side / self.size)).round()
        reach = round((side - 1) / 2 * SPREAD)
        return draw_maps(cells, side, FALL / (side * SPREAD), (reach, reach), cling=True)


def jaanet(
    outputs: int, *, units: Sequence[int] = (), version: int = 2, size: int = CROP
) -> JAANet:
    """Build JAA-Net; it has to know the numbers of its units."""
    unknown = [str(unit) for unit in units if unit not in JAANET_CENTRES]
    if unknown or len(units) != outputs:
        reason = f"AU {', '.join(unknown)} has" if unknown else "units without numbers have"
        known = ", ".join(map(str, JAANET_CENTRES))
        raise InputError(f"{reason} no centres on the face; give units among {known}")
    if type(version) is not int or version not in (1, 2):
        raise InputError(f"there is no version {version!r} of JAA-Net; there are 1 and 2")
    if type(size) is not int or size < SMALLEST or size % 16:
        raise InputError(
            f"the crop is {size!r} pixels wide; expected a multiple of 16 from {SMALLEST} on, such "
            f"as {CROP}"
        )
    return JAANet(units, version, size)


LIKE = {25: 23, 26: 17}
"""Units whose branch starts from that of another, where the other network lacks them."""


def _branches(own: Tensor, other: Tensor, units: Sequence[int], before: Sequence[int]) -> Tensor:
    """A tensor of branches, one after another, with those that another network has."""
    if own.dim() == 0:
        return other
    out = own.clone()
    mine, theirs = (one.reshape(len(names), -1, *one.shape[1:])
                    for one, names in ((out, units), (other, before)))  # fmt: skip
    for place, unit in enumerate(units):
        like = unit if unit in before else LIKE.get(unit)
        if like in before:
            mine[place] = theirs[before.index(like)]
    return out


_MODULES = {
    "regions": "region_learning.multiscale_feat",
    "align": "align_net.align_feat.feat_extract",
    "landmarks": "align_net.align_output",
    "refine": "local_attention_refine.local_aus_attention",
    "local": "local_au_net.local_aus_branch",
    "heads": "local_au_net.local_aus_output",
    "whole": "global_au_feat.feat_extract",
    "joint": "au_net.au_output",
}
"""Our parts by the names of the official ones, each led by the module it was saved in."""
_TILES = {"eighths": (1, 64), "quarters": (2, 16), "halves": (3, 4)}
"""Our tiles by the number of the official branch, and how many there are."""
_SETS = {len(units): units for units in (BP4D, DISFA, GFT)}
"""Units of the published networks by their number."""


def official(state: Mapping[str, Tensor]) -> tuple[JAANet, dict[str, list[str]]]:
    """The network of an official checkpoint, and where its tensors come from.

    Args:
        state: the six official files as one dict, each key led by its module and a dot:
            ``region_learning.multiscale_feat.0.conv.weight``.
    """
    last = state.get("au_net.au_output.1.bias")
    if last is None or len(last) // 2 not in _SETS:
        raise WeightsError(
            "this is no checkpoint of JAA-Net with 12, 8 or 10 units: expected the tensors of its "
            "six files, each name led by the name of its module, such as au_net.au_output.1.bias"
        )
    units = _SETS[len(last) // 2]
    version = 2 if "local_au_net.local_aus_output.0.0.weight" in state else 1
    network = jaanet(len(units), units=units, version=version)
    layout = {key: _sources(key, len(units)) for key in network.state_dict()}
    return network, layout


def _sources(key: str, units: int) -> list[str]:
    """The official tensors that make up one of ours."""
    ours, _, rest = key.partition(".")
    theirs = _MODULES[ours]
    if ours in ("refine", "local"):
        middle = "feat_extract." if ours == "local" else ""
        return [f"{theirs}.{unit}.{middle}{rest}" for unit in range(units)]
    if ours == "heads":
        layer = 0 if rest.startswith("first") else 1
        last = "bias" if rest.endswith("bias") else "weight"
        return [f"{theirs}.{unit}.{layer}.{last}" for unit in range(units)]
    if ours == "regions":
        block, _, rest = rest.partition(".")
        part, _, last = rest.partition(".")
        if part in _TILES:
            number, count = _TILES[part]
            kind, _, last = last.partition(".")
            many = {"norm": "bns", "conv": "convs"}[kind]
            place = f"{theirs}.{block}.local_conv_branch{number}.{many}"
            return [f"{place}.{tile}.{last}" for tile in range(count)]
        return [f"{theirs}.{block}.{'bn' if part == 'norm' else part}.{last}"]
    return [f"{theirs}.{rest}"]
