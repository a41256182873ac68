"""A trained network as its card promises it: pictures to probabilities, intensities or classes."""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.models.output import Output

__all__ = ["OUTPUTS", "Reading", "Task"]

Task = Literal["occurrence", "intensity", "expression"]

OUTPUTS: dict[str, str] = {
    "occurrence": "probability",
    "intensity": "intensity",
    "expression": "expression",
}
"""What a task's numbers are called, in `mien.values.Scores` and in the file's outputs."""


class Reading(nn.Module):
    """A network with its last step: pictures (b, 3, s, s) to a tuple of what the card promises.

    Occurrence gives probabilities (b, k) by the sigmoid, intensity is held within 0-5 (b, k),
    expression gives probabilities (b, c) by the softmax.

    Args:
        network: gives an `mien.models.output.Output`.
        task: what its logits mean.
        mirror: average over the picture and its mirror image: twice the time. For networks whose
            units have no sides.

    Raises:
        InputError: there is no such task.
    """

    def __init__(self, network: nn.Module, task: Task, mirror: bool = False) -> None:
        super().__init__()
        if task not in get_args(Task):
            raise InputError(f"there is no task {task!r}; there are {', '.join(get_args(Task))}")
        self.network = network
        self.task = task
        self.mirror = mirror

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what is given, in the order of the tuple."""
        return (OUTPUTS[self.task],)

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> tuple[Float[Tensor, "b k"], ...]:
        """Read the pictures."""
        values = self._read(image)
        if self.mirror:
            values = (values + self._read(image.flip(3))) / 2
        return (values,)

    def _read(self, image: Tensor) -> Tensor:
        output: Output = self.network(image)
        logits = output.logits
        if self.task == "occurrence":
            ready = output.probability
            return torch.sigmoid(logits) if ready is None else ready
        if self.task == "intensity":
            return torch.clamp(logits, 0, 5)
        return torch.softmax(logits, dim=1)
