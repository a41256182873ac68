"""The graph of a face's action units on its picture: nodes at their regions, edges by strength."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageDraw

from mien.errors import ShapeError
from mien.facs.regions import SHOWN_CENTRES, Centres
from mien.values import Float32, Image, check_image
from mien.video.palette import SMALLEST_LETTERS, STRONG, Colour, font_of

__all__ = ["LEAST", "draw_graph", "nearest", "places_of", "strength_of"]

BOTH = 3
"""The relation "both present" among the four of a pair."""
ELSEWHERE = Centres((40, 40), 1.0)
"""Where a unit is drawn whose region is not known: under the mouth."""
EYE_CORNERS = (22, 25)
"""Inner corners of the eyes among 49 points."""
RADIUS, FEW = 0.2, 12
"""Of a node, in distances of the inner corners of the eyes, and for how many units; of more units
each is smaller."""
LARGEST = 0.045
"""Radius of a node over the shorter side of a picture, where little but the face is in it."""
APART = 2.15
"""Smallest distance of two nodes, in their radii."""
ROUNDS = 400
DIM = 0.45
"""What is left of the picture's brightness under the graph."""
FINE = 2
"""Times that lines are drawn finer than the picture."""
LEAST = 0.05
"""Edges weaker than this are not drawn."""
EACH = 3
"""Edges that are drawn, the strongest, for each unit on average."""
WEAK: Colour = (70, 110, 150)
ABSENT: Colour = (48, 60, 74)
PRESENT: Colour = (240, 98, 80)
RIM: Colour = (235, 240, 245)


def strength_of(relations: Float32) -> Float32:
    """How strongly each pair of units is related, 0-1, the same both ways.

    Args:
        relations: (m, m, r), target and source. Four relations: that neither, the source, the
            target or both are present, of which the last counts; one: 1 where they are joined.

    Returns:
        float32 (m, m), the mean of both ways; 0 from a unit to itself.

    Raises:
        ShapeError: the relations are of another shape.
    """
    if relations.ndim != 3 or relations.shape[0] != relations.shape[1]:
        raise ShapeError(
            f"got relations of shape {relations.shape}, expected (m, m, 4) or (m, m, 1)"
        )
    if relations.shape[2] not in (1, BOTH + 1):
        raise ShapeError(f"got {relations.shape[2]} relations of a pair, expected 4 or 1")
    one = relations[..., BOTH if relations.shape[2] > BOTH else 0]
    out = (one + one.T) / 2
    np.fill_diagonal(out, 0)
    return np.asarray(out, np.float32)


def nearest(strength: Float32, count: int) -> Float32:
    """Of each unit the strongest relations; 0 in place of those that are among no unit's.

    Args:
        strength: (m, m), 0-1, the same both ways.
        count: relations of each unit; it may have more, where it is among another's.
    """
    beside = strength.copy()
    np.fill_diagonal(beside, -np.inf)
    kept = np.zeros(strength.shape, bool)
    chosen = np.argsort(-beside, axis=1, kind="stable")[:, : max(0, min(count, len(beside) - 1))]
    np.put_along_axis(kept, chosen, values=True, axis=1)
    return np.where(kept | kept.T, strength, np.float32(0))


def draw_graph(
    image: Image,
    points: Float32,
    units: Sequence[int],
    probability: Float32,
    strength: Float32,
    span: tuple[float, float] = (0.0, 1.0),
) -> Image:
    """Draw units as circles on a darkened copy of a picture, and their relations as lines.

    A circle is the redder the more likely its unit is, a line the wider and yellower the stronger
    the relation; of many relations only the strongest are drawn. Units of one region are moved
    apart until all can be read.

    Args:
        image: uint8 (h, w, 3), RGB.
        points: float32 (49, 2), landmarks of the face in pixels of the picture.
        units: numbers of the m units.
        probability: (m,), 0-1.
        strength: (m, m), 0-1, the same both ways, see `strength_of`.
        span: the strengths of the thinnest and of the widest line.

    Returns:
        uint8 (h, w, 3), RGB.

    Raises:
        ShapeError: the numbers of units, probabilities and relations do not agree.
    """
    check_image(image)
    count = len(units)
    if probability.shape != (count,) or strength.shape != (count, count):
        raise ShapeError(
            f"got probabilities of shape {probability.shape} and relations of shape "
            f"{strength.shape} for {count} units, expected ({count},) and ({count}, {count})"
        )
    dark = (image * np.float32(DIM)).astype(np.uint8)
    height, width = image.shape[:2]
    canvas = PIL.Image.fromarray(dark).resize((FINE * width, FINE * height))
    eyes = _eyes(points)
    radius = RADIUS * eyes * min(1, (FEW / max(count, 1)) ** 0.5)
    radius = max(min(radius, LARGEST * min(width, height)), 0.75 * SMALLEST_LETTERS)
    places = {
        unit: (place + 0.5) * FINE
        for unit, place in places_of(points, units, radius, (width, height)).items()
    }
    pen = ImageDraw.Draw(canvas)
    _draw_edges(pen, [places[unit] for unit in units], strength, span, FINE * radius)
    for unit, chance in zip(units, probability.tolist(), strict=True):
        _draw_node(pen, places[unit], unit, chance, FINE * radius)
    return np.array(canvas.reduce(FINE))


