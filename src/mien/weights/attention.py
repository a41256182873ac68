"""The attention mesh's own operations, written with standard ONNX ones.

The mesh network looks three times more closely at its own feature map: at the lips and at each
eye. From its first guess of the mesh it derives a rotated rectangle around the region, samples
16 x 16 cells of the feature map in it, and brings the points found there back to the crop.

Points are rows here, so a transform of cells c to points p is ``p = c @ linear + shift``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import WeightsError
from mien.weights.onnxwriter import OnnxWriter

__all__ = ["Transform", "apply", "matrix", "sample", "scale_shift"]

CELL = 0.5
"""Centre of a cell from its corner: cells are taken at i + 0.5, pixels lie at whole numbers."""

SMALLEST_AXIS = 1e-6
"""Floor of the distance that is divided by, so that a collapsed mesh gives no NaN."""


@dataclass(frozen=True)
class Transform:
    """Names of the values of an affine map from cells of a region to the feature map."""

    linear: str
    """(batch, 2, 2), rows."""
    shift: str
    """(batch, 1, 2)."""


def matrix(writer: OnnxWriter, points: str, options: Mapping[str, Any]) -> Transform:
    """The upright rectangle, in the region's own axes, around some points of the mesh.

    Args:
        writer: the graph under construction.
        points: (batch, p, 3), in cells of the feature map.
        options: of the operation ``Landmarks2TransformMatrix``.
    """
    if options["target_rotation_radians"] != 0:
        raise WeightsError(
            f"the face mesh asks for regions turned by {options['target_rotation_radians']} rad, "
            "expected 0; use the pinned model file"
        )
    flat = writer.add("Slice", points, writer.integers(0), writer.integers(2), writer.integers(2))
    axes = _axes(writer, flat, options["left_rotation_idx"], options["right_rotation_idx"])
    region = writer.add("Gather", flat, writer.integers(*options["subset_idxs"]), axis=1)
    turned = writer.add("MatMul", region, writer.add("Transpose", axes, perm=[0, 2, 1]))
    low = writer.add("ReduceMin", turned, writer.integers(1), keepdims=1)
    high = writer.add("ReduceMax", turned, writer.integers(1), keepdims=1)
    middle = writer.add("Mul", writer.add("Add", low, high), writer.floats(0.5))
    cells = np.array([options["output_width"], options["output_height"]], np.float32)
    growth = np.array([options["scale_x"], options["scale_y"]], np.float32) / cells
    step = writer.add("Mul", writer.add("Sub", high, low), writer.floats(growth))
    linear = writer.add("Mul", writer.add("Transpose", step, perm=[0, 2, 1]), axes)
    half = writer.add("MatMul", writer.floats(cells.reshape(1, 1, 2) / 2), linear)
    return Transform(linear, writer.add("Sub", writer.add("MatMul", middle, axes), half))


def _axes(writer: OnnxWriter, points: str, left: int, right: int) -> str:
    """Unit vectors along left to right and a quarter turn further, as rows (batch, 2, 2)."""
    ends = [writer.add("Gather", points, writer.integers(end), axis=1) for end in (left, right)]
    across = writer.add("Sub", ends[1], ends[0])
    length = writer.add("ReduceL2", across, writer.integers(2), keepdims=1)
    length = writer.add("Max", length, writer.floats(SMALLEST_AXIS))
    first = writer.add("Div", across, length)
    second = writer.add("MatMul", first, writer.floats([[0, 1], [-1, 0]]))
    return writer.add("Concat", first, second, axis=1)


def scale_shift(writer: OnnxWriter, transform: Transform, factors: Any) -> Transform:  # noqa: ANN401
    """A transform with its shift multiplied.

    Args:
        writer: the graph under construction.
        transform: what is multiplied.
        factors: the constant (1, 4, 4) that the file multiplies the whole matrix by.
    """
    grid = np.asarray(factors, np.float32).reshape(4, 4)
    if not (grid[:2, :2] == 1).all() or grid[0, 3] != grid[1, 3]:
        raise WeightsError(
            "the face mesh scales its regions in a way that is not known; use the pinned model file"
        )
    shift = writer.add("Mul", transform.shift, writer.floats(grid[0, 3]))
    return Transform(transform.linear, shift)


def sample(
    writer: OnnxWriter, planes: str, transform: Transform, source: tuple[int, int], side: int
) -> str:
    """Cut the region out of a feature map, bilinearly; nothing where it leaves the map.

    Args:
        writer: the graph under construction.
        planes: (batch, channels, height, width).
        transform: cells of the region to cells of the map.
        source: height and width of the map.
        side: height and width of the result.
    """
    height, width = source
    last = np.array([width - 1, height - 1], np.float32)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) + CELL
    cells = writer.floats(np.stack([x, y], -1).reshape(1, side * side, 2))
    mapped = writer.add("MatMul", cells, transform.linear)
    mapped = writer.add("Add", mapped, transform.shift)
    place = writer.add("Sub", mapped, writer.floats(CELL))
    inside = _inside(writer, place, last, side)
    place = writer.add("Mul", place, writer.floats(2 / last))
    place = writer.add("Sub", place, writer.floats(1))
    place = writer.add("Reshape", place, writer.integers(-1, side, side, 2))
    taken = writer.add(
        "GridSample", planes, place, align_corners=1, mode="bilinear", padding_mode="zeros"
    )
    return writer.add("Mul", taken, inside)


def _inside(writer: OnnxWriter, place: str, last: Any, side: int) -> str:  # noqa: ANN401
    """1 where a place lies within the map on both axes, else 0: (batch, 1, side, side)."""
    floor = writer.add("Max", place, writer.floats(0))
    clipped = writer.add("Min", floor, writer.floats(last))
    kept = writer.add("Cast", writer.add("Equal", place, clipped), to=1)
    both = writer.add("ReduceMin", kept, writer.integers(2), keepdims=1)
    return writer.add("Reshape", both, writer.integers(-1, 1, side, side))


def apply(writer: OnnxWriter, points: str, transform: Transform) -> str:
    """Bring points of a region back to the crop."""
    return writer.add("Add", writer.add("MatMul", points, transform.linear), transform.shift)
