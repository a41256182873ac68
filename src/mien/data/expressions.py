"""Action units as shapes of the face model, and random expressions drawn from them.

The 38 outputs of our networks are fixed here: sixteen sided units, left then right, then five
central ones, then AU25, which is not planted but follows from how far the lips part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from mien.values import Float32

__all__ = [
    "COLUMNS",
    "LIP_GAP",
    "MOSTLY_EVEN",
    "OFTEN_ONE_SIDED",
    "OUTPUTS",
    "OUTPUTS_OF",
    "SIDES",
    "SWAP",
    "UNITS",
    "Expressions",
    "Sides",
    "draw",
    "draw_levels",
    "planted",
    "table",
]

SIDED: dict[int, tuple[tuple[str, float], ...]] = {
    1: (("browInnerUp", 1.0),),
    2: (("browOuterUp", 1.0),),
    4: (("browDown", 1.0),),
    5: (("eyeWide", 1.0),),
    6: (("cheekSquint", 0.8), ("cheekRaiser", 0.5)),
    7: (("eyeSquint", 1.0),),
    9: (("noseSneer", 1.0),),
    10: (("mouthUpperUp", 1.0),),
    12: (("mouthSmile", 1.0),),
    14: (("mouthDimple", 1.0),),
    15: (("mouthFrown", 1.0),),
    16: (("mouthLowerDown", 1.0),),
    20: (("mouthStretch", 1.0),),
    24: (("mouthPress", 1.0),),
    33: (("cheekPuff", 1.0),),
    43: (("eyeBlink", 1.0),),
}
"""Weights of the shapes, per side, when the unit is at its strongest; 24 stands for 23 and 24."""

CENTRAL: dict[int, tuple[tuple[str, float], ...]] = {
    17: (("mouthShrugLower", 1.0),),
    18: (("mouthPucker", 1.0),),
    22: (("mouthFunnel", 1.0),),
    26: (("jawOpen", 1.0),),
    28: (("mouthRollUpper", 1.0), ("mouthRollLower", 1.0)),
}
"""The same for units without sides; 26 becomes 27 above about 0.6."""

LIP_GAP = 1.3
"""Centimetres by which the lips part when AU25 is at its strongest."""

UNITS = (*(unit for unit in SIDED for _ in "LR"), *CENTRAL, 25)
"""Number of the unit of each output."""

SIDES = (*("LR" * len(SIDED)), *[""] * (len(CENTRAL) + 1))
"""Side of each output, the person's; empty for a central unit."""

COLUMNS = tuple(f"AU{u}_{s}" if s else f"AU{u}" for u, s in zip(UNITS, SIDES, strict=True))
OUTPUTS = len(UNITS)

OUTPUTS_OF: Mapping[int, list[int]] = {
    unit: [place for place, one in enumerate(UNITS) if one == unit] for unit in dict.fromkeys(UNITS)
}
"""For each unit where its outputs stand: left and right, or the one of a central unit."""

SWAP = np.array([*(k ^ 1 for k in range(2 * len(SIDED))), *range(2 * len(SIDED), OUTPUTS)])
"""The output of the other side, for each output: what mirroring does to the outputs."""

PROTOTYPES: tuple[Mapping[int, float], ...] = (
    {6: 0.7, 12: 0.8},
    {6: 0.8, 12: 1.0, 25: 1.0, 26: 0.3},
    {12: 0.4},
    {6: 0.6, 12: 0.6, 43: 0.8},
    {12: 0.5, 25: 0.6, 10: 0.3},
    {1: 0.7, 4: 0.6, 15: 0.6, 17: 0.5},
    {1: 0.8, 2: 0.8, 5: 0.6, 26: 0.5},
    {1: 0.8, 2: 0.6, 4: 0.5, 5: 0.7, 20: 0.6, 26: 0.4},
    {4: 0.9, 5: 0.3, 7: 0.6, 24: 0.7},
    {4: 0.8, 7: 0.5, 9: 0.4, 10: 0.5, 16: 0.4, 26: 0.4},
    {9: 0.8, 10: 0.6, 17: 0.3, 4: 0.4},
    {9: 0.7, 15: 0.4, 17: 0.5, 7: 0.4},
    {4: 0.7, 6: 0.6, 7: 0.6, 9: 0.5, 10: 0.4, 43: 0.7},
    {14: 0.7},
    {1: 0.6, 2: 0.7},
    {4: 0.7},
    {17: 0.6, 15: 0.4, 24: 0.4},
    {18: 0.7, 22: 0.3},
    {26: 0.8, 1: 0.5, 2: 0.4},
    {43: 1.0},
    {5: 0.8, 4: 0.6},
    {20: 0.6, 16: 0.5},
    {28: 0.6},
    {33: 0.7},
)
"""Expressions that faces often make; 25 here parts the lips without the jaw."""

