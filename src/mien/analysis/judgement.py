"""A neutral face and how far to believe it.

A neutral that is none (a clip that smiles throughout) makes the difference network blind to what
lasts, so each one comes with a quality, the sentences that explain it, and the units for which the
single-frame network is the safer reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mien.errors import ShapeError
from mien.face.geometry import FEATURES, SKIN
from mien.values import Float32

__all__ = [
    "ACCOMPANIED",
    "INSTEAD",
    "MOST_SPREAD",
    "MOST_TURN",
    "NO_NEUTRAL",
    "POOR",
    "SETTLED_BELOW",
    "Neutral",
    "Source",
    "mean_of",
    "neutral_of",
]

Source = Literal["auto", "picture", "file", "time", "none"]
"""Where a neutral comes from."""

SETTLED_BELOW = {6: 2.0, 9: 1.5, 10: 1.0, 12: 1.0, 20: 1.5, 22: 1.0, 25: 1.2, 26: 1.0, 43: 1.0}
"""Highest single-frame reading that a neutral face may have, for the units that a single picture
shows well enough. Of 13 development portraits that look straight into the camera 12 lie below in
all of them; all 14 smiling ones lie above in AU12 (median 4.8), most in AU25 and AU6 too. Readings
of all other units say more of the face than of its expression."""

ACCOMPANIED = {12: (6,)}
"""Units that a lasting movement brings along, too weakly for a limit of their own: a neutral that
smiles has raised cheeks, and against it AU6 would read 0 and the smile would pass for unfelt."""

MOST_TURN = 15.0
"""Degrees of yaw and pitch together over which a neutral counts as turned."""

MOST_SPREAD = 0.015
"""Root mean square by which the points of quiet frames may differ from their median, in outer-eye
distances. The mesh's own noise is about 0.007; two people differ by 0.023, a smile by 0.040."""

POOR = 0.5
"""Quality under which a neutral should be mentioned on the screen."""

INSTEAD = "the single-frame network is used"
"""What a sentence says after its colon, of a face that has no neutral in an analysis."""

_ADVICE = "give --neutral PICTURE or TIME, or use --neutral none"


@dataclass(frozen=True, eq=False)
class Neutral:
    """The neutral face of one track, and how far to believe it."""

    features: Float32 | None = field(repr=False)
    """float32 (d,), as the default networks describe a face; or None: read single frames."""
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


def neutral_of(
    features: Float32, intensity: Float32, pose: Float32, units: tuple[int, ...], source: Source
) -> Neutral:
    """The neutral that these frames make, judged.

    Args:
        features: float32 (n, 1410 or more), at least one frame; those of the mesh are the first.
        intensity: float32 (n, k), by the single-frame network, one column per unit.
        pose: float32 (n, 3), pitch, yaw, roll in degrees.
        units: the unit of each column of ``intensity``.
        source: where the frames come from.
    """
    if features.ndim != 2 or features.shape[1] < FEATURES or len(features) == 0:
        raise ShapeError(
            f"got features of shape {features.shape}, expected (n, {FEATURES}) or more"
        )
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


def mean_of(neutrals: Sequence[Neutral]) -> Neutral:
    """One neutral, to be kept, of several of a person: their mean, believed as the worst is.

    Args:
        neutrals: at least one, each with features of the same networks.
    """
    known = [one.features for one in neutrals if one.features is not None]
    if not known or len(known) < len(neutrals):
        raise ShapeError("got a neutral without features, expected some with them")
    return Neutral(
        np.mean(known, axis=0, dtype=np.float32),
        sum(one.frames for one in neutrals),
        "file",
        min(one.quality for one in neutrals),
        tuple(dict.fromkeys(problem for one in neutrals for problem in one.problems)),
        tuple(sorted({unit for one in neutrals for unit in one.unsettled})),
    )


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
