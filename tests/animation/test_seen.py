"""What the mesh sees of a moved photograph: the planted movement, and more of it when it grows."""

import numpy as np
import pytest

import mien
from mien.analysis.eyes import openness
from mien.animation.warp import Puppet
from mien.face.geometry import features

SEEN = {
    1: 0.5,
    2: 0.5,
    4: 0.4,
    10: 0.5,
    12: 0.6,
    15: 0.5,
    18: 0.5,
    20: 0.5,
    26: 0.7,
    27: 0.7,
    28: 0.5,
}
"""Least correlation of planted and seen displacements at intensity 4."""


@pytest.fixture(scope="module")
def puppet(astronaut, front_end):
    return Puppet(astronaut, mien.find_faces(astronaut)[0])


@pytest.fixture(scope="module")
def seen(puppet):
    def see(units):
        faces = mien.find_faces(puppet.picture(units))
        assert len(faces) == 1
        return faces[0].mesh

    return see


@pytest.mark.parametrize("unit", SEEN)
def test_landmarks_follow_the_planted_movement(puppet, seen, unit):
    rest = puppet.points({})
    planted = (puppet.points({(unit, ""): 4.0}) - rest)[:468, :2]
    found = (seen({(unit, ""): 4.0}) - seen({}))[:468, :2]
    together = (planted * found).sum() / np.linalg.norm(planted) / np.linalg.norm(found)
    assert together > SEEN[unit]


@pytest.mark.parametrize("unit", [1, 2, 12, 15, 20, 26])
def test_more_is_seen_when_more_is_planted(puppet, seen, unit):
    aligned = [features(seen({(unit, ""): value}))[0, :1404] for value in (0.0, 1.5, 3.0, 5.0)]
    goal = features(puppet.points({(unit, ""): 5.0}))[0, :1404] - aligned[0]
    assert (np.diff([(one - aligned[0]) @ goal for one in aligned]) > 0).all()


def test_closing_lids_are_seen_to_close(seen):
    heights = [openness(seen({(43, ""): value})[None]).mean() for value in range(6)]
    assert (np.diff(heights) < 0).all()
    assert heights[-1] < 0.4 * heights[0]


def test_the_persons_left_corner_is_seen_to_rise(seen):
    rest, moved = seen({}), seen({(12, "L"): 5.0})
    way = moved - rest
    assert way[291, 0] > 2
    assert way[291, 1] < -1
    assert np.abs(way[61, :2]).max() < np.abs(way[291, :2]).max() / 2


def test_a_still_face_is_the_same_face(seen, astronaut):
    np.testing.assert_array_equal(seen({}), mien.find_faces(astronaut)[0].mesh)
