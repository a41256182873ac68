"""Pictures with known landmarks, for tests of the cache: a gradient with a face somewhere in it."""

import numpy as np
from PIL import Image as Picture

from mien.data.labels import STILL, Expressions, Index, Labels, Points
from mien.face.geometry import reference
from mien.face.landmarks import landmarks

UNITS = (1, 12, 25)


def face(scale=40.0, x=150.0, y=130.0, turn=0.1):
    """The reference face as a mesh, turned, at a place of a picture."""
    skin = reference()[0] * np.float32([scale, -scale, -scale])
    mesh = np.concatenate([skin, np.zeros((10, 3), np.float32)])
    cosine, sine = np.cos(turn), np.sin(turn)
    mesh[:, :2] = mesh[:, :2] @ np.array([[cosine, sine], [-sine, cosine]]) + [x, y]
    return mesh.astype(np.float32)


def gradient(width=300, height=260, phase=0):
    y, x = np.mgrid[:height, :width]
    waves = [np.sin((x + phase) / 17), np.cos(y / 23), np.sin((x + y) / 31)]
    return np.rint(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)


def made_set(root, count=40, scheme="68", missing=()):
    """An index of pictures on disk, with landmarks, labels, some of them unknown, and classes."""
    root.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    points = []
    for number in range(count):
        Picture.fromarray(gradient(phase=number)).save(root / f"{number:03d}.png", compress_level=1)
        points.append(landmarks(face(x=140 + number % 9, turn=0.02 * (number % 7)), scheme))
    known = random.random((count, len(UNITS))) < 0.8
    value = random.integers(0, 2, known.shape).astype(np.float32) * known
    strength = random.integers(0, 6, known.shape).astype(np.float32) * known
    there = np.array([row not in missing for row in range(count)])
    seen = there & known[:, 0]
    place = np.stack(points) * there[:, None, None].astype(np.float32)
    return Index(
        "made",
        root,
        tuple(f"{number:03d}.png" for number in range(count)),
        np.full(count, STILL),
        np.arange(count),
        tuple(f"P{number % 4}" for number in range(count)),
        tuple(f"P{number % 4}/T1" for number in range(count)),
        occurrence=Labels(UNITS, value, known),
        intensity=Labels(UNITS, strength, known),
        expression=Expressions(("calm", "glad"), random.integers(0, 2, count) * seen, seen),
        points=Points(scheme, place.astype(np.float32), there),
        box=np.full((count, 4), np.nan, np.float32),
    )


def no_face(image, box):
    """A finder that finds nothing."""
    return


def a_face(image, box):
    """A finder that finds the same face everywhere."""
    return face()
