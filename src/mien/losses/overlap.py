"""How well boxes cover each other, as a loss can use it."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["ciou"]

TINY = 1e-7


def ciou(first: Float[Tensor, "m 4"], second: Float[Tensor, "m 4"]) -> Float[Tensor, " m"]:
    """Complete overlap: the shared area, less for centres apart and for another shape.

    ``iou - d^2 / c^2 - a v`` with the distance d of the centres, the diagonal c of the box around
    both, ``v = 4 / pi^2 (atan(w2 / h2) - atan(w1 / h1))^2`` and ``a = v / (1 - iou + v)``, through
    which no gradient goes. Zheng et al., "Distance-IoU Loss", AAAI 2020.

    Args:
        first: centre x, y, width, height.
        second: the same.

    >>> box = torch.tensor([[1.0, 1.0, 2.0, 2.0]])
    >>> ciou(box, box).item()
    1.0
    >>> round(ciou(box, torch.tensor([[2.0, 1.0, 2.0, 2.0]])).item(), 4)  # 1/3 - 1/13
    0.2564
    """
    (low, high), (other_low, other_high) = _corners(first), _corners(second)
    sides = (torch.minimum(high, other_high) - torch.maximum(low, other_low)).clamp(min=0)
    common = sides.prod(dim=1)
    size, other = first[:, 2:], second[:, 2:]
    overlap = common / (size.prod(dim=1) + other.prod(dim=1) - common + TINY)
    around = torch.maximum(high, other_high) - torch.minimum(low, other_low)
    apart = (first[:, :2] - second[:, :2]).square().sum(dim=1)
    apart = apart / (around.square().sum(dim=1) + TINY)
    turned = torch.atan(other[:, 0] / (other[:, 1] + TINY)) - torch.atan(
        size[:, 0] / (size[:, 1] + TINY)
    )
    shape = 4 / math.pi**2 * turned.square()
    with torch.no_grad():
        weight = shape / (1 - overlap + shape + TINY)
    return overlap - apart - weight * shape


def _corners(box: Float[Tensor, "m 4"]) -> tuple[Float[Tensor, "m 2"], Float[Tensor, "m 2"]]:
    half = box[:, 2:] / 2
    return box[:, :2] - half, box[:, :2] + half
