"""Layers folded into a convolution beside them: the same numbers, fewer steps."""

import copy
from typing import TypeVar

import torch
from torch import nn

from mien.models.yolo import CBS

__all__ = ["folded", "without_pools"]

Network = TypeVar("Network", bound=nn.Module)


def folded(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose `CBS` blocks have a bias in place of their norm.

    ``w' = w g / sqrt(v + e)`` and ``b' = b - m g / sqrt(v + e)``, with the norm's scale g and
    shift b, running mean m and variance v.
    """
    network = copy.deepcopy(network).eval()
    for block in network.modules():
        if isinstance(block, CBS) and isinstance(block.bn, nn.BatchNorm2d):
            block.conv = _joined(block.conv, block.bn)
            block.bn = nn.Identity()
    return network


def without_pools(network: Network) -> Network:
    """A copy in evaluation mode that averages no squares before convolutions of single pixels.

    Where a sequence begins with an average over squares of k pixels, side by side, and a 1 by 1
    convolution w without bias, one convolution of k by k with ``w / k^2`` everywhere does both.
    In 8 bits averaging takes several times as long as such a convolution.
    """
    network = copy.deepcopy(network).eval()
    for block in network.modules():
        if isinstance(block, nn.Sequential) and len(block) > 1:
            pool, conv = block[0], block[1]
            if isinstance(pool, nn.AvgPool2d) and isinstance(conv, nn.Conv2d) and _single(conv):
                block[0], block[1] = _pooling(conv, pool), nn.Identity()
    return network


def _single(conv: nn.Conv2d) -> bool:
    """Whether a convolution weighs the channels of single pixels and does nothing else."""
    alone = conv.kernel_size == (1, 1) and conv.stride == (1, 1) and conv.padding == (0, 0)
    return alone and conv.groups == 1 and conv.bias is None


def _pooling(conv: nn.Conv2d, pool: nn.AvgPool2d) -> nn.Conv2d:
    """A convolution that averages the squares that it reads."""
    side = pool.kernel_size
    if not isinstance(side, int) or pool.stride != side or pool.padding != 0:
        raise TypeError(f"got {pool}, expected squares side by side")
    out = nn.Conv2d(
        conv.in_channels, conv.out_channels, side, side, bias=False, device=conv.weight.device
    )
    with torch.no_grad():
        out.weight.copy_(conv.weight.expand(-1, -1, side, side) / side**2)
    return out.requires_grad_(False)


def _joined(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution that does both."""
    if norm.running_mean is None or norm.running_var is None:  # pragma: no cover - not ours
        raise TypeError("the norm keeps no mean and variance")
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    out = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type] # torch's own types of a pair
        conv.stride,  # type: ignore[arg-type]
        conv.padding,  # type: ignore[arg-type]
        device=conv.weight.device,
    )
    with torch.no_grad():
        out.weight.copy_(conv.weight * factor[:, None, None, None])
        if out.bias is not None:
            out.bias.copy_(norm.bias - norm.running_mean * factor)
    return out.requires_grad_(False)
