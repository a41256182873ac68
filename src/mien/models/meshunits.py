"""Action-unit intensities from the features of the mesh: one small perceptron.

The same network serves a single frame and a frame minus the person's neutral face; only what it is
trained on differs. Standardisation, mirror averaging and calibration are inside the network, so a
file exported from it needs nothing beside the features.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

__all__ = ["MeshUnits", "Readout"]


class MeshUnits(nn.Module):
    """Features of the mesh to intensities, 0-1 where 1 is the strongest.

    The features are first turned onto their principal directions, each scaled to about the same
    size: pose and face shape are a hundred times larger than a narrowed eye, and without this the
    small movements are learned late or never.

    Args:
        mean: mean of each feature.
        directions: principal directions of the features, scaled.
        outputs: number of intensities.
        widths: sizes of the hidden layers.
        dropout: share of hidden numbers dropped in training.
        noise: deviation of the white noise added to the features in training.
    """

    mean: Tensor
    directions: Tensor

    def __init__(
        self,
        mean: Float[Tensor, " d"],
        directions: Float[Tensor, "d c"],
        outputs: int,
        widths: Sequence[int] = (512, 256),
        dropout: float = 0.15,
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.noise = noise
        self.register_buffer("mean", mean)
        self.register_buffer("directions", directions)
        layers: list[nn.Module] = []
        size = directions.shape[1]
        for width in widths:
            layers += [nn.Linear(size, width), nn.GELU(), nn.Dropout(dropout)]
            size = width
        self.layers = nn.Sequential(*layers, nn.Linear(size, outputs))

    def forward(self, features: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Intensities, about 0-1, not clipped."""
        if self.training and self.noise:
            features = features + self.noise * torch.randn_like(features)
        values: Tensor = self.layers((features - self.mean) @ self.directions)
        return values


class Readout(nn.Module):
    """A trained network as it is shipped: mirror average, calibration, intensity 0-5.

    Args:
        networks: one or several networks whose outputs are averaged.
        mirror: for each feature, the feature of the mirrored face and its sign.
        swap: the output of the other side, for each output.
        gain: factor of each output, by which shrunk outputs are stretched.
        offset: subtracted from each output before the gain.
    """

    order: Tensor
    sign: Tensor
    swap: Tensor
    gain: Tensor
    offset: Tensor

    def __init__(
        self,
        networks: Sequence[nn.Module],
        mirror: tuple[Int[Tensor, " d"], Float[Tensor, " d"]],
        swap: Int[Tensor, " k"],
        gain: Float[Tensor, " k"],
        offset: Float[Tensor, " k"],
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.register_buffer("order", mirror[0])
        self.register_buffer("sign", mirror[1])
        self.register_buffer("swap", swap)
        self.register_buffer("gain", gain)
        self.register_buffer("offset", offset)

    def forward(self, features: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """Intensities, 0-5."""
        # One pass for both: reading the weights is what a single face costs.
        both = torch.stack([features, features[:, self.order] * self.sign])
        values = torch.stack([network(both) for network in self.networks]).mean(dim=0)
        level = 0.5 * (values[0] + values[1][:, self.swap])
        return torch.clamp(5 * self.gain * (level - self.offset), 0, 5)
