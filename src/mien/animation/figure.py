"""A drawing of what a unit does to the face: the mesh before and after, as SVG."""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.animation.moves import LIDS, LIPS, STRONGEST, rims
from mien.animation.skin import Skin
from mien.face.geometry import reference
from mien.face.landmarks import LEFT_BROW, LIPS_OUTER, OVAL, RIGHT_BROW
from mien.face.triangles import mesh_triangles

__all__ = ["unit_figure"]

WIDTH, HEIGHT, TOP, SCALE = 240, 340, 8, 150.0
"""Pixels, those above the face, and pixels per distance of the outer eye corners."""
FELT = 0.006
"""Eye-corner distances from which on skin counts as moved, and is drawn."""
BROWS = RIGHT_BROW[:5], LEFT_BROW[:5]
NOSE = (168, 6, 197, 195, 5, 4, 1), (98, 97, 2, 326, 327)
RIMS = tuple(tuple(rim.tolist()) for pair in (*LIDS.values(), LIPS) for rim in pair)
UPPER, LOWER = (tuple(rim.tolist()) for rim in rims(LIPS_OUTER))

REST, MOVED, SKIN = "#9aa5b1", "#c2410c", "#e9b08c"
"""Colours of the lines at rest, of the moved ones, and of the skin that moves."""

Points = NDArray[np.float64]


@cache
def _rest() -> Points:
    """(468, 3): the reference face in pixels of the drawing."""
    face = reference()[0].astype(np.float64) * (SCALE, -SCALE, -SCALE)
    low, high = face.min(axis=0), face.max(axis=0)
    face[:, 0] += WIDTH / 2 - (low[0] + high[0]) / 2
    face[:, 1] += TOP - low[1]
    return face


def unit_figure(unit: int) -> str:
    """The face at rest in grey, and over it in colour where the unit takes it at its strongest.

    Args:
        unit: one of `mien.animation.moves.known_units`.

    Returns:
        An SVG picture, without any reference to the outside.

    Raises:
        KeyError: the unit cannot be moved.
    """
    rest = _rest()
    moved = Skin(rest.astype(np.float32)).moved({(unit, ""): STRONGEST})
    far = np.linalg.norm(moved - rest, axis=1) > FELT * SCALE
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="AU{unit}">',
            _path(_net(moved, far), SKIN, 0.6),
            _path(_features(rest, np.ones(len(rest), bool)), REST, 1.2),
            _path(_features(moved, far), MOVED, 2.0),
            "</svg>\n",
        )
    )


def _net(points: Points, far: NDArray[np.bool_]) -> list[str]:
    """Edges of the mesh that move at both ends."""
    triangles = mesh_triangles()
    triangles = triangles[(triangles < len(points)).all(axis=1)]
    edges = {
        (min(one, two), max(one, two))
        for row in triangles.tolist()
        for one, two in ((row[0], row[1]), (row[1], row[2]), (row[2], row[0]))
        if far[one] and far[two]
    }
    return [f"M{_at(points[one])}L{_at(points[two])}" for one, two in sorted(edges)]


def _features(points: Points, shown: NDArray[np.bool_]) -> list[str]:
    """Brows, eyes, nose, lips and outline, as far as they are shown."""
    lines = [(*OVAL, OVAL[0]), *RIMS, LOWER, UPPER, *BROWS, *NOSE]
    return [
        f"M{_at(points[one])}L{_at(points[two])}"
        for line in lines
        for one, two in pairwise(line)
        if shown[one] or shown[two]
    ]


def _path(parts: list[str], colour: str, width: float) -> str:
    """Strokes of one colour."""
    if not parts:
        return ""
    return (
        f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linecap="round"/>'
    )


def _at(point: Points) -> str:
    """A place, to a tenth of a pixel."""
    return f"{point[0]:.1f} {point[1]:.1f}"