ODDS = dict.fromkeys((*SIDED, *CENTRAL), 1.0) | {
    4: 1.3, 12: 1.5, 16: 0.8, 18: 0.7, 20: 0.9, 22: 0.6, 26: 1.3, 28: 0.5, 33: 0.4,
}  # fmt: skip
"""How often each unit is among the random ones, relative to the others."""

_DRAWN = tuple(ODDS)
_CHANCE = np.array(list(ODDS.values())) / sum(ODDS.values())


@dataclass(frozen=True)
class Sides:
    """How often the two sides of a drawn face do the same; the remaining faces move on one only."""

    even: float
    """Share of faces whose sides differ by a few hundredths."""
    uneven: float
    """Share of faces each of whose sides moves as much as it likes."""
    apart: float = 0.0
    """Share of the one-sided faces each of whose units takes a side of its own."""


MOSTLY_EVEN = Sides(0.75, 0.15)
"""As people often look."""
OFTEN_ONE_SIDED = Sides(0.35, 0.25, 0.5)
"""To learn from: a network that sees even faces alone learns that both sides are one."""


@dataclass(frozen=True, eq=False)
class Expressions:
    """n expressions of the face model."""

    intensity: Float32
    """(n, 38), 0-1; AU25 is 0 until the lips have been measured."""
    weights: Float32
    """(n, 57) of the expression shapes, without the lids that follow the gaze."""
    gaze: Float32
    """(n, 2) radians: to the subject's left, up."""


def table(names: Sequence[str]) -> Float32:
    """Weights of the shapes, float32 (38, len(names)), for each output at its strongest."""
    out = np.zeros((OUTPUTS, len(names)), np.float32)
    for row, (unit, side) in enumerate(zip(UNITS, SIDES, strict=True)):
        parts = SIDED[unit] if side else CENTRAL.get(unit, ())
        for shape, weight in parts:
            out[row, names.index(f"{shape}_{side}" if side else shape)] = weight
    return out


def planted(units: Mapping[int | str, float]) -> Float32:
    """The intensities of named units: ``{12: 0.6}`` on both sides, ``{"12L": 0.6}`` on one."""
    out = np.zeros(OUTPUTS, np.float32)
    for unit, level in units.items():
        text = str(unit)
        number, side = (int(text[:-1]), text[-1]) if text[-1] in "LR" else (int(text), "")
        for row, (name, its_side) in enumerate(zip(UNITS, SIDES, strict=True)):
            if name == number and (not side or side == its_side):
                out[row] = level
    return out


def draw(
    rng: Generator, count: int, names: Sequence[str], sides: Sides = MOSTLY_EVEN
) -> Expressions:
    """Random expressions: 15 % neutral, 30 % prototypes, the others one to six random units.

    Args:
        rng: source of chance.
        count: how many.
        names: names of the expression shapes.
        sides: how often both sides do the same.
    """
    levels = [draw_levels(rng) for _ in range(count)]
    parted = np.array([level.pop(25, 0.0) for level in levels], np.float32)
    intensity = np.stack([_with_sides(rng, level, sides) for level in levels])
    noise = np.abs(rng.normal(0, 0.02, intensity.shape)) * (rng.random(intensity.shape) < 0.3)
    intensity = np.clip(intensity + noise, 0, 1).astype(np.float32)
    intensity[:, -1] = 0
    mixing = table(names)
    jitter = np.where((mixing > 0).sum(axis=1, keepdims=True) > 1, 0.3, 0.0).max(axis=1)
    weights = np.zeros((count, len(names)), np.float32)
    for row in range(OUTPUTS):
        shapes = np.nonzero(mixing[row])[0]
        spread = rng.uniform(1 - jitter[row], 1 + jitter[row], (count, len(shapes)))
        weights[:, shapes] += intensity[:, row, None] * mixing[row, shapes] * spread
    _part_lips(intensity, weights, parted, names)
    _add_nuisances(rng, intensity, weights, names)
    gaze = rng.normal((0, -2), (11, 8), (count, 2))
    radians = np.deg2rad(np.clip(gaze, (-30, -25), (30, 20))).astype(np.float32)
    return Expressions(intensity, weights, radians)


