"""A person's neutral face: named, from a moment, or from the quietest tenth of a clip.

The difference network sees how a face departs from its own neutral; this is where that comes from.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.analysis.judgement import INSTEAD, Neutral, neutral_of
from mien.errors import ShapeError
from mien.face.geometry import SKIN
from mien.values import Float32

__all__ = [
    "CAPACITY",
    "FEWEST",
    "MOMENT",
    "NeutralCollector",
    "combine",
]

WEIGHTS = {12: 1.0, 25: 1.0, 26: 1.0, 43: 1.0}
"""How much each unit disturbs the quiet, per step of intensity; others count for OTHER_WEIGHT."""

OTHER_WEIGHT, USUAL = 1.0, 30.0
"""Weak units are read with an offset of the person's own, so they disturb by how far they are from
what is usual for the track, above or below: this percentile, for a movement raises its unit and is
over most of the time. Counted from 0 with a weight of 0.4, a lasting frown passed for rest in
acted clips of two persons of four (read by the mesh alone), because it takes a little off other
units; with this percentile and 0.4 still in two of twelve, who read a slight smile at rest; with 1
in none, nor does a smile of five sixths of a clip."""

TURN_WEIGHT, FREE_TURN = 1 / 15, 10.0
"""Per degree of yaw and pitch together beyond the free ones: fifteen degrees disturb as much as one
step of AU12. Small turns are free, for the pose itself moves by two degrees with brows and jaw."""

LID_WEIGHT, OPEN_LIDS = 20.0, 0.2
"""Per unit of eye aspect ratio that the eyes fall short of being open."""

CHANGE_WEIGHT, CHANGE_REACH = 0.5, 0.2
"""Per weighted step of intensity since the frame before, if that is no more than 0.2 s away."""

QUIET_SHARE = 0.1
"""The quietest tenth is looked at."""

CENTRAL_SHARE = 0.6
"""Of these, the part nearest to their median is taken to be neutral: rest is where a face comes
back to, and what is passed on the way lies aside."""

LEEWAY = 1.05
"""Frames this little above the quietest tenth are as quiet. In a clip that smiles throughout, units
read each other's movements (a jaw drop takes half a step off a full smile), and without leeway such
frames would pass for the rest; near true rest the leeway is next to nothing."""

FEWEST = 10
"""Frames that a neutral from a clip rests on at least; a shorter clip has none of its own."""

CAPACITY = 600
"""Frames kept per track, spread evenly over it however long it is: two megabytes."""

MOMENT = 0.1
"""Seconds around a chosen time from which its neutral is taken."""


def combine(single: Float32, difference: Float32, unsettled: NDArray[np.bool_]) -> Float32:
    """Intensities by the difference network, but by the single-frame one where unsettled.

    Args:
        single: float32 (n, k).
        difference: float32 (n, k), columns in the same order.
        unsettled: bool (k,), True for the outputs of unsettled units.
    """
    if single.shape != difference.shape or unsettled.shape != single.shape[1:]:
        raise ShapeError(
            f"single {single.shape}, difference {difference.shape} and unsettled "
            f"{unsettled.shape} do not fit, expected (n, k), (n, k) and (k,)"
        )
    return np.where(unsettled, single, difference)


@dataclass(frozen=True, eq=False)
class _Kept:
    """One frame that was kept."""

    unrest: float
    """Of all but the units' levels."""
    features: NDArray[np.float16]
    intensity: Float32
    pose: Float32


