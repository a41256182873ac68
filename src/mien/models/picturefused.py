"""The picture network as it is shipped: what describes a crop, and two readings of that.

Both readings take in what the mesh networks say of the same face, so that each unit is read by
whichever sees it better, or by both. A crop is described twice, as it is and mirrored,
and what is said of the mirror image is averaged in with left and right exchanged.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mien.models.folding import without_pools
from mien.models.pictureunits import PictureUnits

__all__ = ["Blend", "Describe", "DifferenceReadout", "SingleReadout", "both_ways"]


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


class Blend(nn.Module):
    """Two readings of the same units, 0-5 and about 0-1, as one of 0-5.

    Args:
        mesh: factor of the reading of the mesh, per output.
        picture: factor of the reading of the picture.
        offset: what a quiet face reads, subtracted.
        gain: factor by which shrunk outputs are stretched.
    """

    mesh: Tensor
    picture: Tensor
    offset: Tensor
    gain: Tensor

    def __init__(
        self,
        mesh: Float[Tensor, " k"],
        picture: Float[Tensor, " k"],
        offset: Float[Tensor, " k"],
        gain: Float[Tensor, " k"],
    ) -> None:
        super().__init__()
        tables = {"mesh": mesh, "picture": picture, "offset": offset, "gain": gain}
        for name, table in tables.items():
            self.register_buffer(name, table)

    def forward(
        self, mesh: Float[Tensor, "b k"], picture: Float[Tensor, "b k"]
    ) -> Float[Tensor, "b k"]:
        """Intensities, 0-5."""
        level = self.mesh * mesh + self.picture * 5 * picture - 5 * self.offset
        return torch.clamp(self.gain * level, 0, 5)


class SingleReadout(nn.Module):
    """A reading of the mesh and descriptions of crop and mirror image, (b, k + 2d), to 0-5.

    Args:
        network: the trained picture network.
        blend: how both are brought together.
        swap: for each output the one that it becomes in the mirror.
    """

    swap: Tensor

    def __init__(self, network: PictureUnits, blend: Blend, swap: Sequence[int]) -> None:
        super().__init__()
        self.head = network.single
        self.blend = blend
        self.register_buffer("swap", torch.tensor(swap))

    def forward(self, seen: Float[Tensor, "b n"]) -> Float[Tensor, "b k"]:
        """Intensities of single faces."""
        outputs = len(self.blend.gain)
        plain, mirrored = (self.head(one) for one in seen[:, outputs:].chunk(2, dim=1))
        fused: Tensor = self.blend(seen[:, :outputs], both_ways(plain, mirrored, self.swap))
        return fused


class DifferenceReadout(nn.Module):
    """The same of a face against its neutral, (b, k + 4d).

    First the mesh network's reading against the neutral, then the description of the crop minus
    that of the neutral's, then that of the neutral's.
    """

    swap: Tensor

    def __init__(self, network: PictureUnits, blend: Blend, swap: Sequence[int]) -> None:
        super().__init__()
        self.head = network.pair
        self.blend = blend
        self.register_buffer("swap", torch.tensor(swap))

    def forward(self, seen: Float[Tensor, "b n"]) -> Float[Tensor, "b k"]:
        """Intensities against the neutral."""
        outputs = len(self.blend.gain)
        moved, mirror_moved, rest, mirror_rest = seen[:, outputs:].chunk(4, dim=1)
        plain, mirrored = self.head(moved, rest), self.head(mirror_moved, mirror_rest)
        fused: Tensor = self.blend(seen[:, :outputs], both_ways(plain, mirrored, self.swap))
        return fused
