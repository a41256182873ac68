"""A face without a photograph: the reference mesh over a picture of random smooth spots."""

import numpy as np
import PIL.Image
import pytest

from mien.face.geometry import reference
from mien.values import MESH_POINTS, Face

SCALE = 110.0
MIDDLE = (150.0, 165.0)


def face_of(shape):
    mesh = np.zeros((MESH_POINTS, 3), np.float32)
    mesh[: len(shape)] = shape * [SCALE, -SCALE, -SCALE] + [*MIDDLE, 0]
    for iris, corners in ((468, [33, 133]), (473, [362, 263])):
        mesh[iris : iris + 5] = mesh[corners].mean(axis=0)
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    return Face(np.concatenate([low, high]).astype(np.float32), 1.0, mesh=mesh)


@pytest.fixture(scope="session")
def face():
    """The reference face, 165 pixels wide, frontal, lips nearly closed."""
    return face_of(reference()[0])


@pytest.fixture(scope="session")
def picture():
    """300x320 of smooth random colours: every place looks different."""
    spots = np.random.default_rng(5).integers(60, 220, (20, 19, 3), np.uint8)
    return np.asarray(PIL.Image.fromarray(spots).resize((300, 320), PIL.Image.Resampling.BICUBIC))
