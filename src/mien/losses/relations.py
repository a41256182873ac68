"""Losses of ME-GraphAU: the weighted asymmetric loss, and the relations of pairs of units.

Luo et al., "Learning Multi-dimensional Edge Feature-based AU Relation Graph for Facial Action Unit
Recognition", IJCAI 2022.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

__all__ = ["edge_cross_entropy", "weighted_asymmetric"]

LEAST = 1e-8
"""Probabilities below this cost no more."""


def weighted_asymmetric(
    probability: Float[Tensor, "b k"],
    target: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    weight: Float[Tensor, " k"] | None = None,
) -> Float[Tensor, ""]:
    """Cross-entropy in which easy absent units count little.

    ``-mean w (y log p + (1 - y) p log(1 - p))`` over the known labels, where the factor p has no
    gradient. With every label known this is the mean over pictures and units.

    Args:
        probability: 0-1.
        target: 0 or 1.
        known: labels that are not known add nothing, and are not counted.
        weight: of the units, mean 1.

    >>> p, y = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])
    >>> round(float(weighted_asymmetric(p, y, y > -1)), 4)  # (log 2 + log 2 / 2) / 2
    0.5199
    """
    present = target * probability.clamp(min=LEAST).log()
    absent = (1 - target) * probability.detach() * (1 - probability).clamp(min=LEAST).log()
    cost = present + absent
    if weight is not None:
        cost = cost * weight
    count = known.sum().clamp(min=1)
    return -torch.where(known, cost, torch.zeros_like(cost)).sum() / count


def edge_cross_entropy(
    logits: Float[Tensor, "b e 4"], target: Float[Tensor, "b n"], known: Bool[Tensor, "b n"]
) -> Float[Tensor, ""]:
    """Cross-entropy of the relation of each ordered pair of units, itself included.

    Edge ``i * n + j`` belongs to class ``2 y_i + y_j``: neither, only the source j, only the target
    i, both. Pairs of which a unit is not known are left out.

    Args:
        logits: of the four classes, for each edge.
        target: 0 or 1.
        known: of the shape of ``target``.
    """
    present = target.round().long()
    pair = (2 * present[:, :, None] + present[:, None]).flatten(1)
    both = (known[:, :, None] & known[:, None]).flatten(1)
    cost = functional.cross_entropy(logits.transpose(1, 2), pair, reduction="none")
    return torch.where(both, cost, torch.zeros_like(cost)).sum() / both.sum().clamp(min=1)
