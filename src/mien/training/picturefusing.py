"""How the readings of mesh and picture are brought together, per unit, on development portraits.

Two weights per unit for what both sides do, two for how they differ, and no more: a regression over
all outputs of both was no better. Readings of single frames are fitted on portraits that show
nothing themselves, with the differences between persons: weights fitted within persons would trust
what reads a face's shape as its expression.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data.expressions import OUTPUTS, OUTPUTS_OF, SWAP
from mien.data.portraitexam import PortraitExam
from mien.face.geometry import difference, features
from mien.models.picturefused import both_ways
from mien.models.pictureunits import PictureUnits
from mien.values import Float32

__all__ = [
    "Describer", "Fusion", "Predict", "Readings", "Stretch", "aside", "describe_all", "even",
    "first_of", "fuse", "read_all",
]  # fmt: skip

SMALLEST = 0.08
"""A weight below this share of both is taken for none."""


SEEN = 0.1
"""Where less than this share of how the sides differ is seen, it is left shrunk: stretched it would
be noise."""


class Stretch(NamedTuple):
    """Highest factors by which shrunk outputs are stretched."""

    both: float
    """What both sides do."""
    aside: float
    """How the sides differ."""


Predict = Callable[[Float32], Float32]
"""Features (n, 1410) to intensities (n, 38), 0-5."""

Describer = Callable[[NDArray[np.uint8]], Float32]
"""Crops (n, 112, 112, 3) to numbers (n, d)."""


class Readings(NamedTuple):
    """What both say of the pictures of an exam, 0-1."""

    mesh: Float32
    """(n, 38)."""
    picture: Float32
    """(n, 38)."""


@dataclass(frozen=True, eq=False)
class Fusion:
    """Per output, alike for both sides: weights, what a quiet face reads, and the stretch."""

    mesh: Float32
    picture: Float32
    offset: Float32
    gain: Float32
    mesh_aside: Float32
    """Weight of how the sides differ by the mesh, stretched as it is to be."""
    picture_aside: Float32
    """The same by the picture."""

    def apply(self, readings: Readings) -> Float32:
        """Both readings as one, (n, 38), 0-1."""
        whole, parted = (Readings(*map(one, readings)) for one in (even, aside))
        level = self.mesh * whole.mesh + self.picture * whole.picture - self.offset
        apart = self.mesh_aside * parted.mesh + self.picture_aside * parted.picture
        return np.asarray(np.clip(self.gain * level + apart, 0, 1), np.float32)


def even(intensity: Float32) -> Float32:
    """The mean of both sides of outputs (n, 38), for each side."""
    return np.asarray((intensity + intensity[:, SWAP]) / 2, np.float32)


def aside(intensity: Float32) -> Float32:
    """How far each side of outputs (n, 38) is above the mean of both; 0 of central units."""
    return np.asarray((intensity - intensity[:, SWAP]) / 2, np.float32)


def read_all(
    network: PictureUnits,
    describe: Describer,
    exam: PortraitExam,
    single: Predict,
    against: Predict,
) -> tuple[Readings, Readings]:
    """What mesh and picture say of single pictures, and of each against its portrait.

    Args:
        network: the picture network, whose readings of descriptions are asked.
        describe: what describes crops: the same network, or the file of it that is shipped.
        exam: the pictures; the first of each portrait is the portrait.
        single: the mesh network of single frames.
        against: that of frames minus the neutral.
    """
    described = features(exam.mesh)
    neutral = first_of(exam.portrait)
    moved = difference(described, described[neutral])
    crops = torch.from_numpy(describe_all(describe, exam.crop))
    swap = torch.from_numpy(SWAP)
    plain, mirrored = crops.chunk(2, dim=1)
    with torch.no_grad():
        here = both_ways(network.single(plain), network.single(mirrored), swap)
        pair = both_ways(
            network.differ(plain, plain[neutral]), network.differ(mirrored, mirrored[neutral]), swap
        )
    fifth = np.float32(0.2)
    return (
        Readings(fifth * single(described), here.numpy()),
        Readings(fifth * against(moved), pair.numpy()),
    )


def describe_all(describe: Describer, crops: NDArray[np.uint8]) -> Float32:
    """What describes crops (n, 112, 112, 3) and their mirror images, (n, 2d)."""
    return np.concatenate([describe(one) for one in (crops, crops[:, :, ::-1])], axis=1)


def first_of(portrait: NDArray[np.int64]) -> NDArray[np.intp]:
    """For each picture the row of the first one of its portrait."""
    numbers, first = np.unique(portrait, return_index=True)
    return np.asarray(first[np.searchsorted(numbers, portrait)], np.intp)


def fuse(
    readings: Readings,
    exam: PortraitExam,
    rows: NDArray[np.bool_],
    *,
    level: bool,
    stretch: Stretch,
    quiet: NDArray[np.bool_] | None = None,
) -> Fusion:
    """Fit weights, offset and stretch; left and right get the same.

    Args:
        readings: of development portraits.
        exam: what was planted on them.
        rows: (n,): pictures to fit. How the sides differ is fitted on all of them, what both do on
            those that do not move one side alone.
        level: whether a common level of all pictures is left out of the fit, as for single frames;
            readings against a neutral are counted from 0.
        stretch: highest factors by which shrunk outputs are stretched.
        quiet: (n,): pictures of faces that show nothing, whose median is to read 0; None for no
            offset.
    """
    every = np.stack([*readings, exam.intensity])
    paired = rows & ~exam.of("onesided")
    whole = _fitted(_parts(every[:, paired], even, level), stretch.both)
    parted = _fitted(_parts(every[:, rows], aside, level), stretch.aside, SEEN)
    offset = np.zeros(OUTPUTS, np.float32)
    if quiet is not None:
        still = whole.weights.mesh * readings.mesh + whole.weights.picture * readings.picture
        for columns in OUTPUTS_OF.values():
            offset[columns] = np.median(still[quiet][:, columns])
    pulled = (parted.gain * one for one in parted.weights)
    return Fusion(*whole.weights, offset, whole.gain, *pulled)


class _Fitted(NamedTuple):
    weights: Readings
    """Of mesh and picture, (38,) each."""
    gain: Float32


def _parts(every: Float32, part: Callable[[Float32], Float32], level: bool) -> Float32:
    """Of mesh, picture and truth (3, n, 38) what both sides do, or how they differ."""
    parts = np.stack([part(one) for one in every])
    return parts - parts.mean(axis=1, keepdims=True) if level else parts


def _fitted(parts: Float32, stretch: float, seen: float = 0.0) -> _Fitted:
    """Weights of mesh and picture for the truth, and the factor that undoes their shrinking.

    Outputs that show a smaller share of a true change than ``seen`` are left shrunk.
    """
    mesh, picture, true = parts
    weights, gain = np.zeros((2, OUTPUTS), np.float32), np.ones(OUTPUTS, np.float32)
    for columns in OUTPUTS_OF.values():
        both = np.stack([mesh[:, columns].ravel(), picture[:, columns].ravel()], axis=1)
        goal = true[:, columns].ravel()
        if not goal.any():
            continue
        found = pair_weights(both, goal)
        rise = float(np.dot(both @ found, goal)) / max(float(np.dot(goal, goal)), 1e-9)
        weights[:, columns] = found[:, None]
        if rise >= seen:
            gain[columns] = np.clip(1 / max(rise, 1e-3), 1, stretch)
    return _Fitted(Readings(*weights), gain)


def pair_weights(both: Float32, goal: Float32) -> Float32:
    """Two weights that are not negative, by least squares; a very small one is none."""
    best, error = np.zeros(2), np.inf
    for chosen in ([0, 1], [0], [1]):
        some, *_ = np.linalg.lstsq(both[:, chosen].astype(np.float64), goal, rcond=None)
        if (some < 0).any():
            continue
        spread = np.zeros(2)
        spread[chosen] = some
        share = spread * both.std(axis=0)
        if len(chosen) > 1 and share.min() < SMALLEST * share.sum():
            continue
        missed = float(np.square(both @ spread - goal).sum())
        if missed < error:
            best, error = spread, missed
    return best.astype(np.float32)
