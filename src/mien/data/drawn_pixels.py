"""The pixels of a drawn head: which surface is seen, its colour, its light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.animation.sampling import sample
from mien.data.drawn_head import AROUND, across, colours, layout
from mien.data.drawn_skin import Look, places
from mien.data.drawn_view import SPAN, View
from mien.face.geometry import SKIN
from mien.face.triangles import LEFT_EYE, MOUTH, RIGHT_EYE, rasterise
from mien.face.triangles import SKIN as SURFACE
from mien.values import Float32, Image

__all__ = ["Posed", "finish", "paint_pixels"]

TOOTH = 0.075
"""Height of the upper teeth, in eye-corner distances."""


@dataclass(frozen=True, eq=False)
class Posed:
    """A head in front of the camera; rows are the points of `mien.data.drawn_head.layout`."""

    seen: Float32
    """(p, 3), turned, in eye-corner distances."""
    drawn: Float32
    """(p, 3): x and y in pixels, and depth."""
    eyes: Float32
    """(10, 3) of the irises, the same."""


@dataclass(frozen=True, eq=False)
class _Hits:
    """The pixels in which a head is seen."""

    place: NDArray[np.intp]
    """(m,): number of the pixel, row by row."""
    region: NDArray[np.uint8]
    corners: NDArray[np.int32]
    """(m, 3): points of the triangle that is seen."""
    weight: Float32
    """(m, 3) of these points."""

    def mix(self, values: Float32, where: NDArray[np.bool_] | None = None) -> Float32:
        """Values of the points at the pixels, or at some of them."""
        corners, weight = self.corners, self.weight
        if where is not None:
            corners, weight = corners[where], weight[where]
        out = values.take(corners[:, 0], axis=0) * weight[:, :1]
        out += values.take(corners[:, 1], axis=0) * weight[:, 1:2]
        out += values.take(corners[:, 2], axis=0) * weight[:, 2:]
        return np.asarray(out, np.float32)


def paint_pixels(head: Posed, look: Look, texture: Image, view: View, side: int) -> Float32:
    """Colours of all pixels of a square picture.

    Args:
        head: as the camera sees it.
        look: the person's colours.
        texture: the painted skin.
        view: the light.
        side: of the picture in pixels.

    Returns:
        float32 (side, side, 3), RGB 0-1 before brightness.
    """
    top, bottom = look.background
    down = np.linspace(0, 1, side, dtype=np.float32)[:, None, None]
    picture = np.repeat(top + down * (bottom - top), side, axis=1)
    hits = _hits(head.drawn, side)
    colour = np.zeros((len(hits.place), 3), np.float32)
    _paint_surface(colour, hits, head, (look, texture, view))
    _paint_inside(colour, hits, head, (look, view, side))
    picture.reshape(-1, 3)[hits.place] = colour
    return picture


def finish(picture: Float32, size: int, view: View) -> Image:
    """From fine pixels to the picture, with brightness and noise, uint8 (size, size, 3)."""
    fine = (np.clip(picture * view.gain, 0, 1) ** 0.8 * 255).astype(np.uint8)
    small = Picture.fromarray(fine).resize((size, size), Picture.Resampling.BOX)
    if not view.noise:
        return np.asarray(small)
    noise = np.random.default_rng(view.seed).normal(0, view.noise, (size, size, 3))
    return np.clip(np.rint(np.asarray(small) + noise), 0, 255).astype(np.uint8)


def _hits(drawn: Float32, side: int) -> _Hits:
    """What is seen in each pixel; closed surfaces turned away are left out at once."""
    whole = layout()
    front = ~whole.closed | (_areas(drawn, whole.triangles) > 0)
    triangles, regions = whole.triangles[front], whole.region[front]
    index, share = rasterise(drawn, triangles, side, side)
    place = np.flatnonzero(index >= 0)
    row = index.reshape(-1)[place]
    return _Hits(place, regions[row], triangles[row], share.reshape(-1, 3)[place])


def _paint_surface(
    colour: Float32, hits: _Hits, head: Posed, style: tuple[Look, Image, View]
) -> None:
    """Skin from its painting, hair and the rest by points; both in the light."""
    look, texture, view = style
    skin, around = hits.region == SURFACE, hits.region == AROUND
    colour[skin] = sample(texture, hits.mix(places(), skin)) / 255
    rest = colours(look.skin, look.hair, look.clothes)
    inner = np.repeat(look.skin[None], len(head.drawn) - len(rest), axis=0)
    colour[around] = hits.mix(np.concatenate([inner, rest]), around)
    lit = skin | around
    normals = hits.mix(_normals(head.seen, layout().triangles[layout().round]), lit)
    colour[lit] = _light(colour[lit], normals, view, look.gloss)


def _paint_inside(colour: Float32, hits: _Hits, head: Posed, style: tuple[Look, View, int]) -> None:
    """Eyeballs, and what is seen between the lips."""
    look, view, side = style
    openings = len(layout().openings)
    low = np.zeros((len(head.drawn), 1), np.float32)
    low[SKIN : SKIN + openings, 0] = across()
    for number, kind in enumerate((RIGHT_EYE, LEFT_EYE)):
        inside = hits.region == kind
        place = hits.place[inside]
        pixels = np.stack([place % side, place // side], axis=1)
        iris = head.eyes[5 * number : 5 * number + 5, :2]
        eye = _eye(pixels, iris, hits.mix(low, inside)[:, 0], look)
        colour[inside] = eye * (view.ambient + 0.75 * (1 - view.ambient))
    inside = hits.region == MOUTH
    gap = np.linalg.norm(head.drawn[13, :2] - head.drawn[14, :2]) * SPAN / (view.scale * side)
    mouth = _mouth(hits.mix(low, inside)[:, 0], float(gap))
    colour[inside] = mouth * (0.5 + 0.5 * view.ambient)


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
