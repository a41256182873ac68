"""Portraits warped by planted action units: exact differences within a group of one face.

The mesh of the portrait is laid on the face model, moved by the unit's displacement, brought back
into the picture, and the picture follows it triangle by triangle. Where lips part, a dark mouth
with teeth is filled in. The landmark network then finds the mesh again on the warped picture.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from mien.animation.moves import LIPS
from mien.animation.sampling import sample
from mien.data.expressions import UNITS, planted
from mien.data.ict import FaceModel
from mien.face.geometry import SKIN, reference
from mien.face.kabsch import kabsch
from mien.face.landmarks import OVAL
from mien.face.triangles import MOUTH, mesh_triangles, rasterise, triangle_regions
from mien.values import Float32, Image

__all__ = [
    "Mouth",
    "Portrait",
    "View",
    "aligned",
    "moved",
    "plant",
    "single_units",
    "to_size",
    "warp",
]

RING = 1.5
"""How far from the face's middle the picture stays put, in radii of the face's outline."""
EYE_DISTANCE = 100
"""Pixels between the outer eye corners, to which larger portraits are shrunk."""
OPENED, CLOSED = 0.03, 0.06
"""Shares of the eye distance: a mouth that opened by more and was open by less gets an inside."""
FLIP = np.array([1, -1, -1], np.float32)
TEETH = np.array([205, 200, 190], np.float32)


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture of a face with its mesh."""

    image: Image
    mesh: Float32
    """(478, 3) pixels."""


@dataclass(frozen=True, eq=False)
class _Pose:
    """How the face model lies in a picture: pixels = scale x rotation x centimetres + shift."""

    scale: float
    rotation: Float32
    shift: Float32

    def to_model(self, points: Float32) -> Float32:
        """From pixels (y down, z away) to centimetres of the face model."""
        return ((points * FLIP - self.shift) @ self.rotation / self.scale).astype(np.float32)

    def to_picture(self, points: Float32) -> Float32:
        """The way back."""
        turned = self.scale * points @ self.rotation.T + self.shift
        return (turned * FLIP).astype(np.float32)


def to_size(portrait: Portrait) -> Portrait:
    """Shrink a portrait whose eyes are further apart than the mesh network can use."""
    distance = float(np.linalg.norm(portrait.mesh[33, :2] - portrait.mesh[263, :2]))
    if distance <= EYE_DISTANCE:
        return portrait
    height, width = portrait.image.shape[:2]
    size = (round(width * EYE_DISTANCE / distance), round(height * EYE_DISTANCE / distance))
    small = np.asarray(Picture.fromarray(portrait.image).resize(size, Picture.Resampling.BOX))
    share = size[0] / width
    mesh = portrait.mesh * share
    mesh[:, :2] += (share - 1) / 2
    return Portrait(small, mesh.astype(np.float32))


def aligned(model: FaceModel, mesh: Float32) -> _Pose:
    """Lay the face model on a mesh, by the points that expressions hardly move."""
    stable = reference()[2]
    source, goal = model.neutral[stable], mesh[stable] * FLIP
    middles = source.mean(axis=0), goal.mean(axis=0)
    source, goal = source - middles[0], goal - middles[1]
    rotation, stretch = kabsch(goal.T @ source)
    scale = float(stretch / (source**2).sum())
    shift = middles[1] - scale * rotation @ middles[0]
    return _Pose(scale, rotation.astype(np.float32), shift.astype(np.float32))


@dataclass(frozen=True)
class Mouth:
    """What is seen where closed lips have parted."""

    colour: tuple[float, float, float] = (45, 18, 22)
    """RGB 0-255 of the inside, in even light."""
    teeth: float = 0.9
    """How clearly the upper teeth are seen, 0-1."""
    reach: float = 0.35
    """Share of the gap that the teeth cover at most."""


@dataclass(frozen=True, eq=False)
class View:
    """The part of a picture that is wanted."""

    matrix: Float32
    """(2, 3): pixels of the picture to pixels of the view, without shear."""
    size: int
    """Side of the square view."""

    @property
    def scale(self) -> float:
        """Pixels of the view per pixel of the picture."""
        return float(np.hypot(*self.matrix[:, 0]))


def plant(
    portrait: Portrait,
    model: FaceModel,
    weights: Float32,
    identity: Float32 | None = None,
    turn: Float32 | None = None,
) -> Image:
    """Warp a portrait by an expression of the face model.

    Args:
        portrait: the picture and its mesh.
        model: the cut-down face model.
        weights: (57,) of the expression shapes.
        identity: (100,), also change the person's shape.
        turn: (3, 3), also turn the head by this rotation.

    Returns:
        uint8, of the portrait's size.
    """
    return warp(portrait, moved(portrait, model, weights, identity, turn))


def moved(
    portrait: Portrait,
    model: FaceModel,
    weights: Float32,
    identity: Float32 | None = None,
    turn: Float32 | None = None,
) -> Float32:
    """Where the skin points of a portrait go, float32 (468, 3) pixels; arguments as for `plant`."""
    pose = aligned(model, portrait.mesh[:SKIN])
    there = pose.to_model(portrait.mesh[:SKIN])
    gone = there + np.tensordot(weights, model.expression, 1)
    if identity is not None:
        gone = gone + np.tensordot(identity, model.identity, 1)
    if turn is not None:
        middle = model.neutral.mean(axis=0)
        gone = (gone - middle) @ turn.T + middle
    change = pose.to_picture(gone.astype(np.float32)) - pose.to_picture(there)
    return np.asarray(portrait.mesh[:SKIN] + change, np.float32)


