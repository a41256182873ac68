"""Batches of groups of crops, and the error that scores only what is known of them.

Within a group the planted differences are exact; what the portrait itself shows is not known. It is
pulled, per unit, towards what another network reads from the portrait.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from mien.data.crops import GROUP, Crops
from mien.data.expressions import OUTPUTS, SWAP
from mien.data.sample import Batch
from mien.models.output import Output
from mien.models.pictureunits import PictureUnits
from mien.training.experiment import Batches, Turn
from mien.values import Float32

__all__ = ["MEAN", "STD", "Anchors", "GroupError", "groups", "vary"]

MEAN, STD = 0.45, 0.25
"""Of all channels, of crops scaled to 0-1."""
BENT = torch.tensor([[0.06, 0.045, 0.04], [0.045, 0.06, 0.04]])
"""Standard deviation of the entries of the affine map that a group shares; half a crop is 1."""
PLACED = torch.tensor([[0.008, 0.008, 0.006], [0.008, 0.008, 0.006]])
"""The same of each crop's own."""
WAVE = 0.03
"""Standard deviation of the smooth displacement that a group shares; half a crop is 1."""

SHINE = 0.4
"""How much of another portrait shines through at most."""


@dataclass(frozen=True, eq=False)
class Anchors:
    """What portraits are read as by others, and how far each unit is to be believed."""

    level: Float32
    """(portraits, 38), 0-1."""
    pull: Float32
    """(38,): weight of the squared distance of a group's mean from there."""


