"""A detector in the one loop: its objective, its figures, and what it says as boxes."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mien.data import boxshares
from mien.data.sample import Batch
from mien.evaluation.detection import LEAST, OVERLAP, Boxes, average_precisions, match, means
from mien.face.suppression import suppress
from mien.losses.detection import Gains, detection, gains
from mien.models.decoding import corners, decode
from mien.models.output import Output
from mien.models.yolo import Yolo
from mien.training.boxrecipe import BoxGains

__all__ = ["BoxMeter", "Detect", "boxes_of", "true_boxes"]

PER_MAP50 = 0.1
"""Weight of mAP50 in the figure that chooses the epoch; the rest is that of mAP50-95."""


class Detect(nn.Module):
    """YOLOv5's losses with their factors: "box", "objectness", "class".

    Args:
        size: side of the pictures in pixels.
        classes: how many there are.
        factors: of the losses.
    """

    losses = ("box", "objectness", "class")
    output: Output | None

    def __init__(self, size: int, classes: int, factors: BoxGains) -> None:
        super().__init__()
        base = Gains(factors.box, factors.objectness, factors.kind)
        self.gains = [factors.nominal * one for one in gains(size, classes, base)]
        self.output = None

    def forward(self, network: Yolo, batch: Batch) -> dict[str, Tensor]:
        """The losses by name."""
        grids = network.grids(batch.image)
        self.output = Output(torch.cat([one.flatten(1, 3) for one in grids], dim=1))
        found = detection(grids, batch.target, network.anchors)
        return {
            name: gain * loss for (name, loss), gain in zip(found.items(), self.gains, strict=True)
        }


def boxes_of(
    output: Output, anchors: Tensor, size: int, least: float = LEAST, overlap: float = OVERLAP
) -> list[Boxes]:
    """What a detector says of b pictures, in pixels of their squares."""
    decoded = decode(output.logits.detach().float(), anchors, size, size).cpu()
    found = []
    for box, score in zip(*corners(decoded), strict=True):
        kept = suppress(
            box.numpy(), score.numpy(), least=least, overlap=overlap, several=score.shape[1] > 1
        )
        found.append(Boxes(kept.box, kept.kind, kept.score))
    return found


def true_boxes(batch: Batch, size: int) -> list[Boxes]:
    """The labels of a batch in the same pixels."""
    told = batch.target.cpu().numpy()
    box = boxshares.corners(told[:, 2:], size, size)
    mine = [told[:, 0] == number for number in range(len(batch))]
    return [Boxes(box[rows], told[rows, 1].astype(np.int64)) for rows in mine]


class BoxMeter:
    """mAP50, mAP50-95 and the fitness that chooses the epoch, over a validation pass.

    Args:
        network: whose anchors decode the output; the meter does not run it.
        size: side of the pictures.
        names: of the classes.
    """

    def __init__(self, network: Yolo, size: int, names: Sequence[str]) -> None:
        self._network, self._size, self._names = network, size, tuple(names)
        self._said: list[Boxes] = []
        self._true: list[Boxes] = []

    def update(self, output: Output, batch: Batch) -> None:
        """Take in one batch."""
        self._said += boxes_of(output, self._network.anchors, self._size)
        self._true += true_boxes(batch, self._size)

    def compute(self) -> Mapping[str, float]:
        """Figures over all processes."""
        said, true = _everywhere(self._said), _everywhere(self._true)
        figures = average_precisions(match(said, true, len(self._names)))
        first, every = means(figures)
        fitness = PER_MAP50 * first + (1 - PER_MAP50) * every
        return {
            "map50": first,
            "map50_95": every,
            "fitness": fitness,
            **{
                f"map50/{name}": float(of)
                for name, of in zip(self._names, figures[:, 0], strict=True)
            },
        }

    def reset(self) -> None:
        """Forget everything."""
        self._said, self._true = [], []


def _everywhere(mine: list[Boxes]) -> list[Boxes]:
    """The boxes of all processes."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return mine
    every: list[list[Boxes]] = [[] for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather_object(every, mine)
    return [one for some in every for one in some]
