"""A moving average of a network's weights, which is what is validated and kept."""

import copy
import math

import torch
from torch import Tensor, nn

__all__ = ["Average"]

RISE = 2000
"""Updates after which the decay has come within a third of its value."""


class Average(nn.Module):
    """The average; its state goes into the checkpoint with the rest.

    At update t of the weights w the average becomes ``d a + (1 - d) w`` with
    ``d = decay (1 - exp(-t / 2000))``: at first it follows at once. What is no floating number is
    taken over.

    Args:
        network: whose weights are averaged; it is copied.
        decay: of the average in a long training, 0-1.
    """

    updates: Tensor

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights after a step."""
        self.updates += 1
        keep = self.decay * (1 - math.exp(-int(self.updates) / RISE))
        newest = network.state_dict()
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                value.lerp_(newest[name].detach(), 1 - keep)
            else:
                value.copy_(newest[name])
