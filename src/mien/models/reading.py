"""A trained network as its card promises it: pictures to probabilities, intensities or classes."""

from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError, ShapeError
from mien.face.landmarks import mirror
from mien.models.output import Output

__all__ = ["MEANT", "OUTPUTS", "Reading", "Task"]

Task = Literal["occurrence", "intensity", "expression"]

OUTPUTS: dict[str, str] = {
    "occurrence": "probability",
    "intensity": "intensity",
    "expression": "expression",
}
"""What a task's numbers are called, in `mien.values.Scores` and in the file's outputs."""


FIRST: Task = "intensity"
"""What a network of several tasks gives as its logits."""


class Reading(nn.Module):
    """A network with its last step: pictures (b, 3, s, s) to a tuple of what the card promises.

    A network that ``needs_landmarks`` is given them as well, (b, 49, 2) in pixels of the pictures.
    After the task's numbers come those of the tasks that it reads ``beside``, and then the
    ``extras`` that the network has: "maps", "landmarks".
    Occurrence gives probabilities (b, k) by the sigmoid, intensity is held within 0-5 (b, k),
    expression gives probabilities (b, c) by the softmax.

    Args:
        network: gives an `mien.models.output.Output`.
        task: what its logits mean.
        mirror: average over the picture and its mirror image: twice the time. For networks whose
            units have no sides.

    Raises:
        InputError: there is no such task, or it is not the first of a network with several.
    """

    def __init__(self, network: nn.Module, task: Task, mirror: bool = False) -> None:
        super().__init__()
        if task not in get_args(Task):
            raise InputError(f"there is no task {task!r}; there are {', '.join(get_args(Task))}")
        self.network = network
        self.task = task
        self.mirror = mirror
        self.beside: tuple[Task, ...] = getattr(network, "beside", ())
        if self.beside and task != FIRST:
            raise InputError(
                f"this network reads {FIRST} first and {', '.join(self.beside)} beside, and was "
                f"asked for {task}; set data.task={FIRST}"
            )
        self.extras: tuple[str, ...] = getattr(network, "extras", ())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what is given, in the order of the tuple."""
        return (OUTPUTS[self.task], *(OUTPUTS[task] for task in self.beside), *self.extras)

    @property
    def points(self) -> str:
        """Scheme of the landmarks that the network reads beside the picture; "" for none."""
        return "49" if getattr(self.network, "needs_landmarks", False) else ""

    def forward(
        self, image: Float[Tensor, "b 3 s s"], points: Float[Tensor, "b 49 2"] | None = None
    ) -> tuple[Tensor, ...]:
        """Read the pictures.

        Raises:
            ShapeError: the network needs landmarks and got none, or got some and needs none.
        """
        output = self._ask(image, points)
        values = self._meant(output)
        if self.mirror:
            other = None if points is None else _turned(points, image.shape[-1])
            turned = self._meant(self._ask(image.flip(3), other))
            values = [(one + two) / 2 for one, two in zip(values, turned, strict=True)]
        return (*values, *(getattr(output, name) for name in self.extras))

    def _ask(self, image: Tensor, points: Tensor | None) -> Output:
        """What the network gives."""
        if (points is None) != (not self.points):
            raise ShapeError(
                f"{type(self.network).__name__} reads pictures "
                f"{'and their landmarks' if self.points else 'only'}, and came "
                f"{'without' if points is None else 'with'} landmarks"
            )
        output: Output = self.network(image) if points is None else self.network(image, points)
        return output

    def _meant(self, output: Output) -> list[Tensor]:
        """The numbers of the task, and of those beside it."""
        if self.task == "occurrence" and output.probability is not None:
            first = output.probability
        else:
            first = MEANT[self.task](output.logits)
        return [first, *(MEANT[task](getattr(output, task)) for task in self.beside)]


MEANT: dict[str, Callable[[Tensor], Tensor]] = {
    "occurrence": torch.sigmoid,
    "intensity": partial(torch.clamp, min=0, max=5),
    "expression": partial(torch.softmax, dim=1),
}
"""What logits of a task say."""


def _turned(points: Tensor, size: int) -> Tensor:
    """Landmarks of the mirrored pictures."""
    moved = points[:, torch.from_numpy(mirror("49").copy())]
    return torch.stack([size - 1 - moved[..., 0], moved[..., 1]], dim=-1)
