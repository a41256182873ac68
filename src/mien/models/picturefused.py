"""The picture network as it is shipped: what describes a crop, and two readings of that.

Both readings take in what the mesh networks say of the same face, so that each unit is read by
whichever sees it better, or by both. A crop is described twice, as it is and mirrored,
and what is said of the mirror image is averaged in with left and right exchanged.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mien.models.folding import without_pools
from mien.models.pictureunits import PictureUnits

__all__ = [
    "Blend", "Describe", "DifferenceReadout", "SingleReadout", "Weights", "both_ways",
]  # fmt: skip


class Describe(nn.Module):
    """Normalised crops (b, 3, 112, 112) to numbers (b, d).

    Args:
        network: the trained picture network.
    """

    def __init__(self, network: PictureUnits) -> None:
        super().__init__()
        self.network = without_pools(network)

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b d"]:
        """Describe each crop."""
        return self.network.features(image)


def both_ways(
    plain: Float[Tensor, "b k"], mirrored: Float[Tensor, "b k"], swap: Int[Tensor, " k"]
) -> Float[Tensor, "b k"]:
    """The mean of what is said of faces and of their mirror images.

    Args:
        plain: outputs for the faces.
        mirrored: outputs for their mirror images.
        swap: for each output the one that it becomes in the mirror.
    """
    return (plain + mirrored[:, swap]) / 2


class Weights(NamedTuple):
    """How readings of mesh and picture are brought together, (k,) each; alike for both sides."""

    mesh: Tensor
    """Factor of what the mesh says of both sides."""
    picture: Tensor
    """The same of the picture."""
    offset: Tensor
    """What a quiet face reads, subtracted; 1 is the strongest."""
    gain: Tensor
    """Factor by which shrunk outputs are stretched."""
    mesh_aside: Tensor
    """Factor of how the sides differ by the mesh; not stretched any more."""
    picture_aside: Tensor
    """The same by the picture."""


class Blend(nn.Module):
    """Two readings of the same units, 0-5 and about 0-1, as one of 0-5.

    What both sides of a face do is brought together by other factors than how they differ.

    Args:
        weights: factors per output, see `Weights`.
        swap: for each output the one that it becomes in the mirror.
    """

    def __init__(self, weights: Weights, swap: Sequence[int]) -> None:
        super().__init__()
        for name, table in weights._asdict().items():
            self.register_buffer(name, table)
        self.register_buffer("swap", torch.tensor(swap))

    def forward(
        self, mesh: Float[Tensor, "b k"], picture: Float[Tensor, "b k"]
    ) -> Float[Tensor, "b k"]:
        """Intensities, 0-5."""
        w, swap = Weights(*map(self.get_buffer, Weights._fields)), self.get_buffer("swap")
        level = w.mesh * mesh + w.picture * 5 * picture
        aside = w.mesh_aside * mesh + w.picture_aside * 5 * picture
        both = (level + level[:, swap]) / 2 - 5 * w.offset
        return torch.clamp(w.gain * both + (aside - aside[:, swap]) / 2, 0, 5)


class SingleReadout(nn.Module):
    """A reading of the mesh and descriptions of crop and mirror image, (b, k + 2d), to 0-5.

    Args:
        network: the trained picture network.
        blend: how both are brought together.
    """

    def __init__(self, network: PictureUnits, blend: Blend) -> None:
        super().__init__()
        self.head = network.single
        self.blend = blend

    def forward(self, seen: Float[Tensor, "b n"]) -> Float[Tensor, "b k"]:
        """Intensities of single faces."""
        swap = self.blend.get_buffer("swap")
        outputs = len(swap)
        plain, mirrored = (self.head(one) for one in seen[:, outputs:].chunk(2, dim=1))
        fused: Tensor = self.blend(seen[:, :outputs], both_ways(plain, mirrored, swap))
        return fused


class DifferenceReadout(nn.Module):
    """The same of a face against its neutral, (b, k + 4d).

    First the mesh network's reading against the neutral, then the description of the crop minus
    that of the neutral's, then that of the neutral's.
    """

    def __init__(self, network: PictureUnits, blend: Blend) -> None:
        super().__init__()
        self.head = network.pair
        self.blend = blend

    def forward(self, seen: Float[Tensor, "b n"]) -> Float[Tensor, "b k"]:
        """Intensities against the neutral."""
        swap = self.blend.get_buffer("swap")
        outputs = len(swap)
        moved, mirror_moved, rest, mirror_rest = seen[:, outputs:].chunk(4, dim=1)
        plain, mirrored = self.head(moved, rest), self.head(mirror_moved, mirror_rest)
        fused: Tensor = self.blend(seen[:, :outputs], both_ways(plain, mirrored, swap))
        return fused