class NeutralCollector:
    """Keeps frames of one track as it goes by, in bounded memory, and finds the quietest of them.

    Quiet is: little of the units that the single-frame network reads well; the others as usual;
    the head facing the camera; the eyes open; nothing changing.

    Args:
        units: the unit of each column of the intensities that will be added.
        capacity: frames kept at most; when there are more, every second one is let go.
    """

    def __init__(self, units: tuple[int, ...], capacity: int = CAPACITY) -> None:
        self._units = units
        self._capacity = max(capacity, 2 * FEWEST)
        self._strong = np.array([WEIGHTS.get(unit, 0.0) for unit in units], np.float32)
        self._weak = np.array([OTHER_WEIGHT * (unit not in WEIGHTS) for unit in units], np.float32)
        self._kept: list[_Kept] = []
        self._seen = 0
        self._stride = 1
        self._last: tuple[float, Float32] | None = None

    def add(
        self,
        times: NDArray[np.float64],
        features: NDArray[np.floating],
        intensity: Float32,
        pose: Float32,
        openness: Float32 | None = None,
    ) -> None:
        """Add frames of the track, in order of time. Frames with a NaN in them are left out.

        Args:
            times: (n,), seconds.
            features: (n, 1410 or more).
            intensity: float32 (n, k), 0-5, by the single-frame network.
            pose: float32 (n, 3), pitch, yaw, roll in degrees.
            openness: float32 (n, 2), eye aspect ratios.
        """
        unrest = self._unrest(times, intensity, pose, openness)
        whole = np.isfinite(unrest) & np.isfinite(intensity).all(axis=1)
        for row in np.flatnonzero(whole & np.isfinite(features).all(axis=1)):
            if self._seen % self._stride == 0:
                self._kept.append(
                    _Kept(
                        float(unrest[row]),
                        np.array(features[row], np.float16),
                        np.array(intensity[row], np.float32),
                        np.array(pose[row], np.float32),
                    )
                )
            self._seen += 1
            if len(self._kept) > self._capacity:
                self._kept = self._kept[::2]
                self._stride *= 2

    def neutral(self) -> Neutral:
        """The neutral of what was added so far."""
        if self._seen < FEWEST:
            return Neutral(
                None,
                0,
                "none",
                0.0,
                (
                    f"the face shows in only {self._seen} of the {FEWEST} frames that a neutral "
                    f"needs: {INSTEAD}; give --neutral PICTURE if you can",
                ),
            )
        quiet = self._quietest()
        return neutral_of(
            np.stack([item.features for item in quiet]).astype(np.float32),
            np.stack([item.intensity for item in quiet]),
            np.stack([item.pose for item in quiet]),
            self._units,
            "auto",
        )

    def _quietest(self) -> list[_Kept]:
        """The quietest tenth, and of it the part that is nearest to its median."""
        levels = np.stack([item.intensity for item in self._kept])
        usual = np.percentile(levels, USUAL, axis=0)
        unrest = np.array([item.unrest for item in self._kept])
        unrest = unrest + levels @ self._strong + np.abs(levels - usual) @ self._weak
        wanted = max(math.ceil(QUIET_SHARE * len(unrest)), FEWEST)
        limit = LEEWAY * np.sort(unrest)[wanted - 1]
        quiet = [self._kept[row] for row in np.flatnonzero(unrest <= limit)]
        shapes = np.stack([item.features[: SKIN * 3] for item in quiet]).astype(np.float32)
        gaps = np.square(shapes - np.median(shapes, axis=0)).mean(axis=1)
        central = max(math.ceil(CENTRAL_SHARE * len(quiet)), FEWEST)
        return [quiet[row] for row in np.argsort(gaps, kind="stable")[:central]]

    def _unrest(
        self,
        times: NDArray[np.float64],
        intensity: Float32,
        pose: Float32,
        openness: Float32 | None,
    ) -> Float32:
        """(n,): how far each frame is from rest, by all but the units' levels; 0 is quiet."""
        weights = self._strong + self._weak
        turn = np.abs(pose[:, :2]).sum(axis=1)
        unrest: Float32 = TURN_WEIGHT * np.maximum(turn - FREE_TURN, 0)
        if openness is not None:
            unrest += LID_WEIGHT * np.maximum(OPEN_LIDS - openness.mean(axis=1), 0)
        for row, (time, values) in enumerate(zip(times.tolist(), intensity, strict=True)):
            if self._last is not None and time - self._last[0] <= CHANGE_REACH:
                change = np.nan_to_num(np.abs(values - self._last[1])) @ weights
                unrest[row] += CHANGE_WEIGHT * change
            self._last = (time, values)
        return unrest
