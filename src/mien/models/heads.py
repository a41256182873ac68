"""One small perceptron for each unit, all of them computed at once.

The CK+ baselines give every unit a head of its own. As n separate modules ten heads of VGG are
thirty small products one after the other; here a layer of all heads is one product. The numbers are
those of n separate modules.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["GroupedLinear", "GroupedNorm", "Heads", "Part"]

Part = int | str
"""A piece of a head: the width of a linear layer, or "relu", "dropout" or "norm"."""


class GroupedLinear(nn.Module):
    """n linear layers side by side, each with weights of its own.

    Args:
        groups: n.
        inputs: numbers that each layer reads.
        outputs: numbers that each layer gives.
    """

    def __init__(self, groups: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(groups, outputs, inputs))
        self.bias = nn.Parameter(torch.empty(groups, outputs))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights as torch's own linear layer does: uniform within 1 / sqrt(inputs)."""
        bound = 1 / math.sqrt(self.weight.shape[2])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(
        self, values: Float[Tensor, "b i"] | Float[Tensor, "b n i"]
    ) -> Float[Tensor, "b n o"]:
        """Apply each layer to its own numbers, or every layer to the same ones."""
        if values.ndim == 2:
            flat = functional.linear(values, self.weight.flatten(0, 1), self.bias.flatten())
            return flat.reshape(-1, *self.bias.shape)
        products = torch.matmul(values.transpose(0, 1), self.weight.transpose(1, 2))
        return products.transpose(0, 1) + self.bias


class GroupedNorm(nn.BatchNorm1d):
    """Batch norm of n heads side by side: every number of every head has its own statistics."""

    def __init__(self, groups: int, width: int) -> None:
        super().__init__(groups * width)

    def forward(self, input: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:  # noqa: A002 - torch's name
        """Normalise."""
        return super().forward(input.flatten(1)).reshape(input.shape)


class Heads(nn.Sequential):
    """Features to one number per unit, each by a perceptron of its own.

    Args:
        groups: number of units.
        inputs: number of features.
        parts: the pieces of a head up to its last linear layer, which is added.
        dropout: share of numbers dropped in training, independently for each unit.
    """

    def __init__(self, groups: int, inputs: int, parts: Sequence[Part], dropout: float) -> None:
        layers: list[nn.Module] = []
        width = inputs
        for part in (*parts, 1):
            if isinstance(part, int):
                layers.append(GroupedLinear(groups, width, part))
                width = part
            elif part == "norm":
                layers.append(GroupedNorm(groups, width))
            else:
                layers.append(nn.ReLU() if part == "relu" else nn.Dropout(dropout))
        super().__init__(*layers)
        self.groups = groups

    def forward(self, input: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:  # noqa: A002 - torch's name
        """One number per unit."""
        values = input
        if self.training and isinstance(self[0], nn.Dropout):
            # every unit drops other features
            values = values.unsqueeze(1).expand(-1, self.groups, -1)
        for layer in self:
            values = layer(values)
        return values.squeeze(2)
