"""Colours of a rendered head, painted on the neutral face model: skin, brows, lips, eyes, hair.

Everything is painted by where a point lies on the neutral head, so it moves with the skin.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mien.data.head import NUMBERS
from mien.values import Float32

__all__ = ["Style", "draw_style", "paint"]

RIGHT_BROW = ((-5.8, 5.2), (-4.9, 6.0), (-3.8, 6.3), (-2.4, 6.2), (-1.2, 5.9))
LIP_RIM = (
    (-2.5, -3.5), (-1.7, -2.8), (-0.7, -2.4), (0.0, -2.5), (0.7, -2.4), (1.7, -2.8),
    (2.5, -3.5), (1.8, -4.1), (1.0, -4.3), (0.0, -4.4), (-1.0, -4.3), (-1.8, -4.1),
)  # fmt: skip
RIGHT_LASH_LINE = ((-4.5, 3.4), (-3.9, 3.9), (-2.8, 3.9), (-1.8, 3.3))
"""Places on the neutral head in centimetres (x, y), after the model's 68 landmarks."""

EYE_CENTRE = np.array([3.1165, 3.6016, 7.9823])
STEP = 0.04
"""Centimetres between two cells of the painted maps."""
LEFT, BOTTOM, WIDTH, HEIGHT = -10.0, -12.0, 500, 650


@dataclass(frozen=True, eq=False)
class Style:
    """How a rendered person looks and is lit; colours are RGB 0-1."""

    skin: Float32
    hair: Float32
    lips: Float32
    iris: Float32
    background: Float32
    light: Float32
    """Direction to the light, of length 1."""
    ambient: float
    gloss: float
    brow_width: float
    brow_strength: float
    brow_drop: float
    """Centimetres by which the brows sit lower than the model's."""
    liner: float
    hairline: float
    iris_angle: float
    lashes: float


def draw_style(rng: Generator) -> Style:
    """A random person's colours and light."""
    dark = rng.beta(1.4, 1.6)
    fair, deep = np.array([0.93, 0.74, 0.66]), np.array([0.42, 0.28, 0.20])
    skin = ((1 - dark) * fair + dark * deep) * rng.uniform(0.93, 1.07, 3)
    hair = np.array([0.12, 0.08, 0.06]) * rng.uniform(0.3, 2.5)
    if rng.random() < 0.2:
        hair = np.array([0.55, 0.40, 0.25]) * rng.uniform(0.6, 1.2)
    irises = np.array([[0.25, 0.14, 0.08], [0.25, 0.40, 0.50], [0.28, 0.35, 0.25]])
    light = np.array([rng.normal(0, 0.5), rng.uniform(0, 0.9), 1.0])
    return Style(
        skin=np.clip(skin, 0.05, 1).astype(np.float32),
        hair=np.clip(hair, 0.01, 0.8).astype(np.float32),
        lips=(skin * np.array([0.86, 0.62, 0.72]) * rng.uniform(0.85, 1.05)).astype(np.float32),
        iris=irises[rng.choice(3, p=[0.7, 0.15, 0.15])].astype(np.float32),
        background=rng.uniform(0.05, 0.9, 3).astype(np.float32),
        light=(light / np.linalg.norm(light)).astype(np.float32),
        ambient=rng.uniform(0.25, 0.5),
        gloss=rng.uniform(0.02, 0.18),
        brow_width=rng.uniform(0.35, 0.6),
        brow_strength=rng.uniform(0.6, 0.95),
        brow_drop=rng.normal(0.3, 0.2),
        liner=rng.uniform(0.2, 0.7),
        hairline=rng.uniform(9.8, 11.8),
        iris_angle=rng.uniform(0.40, 0.48),
        lashes=rng.uniform(0.3, 0.8),
    )


