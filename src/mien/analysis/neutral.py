"""A person's neutral face: from a picture, from a moment, or from the quietest tenth of a clip.

The difference network sees how a face departs from its own neutral. A neutral that is none (a clip
that smiles throughout) would make that departure vanish, so each one comes with a quality, the
sentences that explain it, and the units for which the single-frame network is the safer reading.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.face.geometry import FEATURES, SKIN
from mien.values import Float32

__all__ = [
    "CAPACITY",
    "MOMENT",
    "NO_NEUTRAL",
    "POOR",
    "SETTLED_BELOW",
    "Neutral",
    "NeutralChoice",
    "NeutralCollector",
    "combine",
    "neutral_of",
]

Source = Literal["auto", "picture", "time", "none"]

SETTLED_BELOW = {6: 2.0, 9: 1.5, 10: 1.0, 12: 1.0, 20: 1.5, 22: 1.0, 25: 1.2, 26: 1.0, 43: 1.0}
"""Highest single-frame reading that a neutral face may have, for the units that a single picture
shows well enough. Of 13 development portraits that look straight into the camera 12 lie below in
all of them; all 14 smiling ones lie above in AU12 (median 4.8), most in AU25 and AU6 too. Readings
of all other units say more of the face than of its expression."""

ACCOMPANIED = {12: (6,)}
"""Units that a lasting movement brings along, too weakly for a limit of their own: a neutral that
smiles has its cheeks raised, and against it AU6 would read 0 and the smile would pass for unfelt."""

WEIGHTS = {12: 1.0, 25: 1.0, 26: 1.0, 43: 1.0, 6: 0.3, 9: 0.3, 10: 0.3, 20: 0.3, 22: 0.3}
"""How much each unit disturbs the quiet, per step of intensity; others count for OTHER_WEIGHT."""

OTHER_WEIGHT = 0.1

TURN_WEIGHT = 1 / 15
"""Per degree of yaw and pitch: fifteen degrees disturb as much as one step of AU12."""

LID_WEIGHT, OPEN_LIDS = 20.0, 0.2
"""Per unit of eye aspect ratio that the eyes fall short of being open."""

CHANGE_WEIGHT, CHANGE_REACH = 0.5, 0.2
"""Per weighted step of intensity since the frame before, if that is no more than 0.2 s away."""

QUIET_SHARE = 0.1
"""The quietest tenth is taken to be neutral."""

LEEWAY = 1.05
"""Frames this little above the quietest tenth are as quiet. In a clip that smiles throughout, units
read each other's movements (a jaw drop takes half a step off a full smile), and without leeway such
frames would pass for the rest; near true rest the leeway is next to nothing."""

ADMITTED_SHARE = 0.2
"""While a clip goes by, more is kept: what counts as quiet may still rise."""

FEWEST = 10
"""Frames that a neutral from a clip rests on at least; a shorter clip has none of its own."""

CAPACITY = 300
"""Frames kept per track, however long the clip."""

MOMENT = 0.1
"""Seconds around a chosen time from which its neutral is taken."""

MOST_TURN = 15.0
"""Degrees of yaw and pitch together over which a neutral counts as turned."""

MOST_SPREAD = 0.015
"""Root mean square by which the points of quiet frames may differ from their median, in outer-eye
distances. The mesh's own noise is about 0.007; two people differ by 0.023, a smile by 0.040."""

POOR = 0.5
"""Quality under which a neutral should be mentioned on the screen."""

_EDGES = np.geomspace(0.02, 200.0, 480)
# Unrest is counted in bins 2 % wide: enough to find its lowest tenth without keeping every value.

_ADVICE = "give --neutral PICTURE or TIME, or use --neutral none"


@dataclass(frozen=True, eq=False)
class Neutral:
    """The neutral face of one track, and how far to believe it."""

    features: Float32 | None = field(repr=False)
    """float32 (1410,), or None: use the single-frame network."""
    frames: int
    """Frames that it is the median of."""
    source: Source
    quality: float
    """0-1."""
    problems: tuple[str, ...] = ()
    """Sentences: what lowers the quality and what to do."""
    unsettled: tuple[int, ...] = ()
    """Units that read clearly above 0 even here; for them use the single-frame network."""


NO_NEUTRAL = Neutral(None, 0, "none", 0.0)
"""When none was asked for."""


