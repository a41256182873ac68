"""A batch as networks and objectives see it; needs torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Self

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["Batch", "Labelled"]


class Labelled(NamedTuple):
    """What one task says of the pictures."""

    target: Tensor
    known: Tensor
    """Of the shape of ``target``."""


@dataclass(frozen=True, eq=False)
class Batch:
    """b pictures, or rows of numbers, with what is known of them."""

    image: Float[Tensor, "b 3 s s"] | Float[Tensor, "b d"]
    """Normalised as the card says; or the features of a mesh."""
    target: Tensor
    """(b, k) float: 0-1 occurrence, 0-5 intensity; (b,) long: number of the class; or (t, 6) float:
    t boxes, see `mien.data.boxloading`."""
    known: Bool[Tensor, "b k"] | Bool[Tensor, " b"]
    """Of the shape of ``target``."""
    landmarks: Float[Tensor, "b p 2"] | None = None
    """Pixels of the crop as the network sees it."""
    eyes: Float[Tensor, " b"] | None = None
    """Distance between the eye centres in the same pixels (not squared)."""
    row: Tensor | None = None
    """(b,) long: number of the picture in its table, to look up subject and path."""
    beside: Mapping[str, Labelled] | None = None
    """What is known of them for other tasks, by their names, in the form of ``target``."""

    def __len__(self) -> int:
        return len(self.image)

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Self:
        """The same on another device."""
        return self._each(lambda one: one.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """The same in page-locked memory."""
        return self._each(lambda one: one.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> Self:
        changed = {
            item.name: change(value)
            for item in fields(self)
            if isinstance(value := getattr(self, item.name), Tensor)
        }
        beside = self.beside and {
            task: Labelled(*map(change, one)) for task, one in self.beside.items()
        }
        return replace(self, **changed, beside=beside)
