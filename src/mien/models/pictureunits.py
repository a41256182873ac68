"""Action-unit intensities from a small crop: a light residual network with two readings.

The crop lies where expressions do not move it (`mien.face.steady`), so places mean something: the
last map is flattened, not pooled. One reading is of the crop alone; the other of what differs from
the same person's neutral crop.
"""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mien.models.output import Output

__all__ = ["PictureUnits", "pictureunits"]

CROP = 112


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inward, outward, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outward)
        self.second = nn.Conv2d(outward, outward, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outward)
        self.short: nn.Module = nn.Identity()
        if stride > 1 or inward != outward:
            self.short = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(inward, outward, 1, bias=False),
                nn.BatchNorm2d(outward),
            )  # fmt: skip

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o g v"]:
        """Features at the same or at half the size."""
        seen = functional.relu(self.first_norm(self.first(x)))
        joined: Tensor = self.second_norm(self.second(seen)) + self.short(x)
        return functional.relu(joined)


class Pair(nn.Module):
    """Descriptions of a face and of its neutral to intensities; the neutral itself reads 0."""

    def __init__(self, features: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * features, features), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(features, outputs, bias=False),
        )  # fmt: skip

    def forward(
        self, moved: Float[Tensor, "b d"], neutral: Float[Tensor, "b d"]
    ) -> Float[Tensor, "b k"]:
        """Intensities of what has moved from the neutral."""
        weight, bias = (self.layers.get_parameter(f"0.{name}") for name in ("weight", "bias"))
        still = functional.linear(neutral, weight[:, moved.shape[1] :], bias)
        there = still + functional.linear(moved, weight[:, : moved.shape[1]])
        found: Tensor = self.layers[1:](there) - self.layers[1:](still)
        return found


class PictureUnits(nn.Module):
    """Normalised crops (b, 3, 112, 112) to intensities (b, k), 0-1 where 1 is the strongest.

    ``Output.features`` are what `differ` compares.

    Args:
        outputs: number of intensities.
        width: channels of the first stage; the second has twice, the third four times as many.
        features: numbers that describe a crop.
        dropout: share of numbers dropped in training.
    """

    def __init__(self, outputs: int, width: int, features: int, dropout: float) -> None:
        super().__init__()
        stages = [width // 2, width, 2 * width, 4 * width]
        blocks = [
            Residual(before if number == 0 else after, after, 2 - number)
            for before, after in pairwise(stages)
            for number in (0, 1)
        ]
        self.stem = nn.Sequential(
            nn.Conv2d(3, width // 2, 5, 2, 2, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU()
        )
        self.stages = nn.Sequential(*blocks)
        self.squeeze = nn.Sequential(
            nn.Conv2d(4 * width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.describe = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(width * (CROP // 16) ** 2, features),
            nn.GELU(),
        )  # fmt: skip
        self.single = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, outputs))
        self.pair = Pair(features, outputs, dropout)

    def forward(self, image: Float[Tensor, "b 3 112 112"]) -> Output:
        """Read each crop by itself."""
        features = self.features(image)
        return Output(self.single(features), features=features)

    def features(self, image: Float[Tensor, "b 3 112 112"]) -> Float[Tensor, "b d"]:
        """Describe each crop."""
        described: Tensor = self.describe(self.squeeze(self.stages(self.stem(image))))
        return described

    def differ(
        self, frame: Float[Tensor, "b d"], neutral: Float[Tensor, "b d"]
    ) -> Float[Tensor, "b k"]:
        """Intensities of crops against neutral crops of the same persons, by their features."""
        found: Tensor = self.pair(frame - neutral, neutral)
        return found


def pictureunits(
    outputs: int, *, width: int = 32, features: int = 256, dropout: float = 0.15
) -> PictureUnits:
    """Build the picture network."""
    return PictureUnits(outputs, width, features, dropout)
