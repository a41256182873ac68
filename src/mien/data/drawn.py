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
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.animation.moves import LIPS
from mien.animation.sampling import sample
from mien.animation.skin import Skin
from mien.data.drawn_head import AROUND, BEHIND, Hair, across, colours, layout, surround
from mien.data.drawn_skin import Look, draw_look, paint, places
from mien.data.synthetic import rotations
from mien.face.geometry import SKIN, reference
from mien.face.landmarks import LEFT_EYE_RING, RIGHT_EYE_RING
from mien.face.triangles import LEFT_EYE, MOUTH, RIGHT_EYE, rasterise
from mien.values import Float32, Image

__all__ = ["Person", "View", "draw_person", "draw_view"]

TIMES = 1.25
"""Pixels are drawn so many times finer each way, and averaged."""
SPAN = 2.75
"""Eye-corner distances that a picture shows at scale 1."""
MIDDLE = np.array([0, 0.2, -0.3], np.float32)
"""What is in the middle of the picture."""
DISTANCE = 9.0
"""Of the camera, in eye-corner distances."""
IRIS, EYEBALL = 0.066, 0.13
"""Radii, in eye-corner distances."""
TOOTH = 0.075
"""Height of the upper teeth."""
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
        skin, turn, camera = self._moved(intensities), _turn(view), _Camera(fine, view)
        behind = skin[layout().openings] - np.array([0, 0, BEHIND], np.float32)
        points = np.concatenate([skin, behind, surround(skin, self.hair)])
        seen = (points - MIDDLE) @ turn.T
        drawn, eyes = camera.project(seen), self._eyes(view, turn, camera)
        picture = self._colours(drawn, seen, eyes, view, fine)
        mesh = _in_pixels(np.concatenate([drawn[:SKIN], eyes]), size / fine)
        return _finish(picture, size, view), mesh

    def mesh(
        self, intensities: Mapping[int, float], size: int = 256, view: View | None = None
    ) -> Float32:
        """The true mesh alone, as `picture` gives it, float32 (478, 3)."""
        view = view or View()
        turn, camera = _turn(view), _Camera(size, view)
        drawn = camera.project((self._moved(intensities) - MIDDLE) @ turn.T)
        return _in_pixels(np.concatenate([drawn, self._eyes(view, turn, camera)]), 1.0)

    def _eyes(self, view: View, turn: Float32, camera: "_Camera") -> Float32:
        """The irises in the picture, (10, 3)."""
        return camera.project((_irises(self.neutral, view.gaze) - MIDDLE) @ turn.T)

    def _moved(self, intensities: Mapping[int, float]) -> Float32:
        """The skin with its units, (468, 3)."""
        skin = Skin(self.neutral * _FLIP * np.float32(_FINE))
        moved = skin.moved({(unit, ""): float(value) for unit, value in intensities.items()})
        return np.asarray(moved * _FLIP / _FINE, np.float32)

    def _colours(
        self, drawn: Float32, seen: Float32, eyes: Float32, view: View, side: int
    ) -> Float32:
        """Colours of all pixels, float32 (side, side, 3), 0-1."""
        whole = layout()
        front = ~whole.closed | (_areas(drawn, whole.triangles) > 0)
        triangles, regions = whole.triangles[front], whole.region[front]
        index, share = rasterise(drawn, triangles, side, side)
        top, bottom = self.look.background
        down = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
        picture = np.repeat(top + down * (bottom - top), side, axis=1)
        hit = np.flatnonzero(index >= 0)
        row, weight = index.reshape(-1)[hit], share.reshape(-1, 3)[hit]
        corners, region = triangles[row], regions[row]
        colour = np.empty((len(hit), 3), np.float32)
        skin = region == 0
        colour[skin] = sample(self.texture, _mix(places(), corners[skin], weight[skin])) / 255
        first = SKIN + len(whole.openings)
        around = region == AROUND
        table = np.concatenate(
            [
                np.repeat(self.look.skin[None], first, axis=0),
                colours(self.look.skin, self.look.hair, self.look.clothes),
            ]
        )
        colour[around] = _mix(table, corners[around], weight[around])
        lit = skin | around
        normals = _mix(_normals(seen, whole.triangles[whole.round]), corners, weight)
        colour[lit] = _light(colour[lit], normals[lit], view, self.look.gloss)
        low = np.zeros((len(drawn), 1), np.float32)
        low[SKIN:first, 0] = across()
        depth = _mix(low, corners, weight)[:, 0]
        for number, kind in enumerate((RIGHT_EYE, LEFT_EYE)):
            inside = region == kind
            pixels = np.stack([hit[inside] % side, hit[inside] // side], axis=1)
            eye = _eye(pixels, eyes[5 * number : 5 * number + 5, :2], depth[inside], self.look)
            colour[inside] = eye * (view.ambient + 0.75 * (1 - view.ambient))
        inside = region == MOUTH
        gap = np.linalg.norm(drawn[13, :2] - drawn[14, :2]) * SPAN / side
        colour[inside] = _mouth(depth[inside], float(gap)) * (0.5 + 0.5 * view.ambient)
        picture.reshape(-1, 3)[hit] = colour
        return picture


class _Camera:
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


def _turn(view: View) -> Float32:
    """Rotation of the head, (3, 3)."""
    return np.asarray(rotations(np.deg2rad(np.array([view.pose], np.float32)))[0], np.float32)


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


def _mix(values: Float32, corners: NDArray[np.int32], share: Float32) -> Float32:
    """Values between the corners of the triangles."""
    out = values.take(corners[:, 0], axis=0) * share[:, :1]
    out += values.take(corners[:, 1], axis=0) * share[:, 1:2]
    out += values.take(corners[:, 2], axis=0) * share[:, 2:]
    return np.asarray(out, np.float32)


def _areas(drawn: Float32, triangles: NDArray[np.int32]) -> Float32:
    """Twice the area on the screen: above 0 for triangles that turn clockwise, to the viewer."""
    (ax, ay), (bx, by), (cx, cy) = (drawn[triangles[:, corner], :2].T for corner in range(3))
    return np.asarray((bx - ax) * (cy - ay) - (cx - ax) * (by - ay), np.float32)


def _normals(points: Float32, triangles: NDArray[np.int32]) -> Float32:
    """Normals of the points, to the viewer, of length 1."""
    one, two, three = (points[triangles[:, corner]] for corner in range(3))
    flat = np.cross(two - one, three - one)
    out = np.stack(
        [
            sum(
                np.bincount(triangles[:, corner], flat[:, axis], len(points)) for corner in range(3)
            )
            for axis in range(3)
        ],
        axis=1,
    )
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    return np.asarray(out, np.float32)


def _light(colour: Float32, normals: Float32, view: View, gloss: float) -> Float32:
    """Lambert light with a soft edge, and gloss."""
    light = np.array(view.light, np.float32)
    light /= np.linalg.norm(light)
    normals = normals * np.where(normals[:, 2:] < 0, np.float32(-1), np.float32(1))
    soft = np.clip((normals @ light + 0.2) / 1.2, 0, 1)
    half = light + np.array([0, 0, 1], np.float32)
    mirror = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1) ** 20
    power = view.ambient + 1.15 * (1 - view.ambient) * soft
    return np.asarray(colour * power[:, None] + gloss * mirror[:, None], np.float32)


def _eye(pixels: NDArray[np.intp], iris: Float32, low: Float32, look: Look) -> Float32:
    """Colours of an eyeball's pixels, given the iris's five points, and 0-1 from lid to lid."""
    axes = np.stack([iris[1] - iris[0], iris[2] - iris[0]], axis=1)
    away = np.linalg.norm((pixels - iris[0]) @ np.linalg.inv(axes).T, axis=1)[:, None]
    ball = np.full((len(pixels), 3), (0.90, 0.88, 0.87), np.float32)
    ball += np.clip((1.05 - away) / 0.1, 0, 1) * (0.45 * look.iris - ball)
    ball += np.clip((0.88 - away) / 0.1, 0, 1) * (look.iris - ball)
    ball += np.clip((0.45 - away) / 0.08, 0, 1) * (0.03 - ball)
    ball *= (0.55 + 0.45 * np.clip(low / 0.35, 0, 1))[:, None]
    shine = np.linalg.norm((pixels - iris[0]) @ np.linalg.inv(axes).T - [0.3, 0.35], axis=1)
    ball += np.clip((0.2 - shine) / 0.08, 0, 1)[:, None] * (0.95 - ball)
    return ball.astype(np.float32)


def _mouth(low: Float32, gap: float) -> Float32:
    """Colours between the lips: teeth under the upper one, the dark, the tongue."""
    dark, tongue, tooth = (
        np.array(colour, np.float32)
        for colour in ((0.16, 0.06, 0.07), (0.50, 0.24, 0.24), (0.86, 0.82, 0.76))
    )
    colour = dark + np.clip((low - 0.55) / 0.4, 0, 1)[:, None] * (tongue - dark)
    height = min(TOOTH, 0.5 * gap)
    white = np.clip((height - low * gap) / 0.012, 0, 1)[:, None]
    return np.asarray(colour + white * (tooth - colour), np.float32)


def _finish(picture: Float32, size: int, view: View) -> Image:
    """From fine pixels to the picture, with brightness and noise."""
    fine = (np.clip(picture * view.gain, 0, 1) ** 0.8 * 255).astype(np.uint8)
    small = Picture.fromarray(fine).resize((size, size), Picture.Resampling.BOX)
    if not view.noise:
        return np.asarray(small)
    noise = np.random.default_rng(view.seed).normal(0, view.noise, (size, size, 3))
    return np.clip(np.rint(np.asarray(small) + noise), 0, 255).astype(np.uint8)
