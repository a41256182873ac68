"""The head of a drawn face around the mesh: hair, ears, neck, shoulders, what lies behind lids.

Everything is in the frame of the reference face: x to the image's right, y up, z to the viewer, in
units of the distance between the outer eye corners.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.animation.moves import LIDS, LIPS
from mien.face.geometry import SKIN
from mien.face.landmarks import OVAL
from mien.face.triangles import mesh_triangles, triangle_regions
from mien.values import Float32

__all__ = ["AROUND", "BEHIND", "Hair", "Layout", "across", "colours", "layout", "surround"]

Angles = NDArray[np.float64]

SKULL = np.array([0, 0.55, -0.6]), np.array([0.78, 0.95, 0.78])
"""Middle and radii of the ellipsoid that the hair grows on."""
WIDTH = 1.5
"""Of the face that these sizes belong to."""
LONGITUDES, LATITUDES, FALLS = 33, 7, 4
FALL = 2
"""The number of the grid that can be seen from either side."""
NECK = ((-0.35, 0.44, 0.36), (-0.9, 0.42, 0.38), (-1.15, 0.46, 0.4), (-1.35, 0.62, 0.44),
        (-1.5, 1.05, 0.5), (-1.7, 1.5, 0.55), (-3.5, 1.9, 0.7))  # fmt: skip
"""Height, half the width and half the depth of the neck and the shoulders."""
ROUND = 21
"""Points around the neck."""
BEHIND = 0.06
"""How far eyeballs and teeth lie behind the rims of lids and lips."""
EAR = np.array([0.79, 0.18, -0.72]), np.array([0.06, 0.19, 0.11])


@dataclass(frozen=True)
class Hair:
    """How somebody's hair is cut."""

    line: float
    """Height of the hairline above the forehead, in eye-corner distances from y = 0."""
    thickness: float
    length: float
    """y at which the hair of the sides and the back ends."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Triangles of the whole drawn head over the points of the mesh, then those of `surround`."""

    triangles: NDArray[np.int32]
    region: NDArray[np.uint8]
    """(t,): SKIN, MOUTH, RIGHT_EYE or LEFT_EYE as in `mien.face.triangles`, AROUND for the rest."""
    closed: NDArray[np.bool_]
    """(t,): of a closed surface, clockwise on screen where it is turned to the viewer."""
    round: NDArray[np.bool_]
    """(t,): of a smooth surface, whose normals it tells; the lining behind the outline is none."""
    openings: NDArray[np.intp]
    """Points of the rims of lips and lids; they come once more, behind, after the mesh."""


AROUND = 4


@cache
def layout() -> Layout:
    """Triangles for: 468 points of the skin, the rims behind it, the surround."""
    mesh, regions = mesh_triangles(), triangle_regions()
    opened = regions != 0
    openings = np.unique(mesh[opened])
    behind = np.zeros(SKIN, np.int32)
    behind[openings] = SKIN + np.arange(len(openings))
    first = SKIN + len(openings)
    count = len(OVAL)
    oval, ring = np.array(OVAL), first + np.arange(count)
    parts = [mesh[~opened], behind[mesh[opened]], _strip(oval, ring)]
    kinds = [np.zeros((~opened).sum(), np.uint8), regions[opened]]
    first += count
    hidden = [np.zeros(len(part), bool) for part in parts]
    for number, (rows, columns, whole) in enumerate(_grids()):
        grid = first + np.arange(rows * columns).reshape(rows, columns)
        parts += [_strip(above, below, whole) for above, below in pairwise(grid)]
        hidden += [np.full(len(part), number != FALL) for part in parts[len(hidden) :]]
        first += rows * columns
    triangles = np.concatenate(parts).astype(np.int32)
    rest = len(triangles) - sum(map(len, kinds))
    region = np.concatenate([*kinds, np.full(rest, AROUND, np.uint8)])
    smooth = region % AROUND == 0
    smooth[sum(map(len, parts[:2])) : sum(map(len, parts[:3]))] = False
    return Layout(triangles, region, np.concatenate(hidden), smooth, openings)


def surround(skin: Float32, hair: Hair) -> Float32:
    """Points of the head around a face, in the order of `layout`, (s, 3).

    Args:
        skin: (468, 3), the face, moved or not.
        hair: its cut.
    """
    oval = skin[list(OVAL)]
    back = oval * [0.72, 0.75, 0] + [0, 0.025, -0.85]
    head = (_skull(), *_hair(hair), _ear(-1), _ear(1), _neck())
    around = np.concatenate(head) * [np.ptp(oval[:, 0]) / WIDTH, 1, 1]
    return np.concatenate([back, around]).astype(np.float32)


