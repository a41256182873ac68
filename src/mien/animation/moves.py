"""How the mesh moves with each action unit: the hand-written table, spread over the skin.

Directions are those of the reference face: x to the image's right, y up, z to the viewer, in units
of the distance between the outer eye corners.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.face.geometry import reference
from mien.face.landmarks import LEFT_EYE_RING, LIPS_INNER, RIGHT_EYE_RING
from mien.face.triangles import SKIN, mesh_triangles, triangle_regions
from mien.facs.units import Side
from mien.values import Float32

__all__ = [
    "LIDS",
    "LIPS",
    "STRONGEST",
    "Intensities",
    "Move",
    "blend",
    "is_sided",
    "known_units",
    "move",
    "rims",
    "share",
    "skin_distances",
]

STRONGEST = 5.0
"""Intensity at which a unit moves as far as the table says."""

Intensities = Mapping[tuple[int, Side], float]
"""Intensity 0-5 by unit and side; the side "" is both, or the middle of the face."""

Rim = NDArray[np.intp]


def rims(ring: tuple[int, ...]) -> tuple[Rim, Rim]:
    """Upper and lower rim of a ring, facing points in pairs, corner to corner.

    >>> rims((33, 7, 133, 246))
    (array([ 33, 246, 133]), array([ 33,   7, 133]))
    """
    lower = len(ring) // 2 + 1
    return np.array([ring[0], *ring[lower:], ring[lower - 1]]), np.array(ring[:lower])


LIPS = rims(LIPS_INNER)
"""Inner rims of the lips."""

LIDS: dict[Side, tuple[Rim, Rim]] = {"R": rims(RIGHT_EYE_RING), "L": rims(LEFT_EYE_RING)}
"""Rims of the lids."""

_BLEND = 0.12
# Half the width, in eye-corner distances, of the strip along the mid line where both sides mix.
_SOFT = 0.012
# A stroke's own place counts as this far from itself, so that it does not stand out as a spike.


@dataclass(frozen=True, eq=False)
class Move:
    """One unit at its strongest, on both sides."""

    unit: int
    skin: Float32 = field(repr=False)
    """float32 (468, 3): where each point of the mesh goes."""
    lids: tuple[float, float] = (0.0, 0.0)
    """Share of the eye's opening that the upper lid falls and the lower lid rises."""
    lips: tuple[float, float] = (0.0, 0.0)
    """The same for the lips."""


def known_units() -> list[int]:
    """Numbers of the units that can be moved.

    >>> known_units()[:5]
    [1, 2, 4, 5, 6]
    """
    return sorted(int(number) for number in _table()["units"])


def is_sided(unit: int) -> bool:
    """Say whether the unit's left and right can move alone."""
    entry = _table()["units"][str(unit)]
    return is_sided(entry["like"]) if "like" in entry else bool(entry.get("sided", False))


@cache
def move(unit: int) -> Move:
    """Movement of one unit at its strongest.

    Raises:
        KeyError: the unit is not among ``known_units()``.
    """
    entry = _table()["units"][str(unit)]
    if "like" in entry:
        model, gain = move(entry["like"]), float(entry["gain"])
        lids, lips = ((gain * pair[0], gain * pair[1]) for pair in (model.lids, model.lips))
        return Move(unit, model.skin * gain, lids, lips)
    lids, lips = (tuple(entry.get(name, (0.0, 0.0))) for name in ("lids", "lips"))
    skin = np.zeros((len(reference()[0]), 3), np.float32)
    if "strokes" in entry:
        groups = _table()["groups"]
        still = [point for group in entry.get("still", []) for point in groups[group]]
        points, ways = _both_sides(entry["strokes"], still)
        skin = (blend(points, float(entry["reach"])) @ ways).astype(np.float32)
    return Move(unit, skin, lids, lips)


def share(side: Side) -> Float32:
    """How much of a unit's movement each point takes when only one side moves.

    Args:
        side: "L" or "R" of the person, "" for both.

    Returns:
        float32 (468,): 0-1. The shares of the two sides sum to 1.
    """
    shape = reference()[0]
    if side == "":
        return np.ones(len(shape), np.float32)
    toward = shape[:, 0] if side == "L" else -shape[:, 0]
    ramp = np.clip((toward / _BLEND + 1) / 2, 0, 1)
    return np.asarray(ramp**2 * (3 - 2 * ramp), np.float32)


def skin_distances(points: Iterable[int]) -> NDArray[np.float64]:
    """Measure the way from some points to all others along the edges of the skin's triangles.

    No way leads across the mouth or an eye, so the upper lip is far from the lower one.

    Args:
        points: n points of the mesh.

    Returns:
        float64 (n, 468), in outer-eye-corner distances.
    """
    neighbours, lengths = _skin_edges()
    rows = list(points)
    ways = np.full((len(rows), len(neighbours) + 1), np.inf)
    ways[np.arange(len(rows)), rows] = 0
    while True:
        shorter = (ways[:, neighbours] + lengths).min(axis=2)
        if not (shorter < ways[:, :-1]).any():
            return ways[:, :-1]
        ways[:, :-1] = np.minimum(ways[:, :-1], shorter)


def blend(points: NDArray[np.intp], reach: float, whole: float = 0.0) -> NDArray[np.float64]:
    """Weights that carry the movement of some points to the skin around them.

    Between the points it is interpolated by inverse distance; it fades out where all are far.

    Args:
        points: int (n,), points of the mesh.
        reach: distance along the skin at which nothing is felt any more.
        whole: distance up to which the skin moves as far as the points themselves.

    Returns:
        float64 (468, n): each row sums to at most 1.
    """
    distance = skin_distances(points.tolist())
    faded = np.clip((distance - whole) / (reach - whole), 0, 1)
    near = (1 - faded**2) ** 2
    felt = 1 - np.prod(1 - near, axis=0)
    weight = near / (distance**2 + _SOFT**2) ** 1.5
    return np.asarray((weight * felt / np.maximum(weight.sum(axis=0), 1e-12)).T)


@cache
def _skin_edges() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Neighbours of each point on the skin, filled up with a point that is nobody's neighbour."""
    shape = reference()[0].astype(np.float64)
    triangles = mesh_triangles()[triangle_regions() == SKIN]
    pairs = triangles[:, [0, 1, 1, 2, 2, 0, 1, 0, 2, 1, 0, 2]].reshape(-1, 2)
    pairs = np.unique(pairs, axis=0)
    count = np.bincount(pairs[:, 0], minlength=len(shape))
    slot = np.arange(len(pairs)) - np.repeat(np.cumsum(count) - count, count)
    neighbours = np.full((len(shape), count.max()), len(shape))
    lengths = np.zeros(neighbours.shape)
    neighbours[pairs[:, 0], slot] = pairs[:, 1]
    lengths[pairs[:, 0], slot] = np.linalg.norm(shape[pairs[:, 0]] - shape[pairs[:, 1]], axis=1)
    return neighbours, lengths


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("mien.animation") / "moves.toml").read_text(encoding="utf-8"))


def _both_sides(
    strokes: list[list[float]], still: list[int]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Mirror the strokes of the right half to the left; add the points that keep their place."""
    mirror = reference()[1]
    told = {int(point): np.array([-out, up, front]) for point, out, up, front in strokes}
    for point in still:
        told.setdefault(point, np.zeros(3))
    for point in list(told):
        told[int(mirror[point])] = told[point] * (
            [1, 1, 1] if mirror[point] == point else [-1, 1, 1]
        )
    return np.array(list(told), np.intp), np.array(list(told.values()))
