"""Attention maps around the centres of action units: one vectorised function for all networks."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from mien.facs.regions import Centres

__all__ = ["centres", "draw_maps"]


def centres(
    points: Float[Tensor, "b p 2"], table: Sequence[Centres], corners: tuple[int, int]
) -> Float[Tensor, "b k 2 2"]:
    """Both centres of each unit, x and y in the pixels of the points.

    Args:
        points: landmarks.
        table: the centres wanted.
        corners: index of the inner eye corners, whose distance along x is the unit of ``down``.
    """
    places = torch.tensor([one.points for one in table], device=points.device)
    down = torch.tensor([one.down for one in table], dtype=points.dtype, device=points.device)
    reach = (points[:, corners[0], 0] - points[:, corners[1], 0]).abs()
    moved = points[:, places.flatten()].reshape(-1, len(table), 2, 2)
    shift = (reach[:, None] * down)[:, :, None].expand(-1, -1, 2)
    return torch.stack([moved[..., 0], moved[..., 1] + shift], dim=-1)


def draw_maps(
    cells: Float[Tensor, "b k m 2"],
    side: int,
    slope: float,
    window: tuple[int, int],
    *,
    cling: bool = False,
) -> Float[Tensor, "b k s s"]:
    """Pyramids around m centres for each of k maps, joined by their maximum.

    A cell of the window is ``max(0, 1 - slope (|dx| + |dy|))``; all others are 0.

    Args:
        cells: whole numbers, x and y of the centres in cells; may lie outside.
        side: of the map.
        slope: by which the value falls per cell.
        window: cells of the window before and after the centre, in both directions.
        cling: a window that leaves the map still covers its outermost row or column, where values
            follow the true distance, as in JAA-Net; else it is cut off.
    """
    line = torch.arange(side, dtype=cells.dtype, device=cells.device)
    before, after = window
    first, last = cells - before, cells + after
    if cling:
        first, last = first.clamp(0, side - 1), last.clamp(0, side - 1)
    inside = (line >= first[..., None]) & (line <= last[..., None])
    away = (line - cells[..., None]).abs()
    (x, y), (in_x, in_y) = away.unbind(3), inside.unbind(3)
    height = (1 - slope * (y[..., :, None] + x[..., None, :])).clamp(min=0)
    covered = in_y[..., :, None] & in_x[..., None, :]
    return torch.where(covered, height, torch.zeros_like(height)).amax(dim=2)
