"""LibreFace's gaze: the points of a mesh to two angles, by a perceptron of three layers.

Public code of Chang, Yin, Li, Tran, Soleymani, "LibreFace", WACV 2024, release 2: here to read a
copy of its checkpoint. Gaze in tables is the place of the irises, see `mien.analysis.eyes`.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import WeightsError

__all__ = ["POINTS", "Gaze", "official"]

POINTS = 468
"""Of the mesh, without the irises."""
WIDTH = 256


class Gaze(nn.Module):
    """Points of the mesh to yaw and pitch in degrees.

    The points are those of a mesh fitted to the aligned picture of 512 pixels, in its pixels, x y z
    of one point after the other. Its authors report a bias of 6.55 and 5.05 degrees, which is not
    subtracted here.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size in (3 * POINTS, WIDTH):
            layers += [nn.Linear(size, WIDTH), nn.ReLU(), nn.BatchNorm1d(WIDTH)]
        self.layers = nn.Sequential(*layers, nn.Linear(WIDTH, 2))

    def forward(self, points: Float[Tensor, "b d"]) -> Float[Tensor, "b 2"]:
        """Yaw and pitch of the points (b, 1404)."""
        angles: Tensor = self.layers(points)
        return angles


def official(state: Mapping[str, Tensor]) -> tuple[nn.Module, dict[str, list[str]]]:
    """The network of a checkpoint, whose names of tensors are ours.

    Raises:
        WeightsError: it is of another width; the authors' repository holds one of 822 numbers,
            which fits no network of theirs.
    """
    network = Gaze()
    first = state.get("layers.0.weight")
    if first is not None and first.shape[-1] != 3 * POINTS:
        raise WeightsError(
            f"this checkpoint of gaze reads {first.shape[-1]} numbers, expected the {3 * POINTS} "
            f"of {POINTS} points"
        )
    return network, {key: [key] for key in network.state_dict()}
