"""Which cells and anchors of YOLOv5's grids have to find which true box."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["LARGEST_RATIO", "Matches", "assign"]

LARGEST_RATIO = 4.0
"""A box is matched to anchors that are less than so many times larger or smaller, either way."""

NEAR = 0.5
"""A box is given to the neighbouring cells too whose border is nearer than this, in cells."""


class Matches(NamedTuple):
    """m cells of one grid with the boxes that they have to find; a box has several."""

    picture: Int[Tensor, " m"]
    anchor: Int[Tensor, " m"]
    row: Int[Tensor, " m"]
    column: Int[Tensor, " m"]
    box: Float[Tensor, "m 4"]
    """Centre from the cell's corner, in -0.5 to 1.5, width and height; all in cells."""
    kind: Int[Tensor, " m"]
    """Number of the class."""


def assign(
    true: Float[Tensor, "t 6"], anchors: Float[Tensor, "a 2"], rows: int, columns: int
) -> Matches:
    """Match true boxes to the anchors of one grid, and to up to three cells each.

    A box belongs to the cell of its centre, and to the nearest one beside and the nearest one
    above or below it, unless that lies outside the picture. A centre on the border of two cells is
    near both.

    Args:
        true: number of the picture, class, centre x, y, width and height as shares of the picture.
        anchors: width and height in cells.
        rows: of the grid.
        columns: of the grid.

    Returns:
        First those of the cells of the centres, anchor by anchor, then those of the cells on the
        left, above, on the right and below.
    """
    count = len(anchors)
    size = true.new_tensor([columns, rows])
    number = torch.arange(count, device=true.device).repeat_interleave(len(true))
    every = true.repeat(count, 1)
    fits = _fits(every[:, 4:] * size, anchors[number])
    every, number = every[fits], number[fits]
    centre = every[:, 2:4] * size
    moves = true.new_tensor([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * NEAR
    wanted = torch.cat([torch.ones_like(number, dtype=torch.bool)[None], _near(centre, size)])
    cell = (centre - moves[:, None])[wanted].long()
    every, number, centre = (
        one.expand(len(moves), *one.shape)[wanted] for one in (every, number, centre)
    )
    column, row = cell.T
    column, row = column.clamp(0, columns - 1), row.clamp(0, rows - 1)
    box = torch.cat([centre - cell, every[:, 4:] * size], dim=1)
    return Matches(every[:, 0].long(), number, row, column, box, every[:, 1].long())


def _fits(size: Float[Tensor, "m 2"], anchor: Float[Tensor, "m 2"]) -> Bool[Tensor, " m"]:
    """Whether a box is not too large nor too small for an anchor."""
    ratio = size / anchor
    return torch.maximum(ratio, 1 / ratio).amax(dim=1) < LARGEST_RATIO


def _near(centre: Float[Tensor, "m 2"], size: Float[Tensor, " 2"]) -> Bool[Tensor, "4 m"]:
    """Whether the cell on the left, above, on the right, below is there and near."""
    back = size - centre
    before = (centre % 1 < NEAR) & (centre > 1)
    after = (back % 1 < NEAR) & (back > 1)
    return torch.cat([before.T, after.T])
