"""The skin of a drawn face as a picture over the frontal reference face: brows, lips, shadows."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from mien.face.geometry import reference
from mien.face.landmarks import LEFT_BROW, LEFT_EYE_RING, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE_RING
from mien.values import Float32, Image

__all__ = ["Look", "draw_look", "paint", "places"]

Plane = NDArray[np.floating]

FINE = 256
"""Pixels of the painted skin per distance between the outer eye corners."""
LEFT, TOP, RIGHT, BOTTOM = -0.8, 1.0, 0.8, -0.95
_SIZE = round((RIGHT - LEFT) * FINE), round((TOP - BOTTOM) * FINE)
_LOWER_BROW = slice(5, 10)
_UPPER_LASHES = slice(9, 16)


@dataclass(frozen=True, eq=False)
class Look:
    """Colours of a drawn person, RGB 0-1."""

    skin: Float32
    hair: Float32
    lips: Float32
    iris: Float32
    clothes: Float32
    background: tuple[Float32, Float32]
    """At the top and at the bottom."""
    brows: tuple[float, float]
    """How thick, in pixels of the painted skin, and how strong, 0-1."""
    lashes: float
    """How dark the rim of the upper lid is, 0-1."""
    flush: float
    beard: float
    mottle: float
    gloss: float
    seed: int
    """Of the small irregularities."""


def draw_look(rng: Generator) -> Look:
    """A random person's colours."""
    dark = rng.beta(1.3, 1.8)
    fair, deep = np.array([0.95, 0.77, 0.68]), np.array([0.40, 0.26, 0.19])
    skin = np.clip(((1 - dark) * fair + dark * deep) * rng.uniform(0.94, 1.05, 3), 0.05, 1)
    hair = np.array([0.14, 0.09, 0.06]) * rng.uniform(0.4, 2.2)
    kind = rng.random()
    if kind < 0.15 and dark < 0.5:
        hair = np.array([0.58, 0.42, 0.25]) * rng.uniform(0.7, 1.15)
    elif kind < 0.25:
        hair = np.full(3, 0.5) * rng.uniform(0.6, 1.2)
    irises = np.array([[0.25, 0.14, 0.08], [0.25, 0.38, 0.48], [0.27, 0.33, 0.22]])
    which = 0 if dark > 0.55 else rng.choice(3, p=[0.6, 0.2, 0.2])
    ground = rng.uniform(0.2, 0.85) + rng.normal(0, 0.1, 3)
    return Look(
        skin=skin.astype(np.float32),
        hair=hair.astype(np.float32),
        lips=(skin * np.array([0.85, 0.56, 0.58]) * rng.uniform(0.85, 1.08)).astype(np.float32),
        iris=(irises[which] * rng.uniform(0.7, 1.2)).astype(np.float32),
        clothes=rng.uniform(0.08, 0.8, 3).astype(np.float32),
        background=(
            (ground * rng.uniform(0.8, 1.15)).clip(0, 1).astype(np.float32),
            (ground * rng.uniform(0.7, 1.1)).clip(0, 1).astype(np.float32),
        ),
        brows=(rng.uniform(0, 6), rng.uniform(0.55, 0.9)),
        lashes=rng.uniform(0.45, 0.9),
        flush=rng.uniform(0.2, 1.0),
        beard=rng.uniform(0.1, 0.6) if rng.random() < 0.3 else 0.0,
        mottle=rng.uniform(0.01, 0.035),
        gloss=rng.uniform(0.02, 0.14),
        seed=int(rng.integers(2**31)),
    )


def places() -> Float32:
    """Where the 468 points of the mesh lie on the painted skin, (468, 2) pixels."""
    return _to_pixels(reference()[0])


def paint(look: Look) -> Image:
    """Paint the skin.

    Returns:
        uint8 (height, width, 3), as large as `places` needs.
    """
    rng = np.random.default_rng(look.seed)
    width, height = _SIZE
    x, y = np.meshgrid(
        LEFT + (np.arange(width) + 0.5) / FINE, TOP - (np.arange(height) + 0.5) / FINE
    )
    skin = np.ones((height, width, 3), np.float32) * look.skin
    skin *= (
        1 + look.mottle * _noise(rng, 6)[..., None] + 0.6 * look.mottle * _noise(rng, 60)[..., None]
    )
    _tint(skin, _spot(x, y, (0.42, -0.02), (0.2, 0.16)), (1, 0.86, 0.84), look.flush)
    _tint(skin, _spot(x, y, (0, -0.02), (0.12, 0.08)), (1, 0.88, 0.86), look.flush)
    _tint(skin, _spot(x, y, (0.33, 0.46), (0.2, 0.07)), (0.84, 0.76, 0.74), 0.8)
    _tint(skin, _spot(x, y, (0.34, 0.27), (0.16, 0.04)), (0.88, 0.80, 0.80), 0.8)
    _tint(skin, _spot(x, y, (0.2, 0.4), (0.06, 0.1)), (0.80, 0.72, 0.70), 0.8)
    _tint(skin, _spot(x, y, (0, -0.2), (0.16, 0.035)), (0.74, 0.66, 0.64), 0.9)
    _tint(skin, _spot(x, y, (0.24, -0.06), (0.03, 0.07)), (0.74, 0.66, 0.64), 0.8)
    _tint(skin, _spot(x, y, (0, -0.6), (0.16, 0.03)), (0.80, 0.74, 0.72), 0.8)
    beard = _soft(y, -0.05, -0.35) * _soft(np.abs(x) * 1.3 - y, 0.25, 0.75)
    _lay(skin, beard * look.beard * (0.75 + 0.25 * _noise(rng, 200)), look.hair)
    dark = np.float32(0.3) * look.skin
    for side in (-1, 1):
        nostril = _spot(x, y, (0.085 * side, -0.135), (0.042, 0.022), mirrored=False)
        _lay(skin, np.clip(1.6 * nostril, 0, 1) * 0.9, dark)
    _features(skin, look, rng)
    return np.asarray(255 * np.clip(skin, 0, 1), np.uint8)


