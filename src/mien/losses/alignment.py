"""Losses of landmarks and of attention maps.

Shao et al., "JÂA-Net: Joint Facial Action Unit Detection and Face Alignment via Adaptive
Attention", IJCV 2021.
"""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

__all__ = ["landmark_distance", "map_refinement"]


def landmark_distance(
    points: Float[Tensor, "b p 2"], target: Float[Tensor, "b p 2"], eyes: Float[Tensor, " b"]
) -> Float[Tensor, ""]:
    """Squared distances of the landmarks, summed, over twice the squared eye distance.

    Args:
        points: in pixels of the crop.
        target: in the same pixels.
        eyes: distance between the eye centres, in the same pixels (not squared).

    >>> import torch
    >>> zero = torch.zeros(1, 2, 2)
    >>> float(landmark_distance(zero, zero + 3, torch.tensor([6.0])))  # 4 x 9 / (2 x 36)
    0.5
    """
    return ((points - target).square().sum(dim=(1, 2)) / (2 * eyes.square())).mean()


def map_refinement(
    maps: Float[Tensor, "b k m m"], drawn: Float[Tensor, "b k n n"]
) -> Float[Tensor, ""]:
    """How far refined maps have gone from the drawn ones: binary cross-entropy, summed over units.

    The drawn maps are brought to the size of the others by taking the nearest cell before.

    >>> import torch
    >>> half = torch.full((1, 2, 4, 4), 0.5)
    >>> round(float(map_refinement(half, torch.ones(1, 2, 8, 8))), 4)  # 2 log 2
    1.3863
    """
    goal = functional.interpolate(drawn.detach(), maps.shape[-2:], mode="nearest")
    cost = functional.binary_cross_entropy(maps, goal, reduction="none")
    return cost.mean(dim=(0, 2, 3)).sum()