@dataclass(frozen=True, eq=False)
class Groups:
    """The batches of one epoch: whole groups, drawn without replacement while they last."""

    shards: Sequence[Crops]
    anchors: Anchors
    batch: int
    steps: int
    seed: tuple[int, ...]

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.seed)
        chance = torch.Generator().manual_seed(int(rng.integers(2**62)))
        for rows in self._rows(rng):
            taken = [self.shards[shard].image[row] for shard, row in rows]
            label = np.stack([self.shards[shard].intensity[row] for shard, row in rows])
            portrait = [self.shards[shard].portrait[row] for shard, row in rows]
            target = label + self.anchors.level[portrait][:, None]
            mirrored = rng.random(len(rows)) < 0.5
            target[mirrored] = target[mirrored][..., SWAP]
            image = np.stack(taken)
            image[mirrored] = image[mirrored][:, :, :, ::-1]
            wanted = torch.from_numpy(target.reshape(-1, OUTPUTS).astype(np.float32))
            known = torch.ones(wanted.shape, dtype=torch.bool)
            yield Batch(vary(torch.from_numpy(image), chance), wanted, known)

    def _rows(self, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        """Shard and row of each group, for every batch."""
        sizes = [len(one.portrait) for one in self.shards]
        places = np.array([(n, row) for n, size in enumerate(sizes) for row in range(size)])
        order = np.empty(0, np.int64)
        for _ in range(self.steps):
            while len(order) < self.batch:
                order = np.concatenate([order, rng.permutation(len(places))])
            yield places[order[: self.batch]]
            order = order[self.batch :]


def groups(shards: Sequence[Crops], anchors: Anchors, batch: int, steps: int, seed: int) -> Batches:
    """Batches of an epoch.

    Args:
        shards: what is drawn from.
        anchors: of the portraits.
        batch: groups in a batch.
        steps: batches in an epoch.
        seed: of the draws.
    """

    def batches(turn: Turn) -> Groups:
        rank = (turn.rank,) if turn.rank else ()
        return Groups(shards, anchors, batch, steps, (seed, turn.epoch, *rank))

    return batches


def vary(images: UInt8[Tensor, "g k s s 3"], chance: Generator) -> Float[Tensor, "b 3 s s"]:
    """Shape, another face, light, colour, blur, noise, covered boxes; most is shared by a group.

    Returns:
        Normalised crops, groups one after another, channels last in memory.
    """
    count, members = images.shape[:2]
    total = count * members

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(shape).uniform_(low, high, generator=chance)

    def both(group: tuple[float, float], own: tuple[float, float]) -> Tensor:
        shared = draw(*group, count, 1, 1, 1, 1) * draw(*own, count, members, 1, 1, 1)
        return shared.reshape(total, 1, 1, 1)

    x = images.reshape(total, *images.shape[2:]).permute(0, 3, 1, 2).float() / 255
    x = _shine(_reshape(x, count, chance), count, chance)
    x = x.clamp(min=1e-3) ** both((0.75, 1.35), (0.9, 1.12))
    tint = 1 + 0.06 * torch.randn(total, 3, 1, 1, generator=chance)
    alike = 1 + 0.1 * torch.randn(count, 3, 1, 1, generator=chance)
    tint = tint * alike.repeat_interleave(members, dim=0)
    x = x * both((0.7, 1.2), (0.9, 1.1)) * tint
    grey = (draw(0, 1, total, 1, 1, 1) < 0.15).float()
    x = torch.lerp(x, x.mean(dim=1, keepdim=True).expand_as(x), grey)
    line = torch.linspace(-1, 1, x.shape[-1])
    slope = draw(-0.2, 0.2, total, 1, 1, 1) * line
    x = x * (1 + slope + draw(-0.15, 0.15, total, 1, 1, 1) * line[:, None])
    blur = draw(0, 0.9, total, 1, 1, 1) * (draw(0, 1, total, 1, 1, 1) < 0.4)
    x = torch.lerp(x, nn.functional.avg_pool2d(x, 3, 1, 1), blur)
    noise = torch.randn(x.shape, generator=chance) * draw(0, 0.03, total, 1, 1, 1)
    x = _cover(x + noise, chance)
    return ((x - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def _reshape(
    x: Float[Tensor, "b 3 s s"], groups: int, chance: Generator
) -> Float[Tensor, "b 3 s s"]:
    """Another face of the same movement: all crops of a group are bent alike, placed apart.

    What a group shares leaves the differences within it as they are, so a bent portrait is one more
    portrait.
    """
    members = len(x) // groups

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=chance)

    shared, own = BENT * normal(groups, 1, 2, 3), PLACED * normal(groups, members, 2, 3)
    affine = torch.eye(2, 3) + (shared + own).reshape(-1, 2, 3)
    grid = nn.functional.affine_grid(affine, list(x.shape), align_corners=False)
    coarse = normal(groups, 2, 5, 5) * WAVE
    wave = nn.functional.interpolate(coarse, x.shape[-2:], mode="bicubic", align_corners=False)
    grid = grid + wave.permute(0, 2, 3, 1).repeat_interleave(members, dim=0)
    return nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _shine(x: Float[Tensor, "b 3 s s"], groups: int, chance: Generator) -> Float[Tensor, "b 3 s s"]:
    """The portrait of the group before shines through all crops of every second group.

    It is added, not mixed: the differences within the group stay as strong as they are.
    """
    members = len(x) // groups
    other = x[::members].roll(1, dims=0)
    other = other - other.mean(dim=(1, 2, 3), keepdim=True)
    share = torch.empty(groups, 1, 1, 1).uniform_(0, SHINE, generator=chance)
    share = share * (torch.rand(groups, 1, 1, 1, generator=chance) < 0.5)
    return x + (share * other).repeat_interleave(members, dim=0)


def _cover(x: Float[Tensor, "b 3 s s"], chance: Generator) -> Float[Tensor, "b 3 s s"]:
    """Every tenth crop has a box of one grey."""
    for row in torch.nonzero(torch.rand(len(x), generator=chance) < 0.1)[:, 0]:
        top, left, high, wide = (
            int(torch.randint(low, end, (1,), generator=chance))
            for low, end in ((0, 90), (0, 90), (8, 28), (8, 28))
        )
        x[row, :, top : top + high, left : left + wide] = torch.rand(1, generator=chance)
    return x


class GroupError:
    """Errors of both readings of a picture network on whole groups.

    "within": mean squared error of the differences within a group. "anchor": squared distance of
    a group's mean from its anchor, times the pull. "difference": mean squared error of crops read
    against one of the two unplanted crops of their group, the other members against the first.
    "aside": how much of both is about how left and right differ. Of faces that are even most of
    the time that is little, and would be learned last.

    Args:
        pull: (38,), see `Anchors`.
    """

    def __init__(self, pull: Float32) -> None:
        self.pull = torch.from_numpy(pull)
        self.output: Output | None = None

    def __call__(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses."""
        if not isinstance(network, PictureUnits):
            raise TypeError(f"got a {type(network).__name__}, expected a PictureUnits")
        output: Output = network(batch.image)
        self.output = output
        target = batch.target.reshape(-1, GROUP, OUTPUTS)
        error = output.logits.float().reshape(target.shape) - target
        mean = error.mean(dim=1, keepdim=True)
        within, anchor = error - mean, mean[:, 0].square() * self.pull.to(mean.device)
        pairs = self._pairs(network, target)
        share = GROUP / (GROUP - 1)
        return {
            "within": within.square().mean() * share,
            "anchor": anchor.mean(),
            "difference": pairs.square().mean(),
            "aside": _aside(within).square().mean() * share + _aside(pairs).square().mean(),
        }

    def _pairs(
        self, network: PictureUnits, target: Float[Tensor, "g k n"]
    ) -> Float[Tensor, "g k n"]:
        """Errors of each crop against an unplanted one of its group, (g, k, n)."""
        if self.output is None or self.output.features is None:
            raise TypeError("expected a network that gives features")
        features = self.output.features.reshape(len(target), GROUP, -1)
        against = torch.randint(0, 2, target.shape[:2], device=target.device)
        against[:, 0], against[:, 1] = 1, 0
        neutral = features.gather(1, against[..., None].expand_as(features))
        wanted = target - target.gather(1, against[..., None].expand_as(target))
        found = network.differ(features.flatten(0, 1), neutral.flatten(0, 1)).float()
        return found.reshape(wanted.shape) - wanted


def _aside(error: Float[Tensor, "g k n"]) -> Float[Tensor, "g k n"]:
    """How far each side is above the mean of both; 0 of central units."""
    return (error - error[..., SWAP]) / 2