def paint(places: Float32, part: NDArray[np.int8], style: Style) -> Float32:
    """Colours of points of the head.

    Args:
        places: (m, 3), where they lie on the neutral head.
        part: (m,), number of their part.
        style: the person's colours.

    Returns:
        float32 (m, 3), RGB 0-1.
    """
    x, y, z = places.T
    colours = np.repeat(style.skin[None], len(places), axis=0)
    mottle = 0.03 * np.sin(1.7 * x + 2.3 * y) + 0.02 * np.sin(5.1 * x - 4.3 * y)
    colours *= (1 + mottle)[:, None]
    flush = np.exp(-(((np.abs(x) - 5) / 2.2) ** 2) - ((y + 0.5) / 2.0) ** 2)
    colours -= 0.06 * flush[:, None] * np.array([-0.3, 0.8, 1.0], np.float32) * style.skin
    front = (part == NUMBERS["face"]) & (z > 4)
    brows, lips, lids = _maps()
    brow = np.clip(1.2 - _look_up(brows, x, y + style.brow_drop) / style.brow_width, 0, 1) ** 0.8
    _blend(colours, style.hair, np.where(front, brow * style.brow_strength, 0))
    _blend(colours, style.lips, np.where(front & (z > 8), _look_up(lips, x, y), 0))
    lid = np.clip(1 - _look_up(lids, x, y) / 0.22, 0, 1) * style.liner
    _blend(colours, np.zeros(3, np.float32), np.where(front, lid, 0))
    _paint_hair(colours, places, part, style)
    _paint_inside(colours, places, part, style)
    return np.clip(colours, 0, 1).astype(np.float32)


def _blend(colours: Float32, colour: Float32, share: Float32) -> None:
    """Lay a colour over points, as thick as ``share`` says."""
    colours += share[:, None] * (colour - colours)


def _paint_hair(colours: Float32, places: Float32, part: NDArray[np.int8], style: Style) -> None:
    x, y, z = places.T
    face, head = part == NUMBERS["face"], part == NUMBERS["head"]
    above = face & (y > style.hairline - 0.225 * np.abs(x)) & (z < 11)
    back = head & ((y > 6) | ((y > -6) & (z < 1.5) & (np.abs(x) < 9)))
    colours[above | back] = style.hair


def _paint_inside(colours: Float32, places: Float32, part: NDArray[np.int8], style: Style) -> None:
    """Mouth, teeth, gums, eye sockets, eyeballs and lashes."""
    colours[part == NUMBERS["mouth"]] = (0.18, 0.06, 0.07)
    colours[part == NUMBERS["eye_sockets"]] = style.skin * 0.6
    colours[part == NUMBERS["gums"]] = (0.42, 0.20, 0.21)
    colours[part == NUMBERS["teeth"]] = (0.88, 0.85, 0.80)
    colours[part == NUMBERS["lashes"]] = 0.05
    for name, side in (("right_eye", -1), ("left_eye", 1)):
        rows = np.nonzero(part == NUMBERS[name])[0]
        ray = places[rows] - EYE_CENTRE * [side, 1, 1]
        angle = np.arccos(np.clip(ray[:, 2] / np.linalg.norm(ray, axis=1), -1, 1))
        colours[rows] = (0.90, 0.88, 0.86)
        colours[rows[angle < style.iris_angle]] = style.iris * 0.5
        colours[rows[angle < 0.88 * style.iris_angle]] = style.iris
        colours[rows[angle < 0.42 * style.iris_angle]] = 0.03


@cache
def _maps() -> tuple[Float32, Float32, Float32]:
    """Maps over x, y: distance to the nearest brow, 1 inside the lips, distance to a lash line."""
    x = LEFT + STEP * np.arange(WIDTH)
    y = BOTTOM + STEP * np.arange(HEIGHT)
    cells = np.stack(np.meshgrid(-np.abs(x), y), axis=-1).reshape(-1, 2)
    brows, lids = (_distance(cells, np.array(line)) for line in (RIGHT_BROW, RIGHT_LASH_LINE))
    lips = _inside(cells, np.array(LIP_RIM))
    shape = (HEIGHT, WIDTH)
    return brows.reshape(shape), lips.reshape(shape), lids.reshape(shape)


def _look_up(table: Float32, x: Float32, y: Float32) -> Float32:
    column = np.clip(((x - LEFT) / STEP + 0.5).astype(np.intp), 0, WIDTH - 1)
    row = np.clip(((y - BOTTOM) / STEP + 0.5).astype(np.intp), 0, HEIGHT - 1)
    return table[row, column]


def _distance(points: NDArray[np.float64], line: NDArray[np.float64]) -> Float32:
    """Distance of points to a line of straight pieces."""
    out = np.full(len(points), np.inf)
    for start, end in pairwise(line):
        along = end - start
        share = np.clip((points - start) @ along / (along @ along), 0, 1)
        out = np.minimum(out, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    return out.astype(np.float32)


def _inside(points: NDArray[np.float64], rim: NDArray[np.float64]) -> Float32:
    """1 for points inside a closed rim, by counting crossings."""
    x, y = points.T
    odd = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(rim, np.roll(rim, -1, axis=0), strict=True):
        if y0 != y1:
            odd ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd.astype(np.float32)