def places_of(
    points: Float32,
    units: Sequence[int],
    radius: float,
    size: tuple[int, int] | None = None,
) -> Mapping[int, NDArray[np.float64]]:
    """Where the nodes of units lie on a face: one each, in pixels, no two over one another.

    Args:
        points: float32 (49, 2), landmarks of the face.
        units: their numbers; each lies on the side of its region where there is most room.
        radius: of a node, in pixels.
        size: width and height of the picture, in which all nodes are kept; None: anywhere.
    """
    out = np.zeros((len(units), 2))
    for place, unit in enumerate(units):
        centre = SHOWN_CENTRES.get(unit, ELSEWHERE)
        sides = points[list(centre.points)].astype(np.float64)
        sides[:, 1] += centre.down * _eyes(points)
        away = np.hypot(*(sides[:, None] - out[None, :place]).transpose(2, 0, 1)).min(
            1, initial=9e9
        )
        # the first of equals: the person's right; then where there is most room
        out[place] = sides[1 if away[1] > 1.05 * away[0] else 0]
    limits = np.full((2, 2), [[-np.inf], [np.inf]])
    if size is not None:
        limits = np.array([[radius, radius], np.array(size) - 1 - radius])
    return dict(zip(units, _apart(out, APART * radius, limits), strict=True))


def _eyes(points: Float32) -> float:
    """Distance of the inner corners of the eyes.

    Raises:
        ShapeError: these are not 49 points of a face.
    """
    if points.shape != (49, 2):
        raise ShapeError(f"got landmarks of shape {points.shape}, expected (49, 2)")
    eyes = float(np.hypot(*(points[EYE_CORNERS[1]] - points[EYE_CORNERS[0]])))
    if not eyes > 0:
        raise ShapeError("the landmarks lie on one another; give the points of a face")
    return eyes


def _apart(
    places: NDArray[np.float64], least: float, limits: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Push points apart within limits until none are nearer than this, or patience ends."""
    places = places.clip(*limits)
    for turn in range(ROUNDS):
        gaps = places[:, None] - places[None]
        far = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(far, np.inf)
        if not len(places) or far.min() >= least * 0.999:
            break
        same = far < 1e-9  # of points on one another each pair goes another way
        angle = np.add.outer(np.arange(len(places)), np.arange(len(places))) + 0.1 * turn
        way = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        way *= np.sign(np.subtract.outer(np.arange(len(places)), np.arange(len(places))))[..., None]
        gaps = np.where(same[..., None], way, gaps / np.where(same, 1, far)[..., None])
        push = np.where(far < least, (least - far) / 2, 0)
        places = (places + 0.8 * (gaps * push[..., None]).sum(axis=1)).clip(*limits)
    return places


def _draw_edges(
    pen: ImageDraw.ImageDraw,
    places: Sequence[NDArray[np.float64]],
    strength: Float32,
    span: tuple[float, float],
    radius: float,
) -> None:
    """Lines between the nodes, the weakest first."""
    low, high = span
    pairs = sorted(combinations(range(len(places)), 2), key=lambda pair: strength[pair])
    for a, b in pairs[-EACH * len(places) :]:
        if strength[a, b] >= LEAST:
            share = float(np.clip((strength[a, b] - low) / max(high - low, 1e-6), 0, 1))
            width = max(1, round(radius * 0.6 * share))
            line = [*places[a].tolist(), *places[b].tolist()]
            pen.line(line, fill=_between(WEAK, STRONG, share), width=width)


def _draw_node(
    pen: ImageDraw.ImageDraw, place: NDArray[np.float64], unit: int, chance: float, radius: float
) -> None:
    """A circle with the number of its unit."""
    x, y = place.tolist()
    box = (x - radius, y - radius, x + radius, y + radius)
    rim = max(1, round(radius / 9))
    pen.ellipse(box, fill=_between(ABSENT, PRESENT, chance), outline=RIM, width=rim)
    letters = max(SMALLEST_LETTERS, round(radius * 1.1))
    pen.text((x, y), str(unit), fill=(255, 255, 255), font=font_of(letters), anchor="mm")


def _between(first: Colour, second: Colour, share: float) -> Colour:
    """A colour on the way from one to another."""
    red, green, blue = (
        round(a + (b - a) * min(max(share, 0.0), 1.0)) for a, b in zip(first, second, strict=True)
    )
    return red, green, blue