def colours(skin: Float32, hair: Float32, clothes: Float32) -> Float32:
    """RGB of the points of `surround`, (s, 3)."""
    grids = [rows * columns for rows, columns, _ in _grids()]
    rows = np.repeat(skin[None] * 0.55, len(OVAL), axis=0)
    scalp, cap, fall, *ears, neck = (np.repeat(skin[None], count, axis=0) for count in grids)
    streaks = 1 + 0.18 * np.sin(np.arange(len(cap)) * 2.4)[:, None]
    cap[:] = hair * streaks
    fall[:] = hair * (1 + 0.18 * np.sin(np.arange(len(fall)) * 1.7)[:, None])
    heights = np.repeat([height for height, _, _ in NECK], ROUND)
    neck[heights > -1.3] *= 0.85
    neck[heights < -1.3] = clothes
    return np.concatenate([rows, 0.95 * scalp, cap, fall, *ears, neck]).astype(np.float32)


@cache
def across() -> Float32:
    """For the rim points of `layout().openings`: 0 on the upper rim, 1 on the lower one."""
    low = np.full(SKIN, 0.5, np.float32)
    for upper, lower in (*LIDS.values(), LIPS):
        low[upper], low[lower] = 0, 1
        low[[upper[0], upper[-1]]] = 0.5
    return low[layout().openings]


def _grids() -> list[tuple[int, int, bool]]:
    """Rows, columns and whether it closes, of each grid of the surround."""
    cap, ear = (LATITUDES, LONGITUDES, False), (5, 9, True)
    return [cap, cap, (FALLS, LONGITUDES, False), ear, ear, (len(NECK), ROUND, True)]


def _strip(
    upper: NDArray[np.integer], lower: NDArray[np.integer], closed: bool = True
) -> NDArray[np.int32]:
    """Triangles between two rows of points."""
    after = (np.roll(upper, -1), np.roll(lower, -1))
    one = np.stack([upper, lower, after[1]], axis=1)
    two = np.stack([upper, after[1], after[0]], axis=1)
    stop = len(upper) if closed else len(upper) - 1
    return np.concatenate([one[:stop], two[:stop]]).astype(np.int32)


def _skull() -> Float32:
    """What is seen between the face and the hair."""
    turn = np.linspace(0, 2 * np.pi, LONGITUDES)
    latitude = np.linspace(-0.6, np.pi / 2, LATITUDES)[:, None]
    middle, radii = SKULL
    points = (middle + 0.975 * radii * _ball(turn, latitude)).reshape(-1, 3)
    points[:, 2] -= 0.9 * np.maximum(0.85 - points[:, 1], 0)  # behind the eyes
    return np.asarray(points, np.float32)


def _hair(hair: Hair) -> tuple[Float32, Float32]:
    """The cap from the hairline to the crown, and what falls from it."""
    middle, radii = SKULL
    radii = radii + hair.thickness
    # Once around, beginning and ending at the middle of the forehead.
    turn = np.linspace(-np.pi, np.pi, LONGITUDES) + np.pi
    aside = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
    share = np.clip((aside - 0.75) / 0.55, 0, 1)
    share = share**2 * (3 - 2 * share)
    edge = hair.line + share * (0.1 - hair.line)
    low = np.arcsin(np.clip((edge - middle[1]) / radii[1], -0.9, 0.9))
    rise = np.linspace(0, 1, LATITUDES)[:, None]
    latitude = low + rise * (np.pi / 2 - low)
    cap = middle + radii * _ball(turn, latitude)
    drop = np.linspace(0, 1, FALLS)[:, None]
    fall = np.repeat(cap[:1], FALLS, axis=0)
    length = np.minimum(hair.length - fall[0, :, 1], 0) * share
    fall[:, :, 1] += drop * length
    fall[:, :, 0] *= 1 + 0.1 * drop * (length < -0.3)
    return cap.reshape(-1, 3).astype(np.float32), fall.reshape(-1, 3).astype(np.float32)


def _ear(side: int) -> Float32:
    middle, radii = EAR
    turn = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    latitude = np.linspace(-1.4, 1.4, 5)[:, None]
    points = middle * [side, 1, 1] + radii * _ball(turn, latitude)
    return np.asarray(points.reshape(-1, 3), np.float32)


def _neck() -> Float32:
    turn = -np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    rows = [
        np.stack([wide * np.sin(turn), height + 0 * turn, deep * np.cos(turn) - 0.62], axis=1)
        for height, wide, deep in NECK
    ]
    return np.concatenate(rows).astype(np.float32)


def _ball(turn: Angles, latitude: Angles) -> Angles:
    """Points of a ball of radius 1 by angles around and above, (rows, columns, 3)."""
    flat = np.cos(latitude)
    columns = (np.sin(turn) * flat, np.sin(latitude) + 0 * turn, np.cos(turn) * flat)
    return np.stack(columns, axis=-1)
