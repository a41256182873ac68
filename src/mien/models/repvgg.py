"""RepVGG: a row of 3x3 convolutions that learns as three branches and reads as one.

Ding et al., "RepVGG: Making VGG-style ConvNets Great Again", CVPR 2021. While it learns, each step
is the sum of a 3x3 convolution, a 1x1 convolution and, where shapes allow, what came in, each with
a norm of its own. `fused` makes one convolution of the three, with the same result in evaluation;
files are written so. Names of tensors are those of timm.
"""

import copy
from collections import OrderedDict
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["A0", "RepVGG", "Shape", "fused"]


class Shape(NamedTuple):
    """How deep and wide a network is."""

    depths: tuple[int, ...]
    """Steps of each stage after the stem; the first of each halves the picture."""
    widths: tuple[int, ...]
    """Channels of the stem and of each stage."""


A0 = Shape((2, 4, 14, 1), (48, 48, 96, 192, 1280))


class Branch(nn.Module):
    """A convolution and its norm."""

    def __init__(self, inward: int, outward: int, side: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inward, outward, side, stride, side // 2, bias=False)
        self.bn = nn.BatchNorm2d(outward)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o g v"]:
        return self.bn(self.conv(x))  # type: ignore[no-any-return]


class Step(nn.Module):
    """Three branches, added."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        super().__init__()
        same = inward == outward and stride == 1
        self.identity = nn.BatchNorm2d(inward) if same else None
        self.conv_kxk = Branch(inward, outward, 3, stride)
        self.conv_1x1 = Branch(inward, outward, 1, stride)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o g v"]:
        found: Tensor = self.conv_kxk(x) + self.conv_1x1(x)
        return functional.relu(found if self.identity is None else found + self.identity(x))

    @torch.no_grad()
    def joined(self) -> nn.Sequential:
        """The one convolution that all branches amount to in evaluation, and what follows it."""
        weight, bias = _folded(self.conv_kxk.conv.weight, self.conv_kxk.bn)
        middle, more = _folded(self.conv_1x1.conv.weight, self.conv_1x1.bn)
        bias = bias + more
        if self.identity is not None:
            eye = torch.eye(len(bias), dtype=weight.dtype, device=weight.device)
            straight, more = _folded(eye[:, :, None, None], self.identity)
            middle, bias = middle + straight, bias + more
        old = self.conv_kxk.conv
        new = nn.Conv2d(old.in_channels, old.out_channels, 3, old.stride, 1).to(weight)  # type: ignore[arg-type]
        new.weight.copy_(weight + functional.pad(middle, (1, 1, 1, 1)))
        new.bias.copy_(bias)  # type: ignore[union-attr]
        return nn.Sequential(new, nn.ReLU())


class RepVGG(nn.Module):
    """A picture to the means of its last map, (b, 1280) for A0."""

    def __init__(self, shape: Shape = A0) -> None:
        super().__init__()
        self.stem = Step(3, shape.widths[0], 2)
        stages = [
            nn.Sequential(
                *(Step(before if n == 0 else after, after, 2 if n == 0 else 1) for n in range(deep))
            )
            for (before, after), deep in zip(pairwise(shape.widths), shape.depths, strict=True)
        ]
        self.stages = nn.Sequential(OrderedDict((str(n), one) for n, one in enumerate(stages)))
        self.width = shape.widths[-1]
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b d"]:
        """Read normalised pictures."""
        return self.stages(self.stem(image)).mean(dim=(2, 3))  # type: ignore[no-any-return]


def fused(network: nn.Module) -> nn.Module:
    """A network whose steps are one convolution each: the same result in evaluation, and faster.

    Args:
        network: may hold a RepVGG; is left as it is.

    Returns:
        A copy in evaluation, which is not to be trained; without a RepVGG the network itself.
    """
    if not any(isinstance(one, Step) for one in network.modules()):
        return network
    network = copy.deepcopy(network).eval()
    steps = [(name, one) for name, one in network.named_modules() if isinstance(one, Step)]
    for name, step in steps:
        where, _, last = name.rpartition(".")
        setattr(network.get_submodule(where), last, step.joined())
    return network


def _folded(
    weight: Float[Tensor, "o c s s"], norm: nn.BatchNorm2d
) -> tuple[Float[Tensor, "o c s s"], Float[Tensor, " o"]]:
    """A convolution with the norm behind it as one convolution with a bias."""
    mean, variance = norm.running_mean, norm.running_var
    if mean is None or variance is None:  # pragma: no cover - our norms keep them
        raise TypeError("a norm without statistics cannot be folded")
    factor = norm.weight / (variance + norm.eps).sqrt()
    return weight * factor[:, None, None, None], norm.bias - mean * factor
