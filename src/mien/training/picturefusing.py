"""How the readings of mesh and picture are brought together, per unit, on development portraits.

Two weights per unit and no more: a regression over all outputs of both was no better. Readings of
single frames are fitted on portraits that show nothing themselves, with the differences between
persons: weights fitted within persons would trust what reads a face's shape as its expression.
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
from mien.training.pictureexam import run
from mien.values import Float32

__all__ = [
    "Fusion", "Predict", "Readings", "describe_all", "first_of", "fuse", "read_all",
]  # fmt: skip

SMALLEST = 0.08
"""A weight below this share of both is taken for none."""

Predict = Callable[[Float32], Float32]
"""Features (n, 1410) to intensities (n, 38), 0-5."""


class Readings(NamedTuple):
    """What both say of the pictures of an exam, 0-1."""

    mesh: Float32
    """(n, 38)."""
    picture: Float32
    """(n, 38)."""


@dataclass(frozen=True, eq=False)
class Fusion:
    """Per output: two weights, what a quiet face reads, and the stretch."""

    mesh: Float32
    picture: Float32
    offset: Float32
    gain: Float32

    def apply(self, readings: Readings) -> Float32:
        """Both readings as one, (n, 38), 0-1."""
        level = self.mesh * readings.mesh + self.picture * readings.picture - self.offset
        return np.asarray(np.clip(self.gain * level, 0, 1), np.float32)


def read_all(
    network: PictureUnits, exam: PortraitExam, single: Predict, against: Predict
) -> tuple[Readings, Readings]:
    """What mesh and picture say of single pictures, and of each against its portrait.

    Args:
        network: the picture network.
        exam: the pictures; the first of each portrait is the portrait.
        single: the mesh network of single frames.
        against: that of frames minus the neutral.
    """
    described = features(exam.mesh)
    neutral = first_of(exam.portrait)
    moved = difference(described, described[neutral])
    crops = torch.from_numpy(describe_all(network, exam.crop))
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


def describe_all(network: PictureUnits, crops: NDArray[np.uint8]) -> Float32:
    """What describes crops (n, 112, 112, 3) and their mirror images, (n, 2d)."""
    return np.concatenate([run(network, one)[1] for one in (crops, crops[:, :, ::-1])], axis=1)


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
    stretch: float,
    quiet: NDArray[np.bool_] | None = None,
) -> Fusion:
    """Fit weights, offset and stretch; left and right get the same.

    Args:
        readings: of development portraits.
        exam: what was planted on them.
        rows: (n,): pictures to fit.
        level: whether a common level of all pictures is left out of the fit, as for single frames;
            readings against a neutral are counted from 0.
        stretch: highest factor by which a shrunk output is stretched.
        quiet: (n,): pictures of faces that show nothing, whose median is to read 0; None for no
            offset.
    """
    mesh, picture, true = (
        one[rows] - (one[rows].mean(axis=0) if level else 0)
        for one in (readings.mesh, readings.picture, exam.intensity)
    )
    weights = np.zeros((2, OUTPUTS), np.float32)
    gain, offset = np.ones(OUTPUTS, np.float32), np.zeros(OUTPUTS, np.float32)
    for columns in OUTPUTS_OF.values():
        both = np.stack([mesh[:, columns].ravel(), picture[:, columns].ravel()], axis=1)
        goal = true[:, columns].ravel()
        found = pair_weights(both, goal)
        fused = both @ found
        rise = float(np.dot(fused, goal)) / max(float(np.dot(goal, goal)), 1e-9)
        weights[:, columns] = found[:, None]
        gain[columns] = np.clip(1 / max(rise, 1e-3), 1, stretch)
        if quiet is not None:
            still = np.stack([one[quiet][:, columns].ravel() for one in readings], axis=1)
            offset[columns] = np.median(still @ found)
    return Fusion(weights[0], weights[1], offset, gain)


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
