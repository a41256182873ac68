"""The table of displacements: sides, directions, lips and lids that do not touch."""

import numpy as np
import pytest

from mien.animation.moves import (
    LIDS,
    LIPS,
    blend,
    is_sided,
    known_units,
    move,
    share,
    skin_distances,
)
from mien.face.geometry import reference

SIDED = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 20, 24, 33, 43, 45}
UP, OUT, FRONT = 1, 0, 2


def test_every_unit_of_the_house_is_there():
    whole = {17, 18, 22, 25, 26, 27, 28}
    assert set(known_units()) == SIDED | whole
    assert {unit for unit in known_units() if is_sided(unit)} == SIDED


@pytest.mark.parametrize("unit", known_units())
def test_both_sides_mirror_each_other_and_nothing_leaves_the_head(unit):
    skin, mirror = move(unit).skin, reference()[1]
    np.testing.assert_allclose(skin[mirror] * [-1, 1, 1], skin, atol=1e-6)
    assert np.abs(skin).max() < 0.5
    assert np.abs(skin).max() > 0.02 or np.abs(move(unit).lids).max() > 0.1


@pytest.mark.parametrize(
    ("unit", "point", "axis", "sign"),
    [
        (1, 107, UP, 1),
        (2, 70, UP, 1),
        (4, 55, UP, -1),
        (4, 55, OUT, 1),  # the person's right: towards the mid line is the image's right
        (9, 129, UP, 1),
        (10, 37, UP, 1),
        (12, 61, UP, 1),
        (12, 61, OUT, -1),
        (15, 61, UP, -1),
        (16, 84, UP, -1),
        (17, 199, UP, 1),
        (18, 61, OUT, 1),
        (18, 0, FRONT, 1),
        (20, 61, OUT, -1),
        (25, 14, UP, -1),
        (26, 152, UP, -1),
        (28, 17, UP, 1),
        (33, 205, FRONT, 1),
    ],
)
def test_points_go_where_the_muscle_pulls(unit, point, axis, sign):
    assert move(unit).skin[point, axis] * sign > 0.01


def test_strokes_are_met():
    np.testing.assert_allclose(move(26).skin[152], [0, -0.215, -0.06], atol=0.01)
    np.testing.assert_allclose(move(27).skin, move(26).skin * 1.8, atol=1e-6)


def test_jaw_leaves_the_upper_face_alone():
    skin = move(26).skin
    upper = reference()[0][:, 1] > 0
    assert np.abs(skin[upper]).max() < 0.002
    assert np.abs(skin[LIPS[0][3:8]]).max() < 0.012


def test_no_way_leads_across_an_opening():
    lower = LIPS[1]
    ways = skin_distances([13])[0]
    straight = np.linalg.norm(reference()[0][13] - reference()[0][14])
    assert ways[14] > 10 * straight
    assert ways[13] == 0
    assert (ways[lower[1:-1]] > 0.25).all()
    assert np.isfinite(ways).all()
    lid = skin_distances([159])[0]
    assert lid[145] > 0.3
    assert lid[223] < 0.2


def test_ways_are_lengths_along_the_skin():
    shape = reference()[0]
    ways = skin_distances([1, 61])
    straight = np.linalg.norm(shape[[1, 61]][:, None] - shape[None], axis=2)
    assert (ways >= straight - 1e-6).all()
    np.testing.assert_allclose(ways[0, 61], ways[1, 1])


def test_blend_carries_points_along_and_fades_out():
    weights = blend(np.array([159]), 0.15, 0.05)
    assert weights.shape == (468, 1)
    assert weights[159, 0] == pytest.approx(1)
    assert weights[27, 0] > 0.9
    assert weights[145, 0] == 0
    assert weights.sum(axis=1).max() <= 1 + 1e-9


def test_shares_of_the_sides_sum_to_one():
    left, right = share("L"), share("R")
    np.testing.assert_allclose(left + right, 1, atol=1e-6)
    np.testing.assert_allclose(left[reference()[1]], right, atol=1e-6)
    assert left[291] > 0.99  # the left corner of the mouth
    assert right[61] > 0.99
    assert left[13] == pytest.approx(0.5)
    assert (share("") == 1).all()


def test_rims_face_each_other():
    shape = reference()[0]
    for upper, lower in (LIPS, *LIDS.values()):
        assert upper[0] == lower[0]
        assert upper[-1] == lower[-1]
        gap = shape[upper[1:-1]] - shape[lower[1:-1]]
        assert (gap[:, UP] > 0).all()
        assert (np.abs(gap[:, OUT]) < 0.06).all()
    assert shape[LIDS["L"][0]][:, 0].min() > 0
