"""YOLOv5's three losses: where boxes are, whether there are any, and of which class."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from mien.losses.assigning import Matches, assign
from mien.losses.overlap import ciou

__all__ = ["BALANCE", "Gains", "detection", "gains"]

BALANCE = (4.0, 1.0, 0.4)
"""Weight of the objectness of each grid, the finest first."""


class Gains(NamedTuple):
    """Factors of the three losses."""

    box: float = 0.05
    objectness: float = 1.0
    kind: float = 0.5


def gains(size: int, classes: int, base: Gains = Gains()) -> Gains:  # noqa: B008 - it is frozen
    """The factors, given for 640 pixels and 80 classes, for others.

    >>> gains(320, 2)
    Gains(box=0.05, objectness=0.25, kind=0.0125)
    """
    return Gains(base.box, base.objectness * (size / 640) ** 2, base.kind * classes / 80)


def detection(
    grids: Sequence[Float[Tensor, "b a h w d"]],
    true: Float[Tensor, "t 6"],
    anchors: Float[Tensor, "g a 2"],
) -> dict[str, Tensor]:
    """The losses before their factors, summed over the grids.

    "box": one less the complete overlap, the mean over what is matched. "objectness":
    cross-entropy over all cells and anchors, whose target is that overlap where a box is matched
    and 0 elsewhere. "class": cross-entropy of each class over what is matched; 0 of one class.

    Args:
        grids: x, y, width, height, objectness and classes before any sigmoid.
        true: number of the picture, class, centre x, y, width and height as shares of the picture.
        anchors: width and height per grid in its cells.
    """
    zero = grids[0].new_zeros(())
    found = {"box": zero, "objectness": zero, "class": zero}
    for numbers, own, weight in zip(grids, anchors, BALANCE, strict=True):
        numbers = numbers.float()
        matches = assign(true, own, *numbers.shape[2:4])
        wanted = torch.zeros_like(numbers[..., 4])
        if len(matches.kind):
            said = numbers[matches.picture, matches.anchor, matches.row, matches.column]
            overlap = ciou(_boxes(said, own[matches.anchor]), matches.box)
            found["box"] = found["box"] + (1 - overlap).mean()
            if numbers.shape[-1] > 6:
                kinds = torch.zeros_like(said[:, 5:])
                kinds[torch.arange(len(kinds)), matches.kind] = 1
                found["class"] = found["class"] + cross_entropy(said[:, 5:], kinds)
            wanted = _written(wanted, matches, overlap.detach().clamp(min=0))
        found["objectness"] = found["objectness"] + weight * cross_entropy(numbers[..., 4], wanted)
    return found


def _boxes(said: Float[Tensor, "m d"], anchor: Float[Tensor, "m 2"]) -> Float[Tensor, "m 4"]:
    """Boxes from the corner of their cell, in cells."""
    centre = 2 * said[:, :2].sigmoid() - 0.5
    return torch.cat([centre, (2 * said[:, 2:4].sigmoid()).square() * anchor], dim=1)


def _written(
    wanted: Float[Tensor, "b a h w"], matches: Matches, values: Float[Tensor, " m"]
) -> Float[Tensor, "b a h w"]:
    """The values at their cells; of several at one, the last, on any device."""
    _, anchors, rows, columns = wanted.shape
    place = ((matches.picture * anchors + matches.anchor) * rows + matches.row) * columns
    place = place + matches.column
    last = torch.full((wanted.numel(),), -1, device=place.device)
    order = torch.arange(len(place), device=place.device)
    last = last.scatter_reduce(0, place, order, "amax")
    filled = values[last.clamp(min=0)]
    return torch.where(last >= 0, filled, 0.0).view_as(wanted)
