"""Example copies of data sets: drawn faces whose action units rise, in any set's exact format.

They hold no photograph and nothing of the real sets: they are for trying every step, and for tests.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from mien.data import data_set
from mien.data.drawn import Person, View, draw_person, draw_view
from mien.data.recording import Recording
from mien.data.writing import check_new
from mien.errors import InputError
from mien.face.landmarks import landmarks
from mien.values import Float32, Image

__all__ = ["EXPRESSIONS", "UNITS", "recordings", "write_example"]

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25, 26)
"""Units that rise in the examples: those of BP4D, DISFA and CK+ that a drawn face can show."""

EXPRESSIONS: Mapping[str, Mapping[int, int]] = MappingProxyType(
    {
        "happiness": {6: 4, 7: 2, 10: 2, 12: 5, 25: 3},
        "surprise": {1: 4, 2: 5, 5: 4, 25: 3, 26: 4},
        "anger": {4: 5, 5: 2, 7: 4, 17: 2, 24: 4},
        "disgust": {4: 2, 7: 3, 9: 5, 10: 4, 17: 3},
        "sadness": {1: 5, 4: 3, 15: 4, 17: 4},
        "fear": {1: 4, 2: 3, 4: 3, 5: 4, 20: 4, 25: 3},
        "contempt": {12: 2, 14: 5},
    }
)
"""Intensities 0-5 at the last frame of each expression."""

EACH = 3
"""Recordings per person: each shows another expression."""

_TURN = 0.5
# How far heads are turned, 1 is `draw_view`: the landmarks of real sets come from nearly frontal
# faces.


def recordings(
    persons: int = 3, frames: int = 6, seed: int = 0, size: int = 256, each: int = EACH
) -> list[Recording]:
    """Drawn persons whose expressions rise from nothing to their height.

    Args:
        persons: how many.
        frames: pictures per recording; intensities are whole numbers, 0 in the first.
        seed: the same numbers give the same pictures.
        size: side of the pictures in pixels.
        each: recordings per person, each of another expression.

    Raises:
        InputError: there would be no picture.
    """
    if min(persons, each) < 1 or frames < 2:
        raise InputError(
            f"{persons} persons with {each} recordings of {frames} frames were asked for, expected "
            "at least one person, one recording and two frames"
        )
    names = tuple(EXPRESSIONS)
    out = []
    for number in range(persons):
        rng = np.random.default_rng((71, seed, number))
        person = draw_person(rng)
        for recording in range(each):
            name = names[(number * each + recording) % len(names)]
            out.append(_recording(rng, person, number, name, (frames, size)))
    return out


def write_example(name: str, root: str | Path, persons: int = 3) -> None:
    """Write an example copy of a data set.

    Args:
        name: one of `mien.data.DATASETS`.
        root: the folder to be, empty or missing.
        persons: how many.

    Raises:
        InputError: there is no such set, or the folder holds something or cannot be written to.
    """
    entry = data_set(name)
    check_new(Path(root))
    entry.write(Path(root), recordings(persons))


def _recording(
    rng: Generator, person: Person, number: int, name: str, size: tuple[int, int]
) -> Recording:
    """One person showing one expression; the head moves a little all the while."""
    frames, side = size
    start, end = draw_view(rng, _TURN), draw_view(rng, _TURN)
    height = np.array([EXPRESSIONS[name].get(unit, 0) for unit in UNITS])
    images: list[Image] = []
    points: list[Float32] = []
    intensity = np.zeros((frames, len(UNITS)), np.float32)
    for frame in range(frames):
        share = frame / (frames - 1)
        intensity[frame] = np.round(height * share)
        shown = dict(zip(UNITS, intensity[frame].tolist(), strict=True))
        image, mesh = person.picture(shown, side, _between(start, end, share, rng))
        images.append(image)
        points.append(landmarks(mesh, "68"))
    return Recording(number, images, np.stack(points), UNITS, intensity, name)


def _between(start: View, end: View, share: float, rng: Generator) -> View:
    """The head on its way; the light stays."""

    def way(first: tuple[float, ...], last: tuple[float, ...]) -> tuple[float, ...]:
        return tuple((1 - share) * a + share * b for a, b in zip(first, last, strict=True))

    yaw, pitch, roll = way(start.pose, end.pose)
    (left, up), (right, down) = way(start.gaze, end.gaze), way(start.shift, end.shift)
    return View(
        pose=(yaw, pitch, roll),
        gaze=(left, up),
        scale=start.scale,
        shift=(right, down),
        light=start.light,
        ambient=start.ambient,
        gain=start.gain,
        noise=start.noise,
        seed=int(rng.integers(2**31)),
    )