def _features(skin: Float32, look: Look, rng: Generator) -> None:
    """Lips, brows, lashes."""
    shape = places()
    _lay(skin, _area(shape[list(LIPS_OUTER)], 2.2) * 0.9, look.lips)
    thick, strong = look.brows
    for brow in (RIGHT_BROW, LEFT_BROW):
        rim = np.concatenate([shape[list(brow[:5])], shape[list(brow[_LOWER_BROW])][::-1]])
        cover = _area(rim, 2.5, thick)
        hairs = np.clip(0.85 + 0.2 * _noise(rng, 150), 0, 1)
        _lay(skin, cover * strong * hairs, look.hair)
    for eye in (RIGHT_EYE_RING, LEFT_EYE_RING):
        ring = shape[list(eye)]
        upper = np.concatenate([ring[:1], ring[_UPPER_LASHES], ring[8:9]])
        _lay(skin, _line(upper, 9, 1.6) * look.lashes, np.full(3, 0.06, np.float32))
        _lay(skin, _line(upper - [0, 17], 4, 2.0) * 0.5, 0.45 * look.skin)
        _lay(skin, _line(ring[:9], 5, 1.6) * 0.45, 0.4 * look.skin)


def _to_pixels(points: Float32) -> Float32:
    columns = ((points[:, 0] - LEFT) * FINE - 0.5, (TOP - points[:, 1]) * FINE - 0.5)
    return np.stack(columns, axis=1).astype(np.float32)


def _noise(rng: Generator, cells: int) -> Float32:
    """Smooth irregularity of about -1 to 1 with so many cells across."""
    width, height = _SIZE
    coarse = rng.normal(0, 1, (round(cells * height / width), cells)).astype(np.float32)
    grown = Picture.fromarray(coarse).resize(_SIZE, Picture.Resampling.BICUBIC)
    return np.asarray(grown, np.float32)


def _spot(
    x: Plane,
    y: Plane,
    middle: tuple[float, float],
    spread: tuple[float, float],
    mirrored: bool = True,
) -> Float32:
    """A soft spot, the same on both sides if it is mirrored."""
    across = np.abs(x) - abs(middle[0]) if mirrored else x - middle[0]
    return np.asarray(
        np.exp(-((across / spread[0]) ** 2) - ((y - middle[1]) / spread[1]) ** 2), np.float32
    )


def _soft(values: Plane, start: float, end: float) -> Float32:
    share = np.clip((values - start) / (end - start), 0, 1)
    return np.asarray(share**2 * (3 - 2 * share), np.float32)


def _tint(
    skin: Float32, where: Float32, factor: tuple[float, float, float], strength: float
) -> None:
    """Multiply the colour where a spot is."""
    skin *= 1 - strength * where[..., None] * (1 - np.array(factor, np.float32))


def _lay(skin: Float32, cover: Float32, colour: Float32) -> None:
    """Lay a colour over the skin."""
    skin += cover[..., None] * (colour - skin)


def _area(rim: Float32, soft: float, wider: float = 0.0) -> Float32:
    """Cover of a closed outline, 0-1."""
    mask = Picture.new("L", _SIZE)
    pen = ImageDraw.Draw(mask)
    outline = [(float(px), float(py)) for px, py in rim]
    pen.polygon(outline, fill=255)
    if wider >= 1:
        pen.line([*outline, outline[0]], fill=255, width=round(wider), joint="curve")
    return _blurred(mask, soft)


def _line(points: Float32, width: int, soft: float) -> Float32:
    """Cover of a line, 0-1."""
    mask = Picture.new("L", _SIZE)
    pen = ImageDraw.Draw(mask)
    pen.line([(float(px), float(py)) for px, py in points], fill=255, width=width, joint="curve")
    return _blurred(mask, soft)


def _blurred(mask: Picture.Image, soft: float) -> Float32:
    blurred = np.asarray(mask.filter(ImageFilter.GaussianBlur(soft)), np.float32)
    return np.asarray(blurred / 255, np.float32)
