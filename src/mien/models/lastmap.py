"""The last part of a network whose numbers still have places of the picture, and how they lie.

A network names it as ``last_map``: Grad-CAM asks it. Those whose units see parts of the face only,
and those that say nothing of a face as a whole, name none.

Letters: b pictures, d numbers of a place, h and w rows and columns of places, n tokens.
"""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["LastMap", "Lie"]

Lie = Literal["channels first", "channels last", "tokens"]
"""(b, d, h, w); (b, h, w, d); or (b, n, d), places row by row and as many rows as columns."""


@dataclass(frozen=True, eq=False)
class LastMap:
    """A part of a network, and how what it gives lies."""

    part: nn.Module
    lie: Lie = "channels first"
    before: int = 0
    """Tokens before those of places, such as a class token."""
    scales: int = 1
    """Maps of the same places that come one after the other."""

    def spread(self, given: Tensor) -> Float[Tensor, "b d h w"]:
        """What the part gave as one map; numbers of all scales are those of a place.

        >>> LastMap(nn.Identity(), "tokens", before=1).spread(torch.arange(5.0)[None, :, None])
        tensor([[[[1., 2.],
                  [3., 4.]]]])
        """
        if self.lie == "channels first":
            return given
        if self.lie == "channels last":
            return given.permute(0, 3, 1, 2)
        tokens = given[:, self.before :]
        side = isqrt(tokens.shape[1] // self.scales)
        scales = tokens.reshape(len(given), self.scales, side, side, -1)
        return scales.movedim(-1, 2).flatten(1, 2)

    def laid(self, spread: Float[Tensor, "b d h w"], given: Tensor) -> Tensor:
        """A map as the part gave it.

        Args:
            spread: the map.
            given: what the part gave, of which the tokens before the places are taken.
        """
        if self.lie == "channels first":
            return spread
        if self.lie == "channels last":
            return spread.permute(0, 2, 3, 1)
        scales = spread.reshape(len(given), self.scales, -1, *spread.shape[2:])
        tokens = scales.movedim(2, -1).flatten(1, 3)
        return torch.cat([given[:, : self.before], tokens], dim=1)
