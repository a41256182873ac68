"""What grouped branches bring: JAA-Net as it is, and one branch after another, same weights.

Both say the same; the straightforward network cuts each group out of ours and runs it by itself, as
the authors' code does for tiles, attention branches and branches of the units.
"""

import copy
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from mien.models.jaanet import JAANet, Tiles, jaanet

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
PICTURES = 83_924
EPOCHS = 12
BATCH = 4
ROUNDS = 5


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


def main(rounds: int = ROUNDS) -> None:
    """Measure both in turns, on one thread, and print the table."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    ours = jaanet(len(BP4D), units=BP4D).eval()
    other = straightforward(ours).eval()
    image = torch.randn(BATCH, 3, ours.size, ours.size)
    with torch.no_grad():
        found, wanted = ours(image), other(image)
    gap = max(float((found.logits - wanted.logits).abs().max()),
              float((found.maps - wanted.maps).abs().max()))  # fmt: skip
    print(f"  JAA-Net, 12 units, version 2, {BATCH} pictures, one thread; largest gap {gap:.1g}")
    wide = copy.deepcopy(ours).to(memory_format=torch.channels_last)
    last = image.to(memory_format=torch.channels_last)
    kinds: dict[str, tuple[nn.Module, Tensor, bool]] = {
        "one branch after another": (other, image, False),
        "grouped": (ours, image, False),
        "grouped, channels last": (wide, last, False),
        "one after another, bfloat16": (other, image, True),
        "grouped, bfloat16": (ours, image, True),
        "grouped, channels last, bfloat16": (wide, last, True),
    }
    _print("forward", _best({n: partial(_forward, *one) for n, one in kinds.items()}, rounds))
    for one in (ours, other, wide):
        one.train()
    _print("training step", _best({n: partial(_step, *one) for n, one in kinds.items()}, rounds))


def _forward(network: nn.Module, image: Tensor, half: bool) -> None:
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        network(image)


def _step(network: nn.Module, image: Tensor, half: bool) -> None:
    """Forward and backward of what the losses need."""
    network.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        found = network(image)
    parts = (found.logits, found.local, found.landmarks)
    sum(one.float().square().mean() for one in parts).backward()


def _best(rows: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """CPU seconds per picture of each, the quickest of several turns."""
    best = dict.fromkeys(rows, float("inf"))
    for _ in range(rounds):
        for name, run in rows.items():
            start = time.process_time()
            run()
            best[name] = min(best[name], (time.process_time() - start) / BATCH)
    return best


def _print(what: str, found: dict[str, float]) -> None:
    first = next(iter(found.values()))
    for name, seconds in found.items():
        line = f"  {what}, {name}: {1000 * seconds:.0f} ms of CPU a picture, {first / seconds:.2f}x"
        if what != "forward":
            line += f"; {EPOCHS} epochs of {PICTURES}: {seconds * PICTURES * EPOCHS / 3600:.0f} h"
        print(line)
