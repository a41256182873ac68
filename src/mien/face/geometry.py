"""The aligned mesh as features: what the default action-unit networks read.

A mesh is turned, scaled and shifted onto a reference face by the points that expressions hardly
move. What is left is how this face differs from the reference, in units of the distance between the
outer eye corners; pose and the place of the irises between the eye corners are added.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.face.kabsch import kabsch
from mien.values import MESH_POINTS, Float32

__all__ = [
    "FEATURES",
    "IRISES",
    "POSE",
    "SKIN",
    "difference",
    "features",
    "mirror",
    "placement",
    "reference",
]

FEATURES = 1410
"""Numbers per face: 468 skin points by x, y, z; yaw, pitch; iris x, y of each eye."""

SKIN = 468
"""Points of the mesh that lie on the skin; the irises come after them."""

POSE = slice(SKIN * 3, SKIN * 3 + 2)
"""Where yaw and pitch stand among the features."""

IRISES = slice(SKIN * 3 + 2, FEATURES)
"""Where the iris offsets stand: x, y of the right eye, then x, y of the left eye."""

_GAIN = 3.0
# Pose in radians and iris offsets in eye widths, brought to the size of the other features when
# those were centimetres; kept because the networks were compared with it.
_EYES = ((468, 33, 133), (473, 362, 263))
_FLIP = np.array([1, -1, -1], np.float32)


@cache
def reference() -> tuple[Float32, NDArray[np.intp], NDArray[np.intp]]:
    """The reference face.

    Returns:
        float32 (468, 3): x to the image's right, y up, z to the viewer, outer eye corners 1 apart;
        the left-right mirror of each point; and the points used for alignment, which expressions
        hardly move.
    """
    with files("mien.face").joinpath("reference.npz").open("rb") as file, np.load(file) as table:
        shape = table["shape"].astype(np.float32)
        return shape, table["mirror"].astype(np.intp), table["stable"].astype(np.intp)


def features(meshes: Float32) -> Float32:
    """Describe faces by numbers that do not depend on their place, size and tilt in the image.

    Args:
        meshes: float32 (n, 478, 3), or one mesh (478, 3): x right, y down, z away, pixels.

    Returns:
        float32 (n, 1410): each skin point minus its place on the reference face (x right, y up, z
        to the viewer, in outer-eye-corner distances), yaw and pitch (radians times 3; nose to the
        image's right and looking up are positive), and for the right and the left eye the iris'
        offset from the middle of the eye corners (eye widths times 3).

    Raises:
        ShapeError: ``meshes`` is of another shape.
    """
    if meshes.ndim not in (2, 3) or meshes.shape[-2:] != (MESH_POINTS, 3):
        raise ShapeError(f"got meshes of shape {meshes.shape}, expected (n, {MESH_POINTS}, 3)")
    points = meshes.reshape(-1, MESH_POINTS, 3).astype(np.float32) * _FLIP
    aligned, turn = _align(points)
    out = np.empty((len(points), FEATURES), np.float32)
    out[:, : SKIN * 3] = (aligned[:, :SKIN] - reference()[0]).reshape(-1, SKIN * 3)
    out[:, POSE.start] = np.arctan2(-turn[:, 2, 0], turn[:, 2, 2]) * _GAIN
    out[:, POSE.start + 1] = -np.arcsin(np.clip(turn[:, 2, 1], -1, 1)) * _GAIN
    for eye, (iris, first, second) in enumerate(_EYES):
        corners = aligned[:, [first, second]]
        width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1, keepdims=True)
        offset = (aligned[:, iris] - corners.mean(axis=1))[:, :2]
        start = IRISES.start + 2 * eye
        out[:, start : start + 2] = _GAIN * offset / np.maximum(width, 1e-6)
    return out


def difference(frame: Float32, neutral: Float32) -> Float32:
    """Features of a frame minus those of the same person's neutral face.

    The pose stays the frame's own: the mesh's errors depend on it.

    Args:
        frame: float32 (n, 1410).
        neutral: float32 (1410,) or (n, 1410).

    Returns:
        float32 (n, 1410).
    """
    out = frame - neutral
    out[..., POSE] = frame[..., POSE]
    return out.astype(np.float32)


def mirror(values: Float32) -> Float32:
    """Features of the mirrored face; also right for differences.

    Args:
        values: float32 (n, 1410).

    Returns:
        float32 (n, 1410).
    """
    table = reference()[1]
    out = values.copy()
    points = values[:, : SKIN * 3].reshape(-1, SKIN, 3)[:, table]
    out[:, : SKIN * 3] = (points * np.array([-1, 1, 1], np.float32)).reshape(-1, SKIN * 3)
    out[:, POSE.start] *= -1
    irises = values[:, IRISES].reshape(-1, 2, 2)[:, ::-1]
    out[:, IRISES] = (irises * np.array([-1, 1], np.float32)).reshape(-1, 4)
    return out


def placement(points: NDArray[np.floating]) -> tuple[NDArray[np.floating], float, Float32, Float32]:
    """How one face lies: ``aligned = scale * (points - middle) @ back + goal``.

    Args:
        points: (p, 3), the skin points first: x right, y up, z to the viewer, in any unit.

    Returns:
        ``back`` (3, 3), ``scale`` in eye distances per unit, ``middle`` (3,) and ``goal`` (3,).
    """
    back, scale, middle = _similarity(points[None].astype(np.float32))
    return back[0], float(scale[0]), middle[0, 0], _goal()[1]


def _align(points: Float32) -> tuple[Float32, Float32]:
    """Lay faces on the reference by a similarity transform of their stable points.

    Returns:
        The aligned points, and for each face the rotation from the reference to the image.
    """
    back, scale, middle = _similarity(points)
    aligned = scale[:, None, None] * ((points - middle) @ back) + _goal()[1]
    return aligned.astype(np.float32), back.astype(np.float32)


@cache
def _goal() -> tuple[Float32, Float32]:
    """The stable points of the reference face about their middle, and that middle."""
    shape, _, stable = reference()
    middle = shape[stable].mean(axis=0)
    return shape[stable] - middle, middle


def _similarity(points: Float32) -> tuple[Float32, Float32, Float32]:
    """Rotation (n, 3, 3), scale (n,) and middle (n, 1, 3) that lay faces on the reference."""
    source = points[:, reference()[2]]
    middle = source.mean(axis=1, keepdims=True)
    source = source - middle
    goal, _ = _goal()
    back, stretch = kabsch(np.swapaxes(source, 1, 2) @ goal)
    spread = np.maximum((source**2).sum(axis=(1, 2)), 1e-12)
    return back, stretch / spread, middle