@dataclass(frozen=True)
class NeutralChoice:
    """Where the neutral is to come from."""

    source: Source = "auto"
    picture: Path | None = None
    time: float | None = None
    """Seconds."""

    @classmethod
    def parse(cls, text: str) -> "NeutralChoice":
        """Read the option: ``auto``, ``none``, a picture file, or a time as 12, 3.2s or 1:02.

        A name that exists as a file is a picture, whatever it looks like.

        Raises:
            InputError: it is none of these.
        """
        word = text.strip()
        if word.lower() in ("auto", "none"):
            return cls("auto" if word.lower() == "auto" else "none")
        if word and Path(word).is_file():
            return cls("picture", picture=Path(word))
        moment = _seconds(word)
        if moment is None:
            raise InputError(
                f"--neutral got {text!r}, which is no file here and no time; "
                "give auto, none, a picture, or a time such as 3.2s or 1:02"
            )
        return cls("time", time=moment)


_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)\s*s?", re.IGNORECASE)


def _seconds(text: str) -> float | None:
    """Seconds of 12, 3.2s, 1:02 or 1:02:03.5; None where it is no time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    too_many = (match[2] and seconds >= 60) or (match[1] and minutes >= 60)
    return None if too_many else 3600 * hours + 60 * minutes + seconds


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


def neutral_of(
    features: Float32, intensity: Float32, pose: Float32, units: tuple[int, ...], source: Source
) -> Neutral:
    """The neutral that these frames make, judged.

    Args:
        features: float32 (n, 1410), at least one frame.
        intensity: float32 (n, k), by the single-frame network, one column per unit.
        pose: float32 (n, 3), pitch, yaw, roll in degrees.
        units: the unit of each column of ``intensity``.
        source: where the frames come from.
    """
    if features.ndim != 2 or features.shape[1] != FEATURES or len(features) == 0:
        raise ShapeError(f"got features of shape {features.shape}, expected (n, {FEATURES})")
    where = {"picture": "in the neutral picture", "time": "at the neutral moment"}.get(
        source, "in the quietest tenth"
    )
    middle = np.median(features, axis=0).astype(np.float32)
    readings = dict(zip(units, np.median(intensity, axis=0).tolist(), strict=True))
    unsettled = {
        unit: readings[unit]
        for unit, limit in SETTLED_BELOW.items()
        if unit in readings and readings[unit] > limit
    }
    turn = float(np.median(np.hypot(pose[:, 0], pose[:, 1])))
    spread = float(np.sqrt(((features - middle)[:, : SKIN * 3] ** 2).mean()))
    problems = (
        *_unsettled_problem(where, unsettled),
        *_turned_problem(where, turn),
        *_spread_problem(where, spread),
    )
    quality = (
        _still(unsettled) * _within(turn, MOST_TURN, 45.0) * _within(spread, MOST_SPREAD, 0.06)
    )
    along = {unit for lasting in unsettled for unit in ACCOMPANIED.get(lasting, ())}
    fallen_back = tuple(sorted({*unsettled, *along} & set(units)))
    return Neutral(middle, len(features), source, quality, problems, fallen_back)


def _still(unsettled: dict[int, float]) -> float:
    """Quality 0-1 by the units that are not at rest: halved at the limit, a tenth at the most."""
    worst = 1.0
    for unit, reading in unsettled.items():
        over = (reading - SETTLED_BELOW[unit]) / (5.0 - SETTLED_BELOW[unit])
        worst = min(worst, 0.5 - 0.4 * min(over, 1.0))
    return worst


def _within(value: float, limit: float, useless: float) -> float:
    """1 up to the limit, falling to 0.1 where the value is useless."""
    return float(np.clip(1 - 0.9 * (value - limit) / (useless - limit), 0.1, 1.0))


def _unsettled_problem(where: str, unsettled: dict[int, float]) -> tuple[str, ...]:
    if not unsettled:
        return ()
    strongest = sorted(unsettled.items(), key=lambda item: -item[1])
    named = [f"AU{unit} at {reading:.1f}" for unit, reading in strongest]
    listed = ", ".join(named[:-1]) + " and " + named[-1] if len(named) > 1 else named[0]
    return (
        f"{where} the single-frame network still reads {listed}: "
        f"the face may never be neutral; {_ADVICE}",
    )


def _turned_problem(where: str, turn: float) -> tuple[str, ...]:
    if turn <= MOST_TURN:
        return ()
    return (f"{where} the head is turned by {turn:.0f} degrees: the neutral is skewed; {_ADVICE}",)


def _spread_problem(where: str, spread: float) -> tuple[str, ...]:
    if spread <= MOST_SPREAD:
        return ()
    return (
        f"{where} the faces still differ by {spread:.3f} eye distances "
        f"(noise is about {MOST_SPREAD / 2:.3f}): the neutral is blurred; {_ADVICE}",
    )


@dataclass(frozen=True, eq=False)
class _Quiet:
    """One frame that was kept."""

    unrest: float
    features: Float32
    intensity: Float32
    pose: Float32


class NeutralCollector:
    """Keeps the quietest tenth of one track as it goes by, in bounded memory.

    Quiet is: little of any unit, above all of those that the single-frame network reads well;
    the head facing the camera; the eyes open; nothing changing.

    Args:
        units: the unit of each column of the intensities that will be added.
        capacity: frames kept at most; when more are quiet, every second one is let go.
    """

    def __init__(self, units: tuple[int, ...], capacity: int = CAPACITY) -> None:
        self._units = units
        self._capacity = max(capacity, FEWEST)
        self._weights = np.array([WEIGHTS.get(unit, OTHER_WEIGHT) for unit in units], np.float32)
        self._kept: list[_Quiet] = []
        self._counts = np.zeros(len(_EDGES) + 1, np.int64)
        self._seen = 0
        self._admitted = 0
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
            features: (n, 1410).
            intensity: float32 (n, k), 0-5, by the single-frame network.
            pose: float32 (n, 3), pitch, yaw, roll in degrees.
            openness: float32 (n, 2), eye aspect ratios.
        """
        unrest = self._unrest(times, intensity, pose, openness)
        whole = np.isfinite(unrest) & np.isfinite(features).all(axis=1)
        for row in np.flatnonzero(whole):
            if self._admits(float(unrest[row])):
                self._kept.append(
                    _Quiet(
                        float(unrest[row]),
                        np.array(features[row], np.float32),
                        np.array(intensity[row], np.float32),
                        np.array(pose[row], np.float32),
                    )
                )
                if len(self._kept) > self._capacity:
                    self._thin_out()

    @property
    def frames_kept(self) -> int:
        """Frames in memory, never more than the capacity."""
        return len(self._kept)

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
                    "needs: the single-frame network is used; give --neutral PICTURE if you can",
                ),
            )
        limit = self._limit(max(math.ceil(QUIET_SHARE * self._seen), FEWEST))
        ordered = sorted(self._kept, key=lambda item: item.unrest)
        quiet = [item for item in ordered if item.unrest <= limit] or ordered
        return neutral_of(
            np.stack([item.features for item in quiet]),
            np.stack([item.intensity for item in quiet]),
            np.stack([item.pose for item in quiet]),
            self._units,
            "auto",
        )

    def _unrest(
        self,
        times: NDArray[np.float64],
        intensity: Float32,
        pose: Float32,
        openness: Float32 | None,
    ) -> Float32:
        """(n,): how far each frame is from a face at rest; 0 is perfectly quiet."""
        unrest: Float32 = intensity @ self._weights
        unrest = unrest + TURN_WEIGHT * np.abs(pose[:, :2]).sum(axis=1)
        if openness is not None:
            unrest += LID_WEIGHT * np.maximum(OPEN_LIDS - openness.mean(axis=1), 0)
        for row, (time, values) in enumerate(zip(times.tolist(), intensity, strict=True)):
            if self._last is not None and time - self._last[0] <= CHANGE_REACH:
                change = np.nan_to_num(np.abs(values - self._last[1])) @ self._weights
                unrest[row] += CHANGE_WEIGHT * change
            self._last = (time, values)
        return unrest

    def _admits(self, unrest: float) -> bool:
        """Count a frame, and say whether it is among the quiet ones and its turn has come."""
        self._counts[np.searchsorted(_EDGES, unrest)] += 1
        self._seen += 1
        if unrest > self._limit(self._admissible):
            return False
        self._admitted += 1
        return self._admitted % self._stride == 0

    @property
    def _admissible(self) -> int:
        """How many of the frames seen may be kept for now, if they are the quietest ones."""
        return max(math.ceil(ADMITTED_SHARE * self._seen), self._capacity // 2)

    def _limit(self, wanted: int) -> float:
        """Unrest up to which this many of the frames seen lie, and those that are as quiet."""
        last = int(np.searchsorted(np.cumsum(self._counts), wanted))
        return LEEWAY * float(_EDGES[last]) if last < len(_EDGES) else math.inf

    def _thin_out(self) -> None:
        """Let go of what is no longer quiet; if that is too little, of every second frame."""
        limit = self._limit(self._admissible)
        self._kept = [item for item in self._kept if item.unrest <= limit]
        if len(self._kept) > self._capacity * 3 // 4:
            self._kept = self._kept[1::2]
            self._stride *= 2
