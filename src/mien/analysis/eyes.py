"""What the mesh says of the eyes: how far they are open, and where the irises stand.

Inside this room a missing number is NaN; the table turns it into null.
"""

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.values import MESH_POINTS, Float32

__all__ = ["LEFT", "LIDS", "RIGHT", "gaze", "masked", "openness"]

LEFT, RIGHT = 0, 1
"""Columns of everything that is given per eye; the person's left and right."""

LIDS = np.array([[362, 385, 387, 263, 373, 380], [33, 160, 158, 133, 153, 144]])
"""Mesh points of the left and right eye: corner, two of the upper lid, corner, two of the lower.

The left eye starts at its inner corner, the right eye at its outer one: both at the image's left
when the face is upright."""

IRISES = np.array([473, 468])
"""Mesh points of the left and the right iris' centre."""


def openness(meshes: Float32) -> Float32:
    """Eye aspect ratio (Soukupova and Cech 2016): mean lid opening over eye width, in the image.

    Args:
        meshes: float32 (n, 478, 3), pixels.

    Returns:
        float32 (n, 2): left, right; about 0.3 for an open eye and under 0.15 for a closed one.
        NaN where the eye has no width.
    """
    eyes = _points(meshes)[:, LIDS, :2]
    upper, lower = eyes[:, :, [1, 2]], eyes[:, :, [5, 4]]
    lids = np.linalg.norm(upper - lower, axis=3).sum(axis=2)
    width = np.linalg.norm(eyes[:, :, 0] - eyes[:, :, 3], axis=2)
    ratio = np.full(width.shape, np.nan, np.float32)
    np.divide(lids, 2 * width, out=ratio, where=width > 0)
    return ratio


def gaze(meshes: Float32) -> Float32:
    """Place of the irises between the eye corners, the mean of both eyes: eye in head.

    Turns with the head; read it together with the head pose. Only eyes that are open have a gaze:
    see ``masked``.

    Args:
        meshes: float32 (n, 478, 3), pixels.

    Returns:
        float32 (n, 2). First, along the line of the corners: 0 at the corner at the image's left, 1
        at the one at its right, so it grows when the person looks to the image's right. Second,
        across it in eye widths: 0 on the line, positive above it, so it grows when the person
        looks up. NaN where an eye has no width.
    """
    points = _points(meshes)
    start, end = points[:, LIDS[:, 0], :2], points[:, LIDS[:, 3], :2]
    axis = (end - start).astype(np.float64)
    iris = points[:, IRISES, :2] - start
    squared = (axis**2).sum(axis=2)
    along = (iris * axis).sum(axis=2)
    above = iris[:, :, 0] * axis[:, :, 1] - iris[:, :, 1] * axis[:, :, 0]
    ratios = np.full((len(points), 2, 2), np.nan)
    np.divide(along, squared, out=ratios[:, :, 0], where=squared > 0)
    np.divide(above, squared, out=ratios[:, :, 1], where=squared > 0)
    mean: Float32 = ratios.mean(axis=1).astype(np.float32)
    return mean


def masked(values: Float32, missing: NDArray[np.bool_]) -> Float32:
    """The (n, 2) values with NaN in the rows that are ``missing``, such as those of a blink."""
    return np.where(missing[:, None], np.float32(np.nan), values)


def _points(meshes: Float32) -> Float32:
    """The meshes, or ShapeError."""
    if meshes.ndim != 3 or meshes.shape[1:] != (MESH_POINTS, 3):
        raise ShapeError(f"got meshes of shape {meshes.shape}, expected (n, {MESH_POINTS}, 3)")
    return meshes
