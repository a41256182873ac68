"""Measure what the mesh makes of true shapes, on rendered heads: a response of our own renderer."""

import numpy as np
from numpy.typing import NDArray

from mien.data.ict import FaceModel, turned_eyes
from mien.data.rendered import Rendered
from mien.data.response import Response, design
from mien.face.geometry import SKIN
from mien.face.kabsch import kabsch
from mien.values import Float32

__all__ = ["laid_on", "measure"]

RIDGE = 8.0
"""Weight of the pull to zero: columns that vary little stay small."""
FRAME_DIRECTIONS, PERSON_DIRECTIONS = 120, 60
IRIS_CENTRES = (468, 473)
ENOUGH = 4
"""Pictures of a person from which its own error is told from that of its frames."""


def measure(faces: Rendered, model: FaceModel) -> Response:
    """The linear response and the noise of the mesh on rendered heads.

    Args:
        faces: rendered heads with the meshes found on them.
        model: the face model they were made with.
    """
    weights = faces.weights + turned_eyes(faces.gaze, model.names)
    true = model.shape(faces.identity, weights, faces.gaze)
    found = faces.mesh[:, [*range(SKIN), *IRIS_CENTRES]] * np.array([1, -1, -1], np.float32)
    errors = (laid_on(found, true) - true).reshape(len(true), -1)
    columns = design(faces.intensity, faces.pose, faces.gaze, faces.identity)
    system = columns.T @ columns + RIDGE * np.eye(columns.shape[1])
    answer = np.linalg.solve(system, columns.T @ errors).astype(np.float32)
    frame, person = _noise(errors - columns @ answer, faces.person)
    return Response(answer, frame, person)


def laid_on(points: Float32, goals: Float32) -> Float32:
    """Lay point sets (n, p, 3) on others by similarity transforms of their skin points."""
    middles = [one[:, :SKIN].mean(axis=1, keepdims=True) for one in (points, goals)]
    source, goal = points - middles[0], goals - middles[1]
    turn, stretch = kabsch(np.swapaxes(source[:, :SKIN], 1, 2) @ goal[:, :SKIN])
    scale = stretch / (source[:, :SKIN] ** 2).sum(axis=(1, 2))
    return np.asarray(scale[:, None, None] * (source @ turn) + middles[1], np.float32)


def _noise(left: Float32, person: NDArray[np.int64]) -> tuple[Float32, Float32]:
    """Split what the response leaves over into noise of the frame and of the person."""
    _, row, count = np.unique(person, return_inverse=True, return_counts=True)
    mean = np.zeros((len(count), left.shape[1]), np.float32)
    np.add.at(mean, row, left)
    mean /= count[:, None]
    many = count >= ENOUGH
    chosen = many[row]
    within = left[chosen] - mean[row[chosen]]
    within *= np.sqrt(count[row[chosen]] / (count[row[chosen]] - 1))[:, None]
    of_frame = float((within**2).mean())
    of_mean = float((mean[many] ** 2).mean())
    own = max(of_mean - of_frame / float(count[many].mean()), 0.0)
    person_rows = _directions(mean[many], PERSON_DIRECTIONS) * np.sqrt(own / max(of_mean, 1e-12))
    return _directions(within, FRAME_DIRECTIONS), person_rows.astype(np.float32)


def _directions(samples: Float32, count: int) -> Float32:
    """Principal directions of samples, each times its standard deviation."""
    centred = (samples - samples.mean(axis=0)).astype(np.float64)
    power, axes = np.linalg.eigh(centred.T @ centred / max(len(centred) - 1, 1))
    rows = axes[:, ::-1][:, :count] * np.sqrt(np.maximum(power[::-1][:count], 0))
    return np.asarray(rows.T, np.float32)
