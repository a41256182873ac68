"""A face in a picture that can be moved: the mesh is displaced, and the picture drawn to follow."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.animation.mouth import Mouth
from mien.animation.moves import Intensities
from mien.animation.sampling import sample, soften
from mien.animation.skin import Points, Skin
from mien.errors import InputError
from mien.face import triangles as surface
from mien.face.geometry import SKIN
from mien.face.landmarks import OVAL
from mien.face.triangles import mesh_triangles, rasterise, triangle_regions
from mien.values import Face, Float32, Image

__all__ = ["Puppet"]

_SURROUND = 1.7
# Radius of the ring that keeps its place, over that of the face: a jaw at its lowest stays inside.
_OVAL = np.array(OVAL)
_STILL = 0.01
# Pixels: a point that moves less is left where it is.
_BEHIND = 0.05
# Eye-corner distances: eyeballs and teeth lie this much behind the rims of lids and lips.


class Puppet:
    """One face of a picture, ready to be moved.

    Args:
        image: the picture.
        face: the face in it, with its mesh.

    Raises:
        InputError: the face has no mesh.
    """

    def __init__(self, image: Image, face: Face) -> None:
        if face.mesh is None:
            raise InputError("got a face without a mesh, expected one of mien.find_faces(image)")
        self.image = image
        self._mesh = face.mesh
        self._skin = Skin(face.mesh[:SKIN])
        self._mouth = Mouth(image, self._skin)
        self._ring = _ring(self._skin.points)

    def points(self, intensities: Intensities) -> Float32:
        """Mesh after the move.

        Args:
            intensities: 0-5 by unit and side; a sided unit is given for each side that moves.

        Returns:
            float32 (478, 3): x, y, z in pixels; the irises keep their place.
        """
        moved = self._mesh.copy()
        moved[:SKIN] = self._skin.moved(intensities)
        return moved

    def picture(self, intensities: Intensities) -> Image:
        """Picture after the move: skin is stretched, eyeballs and teeth stay behind their rims.

        Args:
            intensities: 0-5 by unit and side; a sided unit is given for each side that moves.
        """
        moved = self._skin.moved(intensities)
        layout = _layout()
        behind = moved[layout.openings] + [0, 0, _BEHIND * self._skin.scale]
        to = np.vstack([moved, self._ring, behind])
        came = np.vstack(
            [self._skin.points[:, :2], self._ring[:, :2], self._skin.behind(moved)[layout.openings]]
        ).astype(np.float32)
        traits = self._mouth.traits(moved)[layout.points[layout.triangles]]
        changed = (np.abs(to[:, :2] - came).max(axis=1) > _STILL)[layout.triangles].any(axis=1)
        changed |= layout.mouth & (traits[:, :, 0] > 0).any(axis=1)
        out = self.image.copy()
        box = _box(to[layout.triangles[changed]], out.shape)
        if box is None:
            return out
        left, top, right, bottom = box
        index, weights = rasterise(
            to - [left, top, 0], layout.triangles, bottom - top, right - left
        )
        drawn = np.flatnonzero((index >= 0) & changed[index])
        row, weight = index.reshape(-1)[drawn], weights.reshape(-1, 3)[drawn]
        places = _mix(weight, came[layout.triangles][row])
        fresh = out[top:bottom, left:right].astype(np.float32)
        fresh.reshape(-1, 3)[drawn] = sample(self.image, places)
        inside = layout.mouth[row]
        cover = np.zeros((*index.shape, 4), np.float32)
        cover.reshape(-1, 4)[drawn[inside]] = self._mouth.cover(
            _mix(weight[inside], traits[row[inside]]), places[inside]
        )
        out[top:bottom, left:right] = _lay(fresh, cover)
        return out


class _Layout(NamedTuple):
    """What is drawn: the skin, the surround up to a ring at rest, and what the openings show."""

    triangles: NDArray[np.int32]
    """Rows of: 468 skin points, 36 of the ring, the points of ``openings`` again."""
    points: NDArray[np.intp]
    """Point of the mesh for each of these rows (any, for the ring)."""
    openings: NDArray[np.intp]
    """Rim points of the mouth and the eyes, which lie once on the skin and once behind it."""
    mouth: NDArray[np.bool_]
    """Whether a triangle lies between the lips."""


@cache
def _layout() -> _Layout:
    mesh, regions = mesh_triangles(), triangle_regions()
    open_rows = regions != surface.SKIN
    openings = np.unique(mesh[open_rows])
    points = np.concatenate([np.arange(SKIN), _OVAL, openings])
    behind = np.zeros(SKIN, np.int32)
    behind[openings] = SKIN + len(_OVAL) + np.arange(len(openings))
    inner, outer = _OVAL, SKIN + np.arange(len(_OVAL))
    near, far = np.roll(inner, -1), np.roll(outer, -1)
    strip = np.vstack([np.column_stack([inner, outer, far]), np.column_stack([inner, far, near])])
    triangles = np.vstack([mesh[~open_rows], behind[mesh[open_rows]], strip]).astype(np.int32)
    mouth = np.zeros(len(triangles), np.bool_)
    mouth[(~open_rows).sum() :][: open_rows.sum()] = regions[open_rows] == surface.MOUTH
    return _Layout(triangles, points, openings, mouth)


def _ring(points: Points) -> Points:
    """Points around the face that keep their place, far behind it."""
    oval = points[_OVAL]
    ring: Points = oval.mean(axis=0) + _SURROUND * (oval - oval.mean(axis=0))
    ring[:, 2] = points[:, 2].max() + np.ptp(points[:, 2])
    return ring


def _box(corners: Points, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom around the triangles inside the picture; None if there is none."""
    if corners.size == 0:
        return None
    left, top = (max(int(np.floor(corners[..., axis].min())), 0) for axis in (0, 1))
    right = min(int(np.ceil(corners[..., 0].max())) + 1, shape[1])
    bottom = min(int(np.ceil(corners[..., 1].max())) + 1, shape[0])
    return (left, top, right, bottom) if right > left and bottom > top else None


def _mix(weight: Float32, corners: Float32) -> Float32:
    """Interpolate (n, 3 corners, d) by the weights (n, 3)."""
    return np.asarray(
        corners[:, 0] * weight[:, :1]
        + corners[:, 1] * weight[:, 1:2]
        + corners[:, 2] * weight[:, 2:],
        np.float32,
    )


def _lay(picture: Float32, cover: Float32) -> Image:
    """Lay a soft-edged cover of R, G, B, opacity over a picture."""
    lines, columns = np.nonzero(cover[:, :, 3])
    if len(lines):
        spot = np.s_[
            max(lines.min() - 2, 0) : lines.max() + 3, max(columns.min() - 2, 0) : columns.max() + 3
        ]
        opaque = cover[spot][:, :, 3:]
        soft = soften(np.concatenate([cover[spot][:, :, :3] * opaque, opaque], axis=2))
        picture[spot] = picture[spot] * (1 - soft[:, :, 3:]) + soft[:, :, :3]
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