def draw_levels(rng: Generator) -> dict[int, float]:
    """Which units, how strong, 0-1: one expression before its sides are drawn."""
    kind = rng.random()
    levels: dict[int, float] = {}
    if kind < 0.15:
        return levels
    if kind < 0.45:
        gain = rng.uniform(0.25, 1.25)
        prototype = PROTOTYPES[rng.integers(len(PROTOTYPES))]
        levels = {unit: level * gain * rng.uniform(0.6, 1.3) for unit, level in prototype.items()}
        if rng.random() < 0.4:
            for unit in rng.choice(_DRAWN, rng.integers(1, 3), replace=False):
                levels[int(unit)] = max(levels.get(int(unit), 0.0), rng.beta(1, 2))
    else:
        for unit in rng.choice(_DRAWN, rng.integers(1, 7), replace=False, p=_CHANCE):
            levels[int(unit)] = rng.beta(1.2, 1.3)
    _exclude(rng, levels)
    return {unit: min(level, 1.0) for unit, level in levels.items()}


def _exclude(rng: Generator, levels: dict[int, float]) -> None:
    """Take out what no face does at once: 5 with 43, 28 with open lips; 24 damps 26."""
    if 5 in levels and 43 in levels:
        del levels[5 if rng.random() < 0.5 else 43]
    open_lips = [unit for unit in (10, 16, 22, 26) if unit in levels]
    if 28 in levels and open_lips:
        for unit in [28] if rng.random() < 0.7 else open_lips:
            del levels[unit]
    if 24 in levels and 26 in levels:
        levels[26] *= 0.25
    if 18 in levels and 22 in levels:
        levels[18] *= 0.5


def _with_sides(rng: Generator, levels: Mapping[int, float], sides: Sides) -> Float32:
    """Intensities of all outputs."""
    kind = rng.random()
    strong = rng.integers(2)
    own: dict[int, int] = {}
    if sides.apart and rng.random() < sides.apart:
        own = {unit: int(rng.integers(2)) for unit in levels}
    out = np.zeros(OUTPUTS, np.float32)
    for row, (unit, side) in enumerate(zip(UNITS, SIDES, strict=True)):
        level = levels.get(unit, 0.0)
        if not level or unit == 25:
            continue
        if not side:
            out[row] = level
        elif kind < sides.even or unit == 33:
            out[row] = level * (1 + rng.normal(0, 0.07))
        elif kind < sides.even + sides.uneven:
            out[row] = level * rng.uniform(0.5, 1.2)
        else:
            moves = "LR"[own.get(unit, strong)] == side
            out[row] = level if moves else level * rng.uniform(0, 0.25)
    return out


def _part_lips(intensity: Float32, weights: Float32, parted: Float32, names: Sequence[str]) -> None:
    """Part the lips without the jaw: both lips move a little."""
    for side in "LR":
        for unit, shape, weight, share in (
            (10, "mouthUpperUp", 0.25, 0.1),
            (16, "mouthLowerDown", 0.35, 0.15),
        ):
            weights[:, names.index(f"{shape}_{side}")] += weight * parted
            row = COLUMNS.index(f"AU{unit}_{side}")
            intensity[:, row] = np.minimum(intensity[:, row] + share * parted, 1)


def _add_nuisances(
    rng: Generator, intensity: Float32, weights: Float32, names: Sequence[str]
) -> None:
    """Add what faces do beside the units: jaw and mouth aside, jaw open under closed lips."""
    count = len(weights)

    def some(chance: float, low: float, high: float) -> Float32:
        amount = rng.uniform(low, high, count) * (rng.random(count) < chance)
        return amount.astype(np.float32)

    chin = intensity[:, COLUMNS.index("AU17")]
    weights[:, names.index("mouthShrugUpper")] += chin * some(0.6, 0.1, 0.6)
    weights[:, names.index("jawForward")] += some(0.2, 0, 0.5)
    for left, right, chance in (("jawLeft", "jawRight", 0.2), ("mouthLeft", "mouthRight", 0.15)):
        aside = some(chance, 0, 0.5) * rng.choice((-1, 1), count)
        weights[:, names.index(left)] += np.maximum(aside, 0)
        weights[:, names.index(right)] += np.maximum(-aside, 0)
    jaw = weights[:, names.index("jawOpen")]
    little = (jaw > 0.03) & (jaw < 0.45)
    weights[:, names.index("mouthClose")] += jaw * some(0.15, 0.7, 1.0) * little
