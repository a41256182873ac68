"""Drawn faces: random persons whose action units can be moved, from nothing but our own tables.

A person is the reference mesh with another shape, a painted skin and a head around it. The mesh
moves by the displacement table of `mien.animation`; the true points of a picture are those it was
drawn from. Nothing in it comes from a photograph. It is a drawing: good for trying every step, for
examples and tests; what a network learns from it says nothing about real faces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from mien.animation.moves import LIPS
from mien.animation.skin import Skin
from mien.data.drawn_head import BEHIND, Hair, layout, surround
from mien.data.drawn_pixels import Posed, finish, paint_pixels
from mien.data.drawn_skin import Look, draw_look, paint
from mien.data.drawn_view import Camera, View, draw_view, turn
from mien.face.geometry import SKIN, reference
from mien.face.landmarks import LEFT_EYE_RING, RIGHT_EYE_RING
from mien.values import Float32, Image

__all__ = ["Person", "View", "draw_person", "draw_view"]

TIMES = 1.25
"""Pixels are drawn so many times finer each way, and averaged."""
MIDDLE = np.array([0, 0.2, -0.3], np.float32)
"""What is in the middle of the picture."""
IRIS, EYEBALL = 0.066, 0.13
"""Radii, in eye-corner distances."""
_FLIP = np.array([1, -1, -1], np.float32)
_FINE = 100.0

WAYS: tuple[tuple[tuple[float, float], float, tuple[float, float, float], float], ...] = (
    ((0.00, -0.85), 0.30, (0, 1, 0), 0.050),  # length of the chin
    ((0.00, -0.75), 0.25, (0, 0, 1), 0.030),
    ((0.55, -0.45), 0.30, (1, 0, 0), 0.045),  # width of the jaw
    ((0.60, 0.05), 0.28, (1, 0, 0), 0.030),  # cheekbones
    ((0.40, 0.00), 0.18, (0, 0, 1), 0.030),
    ((0.00, -0.06), 0.14, (0, 1, 0), 0.030),  # length of the nose
    ((0.00, 0.00), 0.16, (0, 0, 1), 0.040),
    ((0.18, -0.08), 0.10, (1, 0, 0), 0.022),  # width of the nose
    ((0.00, 0.25), 0.10, (0, 0, 1), 0.020),  # bridge
    ((0.28, -0.42), 0.14, (1, 0, 0), 0.025),  # width of the mouth
    ((0.00, -0.43), 0.18, (0, 1, 0), 0.020),  # its height in the face
    ((0.00, -0.32), 0.07, (0, 1, 0), 0.014),  # upper lip
    ((0.00, -0.53), 0.07, (0, 1, 0), 0.016),  # lower lip
    ((0.38, 0.58), 0.16, (0, 1, 0), 0.024),  # brows
    ((0.58, 0.55), 0.10, (0, 1, 0), 0.020),
    ((0.36, 0.43), 0.08, (0, 1, 0), 0.012),  # opening of the eyes
    ((0.36, 0.37), 0.16, (1, 0, 0), 0.016),  # distance of the eyes
    ((0.00, 0.90), 0.35, (0, 1, 0), 0.040),  # forehead
    ((0.00, 0.70), 0.30, (0, 0, 1), 0.030),
)
"""Ways in which faces differ: middle, reach, direction on the person's left, usual size."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody who does not exist."""

    neutral: Float32
    """(468, 3) in the frame of the reference face."""
    look: Look
    hair: Hair
    texture: Image
    """The painted skin."""

    def picture(
        self, intensities: Mapping[int, float], size: int = 256, view: View | None = None
    ) -> tuple[Image, Float32]:
        """Draw the person.

        Args:
            intensities: 0-5 by the unit's number; those of `mien.animation.moves.known_units`.
            size: side of the square picture in pixels.
            view: pose, gaze, light; None is frontal.

        Returns:
            uint8 (size, size, 3); and float32 (478, 3), the true mesh: x, y in pixels, z away.

        Raises:
            KeyError: there is no such unit.
        """
        fine = round(size * TIMES)
        view = view or View()
        skin, turned, camera = self._moved(intensities), turn(view), Camera(fine, view)
        behind = skin[layout().openings] - np.array([0, 0, BEHIND], np.float32)
        points = np.concatenate([skin, behind, surround(skin, self.hair)])
        seen = ((points - MIDDLE) @ turned.T).astype(np.float32)
        head = Posed(seen, camera.project(seen), self._eyes(view, turned, camera))
        picture = paint_pixels(head, self.look, self.texture, view, fine)
        mesh = _in_pixels(np.concatenate([head.drawn[:SKIN], head.eyes]), size / fine)
        return finish(picture, size, view), mesh

    def mesh(
        self, intensities: Mapping[int, float], size: int = 256, view: View | None = None
    ) -> Float32:
        """The true mesh alone, as `picture` gives it, float32 (478, 3)."""
        view = view or View()
        turned, camera = turn(view), Camera(size, view)
        drawn = camera.project((self._moved(intensities) - MIDDLE) @ turned.T)
        return _in_pixels(np.concatenate([drawn, self._eyes(view, turned, camera)]), 1.0)

    def _eyes(self, view: View, turned: Float32, camera: Camera) -> Float32:
        """The irises in the picture, (10, 3)."""
        return camera.project((_irises(self.neutral, view.gaze) - MIDDLE) @ turned.T)

    def _moved(self, intensities: Mapping[int, float]) -> Float32:
        """The skin with its units, (468, 3)."""
        skin = Skin(self.neutral * _FLIP * np.float32(_FINE))
        moved = skin.moved({(unit, ""): float(value) for unit, value in intensities.items()})
        return np.asarray(moved * _FLIP / _FINE, np.float32)


