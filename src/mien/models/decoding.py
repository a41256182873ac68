"""From the numbers of YOLOv5's three grids to boxes in pixels."""

from typing import NamedTuple, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mien.models.output import Output

__all__ = ["STRIDES", "Cells", "Decoded", "cells", "decode"]

STRIDES = (8, 16, 32)
"""Pixels of a cell of each grid."""

GRIDS = tuple[tuple[int, int], ...]


class Cells(NamedTuple):
    """What the n rows of the output stand for."""

    place: Int[Tensor, "n 2"]
    """Column and row of the cell."""
    stride: Int[Tensor, "n 1"]
    """Pixels of a cell."""
    anchor: Float[Tensor, "n 2"]
    """Width and height in pixels."""


def shapes(height: int, width: int) -> GRIDS:
    """Rows and columns of each grid, of a picture in pixels.

    >>> shapes(64, 96)
    ((8, 12), (4, 6), (2, 3))
    """
    return tuple((height // step, width // step) for step in STRIDES)


def cells(anchors: Float[Tensor, "3 a 2"], height: int, width: int) -> Cells:
    """The cells of all grids in the order of the output: grid, anchor, row, column.

    Args:
        anchors: width and height per grid in its cells.
        height: of the picture in pixels.
        width: of the picture in pixels.
    """
    places, strides, sizes = [], [], []
    count = anchors.shape[1]
    for step, own, (rows, columns) in zip(STRIDES, anchors, shapes(height, width), strict=True):
        down = torch.arange(rows, device=anchors.device)
        across = torch.arange(columns, device=anchors.device)
        place = torch.stack(torch.meshgrid(across, down, indexing="xy"), dim=-1).reshape(-1, 2)
        places.append(place.repeat(count, 1))
        strides.append(torch.full((count * len(place), 1), step, device=anchors.device))
        sizes.append((own * step).repeat_interleave(len(place), dim=0))
    return Cells(torch.cat(places), torch.cat(strides), torch.cat(sizes))


def decode(
    numbers: Float[Tensor, "b n d"], anchors: Float[Tensor, "3 a 2"], height: int, width: int
) -> Float[Tensor, "b n d"]:
    """Boxes as YOLOv5 means its numbers.

    With the sigmoid s of each: centre ``(2 s - 0.5 + cell) * stride``, size
    ``(2 s)^2 * anchor``; objectness and classes are s itself.

    Args:
        numbers: (b, n, 5 + c) before any sigmoid.
        anchors: width and height per grid in its cells.
        height: of the picture in pixels.
        width: of the picture in pixels.

    Returns:
        x and y of the centre, width and height in pixels, objectness and classes 0-1.

    >>> decode(torch.zeros(1, 252, 6), torch.ones(3, 3, 2), 64, 64)[0, 1].tolist()
    [12.0, 4.0, 8.0, 8.0, 0.5, 0.5]
    """
    of = cells(anchors, height, width)
    said = numbers.sigmoid()
    centre = (2 * said[..., :2] - 0.5 + of.place) * of.stride
    size = (2 * said[..., 2:4]).square() * of.anchor
    return torch.cat((centre, size, said[..., 4:]), dim=-1)


class Decoded(nn.Module):
    """A detector as its file promises it: pictures to corners and scores of all n boxes.

    Args:
        network: gives an `mien.models.output.Output` of (b, n, 5 + c), and has ``anchors``.
    """

    outputs = ("boxes", "scores")

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, image: Float[Tensor, "b 3 h w"]
    ) -> tuple[Float[Tensor, "b n 4"], Float[Tensor, "b n c"]]:
        """Corners x0, y0, x1, y1 in pixels of the picture, and objectness times class, 0-1."""
        output: Output = self.network(image)
        anchors = cast(Tensor, self.network.anchors)
        return corners(decode(output.logits, anchors, image.shape[2], image.shape[3]))


def corners(
    decoded: Float[Tensor, "b n d"],
) -> tuple[Float[Tensor, "b n 4"], Float[Tensor, "b n c"]]:
    """Corners and scores of decoded boxes."""
    centre, half = decoded[..., :2], decoded[..., 2:4] / 2
    return (
        torch.cat((centre - half, centre + half), dim=-1),
        decoded[..., 4:5] * decoded[..., 5:],
    )
