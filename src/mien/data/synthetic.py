"""Faces drawn from the face model as training examples: features of the mesh, exact intensities.

No picture is rendered: the mesh's measured response stands in for picture and landmark network.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.data import expressions, response
from mien.data.expressions import LIP_GAP, SWAP, Expressions
from mien.data.ict import IDENTITIES, FaceModel, turned_eyes
from mien.data.response import Response
from mien.face.geometry import FEATURES, difference, features, mirror
from mien.values import Float32

__all__ = [
    "Examples",
    "Persons",
    "draw_identities",
    "draw_poses",
    "join",
    "lips_parted",
    "pairs",
    "rotations",
    "singles",
    "with_mirror",
]

CHUNK = 4000
"""Faces in memory at once: 478 points of each are 23 MB."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Features and the intensities that belong to them."""

    features: Float32
    """(n, 1410)."""
    target: Float32
    """(n, 38), 0-1."""


@dataclass(frozen=True, eq=False)
class Persons:
    """n persons: their shape, and the mesh's constant error on them."""

    identity: Float32
    """(n, 100)."""
    error: Float32
    """(n, 470, 3) centimetres."""


def join(*parts: Examples) -> Examples:
    """Several sets of examples as one."""
    return Examples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.target for part in parts]),
    )


def with_mirror(examples: Examples) -> Examples:
    """Examples followed by those of the mirrored faces."""
    mirrored = Examples(mirror(examples.features), examples.target[:, SWAP])
    return join(examples, mirrored)


def draw_identities(
    rng: Generator, count: int, spread: tuple[float, float] = (0.7, 1.2)
) -> Float32:
    """Shapes of n persons, (n, 100): standard normal numbers times a spread drawn per person."""
    scale = rng.uniform(*spread, (count, 1))
    return (rng.standard_normal((count, IDENTITIES)) * scale).astype(np.float32)


def draw_poses(rng: Generator, count: int) -> Float32:
    """Head poses, (n, 3) radians: yaw to the subject's left, pitch down, roll."""
    limits = np.array([45, 30, 30])
    degrees = np.clip(rng.normal(0, (18, 11, 9), (count, 3)), -limits, limits)
    return np.deg2rad(degrees).astype(np.float32)


def rotations(pose: Float32) -> Float32:
    """Rotation matrices of poses, (n, 3, 3): roll after pitch after yaw, on column vectors."""
    (yaw, pitch, roll), zero, one = pose.T, np.zeros(len(pose)), np.ones(len(pose))

    def matrices(*rows: list[NDArray[np.floating]]) -> NDArray[np.floating]:
        return np.stack([np.stack(row, axis=1) for row in rows], axis=1)

    about_y = matrices(
        [np.cos(yaw), zero, np.sin(yaw)], [zero, one, zero], [-np.sin(yaw), zero, np.cos(yaw)]
    )
    about_x = matrices(
        [one, zero, zero],
        [zero, np.cos(pitch), -np.sin(pitch)],
        [zero, np.sin(pitch), np.cos(pitch)],
    )
    about_z = matrices(
        [np.cos(roll), -np.sin(roll), zero], [np.sin(roll), np.cos(roll), zero], [zero, zero, one]
    )
    return np.asarray((about_z @ about_x @ about_y), np.float32)


def lips_parted(model: FaceModel, weights: Float32) -> Float32:
    """Intensity of AU25, 0-1: how far expressions part the lips, as seen from the front.

    Lips of which one is pushed forward, as by AU17, are apart in space and closed to the eye.

    Args:
        model: the cut-down face model.
        weights: (n, 57) of the expression shapes.

    Returns:
        float32 (n,).
    """
    moved = np.tensordot(weights, model.inner_lip_expression, 1)[..., 1]
    return np.asarray(np.clip((moved[:, 0] - moved[:, 1]) / LIP_GAP, 0, 1), np.float32)


def singles(model: FaceModel, mesh: Response, rng: Generator, count: int) -> Examples:
    """Faces as one frame shows them."""
    return _in_chunks(count, lambda size: _single_chunk(model, mesh, rng, size))


def pairs(model: FaceModel, mesh: Response, rng: Generator, count: int) -> Examples:
    """Faces minus the same person's neutral face, which was seen in another pose."""
    return _in_chunks(count, lambda size: _pair_chunk(model, mesh, rng, size))


def _in_chunks(count: int, make: Callable[[int], Examples]) -> Examples:
    """Make ``count`` examples without holding all their meshes."""
    sizes = [CHUNK] * (count // CHUNK) + ([count % CHUNK] if count % CHUNK else [])
    return join(*(make(size) for size in sizes))


def _draw_persons(mesh: Response, rng: Generator, count: int) -> Persons:
    strength = rng.uniform(0.7, 1.4, (count, 1, 1)).astype(np.float32)
    return Persons(draw_identities(rng, count), strength * mesh.noise(rng, count, "identity"))


def _single_chunk(model: FaceModel, mesh: Response, rng: Generator, count: int) -> Examples:
    """One chunk of `singles`."""
    faces = _draw_faces(model, rng, count)
    persons = _draw_persons(mesh, rng, count)
    seen, target = _see(model, mesh, rng, persons, faces, draw_poses(rng, count))
    return Examples(seen, target)


def _pair_chunk(model: FaceModel, mesh: Response, rng: Generator, count: int) -> Examples:
    """One chunk of `pairs`."""
    faces = _draw_faces(model, rng, count)
    persons = _draw_persons(mesh, rng, count)
    pose = draw_poses(rng, count)
    seen, target = _see(model, mesh, rng, persons, faces, pose)
    calm = Expressions(
        np.zeros_like(faces.intensity),
        np.zeros_like(faces.weights),
        rng.normal(0, 0.06, (count, 2)).astype(np.float32),
    )
    near = (0.5 * pose + rng.normal(0, 0.08, pose.shape)).astype(np.float32)
    rest, _ = _see(model, mesh, rng, persons, calm, near)
    return Examples(difference(seen, rest), target)


def _draw_faces(model: FaceModel, rng: Generator, count: int) -> Expressions:
    return expressions.draw(rng, count, model.names, expressions.OFTEN_ONE_SIDED)


def _see(
    model: FaceModel,
    mesh: Response,
    rng: Generator,
    persons: Persons,
    faces: Expressions,
    pose: Float32,
) -> tuple[Float32, Float32]:
    """Features as the landmark network would give them, and the intensities with AU25."""
    target = faces.intensity.copy()
    target[:, -1] = lips_parted(model, faces.weights)
    weights = faces.weights + turned_eyes(faces.gaze, model.names)
    points = model.shape(persons.identity, weights, faces.gaze)
    points += mesh.error(response.design(target, pose, faces.gaze, persons.identity))
    strength = rng.uniform(0.6, 1.4, (len(pose), 1, 1)).astype(np.float32)
    points += persons.error + strength * mesh.noise(rng, len(pose), "frame")
    return _features(points, pose), target


def _features(points: Float32, pose: Float32) -> Float32:
    """Features of face-model points, (n, 470, 3), after turning them by the pose."""
    if not len(points):
        return np.zeros((0, FEATURES), np.float32)
    skin, irises = points[:, :468], np.repeat(points[:, 468:], 5, axis=1)
    turned = np.concatenate([skin, irises], axis=1) @ np.swapaxes(rotations(pose), 1, 2)
    return features((turned * np.array([1, -1, -1])).astype(np.float32))
