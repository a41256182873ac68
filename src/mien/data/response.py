"""What the face mesh makes of a true shape: a measured linear response, and noise.

Between the face model and the mesh that our landmark network finds on its picture there is an
error. A part follows the expression, the pose and the person; what is left is noise, some of it
constant for a person, some new in each frame. Measured on rendered heads; our own numbers.
"""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.random import Generator

from mien.values import Float32

__all__ = ["IDENTITY_COLUMNS", "Response", "design", "load"]

IDENTITY_COLUMNS = 40
"""Identity modes that the response depends on."""


@dataclass(frozen=True, eq=False)
class Response:
    """The mesh's error on the face model, in centimetres of the face's own frame."""

    weights: Float32
    """(88, 1410): design columns to 470 points by x, y, z; see `design`."""
    frame_noise: Float32
    """(k, 1410) principal directions times their deviation: new in each frame."""
    identity_noise: Float32
    """The same, constant for a person."""

    def error(self, columns: Float32) -> Float32:
        """The part that follows from expression, pose and person, (n, 470, 3)."""
        return (columns @ self.weights).reshape(len(columns), -1, 3)

    def noise(self, rng: Generator, count: int, of: str) -> Float32:
        """Random errors of n frames or persons, (n, 470, 3); ``of`` is frame or identity."""
        rows = self.frame_noise if of == "frame" else self.identity_noise
        drawn = rng.standard_normal((count, len(rows)), np.float32)
        return (drawn @ rows).reshape(count, -1, 3)


def load() -> Response:
    """The response of the attention mesh that mien reads with."""
    place = files("mien.weights").joinpath("files", "mesh_response.npz")
    with place.open("rb") as file, np.load(file) as table:
        names = ("weights", "frame_noise", "identity_noise")
        return Response(**{name: table[name].astype(np.float32) for name in names})


def design(intensity: Float32, pose: Float32, gaze: Float32, identity: Float32) -> Float32:
    """Columns that the response multiplies, float32 (n, 88).

    Args:
        intensity: (n, 38), 0-1.
        pose: (n, 3) radians: yaw to the subject's left, pitch down, roll.
        gaze: (n, 2) radians.
        identity: (n, 100).
    """
    both = pose[:, :1] * pose[:, 1:2]
    one = np.ones((len(pose), 1), np.float32)
    return np.concatenate(
        [one, intensity, pose, pose**2, both, gaze, identity[:, :IDENTITY_COLUMNS]], axis=1
    ).astype(np.float32)
