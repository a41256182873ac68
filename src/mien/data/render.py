"""Pictures of the face model: perspective camera, z-buffer, light per pixel. Plain numpy."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.data.head import INSIDE, NUMBERS, PARTS, Head
from mien.data.paint import Style, paint
from mien.face.triangles import rasterise
from mien.values import Float32, Image

__all__ = ["Camera", "draw_camera", "render"]

MIDDLE = np.array([0, 0.8, 5.0], np.float32)
"""What the camera looks at, in centimetres of the head."""
GAMMA = 1 / 1.25
_OPEN = [NUMBERS[name] for name in INSIDE]
_SHADE = {"mouth": 0.35, "gums": 0.35, "teeth": 0.75}


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in front of the head."""

    size: int
    """Side of the square picture in pixels."""
    focal: float
    """Focal length in picture sides."""
    distance: float
    """Centimetres from the head."""

    def project(self, vertices: Float32, turn: Float32) -> Float32:
        """Place of points in the picture: x, y in pixels and the distance, (v, 3)."""
        seen = (vertices - MIDDLE) @ turn.T
        away = self.distance - seen[:, 2]
        scale = self.focal * self.size / away
        half = (self.size - 1) / 2
        columns = (half + seen[:, 0] * scale, half - seen[:, 1] * scale, away)
        return np.stack(columns, axis=1).astype(np.float32)


def draw_camera(rng: Generator, size: int = 256) -> Camera:
    """A random camera at about 30-80 cm that fills the picture with the head."""
    focal = rng.uniform(1.3, 2.6)
    return Camera(size, focal, focal * rng.uniform(24, 31))


def render(head: Head, vertices: Float32, turn: Float32, camera: Camera, style: Style) -> Image:
    """Draw a head.

    Args:
        head: the face model.
        vertices: (26719, 3), from `Head.express`.
        turn: (3, 3), rotation of the head.
        camera: where from.
        style: colours and light.

    Returns:
        uint8 (size, size, 3), RGB.
    """
    places = camera.project(vertices, turn)
    lashes = head.part == NUMBERS["lashes"]
    seen = _facing(places, head) & ~lashes
    triangles, part = head.triangles[seen], head.part[seen]
    picture = _background(style, camera.size)
    index, weights = rasterise(places, triangles, camera.size, camera.size)
    hit = index >= 0
    corners, share = triangles[index[hit]], weights[hit]
    normals = _normals(vertices, head.triangles[~lashes]) @ turn.T
    picture[hit] = _light(
        paint(_mix(head.neutral, corners, share), part[index[hit]], style),
        _mix(normals, corners, share),
        part[index[hit]],
        style,
    )
    depth = np.full(hit.shape, np.inf, np.float32)
    depth[hit] = _mix(places[:, 2:], corners, share)[:, 0]
    _draw_lashes(picture, places, head.triangles[lashes], depth, style)
    return (255 * np.clip(picture, 0, 1) ** GAMMA).astype(np.uint8)


def _facing(places: Float32, head: Head) -> NDArray[np.bool_]:
    """Triangles turned to the camera, and those that are seen from either side."""
    (ax, ay), (bx, by), (cx, cy) = (places[head.triangles[:, k], :2].T for k in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    front: NDArray[np.bool_] = (area < 0) | np.isin(head.part, _OPEN)
    return front


def _normals(vertices: Float32, triangles: NDArray[np.int32]) -> Float32:
    """Normals of the vertices, not of length 1."""
    first, second, third = (vertices[triangles[:, k]] for k in range(3))
    normals = np.cross(second - first, third - first)
    out = np.zeros_like(vertices)
    for axis in range(3):
        for corner in range(3):
            count = len(vertices)
            out[:, axis] += np.bincount(triangles[:, corner], normals[:, axis], count)
    return out


def _mix(values: Float32, corners: NDArray[np.int32], share: Float32) -> Float32:
    """Values between the corners of the triangles."""
    return sum(values[corners[:, k]] * share[:, k, None] for k in range(3))  # type: ignore[return-value]


def _light(colours: Float32, normals: Float32, part: NDArray[np.int8], style: Style) -> Float32:
    """Lambert light with a soft edge, and gloss."""
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    normals[normals[:, 2] < 0] *= np.array([1, 1, -1], np.float32)
    soft = np.clip((normals @ style.light + 0.25) / 1.25, 0, 1)
    half = style.light + np.array([0, 0, 1], np.float32)
    mirror = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)
    eyes = np.isin(part, [NUMBERS["left_eye"], NUMBERS["right_eye"]])
    gloss = np.where(eyes, 0.5 * mirror**60, style.gloss * mirror**16)
    shade = np.ones(len(PARTS), np.float32)
    for name, level in _SHADE.items():
        shade[NUMBERS[name]] = level
    power = (style.ambient + 1.1 * (1 - style.ambient) * soft) * shade[part]
    return np.asarray((colours * power[:, None] + gloss[:, None]), np.float32)


def _background(style: Style, size: int) -> Float32:
    down = np.linspace(-1, 1, size, dtype=np.float32)[:, None, None]
    plain = style.background * (1 + 0.25 * down)
    return np.repeat(np.clip(plain, 0, 1), size, axis=1).astype(np.float32)


def _draw_lashes(
    picture: Float32, places: Float32, triangles: NDArray[np.int32], depth: Float32, style: Style
) -> None:
    """Lay half-transparent lashes over what is behind them."""
    size = len(picture)
    index, weights = rasterise(places, triangles, size, size)
    hit = index >= 0
    away = _mix(places[:, 2:], triangles[index[hit]], weights[hit])[:, 0]
    near = away < depth[hit]
    rows, columns = (axis[near] for axis in np.nonzero(hit))
    picture[rows, columns] *= 1 - style.lashes
