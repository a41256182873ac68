"""Losses of action units and expressions, with a mask: what is not known teaches nothing.

An unknown label gives exactly no gradient, whatever number stands in its place, and a unit that
nobody of a batch is labelled for counts 0.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

__all__ = ["Reduction", "binary_cross_entropy", "cross_entropy", "squared_error"]

Reduction = Literal["mean", "sum-of-means"]


def binary_cross_entropy(
    logits: Float[Tensor, "b k"],
    target: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    *,
    weight: Float[Tensor, " k"] | None = None,
    pos_weight: Float[Tensor, " k"] | None = None,
    reduction: Reduction = "mean",
) -> Float[Tensor, ""]:
    """Cross-entropy of occurrence: -w (p t log s(x) + (1 - t) log (1 - s(x))).

    Args:
        logits: x, any number; s is the sigmoid.
        target: t, 0-1.
        known: which targets are known.
        weight: w, of each unit.
        pos_weight: p, of the presence of each unit.
        reduction: "mean" over all that is known; "sum-of-means" is the sum over the units of
            each one's mean, as the CK+ baselines have it: about k times as much.

    >>> known = torch.tensor([[True, True], [True, False]])
    >>> target = torch.tensor([[1.0, 0.0], [1.0, 9.0]])
    >>> round(binary_cross_entropy(torch.zeros(2, 2), target, known).item(), 4)  # log 2
    0.6931
    """
    losses = functional.binary_cross_entropy_with_logits(
        *_known(logits, target, known), pos_weight=pos_weight, reduction="none"
    )
    return _reduced(losses, known, weight, reduction)


def squared_error(
    intensity: Float[Tensor, "b k"],
    target: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    *,
    weight: Float[Tensor, " k"] | None = None,
    reduction: Reduction = "mean",
) -> Float[Tensor, ""]:
    """Squared error of intensity: w (x - t)^2.

    Args:
        intensity: x, not clipped.
        target: t, 0-5.
        known: which targets are known.
        weight: w, of each unit.
        reduction: as of `binary_cross_entropy`.

    >>> known = torch.tensor([[True, False]])
    >>> squared_error(torch.tensor([[1.0, 7.0]]), torch.tensor([[3.0, 0.0]]), known).item()
    4.0
    """
    found, true = _known(intensity, target, known)
    return _reduced((found - true).square(), known, weight, reduction)


def cross_entropy(
    logits: Float[Tensor, "b c"],
    target: Int[Tensor, " b"],
    known: Bool[Tensor, " b"],
    *,
    weight: Float[Tensor, " c"] | None = None,
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Cross-entropy of expression classes, the mean over the pictures whose class is known.

    Args:
        logits: any number per class.
        target: number of the class.
        known: which classes are known.
        weight: of each class; the mean is then the weighted one, as torch has it.
        smoothing: share of the target that is spread over all classes.

    >>> known = torch.tensor([True, False])
    >>> round(cross_entropy(torch.zeros(2, 7), torch.tensor([3, 0]), known).item(), 4)  # log 7
    1.9459
    """
    logits = torch.where(known.unsqueeze(1), logits, 0)
    target = torch.where(known, target, 0)
    losses = functional.cross_entropy(
        logits, target, weight=weight, reduction="none", label_smoothing=smoothing
    )
    counted = known.to(losses.dtype)
    if weight is not None:
        counted = counted * weight[target]
    total = torch.where(known, losses, 0).sum()
    return total / torch.where(counted.sum() > 0, counted.sum(), 1)


def _known(values: Tensor, target: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Both with 0 where nothing is known: a stray code or NaN there must not reach the loss.

    At least in 32 bits: the half precision of a network is too coarse for a loss.
    """
    exact = torch.promote_types(values.dtype, torch.float32)
    return torch.where(known, values, 0).to(exact), torch.where(known, target, 0).to(exact)


def _reduced(
    losses: Float[Tensor, "b k"],
    known: Bool[Tensor, "b k"],
    weight: Float[Tensor, " k"] | None,
    reduction: Reduction,
) -> Float[Tensor, ""]:
    """One number of a loss for each picture and unit."""
    losses = torch.where(known, losses, 0)
    if weight is not None:
        losses = losses * weight
    if reduction == "mean":
        return losses.sum() / known.sum().clamp(min=1)
    return (losses.sum(dim=0) / known.sum(dim=0).clamp(min=1)).sum()
