"""Objectives that need no labels, or more than labels: masked pictures, and a frozen teacher."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, runtime_checkable

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from mien.data.sample import Batch
from mien.errors import InputError, ShapeError
from mien.losses.distillation import Shortening, divergence, feature_matching, shortened
from mien.models.mae import MaskedAutoencoder, patches_of
from mien.models.output import Output

__all__ = ["Distillation", "Interprets", "Reconstruction", "weights_digest"]

LEAST = 1e-6
"""Added to the deviation of a patch, so that an even one can be divided by it."""


class Reconstruction(nn.Module):
    """Masked auto-encoding: the squared error of what is said of masked patches, no label read.

    He et al., CVPR 2022, section 3: the masked patches are drawn anew for each picture and epoch,
    the same ones in validation each time; each patch is to be said as deviations from its own mean,
    in each colour, so that how the pictures are normalised makes no difference.

    Args:
        share: of the patches that are masked.
        even: whether patches are to be said as deviations, else as normalised pixels.

    Raises:
        InputError: the share is none.
    """

    losses = ("reconstruction",)
    output: Output | None

    def __init__(self, share: float = 0.75, even: bool = True) -> None:
        super().__init__()
        if not 0 < share < 1:
            raise InputError(
                f"masked of the objective reconstruction is {share}, expected a share between 0 "
                "and 1, such as 0.75"
            )
        self.share, self.even = share, even
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The loss by its name."""
        if not isinstance(network, MaskedAutoencoder):
            raise InputError(
                f"the objective reconstruction trains a masked auto-encoder, and the network is a "
                f"{type(network).__name__}; set model.name=mae"
            )
        masked = self._masked(len(batch), network.encoder.count, network.training)
        masked = masked.to(batch.image.device)
        wanted = patches_of(batch.image, network.encoder.patch)
        if self.even:
            spread = wanted.std(dim=2, keepdim=True) + LEAST
            wanted = (wanted - wanted.mean(dim=2, keepdim=True)) / spread
        said = network(batch.image, masked)
        hidden = wanted.flatten(2)[masked].reshape(said.shape)
        return {"reconstruction": (said.float() - hidden).square().mean()}

    def _masked(self, pictures: int, count: int, training: bool) -> Bool[Tensor, "b n"]:
        """Which patches are masked, in each picture as many; drawn on the processor."""
        fixed = None if training else torch.Generator().manual_seed(0)
        order = torch.rand(pictures, count, generator=fixed).argsort(dim=1)
        hidden = min(count - 1, max(1, int(self.share * count)))
        return order.argsort(dim=1) < hidden


@runtime_checkable
class Interprets(Protocol):
    """A network whose head can be given another network's features."""

    def interpret(self, features: Tensor) -> Tensor:
        """What its head says of features."""
        ...


class Distillation(nn.Module):
    """A student's labels, and a frozen teacher's features and answers; see `mien.losses`.

    Losses "features", "divergence" and "task". The teacher stays in evaluation, gets no gradient,
    and is in no checkpoint: a run that goes on reads it again.

    Args:
        teacher: trained; gives features, and interprets those of the student.
        task: the loss of the student's logits, targets and mask, with weights of units by name.
        factors: of the losses, by name.
        weight: (k,), of the units in ``task``.
        shortening: how the student's features become as few as the teacher's.

    Raises:
        InputError: the teacher's head cannot be given features.
    """

    losses = ("features", "divergence", "task")
    weight: Tensor | None
    output: Output | None

    def __init__(
        self,
        teacher: nn.Module,
        task: Callable[..., Tensor],
        factors: Mapping[str, float],
        weight: Tensor | None = None,
        shortening: Shortening = "nearest",
    ) -> None:
        super().__init__()
        if not isinstance(teacher, Interprets):
            raise InputError(
                f"a {type(teacher).__name__} cannot teach: its head cannot be given the features "
                "of a student; name a run of mae-teacher"
            )
        self.task, self.factors, self.shortening = task, factors, shortening
        self.register_buffer("weight", weight, persistent=False)
        # in a list, not as a part: it is neither saved nor learned, nor ever in training
        self._teacher = [teacher.eval().requires_grad_(False)]
        self.digest = weights_digest(teacher)
        """Of the teacher's weights: a run that learned from another one does not go on."""
        self.output = None

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """The teacher follows to the device."""
        self._teacher[0]._apply(fn)  # type: ignore[no-untyped-call]
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses by name, each multiplied by its factor."""
        output: Output = network(batch.image)
        self.output = output
        teacher: Any = self._teacher[0]
        with torch.no_grad():
            taught = teacher(batch.image).features
            answers = teacher.interpret(taught)
        if output.features is None:
            raise ShapeError(f"a {type(network).__name__} gives no features that could be matched")
        own = shortened(output.features, taught.shape[1], self.shortening)
        found = {
            "features": feature_matching(own, taught),
            "divergence": divergence(teacher.interpret(own), answers),
            "task": self.task(output.logits, batch.target, batch.known, weight=self.weight),
        }
        return {name: self.factors[name] * loss for name, loss in found.items()}


def weights_digest(network: nn.Module) -> str:
    """sha256 of a network's weights."""
    total = hashlib.sha256()
    for name, value in network.state_dict().items():
        total.update(name.encode())
        total.update(value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
