"""Sharpness-aware minimisation: weights around which the loss stays low, not only where it is low.

Foret, Kleiner, Mobahi, Neyshabur, "Sharpness-Aware Minimization for Efficiently Improving
Generalization", ICLR 2021.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

__all__ = ["SAM"]

LEAST = 1e-12
"""Added to the norm of the gradient, which may be 0."""


class SAM(torch.optim.Adam):
    """Adam by the gradient at the point a small step uphill (the paper's algorithm 1).

    Each step runs its closure twice: at the weights, and at the weights plus ``rho`` along the
    gradient of all parameters together. The loss that it returns is that of the first.

    Args:
        parameters: as torch's Adam takes them.
        rho: length of the step uphill.
        settings: of Adam.
    """

    def __init__(self, parameters: Any, rho: float, **settings: Any) -> None:  # noqa: ANN401 - torch's
        super().__init__(parameters, **settings)
        self.rho = rho

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override] # noqa: ANN401 - torch's
        """Look twice, then step from where the weights were.

        Args:
            closure: computes the loss anew, with its gradients, and returns it.
        """
        loss = closure()
        before = self._climb()
        closure()
        with torch.no_grad():
            for parameter, value in before:
                parameter.copy_(value)
        super().step()
        return loss

    @torch.no_grad()
    def _climb(self) -> list[tuple[Tensor, Tensor]]:
        """Go uphill; the parameters that moved, with their values before."""
        moved: list[tuple[Tensor, Tensor]] = [
            (one, one.grad)
            for group in self.param_groups
            for one in group["params"]
            if one.grad is not None
        ]
        if not moved:
            return []
        device = moved[0][0].device
        norm = torch.stack([gradient.norm().to(device) for _, gradient in moved]).norm()
        scale = self.rho / (norm + LEAST)
        before = [(one, one.clone()) for one, _ in moved]
        for one, gradient in moved:
            one.add_(gradient * scale.to(one.device))
        return before