def warp(
    portrait: Portrait,
    goal: Float32,
    view: View | None = None,
    bend: Float32 | None = None,
    mouth: Mouth | None = None,
) -> Image:
    """Bring the skin points of a portrait to other places, and look at the result.

    Warp and view are one lookup: nothing is interpolated twice.

    Args:
        portrait: the picture and its mesh.
        goal: (468, 3) pixels of the portrait, where its skin points go.
        view: what is wanted of it; None is all, as it lies.
        bend: (size, size, 2), pixels of the portrait by which the lookup is moved as well.
        mouth: what is seen of it where lips part; None is the usual one.

    Returns:
        uint8, of the view's size or of the portrait's.
    """
    source = portrait.mesh[:SKIN]
    whole = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    matrix, height, width = whole, *portrait.image.shape[:2]
    if view is not None:
        matrix, height, width = view.matrix, view.size, view.size
    scale = float(np.hypot(*matrix[:, 0]))
    seen = goal * np.float32(scale)
    seen[:, :2] = goal[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    index, places = _places(source, seen, matrix, (height, width))
    if bend is not None:
        places = places + bend
    out = sample(portrait.image, places)
    return _fill_mouth(out, portrait, seen, scale, index, mouth or Mouth())


def single_units(portrait: int) -> list[tuple[int, Float32]]:
    """Units planted alone, each at two levels that depend on the portrait's number.

    Returns:
        Pairs of a unit and intensities (38,).
    """
    levels = (0.3, 0.6, 0.9)[portrait % 3], (0.45, 0.75, 1.0)[(portrait + 1) % 3]
    units = dict.fromkeys(unit for unit in UNITS if unit != 25)
    return [(unit, planted({unit: level})) for unit in units for level in levels]


def _places(
    source: Float32, goal: Float32, matrix: Float32, shape: tuple[int, int]
) -> tuple[NDArray[np.int32], Float32]:
    """For each pixel of the view the triangle that covers it, and where it comes from."""
    height, width = shape
    ring, joints = _ring(source)
    before = np.concatenate([source[:, :2], ring])
    after = np.concatenate([goal[:, :2], ring @ matrix[:, :2].T + matrix[:, 2]])
    far = np.full(len(ring), goal[:, 2].max() + 50, np.float32)
    depth = np.concatenate([goal[:, 2], far])
    triangles = np.concatenate([mesh_triangles(), joints])
    seen = np.column_stack([after, depth]).astype(np.float32)
    index, share = rasterise(seen, triangles, height, width)
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    there = np.stack([columns, rows], axis=-1) - matrix[:, 2]
    places = (there @ np.linalg.inv(matrix[:, :2]).T).astype(np.float32)
    hit = index >= 0
    corners = before[triangles[index[hit]]]
    places[hit] = (corners * share[hit][..., None]).sum(axis=1)
    return index, places


def _ring(source: Float32) -> tuple[Float32, NDArray[np.int32]]:
    """Points around the face that stay, and the triangles between them and its outline."""
    outline = np.array(OVAL)
    middle = source[outline, :2].mean(axis=0)
    ring = middle + RING * (source[outline, :2] - middle)
    count = len(outline)
    here, after = np.arange(count), (np.arange(count) + 1) % count
    one = np.stack([outline[here], outline[after], SKIN + here], axis=1)
    two = np.stack([outline[after], SKIN + after, SKIN + here], axis=1)
    return ring.astype(np.float32), np.concatenate([one, two]).astype(np.int32)


def _fill_mouth(
    out: Float32,
    portrait: Portrait,
    goal: Float32,
    scale: float,
    index: NDArray[np.int32],
    mouth: Mouth,
) -> Image:
    """Fill in a dark mouth and teeth where closed lips have parted; lengths are of the view."""
    source = portrait.mesh[:, :2]
    eyes, before = (
        scale * float(np.linalg.norm(source[first] - source[second]))
        for first, second in ((33, 263), (13, 14))
    )
    after = float(np.linalg.norm(goal[13, :2] - goal[14, :2]))
    if after - before > OPENED * eyes and before < CLOSED * eyes:
        regions = np.concatenate([triangle_regions(), np.zeros(1, np.uint8)])
        inside = (index < len(regions) - 1) & (
            regions[np.minimum(index, len(regions) - 1)] == MOUTH
        )
        inside &= index >= 0
        out = _cover(out, inside, 1.0, np.array(mouth.colour, np.float32))
        image = portrait.image
        nose = image[tuple(np.clip(source[4, ::-1].astype(int), 0, np.array(image.shape[:2]) - 1))]
        light = float(np.clip(nose.mean() / 160, 0.3, 1.1))
        height = min(mouth.reach * (after - before), 0.07 * eyes)
        upper = goal[LIPS[0], :2]
        upper = upper[np.argsort(upper[:, 0])]
        rows, columns = np.indices(inside.shape)
        below = rows - np.interp(columns, upper[:, 0], upper[:, 1])
        out = _cover(out, inside & (below < height), mouth.teeth, TEETH * light)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _cover(out: Float32, where: NDArray[np.bool_], strength: float, colour: Float32) -> Float32:
    """Lay a colour over a region with a soft edge."""
    mask = Picture.fromarray((255 * where).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    share = strength * np.asarray(mask, np.float32)[..., None] / 255
    return out + share * (colour - out)
