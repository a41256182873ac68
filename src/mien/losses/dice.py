"""The Dice loss of JAA-Net, in the form its authors run and in the form their paper prints.

Shao et al., "JÂA-Net: Joint Facial Action Unit Detection and Face Alignment via Adaptive
Attention", IJCV 2021. It keeps units that are rarely present from being read as never present.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["dice", "dice_by_picture"]

SMOOTH = 1.0


def dice(
    probability: Float[Tensor, "b k"],
    target: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    weight: Float[Tensor, " k"] | None = None,
) -> Float[Tensor, ""]:
    """As the authors run it: over the batch, the ratio divided by the number of pictures.

    Per unit ``1 - (2 sum q y + 1) / (sum q^2 + sum y^2 + 1) / n``; the mean over units, weighted.
    The division by n takes in the ratio only, so that the loss is near 1 and its gradient n times
    weaker than that of an ordinary Dice loss. n counts the known labels of a unit.

    >>> q, y = torch.tensor([[0.5], [0.5]]), torch.tensor([[1.0], [0.0]])
    >>> round(float(dice(q, y, y > -1)), 4)  # 1 - (2 x 0.5 + 1) / (0.5 + 1 + 1) / 2
    0.6
    """
    q, y = probability * known, target * known
    ratio = (2 * (q * y).sum(0) + SMOOTH) / (q.square().sum(0) + y.square().sum(0) + SMOOTH)
    count = known.sum(0)
    return _mean(torch.where(count > 0, 1 - ratio / count.clamp(min=1), ratio.detach() * 0), weight)


def dice_by_picture(
    probability: Float[Tensor, "b k"],
    target: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    weight: Float[Tensor, " k"] | None = None,
) -> Float[Tensor, ""]:
    """As the paper prints it: ``1 - (2 q y + 1) / (q^2 + y^2 + 1)`` for each label, averaged.

    >>> q, y = torch.tensor([[0.5], [0.5]]), torch.tensor([[1.0], [0.0]])
    >>> round(float(dice_by_picture(q, y, y > -1)), 4)  # (1 - 2 / 2.25 + 1 - 1 / 1.25) / 2
    0.1556
    """
    q, y = probability, target
    cost = 1 - (2 * q * y + SMOOTH) / (q.square() + y.square() + SMOOTH)
    count = known.sum(0).clamp(min=1)
    return _mean(torch.where(known, cost, torch.zeros_like(cost)).sum(0) / count, weight)


def _mean(cost: Float[Tensor, " k"], weight: Float[Tensor, " k"] | None) -> Float[Tensor, ""]:
    return cost.mean() if weight is None else (cost * weight).mean()
