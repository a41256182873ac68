"""How a head is turned, from its mesh and a reference shape; no camera is needed."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.face.geometry import SKIN, reference
from mien.face.kabsch import kabsch
from mien.values import Float32

__all__ = ["head_pose", "rotation"]


def head_pose(mesh: Float32) -> Float32:
    """Measure the rotation of a head against a face that looks straight into the camera.

    Pitch is positive when the person looks up, yaw when the nose points to the right of the image
    (the person's left), roll when the head is turned clockwise in the image. Zero pitch is the
    median of 126 near-frontal faces; yaw saturates near 65-70 degrees, as the mesh does.

    Args:
        mesh: float32 (478, 3) or (468, 3), x, y, z in pixels.

    Returns:
        float32 (3,): pitch, yaw, roll in degrees.
    """
    turn = rotation(mesh)
    pitch = np.arcsin(np.clip(turn[1, 2], -1.0, 1.0))
    yaw = np.arctan2(-turn[0, 2], turn[2, 2])
    roll = np.arctan2(turn[1, 0], turn[1, 1])
    return np.degrees([pitch, yaw, roll]).astype(np.float32)


def rotation(mesh: Float32) -> NDArray[np.float64]:
    """Give the rotation (3, 3) that takes the reference shape to the mesh, least squares.

    Axes: x to the right of the image, y down, z away from the camera.
    """
    if mesh.ndim != 2 or mesh.shape[0] < SKIN or mesh.shape[1] != 3:
        raise ShapeError(f"got a mesh of shape {mesh.shape}, expected (478, 3)")
    points = mesh[:SKIN]
    # The reference is centred, so the mesh's own centre drops out of the product.
    spread = (points - points.mean(axis=0)).T.astype(np.float64) @ _reference()
    return np.asarray(kabsch(spread)[0], np.float64)


@cache
def _reference() -> NDArray[np.float64]:
    """The reference face in the axes of an image: y down, z away from the camera."""
    shape = reference()[0].astype(np.float64) * [1, -1, -1]
    centred: NDArray[np.float64] = shape - shape.mean(axis=0)
    return centred
