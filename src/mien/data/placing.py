"""Where a data set's landmarks lie: outside the picture, left and right exchanged, not a face."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Points
from mien.face.geometry import reference
from mien.face.landmarks import eye_centres, landmarks, mirror, reduce
from mien.values import MESH_POINTS, Float32

__all__ = ["Placed", "against_mesh", "inner", "outside", "posture", "unit_of"]

BEYOND = 0.1
"""Eye distances that a point may lie outside the picture: landmarks of a cut-off chin are right."""
FACE_LIKE = 0.85
"""Correlation with the shape of a face from which on points are taken for one."""
MISSED = 0.3
"""Mean distance from the mesh, in eye distances, from which on landmarks lie elsewhere."""
FITS = 0.15
"""The same, under which landmarks fit: two schemes differ by some hundredths."""

Rows = NDArray[np.bool_]


class Placed(NamedTuple):
    """For each of n rows, by the shape of the points alone."""

    mirrored: Rows
    """Left and right are exchanged."""
    flipped: Rows
    """Up and down are exchanged."""
    strange: Rows
    """The points do not form a face, or one that stands on its head."""


def inner(points: Points) -> Float32:
    """The 49 points (n, 49, 2) of any scheme; trackers do not agree on the jaw, it is left out."""
    return reduce(points.value, points.scheme, "49")


def unit_of(faces: Float32) -> Float32:
    """Distance between the eye centres of 49 points (n, 49, 2), at least a hundredth pixel."""
    right, left = eye_centres(faces)
    return np.asarray(np.maximum(np.linalg.norm(left - right, axis=1), 0.01), np.float32)


def outside(points: Points, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far the outermost point lies outside the picture, in pixels; 0 if that is nothing.

    Args:
        points: of n pictures.
        sizes: (n, 2) width and height; 0 where it is not known.
    """
    low = -0.5 - points.value.min(axis=1)
    high = points.value.max(axis=1) - (sizes - 0.5)
    beyond = np.maximum(low, high).max(axis=1)
    allowed = BEYOND * unit_of(inner(points))
    told = points.known & (sizes[:, 0] > 0)
    broken = ~np.isfinite(points.value).all(axis=(1, 2))
    beyond[broken] = np.inf
    return np.where(told & ((beyond > allowed) | broken), beyond, 0.0)


def posture(points: Points) -> Placed:
    """Compare the shape of the points with a face, seen directly and in a mirror.

    A similarity transform cannot turn a face into its mirror image, so the better of the two says
    whether sides are exchanged, however the head is rolled. Mirrored and upright is left for right;
    mirrored and upside down is y counted upwards.
    """
    faces = inner(points).astype(np.float64)
    faces[~np.isfinite(faces).all(axis=(1, 2))] = 0.0
    seen = _complex(faces)
    model = _complex(_model()[None])[0]
    direct, turned = seen @ model.conj(), seen.conj() @ model.conj()
    straight, swapped = np.abs(direct), np.abs(turned)
    exchanged = points.known & (swapped > straight) & (swapped > FACE_LIKE)
    # conj(seen) is the face turned over its horizontal axis: an exchange of up and down comes out
    # upright, one of left and right comes out rolled by half a turn
    flipped = exchanged & (turned.real > 0)
    on_head = (straight > swapped) & (direct.real < 0)
    strange = points.known & ((np.maximum(straight, swapped) < FACE_LIKE) | on_head)
    return Placed(exchanged & ~flipped, flipped, strange)


def against_mesh(faces: Float32, meshes: Float32, widths: NDArray[np.int64]) -> tuple[Rows, Rows]:
    """Compare 49 points with those of the mesh that was found on the same picture.

    Args:
        faces: (n, 49, 2) of the data set.
        meshes: (n, 49, 2) of the mesh.
        widths: (n,) of the pictures.

    Returns:
        Where the landmarks are those of the mirrored picture, and where they lie elsewhere.
    """
    unit = unit_of(meshes)
    distance = np.linalg.norm(faces - meshes, axis=2).mean(axis=1) / unit
    back = faces[:, mirror("49")] * [-1, 1]
    back[..., 0] += (widths - 1)[:, None]
    reflected = np.linalg.norm(back - meshes, axis=2).mean(axis=1) / unit
    missed = distance > MISSED
    mirrored = missed & (reflected < FITS)
    return mirrored, missed & ~mirrored


def _model() -> NDArray[np.float64]:
    """The 49 points of the reference face, y down."""
    mesh = np.zeros((MESH_POINTS, 3), np.float32)
    mesh[: len(reference()[0])] = reference()[0] * [1, -1, 1]
    return landmarks(mesh, "49").astype(np.float64)


def _complex(faces: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Points as complex numbers, without place and size."""
    flat = faces[..., 0] + 1j * faces[..., 1]
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.sqrt((np.abs(flat) ** 2).sum(axis=1, keepdims=True))
    return np.asarray(flat / np.maximum(length, 1e-12), np.complex128)
