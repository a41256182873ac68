"""Where the mesh points of one face go when its units move."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mien.animation.moves import LIDS, LIPS, STRONGEST, Intensities, blend, move, share
from mien.face.geometry import reference
from mien.face.kabsch import kabsch
from mien.face.landmarks import LEFT_BROW, RIGHT_BROW
from mien.facs.units import Side
from mien.values import Float32

__all__ = ["Skin"]

Points = NDArray[np.float64]

_UP_TO_DOWN = np.array([1.0, -1.0, -1.0])
# The reference face looks up and to the viewer where a picture counts down and away.
_RIM_WHOLE, _RIM_REACH = 0.05, 0.15
# Eye-corner distances: how far the skin follows the rim of a lid or lip wholly, and how far at all.
# A lid's lashes and shadow must come down as they are: stretched, they look like an open eye.
_BROWS: dict[Side, list[int]] = {"R": [*RIGHT_BROW], "L": [*LEFT_BROW]}
# They keep their place when the lid below falls.
_MOST_RISE = 0.6
# Share of an opening that the lower rim may rise.


class Skin:
    """The 468 skin points of one face and the frame of reference they move in.

    Args:
        points: float32 (468, 3), x, y, z in pixels.
    """

    def __init__(self, points: Float32) -> None:
        self.points: Points = points.astype(np.float64)
        self.scale, self._turn = _pose(self.points)
        down = self._to_picture(np.array([0.0, -1.0, 0.0]))[:2]
        self.down: Points = down / max(float(np.linalg.norm(down)), 1e-6)

    def moved(self, intensities: Intensities) -> Points:
        """Points after the move, float64 (468, 3)."""
        skin = np.zeros_like(self.points)
        lids = {eye: np.zeros(2) for eye in LIDS}
        lips = np.zeros(2)
        for (unit, side), intensity in intensities.items():
            amount, model = intensity / STRONGEST, move(unit)
            skin += amount * share(side)[:, None] * model.skin
            for eye in [side] if side else lids:
                lids[eye] += amount * np.array(model.lids)
            lips += amount * np.array(model.lips) * (0.5 if side else 1)
        points = self.points + self._to_picture(skin)
        for eye, shares in lids.items():
            _close(points, LIDS[eye], shares, _BROWS[eye])
        _close(points, LIPS, lips, [])
        self._keep_apart(points)
        return points

    def behind(self, moved: Points) -> Points:
        """Places in the picture of what lies behind the rims of lids and lips: float64 (468, 2).

        Eyeballs and teeth do not follow a rim that closes over them. They are stretched a little
        when a lid or the upper lip uncovers more than the picture shows; below the teeth, what a
        falling lower lip uncovers is not in the picture at all.
        """
        places = self.points[:, :2].copy()
        falls = (moved - self.points)[:, :2] @ self.down
        for upper, lower in (*LIDS.values(), LIPS):
            opened = falls[lower] - falls[upper]
            covered = np.clip(falls[upper], 0, np.maximum(-opened, 0))
            places[upper] += covered[:, None] * self.down
            covered = np.clip(-falls[lower], 0, np.maximum(-opened, 0))
            places[lower] -= covered[:, None] * self.down
        upper, lower = LIPS
        bared = np.clip(falls[lower], 0, np.maximum(falls[lower] - falls[upper], 0))
        places[lower] += bared[:, None] * self.down
        return places

    def _to_picture(self, ways: Points) -> Points:
        """Turn ways of the reference face into pixels of the picture."""
        return np.asarray(self.scale * (ways @ self._turn.T) * _UP_TO_DOWN)

    def _keep_apart(self, points: Points) -> None:
        """Let lips that would cross meet halfway."""
        upper, lower = (rim[1:-1] for rim in LIPS)
        gap = (points[lower] - points[upper])[:, :2] @ self.down
        least = np.minimum((self.points[lower] - self.points[upper])[:, :2] @ self.down, 0)
        cross = np.minimum(gap - least, 0)[:, None] * self.down / 2
        points[upper, :2] += cross
        points[lower, :2] -= cross


def _close(
    points: Points,
    rims: tuple[NDArray[np.intp], NDArray[np.intp]],
    shares: Points,
    still: list[int],
) -> None:
    """Move facing rims towards each other by shares of their distance, and the skin along."""
    if not shares.any():
        return
    upper, lower = rims
    rise = float(np.clip(shares[1], 0, _MOST_RISE))
    fall = float(np.clip(shares[0], -1, 1 - rise))
    gap = points[lower] - points[upper]
    rim = np.concatenate([upper, lower[1:-1]])
    ways = np.concatenate([fall * gap, -rise * gap[1:-1]])
    goal = points[rim] + ways
    weights = _rim_blend((*(int(point) for point in rim), *still))
    points += weights[:, : len(rim)] @ ways
    points[rim] = goal


@cache
def _rim_blend(rim: tuple[int, ...]) -> Points:
    return blend(np.array(rim), _RIM_REACH, _RIM_WHOLE)


def _pose(points: Points) -> tuple[float, Points]:
    """Scale and rotation that lay the reference face on this one (both y up, z to the viewer)."""
    shape, _, stable = reference()
    goal = (points * _UP_TO_DOWN)[stable]
    start = shape[stable].astype(np.float64)
    goal, start = goal - goal.mean(axis=0), start - start.mean(axis=0)
    back, stretch = kabsch(start.T @ goal)
    return float(stretch / (start**2).sum()), np.asarray(back.T, np.float64)