def draw_person(rng: Generator) -> Person:
    """A random person: shape, colours, hair."""
    look = draw_look(rng)
    long = rng.random() < 0.4
    hair = Hair(
        line=rng.uniform(0.82, 1.02),
        thickness=rng.uniform(0.04, 0.12),
        length=rng.uniform(-1.3, -0.3) if long else rng.uniform(0.0, 0.3),
    )
    return Person(_identity(rng), look, hair, paint(look))


def _identity(rng: Generator) -> Float32:
    """Another shape of the reference face; nearly, not quite, the same on both sides."""
    shape = reference()[0].astype(np.float64)
    out = shape.copy()
    for middle, reach, direction, usual in WAYS:
        amount = rng.normal(0, usual)
        for side in (1, -1) if middle[0] else (1,):
            away = (shape[:, :2] - np.array(middle) * [side, 1]) / reach
            near = np.exp(-(away**2).sum(axis=1)) * rng.normal(1, 0.06)
            out += amount * near[:, None] * np.array(direction) * [side, 1, 1]
    out *= 1 + rng.normal(0, (0.035, 0.035, 0.06))
    upper, lower = (rim[1:-1] for rim in LIPS)
    gap = out[upper] - out[lower]
    out[upper] -= 0.42 * gap
    out[lower] += 0.42 * gap
    return out.astype(np.float32)


def _in_pixels(mesh: Float32, share: float) -> Float32:
    """A mesh of the fine picture in pixels of the picture."""
    mesh[:, 2] -= mesh[:SKIN, 2].mean()
    mesh *= share
    mesh[:, :2] += (share - 1) / 2
    return mesh.astype(np.float32)


def _irises(neutral: Float32, gaze: tuple[float, float]) -> Float32:
    """Centre and rim of both irises in the frame of the face, (10, 3)."""
    left, up = np.deg2rad(gaze)
    way = EYEBALL * np.array([np.sin(left), np.sin(up), np.cos(left) * np.cos(up) - 1])
    rim = IRIS * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    rows = []
    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING):
        middle = neutral[list(ring)].mean(axis=0) + np.array([0, 0.012, -0.01])
        rows.append(middle + way + rim)
    return np.concatenate(rows).astype(np.float32)
