"""How a picture of a drawn head is taken: pose, gaze, place, light, and the camera."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.data.synthetic import rotations
from mien.values import Float32

__all__ = ["SPAN", "Camera", "View", "draw_view", "turn"]

SPAN = 2.75
"""Eye-corner distances that a picture shows at scale 1."""
DISTANCE = 9.0
"""Of the camera, in eye-corner distances."""


@dataclass(frozen=True, eq=False)
class View:
    """How a picture is taken: what differs between two pictures of a person beside expressions."""

    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Degrees: yaw to the person's left, pitch down, roll."""
    gaze: tuple[float, float] = (0.0, 0.0)
    """Degrees: to the person's left, up."""
    scale: float = 1.0
    """Size of the head, 1 is usual."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Right and down, in sides of the picture."""
    light: tuple[float, float, float] = (0.2, 0.5, 1.0)
    """Towards the light: right, up, to the viewer."""
    ambient: float = 0.45
    """Share of light from everywhere, 0-1."""
    gain: float = 1.0
    """Brightness."""
    noise: float = 0.0
    """Standard deviation of the camera's noise in grey levels of 255."""
    seed: int = 0
    """Of the noise."""


class Camera:
    """A pinhole camera in front of the head."""

    def __init__(self, side: int, view: View) -> None:
        self._scale = view.scale * side / SPAN
        self._middle = (side - 1) / 2 + np.array(view.shift) * side

    def project(self, seen: NDArray[np.floating]) -> Float32:
        """Pixels and depth, in pixels too, of points of the turned head."""
        closer = DISTANCE / (DISTANCE - seen[:, 2]) * self._scale
        return np.stack(
            [
                self._middle[0] + seen[:, 0] * closer,
                self._middle[1] - seen[:, 1] * closer,
                -seen[:, 2] * self._scale,
            ],
            axis=1,
        ).astype(np.float32)


def draw_view(rng: Generator, strength: float = 1.0) -> View:
    """A random picture-taking.

    Args:
        rng: source of chance.
        strength: 1 turns the head by about 12 degrees; 0 is `View()`.
    """
    light = rng.normal(0, (0.5, 0.35)) * strength
    pose = np.clip(rng.normal(0, (12, 7, 5)), -30, 30) * strength
    gaze = np.clip(rng.normal(0, (9, 5)), -25, 25) * strength
    return View(
        pose=tuple(pose.tolist()),
        gaze=tuple(gaze.tolist()),
        scale=float(1 + strength * rng.uniform(-0.12, 0.12)),
        shift=tuple((strength * rng.normal(0, 0.02, 2)).tolist()),
        light=(float(0.2 + light[0]), float(0.5 + light[1]), 1.0),
        ambient=float(0.45 + strength * rng.uniform(-0.15, 0.2)),
        gain=float(1 + strength * rng.uniform(-0.2, 0.15)),
        noise=float(strength * rng.uniform(0, 5)),
        seed=int(rng.integers(2**31)),
    )


def turn(view: View) -> Float32:
    """Rotation of the head, (3, 3)."""
    return np.asarray(rotations(np.deg2rad(np.array([view.pose], np.float32)))[0], np.float32)
