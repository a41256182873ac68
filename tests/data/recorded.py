"""Recordings that cost nothing to make: pictures of noise with the landmarks of a still face."""

from collections.abc import Sequence

import numpy as np

from mien.data.recording import Recording
from mien.face.geometry import reference
from mien.face.landmarks import SCHEMES

UNITS = (12, 4, 6, 26)
FRAMES = 4


def face(side: float = 96.0) -> np.ndarray:
    """68 points of the mean face in a picture of this size, y down."""
    shape = reference()[0][[indices[0] for indices in SCHEMES["68"].points], :2]
    flat = (shape - shape.min(axis=0)) / np.ptp(shape, axis=0).max()
    flat = flat * [1, -1] + [0, flat[:, 1].max()]
    return (0.1 * side + 0.8 * side * flat).astype(np.float32)


def recording(person: int, seed: int = 0, frames: int = FRAMES) -> Recording:
    random = np.random.default_rng((seed, person))
    intensity = random.integers(0, 6, (frames, len(UNITS))).astype(np.float32)
    intensity[0] = 0
    return Recording(
        person,
        [random.integers(0, 255, (96, 96, 3), np.uint8) for _ in range(frames)],
        (face() + random.normal(0, 1, (frames, 68, 2))).astype(np.float32),
        UNITS,
        intensity,
        "happiness",
    )


def three(takes: Sequence[int] = (0, 0, 1, 2)) -> list[Recording]:
    """Three persons, the first with two recordings."""
    return [recording(person, seed) for seed, person in enumerate(takes)]
