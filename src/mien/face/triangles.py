"""The mesh as a surface: which points make a triangle, and which triangle covers a pixel.

The table is our own: a Delaunay triangulation of one half of the frontal reference shape, seen
from a point inside the head, with the rims of lips, lids and brows kept as edges, and mirrored.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.values import Float32

__all__ = [
    "LEFT_EYE",
    "MOUTH",
    "RIGHT_EYE",
    "SKIN",
    "mesh_triangles",
    "rasterise",
    "triangle_regions",
]

SKIN, MOUTH, RIGHT_EYE, LEFT_EYE = 0, 1, 2, 3
"""Regions of a triangle: skin, or the opening between the lips or the lids (the person's sides)."""

CHUNK = 500_000
"""Pixels looked at in one step: bounds the memory to some 40 MB whatever the picture's size."""


def mesh_triangles() -> NDArray[np.int32]:
    """Return int32 (898, 3): mesh points of each triangle, clockwise on screen in a frontal face.

    >>> mesh_triangles().shape
    (898, 3)
    """
    return _table()[0]


def triangle_regions() -> NDArray[np.uint8]:
    """Return uint8 (898,): SKIN, MOUTH, RIGHT_EYE or LEFT_EYE for each triangle of the mesh."""
    return _table()[1]


def rasterise(
    points: NDArray[np.floating], triangles: NDArray[np.integer], height: int, width: int
) -> tuple[NDArray[np.int32], Float32]:
    """Say for every pixel which triangle covers its centre, and where in the triangle it lies.

    Args:
        points: (p, 2) x, y in pixels, or (p, 3) with a depth: the smallest is nearest and seen.
            Without depth the last triangle of the list is seen.
        triangles: (t, 3) rows of ``points``, in either turning sense.
        height: rows of the picture.
        width: columns of the picture.

    Returns:
        int32 (height, width), the row of ``triangles`` or -1; and float32 (height, width, 3), the
        weights of the three corners (they sum to 1; 0 where there is no triangle).

    >>> square = np.array([[0, 0], [2, 0], [2, 2], [0, 2]], np.float32)
    >>> rasterise(square, np.array([[0, 1, 2]]), 3, 3)[0].tolist()
    [[0, 0, 0], [-1, 0, 0], [-1, -1, 0]]
    """
    index = np.full(height * width, -1, np.int32)
    weights = np.zeros((height * width, 3), np.float32)
    depth = np.full(height * width, np.inf, np.float32)
    boxes = _boxes(points, triangles, height, width)
    steps = np.cumsum(boxes.columns * boxes.lines) // CHUNK
    for part in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(steps)) + 1):
        pixel, box, inside, far = _fragments(boxes.take(part), width)
        if points.shape[1] == 3:
            order = np.argsort(-far, kind="stable")  # numpy keeps the last of repeated indices
            order = order[far[order] < depth[pixel[order]]]
            pixel, box, inside = pixel[order], box[order], inside[order]
            depth[pixel] = far[order]
        index[pixel] = boxes.row[part][box]
        weights[pixel] = inside
    return index.reshape(height, width), weights.reshape(height, width, 3)


class _Boxes(NamedTuple):
    """The triangles that can cover a pixel's centre, each with the pixels around it."""

    row: NDArray[np.int32]
    left: NDArray[np.int32]
    top: NDArray[np.int32]
    columns: NDArray[np.int32]
    lines: NDArray[np.int32]
    planes: Float32
    """(t, 3, 3): the first corner's weight, the second's and the depth at left, top of the box,
    and what each gains per pixel to the right and per pixel down."""

    def take(self, rows: NDArray[np.intp]) -> "_Boxes":
        """Return the boxes of these rows only."""
        row, left, top = self.row[rows], self.left[rows], self.top[rows]
        return _Boxes(row, left, top, self.columns[rows], self.lines[rows], self.planes[rows])


@cache
def _table() -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    path = files("mien.face") / "files" / "triangles.npz"
    with path.open("rb") as file, np.load(file) as table:
        triangles, regions = table["triangles"].astype(np.int32), table["region"]
    triangles.flags.writeable = regions.flags.writeable = False
    return triangles, regions


def _boxes(
    points: NDArray[np.floating], triangles: NDArray[np.integer], height: int, width: int
) -> _Boxes:
    """Find the box of each triangle in the picture; drop those without a pixel's centre or area."""
    flat = points[:, :2].astype(np.float64)
    x, y = (flat[:, axis][triangles] for axis in (0, 1))
    left, top = (np.ceil(np.maximum(v.min(1), 0)).astype(np.int32) for v in (x, y))
    right = np.floor(np.minimum(x.max(1), width - 1)).astype(np.int32)
    bottom = np.floor(np.minimum(y.max(1), height - 1)).astype(np.int32)
    twice = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    row = np.flatnonzero((right >= left) & (bottom >= top) & (np.abs(twice) > 1e-9))
    left, top, x, y, twice = left[row], top[row], x[row], y[row], twice[row]
    planes = np.zeros((len(row), 3, 3))
    for corner, (second, third) in enumerate(((1, 2), (2, 0))):
        planes[:, corner, 1] = (y[:, second] - y[:, third]) / twice
        planes[:, corner, 2] = (x[:, third] - x[:, second]) / twice
        planes[:, corner, 0] = planes[:, corner, 1] * (left - x[:, third])
        planes[:, corner, 0] += planes[:, corner, 2] * (top - y[:, third])
    if points.shape[1] == 3:
        z = points[:, 2].astype(np.float64)[triangles[row]]
        planes[:, 2] = planes[:, 0] * (z[:, 0] - z[:, 2])[:, None]
        planes[:, 2] += planes[:, 1] * (z[:, 1] - z[:, 2])[:, None]
        planes[:, 2, 0] += z[:, 2]
    columns, lines = right[row] - left + 1, bottom[row] - top + 1
    return _Boxes(row.astype(np.int32), left, top, columns, lines, planes.astype(np.float32))


def _fragments(
    boxes: _Boxes, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], Float32, Float32]:
    """Return every pixel under every triangle: its place, the box, the weights, the depth."""
    pixels = boxes.columns * boxes.lines
    box = np.repeat(np.arange(len(pixels), dtype=np.int32), pixels)
    first = np.cumsum(pixels, dtype=np.int32) - pixels
    place = np.arange(len(box), dtype=np.int32) - first[box]
    down = place // boxes.columns[box]
    across = place - down * boxes.columns[box]
    planes = boxes.planes[box]
    values = planes[:, :, 0] + planes[:, :, 1] * across[:, None] + planes[:, :, 2] * down[:, None]
    third = 1 - values[:, 0] - values[:, 1]
    slack = np.float32(-1e-5)  # a pixel on the edge of two triangles belongs to at least one
    seen = np.flatnonzero((values[:, 0] >= slack) & (values[:, 1] >= slack) & (third >= slack))
    box, values = box[seen], values[seen]
    pixel = (boxes.top[box] + down[seen]) * width + boxes.left[box] + across[seen]
    weights = np.column_stack([values[:, :2], third[seen]]).clip(0, 1)
    return pixel, box, weights, values[:, 2]
