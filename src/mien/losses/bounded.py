"""The cross-entropy of EAC-Net, which never costs more than log 21.

Li et al., "EAC-Net: Deep Nets with Enhancing and Cropping for Facial Action Unit Detection", TPAMI
2018.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["bounded_cross_entropy"]

MARGIN = 0.05


def bounded_cross_entropy(
    probability: Float[Tensor, "b k"], target: Float[Tensor, "b k"], known: Bool[Tensor, "b k"]
) -> Float[Tensor, ""]:
    """Mean over the known labels of ``-log((q + 0.05) / 1.05)``, q the probability of the truth.

    Some texts print the first term as ``log(p / 1.05 + 0.5)``. That is a slip for (p + 0.05) /
    1.05: it would be negative for right answers and not mirror the second term.

    Args:
        probability: 0-1.
        target: 0 or 1.
        known: labels that are not known add nothing, and are not counted.

    >>> p, y = torch.tensor([0.0, 0.25, 0.5, 1.0]), torch.ones(1, 1)
    >>> [round(bounded_cross_entropy(q[None, None], y, y > 0).item(), 4) for q in p]
    [3.0445, 1.2528, 0.6466, 0.0]
    """
    right = target * probability + (1 - target) * (1 - probability)
    cost = -((right + MARGIN) / (1 + MARGIN)).log()
    return torch.where(known, cost, torch.zeros_like(cost)).sum() / known.sum().clamp(min=1)
