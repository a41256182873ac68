"""JAA-Net the straightforward way: each tile and each branch a layer of its own, one after another.

As the authors' code has tiles, attention branches and branches of the units; cut out of our grouped
layers, so that it says the same.
"""

import torch
from torch import Tensor, nn

from mien.models.jaanet import JAANet, Tiles, jaanet

__all__ = ["straightforward"]


class Branches(nn.Module):
    """A sequence of grouped layers as one sequence for each group, one after another."""

    def __init__(self, layers: nn.Sequential, count: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(_part(layer, place, count) for layer in layers))
            for place in range(count)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) to (b, o, g, w), branch after branch."""
        parts = x.chunk(len(self.branches), dim=1)
        found = [one(part) for one, part in zip(self.branches, parts, strict=True)]
        return torch.cat(found, dim=1)


class SingleTiles(nn.Module):
    """Tiles of a map, one after another."""

    def __init__(self, tiles: Tiles) -> None:
        super().__init__()
        self.across, count = tiles.across, tiles.across**2
        layers = nn.Sequential(tiles.norm, nn.ReLU(), tiles.conv)
        self.tiles = nn.ModuleList(
            nn.Sequential(*(_part(layer, place, count) for layer in layers))
            for place in range(count)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) to (b, o, h, w), tile after tile."""
        rows = []
        for row, band in enumerate(x.chunk(self.across, dim=2)):
            tiles = self.tiles[row * self.across : (row + 1) * self.across]
            parts = band.chunk(self.across, dim=3)
            rows.append(torch.cat([t(p) for t, p in zip(tiles, parts, strict=True)], dim=3))
        return torch.cat(rows, dim=2)


def _part(layer: nn.Module, place: int, count: int) -> nn.Module:
    """One group of a layer, with weights of its own."""
    if isinstance(layer, nn.Conv2d):
        inward, outward = layer.in_channels // count, layer.out_channels // count
        conv = nn.Conv2d(inward, outward, layer.kernel_size, padding=layer.padding)  # type: ignore[arg-type]
        mine = slice(place * outward, (place + 1) * outward)
        conv.load_state_dict({k: v[mine] for k, v in layer.state_dict().items()})
        return conv
    if isinstance(layer, nn.BatchNorm2d):
        width = layer.num_features // count
        norm = nn.BatchNorm2d(width)
        mine = slice(place * width, (place + 1) * width)
        state = {k: v[mine] if v.dim() else v for k, v in layer.state_dict().items()}
        norm.load_state_dict(state)
        return norm
    return layer


def straightforward(network: JAANet) -> JAANet:
    """The same network, branch after branch."""
    count = len(network.units)
    other = jaanet(count, units=network.units, version=network.version, size=network.size)
    other.load_state_dict(network.state_dict())
    for place in (0, 2):
        layer = other.regions[place]
        for name in ("eighths", "quarters", "halves"):
            setattr(layer, name, SingleTiles(getattr(layer, name)))
    other.refine = Branches(other.refine, count)  # type: ignore[assignment]
    other.local = Branches(other.local, count)  # type: ignore[assignment]
    return other
