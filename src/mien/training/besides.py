"""The losses of a network with several heads: the first by its objective, others beside it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from mien.data.sample import Batch
from mien.errors import InputError
from mien.losses.au import binary_cross_entropy, cross_entropy
from mien.models.output import Output

__all__ = ["Beside"]

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Of logits, target and mask."""


class Beside(nn.Module):
    """What a network with heads beside the first learns: all of them from one pass.

    Beside the losses of the first head's objective there are "occurrence", the cross-entropy of
    each unit, and "expression", that of the classes. Each is the mean over what is known in the
    batch: a picture teaches the heads that it has labels for and no other, and a head that nobody
    of a batch is labelled for costs 0.

    Args:
        first: the objective of the first head; it runs the network.
        smoothing: share of an expression that is spread over all classes.
        squeezed: take the losses beside of the sigmoid of the numbers, as the public code of
            LibreFace does with its heads one at a time; that holds logits within 0-1.
    """

    LOSSES: ClassVar[Mapping[str, Callable[..., Tensor]]] = {
        "occurrence": binary_cross_entropy,
        "expression": cross_entropy,
    }
    teaches = tuple(LOSSES)
    output: Output | None

    def __init__(self, first: nn.Module, smoothing: float = 0.0, squeezed: bool = False) -> None:
        super().__init__()
        self.first, self.squeezed = first, squeezed
        self.options: dict[str, dict[str, Any]] = {"expression": {"smoothing": smoothing}}
        self.losses = (*getattr(first, "losses", ()), *self.LOSSES)
        self.digest: str = getattr(first, "digest", "")
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses by name; of the heads that the network has."""
        found: dict[str, Tensor] = self.first(network, batch)
        output: Output = self.first.output  # type: ignore[assignment] # it has just been run
        self.output = output
        for task, loss in self.LOSSES.items():
            said = getattr(output, task)
            if said is None:
                continue
            if batch.beside is None or task not in batch.beside:
                raise InputError(
                    f"the network says {task} beside, and the batch has no labels of it; give them "
                    "in Batch.beside"
                )
            target, known = batch.beside[task]
            given = said.sigmoid() if self.squeezed else said
            found[task] = loss(given, target, known, **self.options.get(task, {}))
        return found
