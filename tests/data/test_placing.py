import numpy as np
import pytest

from mien.data.labels import Points
from mien.data.placing import against_mesh, inner, outside, posture, unit_of
from mien.face.landmarks import landmarks, mirror
from tests.data.moving_face import SIDE, made_up_mesh

ROLLS = (-50, -20, 0, 20, 50)


def points(scheme="49", **how):
    faces = [landmarks(made_up_mesh(turn, **how), scheme) for turn in ROLLS]
    return Points(scheme, np.stack(faces), np.ones(len(ROLLS), bool))


def changed(change, scheme="49"):
    right = points(scheme)
    return Points(scheme, change(right.value).astype(np.float32), right.known)


@pytest.mark.parametrize("scheme", ["49", "66", "68"])
def test_a_face_is_in_order_however_it_is_rolled(scheme):
    placed = posture(points(scheme))
    assert not (placed.mirrored | placed.flipped | placed.strange).any()


@pytest.mark.parametrize("scheme", ["49", "66", "68"])
def test_exchanged_sides_are_found_in_every_scheme(scheme):
    placed = posture(changed(lambda value: value[:, mirror(scheme)], scheme))
    assert placed.mirrored.all()
    assert not (placed.flipped | placed.strange).any()


def test_points_of_a_mirrored_picture_in_the_old_order_are_found():
    assert posture(changed(lambda value: value * [-1, 1] + [SIDE - 1, 0])).mirrored.all()


def test_y_counted_upwards_is_told_from_exchanged_sides():
    placed = posture(changed(lambda value: value * [1, -1] + [0, SIDE - 1]))
    assert placed.flipped.all()
    assert not placed.mirrored.any()


def test_a_face_on_its_head_is_strange():
    placed = posture(changed(lambda value: SIDE - 1 - value))
    assert placed.strange.all()
    assert not (placed.mirrored | placed.flipped).any()


def test_points_in_another_order_are_no_face():
    order = np.random.default_rng(1).permutation(49)
    assert posture(changed(lambda value: value[:, order])).strange.all()


def test_points_by_one_place_off_are_no_face():
    """The order of a scheme that begins one point later."""
    assert posture(changed(lambda value: np.roll(value, 8, axis=1))).strange.all()


def test_nothing_is_said_of_landmarks_that_are_not_known():
    wrong = changed(lambda value: value[:, mirror("49")])
    placed = posture(Points("49", wrong.value, np.zeros(len(ROLLS), bool)))
    assert not (placed.mirrored | placed.flipped | placed.strange).any()


def test_a_turned_head_is_still_a_face():
    """Sixty degrees of yaw: about half the width."""
    assert not posture(points(wide=0.5)).strange.any()


def test_the_inner_points_are_the_same_of_all_schemes():
    wanted = points("49").value
    assert np.array_equal(inner(points("66")), wanted)
    assert np.array_equal(inner(points("68")), wanted)


def test_eye_distance_is_that_of_the_centres():
    face = np.zeros((1, 49, 2), np.float32)
    face[0, 25:31] = (3, 4)
    assert unit_of(face) == pytest.approx([5])


def test_outside_is_measured_from_the_outer_edge_of_the_pixels():
    inside = points()
    size = np.full((len(ROLLS), 2), SIDE)
    assert not outside(inside, size).any()
    value = inside.value.copy()
    value[1, 5] = (SIDE + 6.5, 30)
    value[2, 5] = (30, -4.5)
    value[3, 5] = (SIDE - 0.5 + 1, 30)  # a tenth of the eye distance is let pass
    beyond = outside(Points("49", value, inside.known), size)
    assert beyond == pytest.approx([0, 7, 4, 0, 0])


def test_numbers_that_are_none_lie_outside():
    value = points().value.copy()
    value[0, 3] = np.nan
    beyond = outside(Points("49", value, np.ones(len(ROLLS), bool)), np.full((5, 2), SIDE))
    assert np.isinf(beyond[0])
    assert not beyond[1:].any()


def test_a_picture_of_unknown_size_has_no_outside():
    value = points().value + 500
    assert not outside(Points("49", value, np.ones(5, bool)), np.zeros((5, 2), np.int64)).any()


def test_landmarks_of_the_mirrored_picture_and_landmarks_elsewhere():
    aside = np.stack([landmarks(made_up_mesh(shift=(12, 0)), "49")] * 4)
    given = aside.copy()
    given[1] = aside[1][mirror("49")] * [-1, 1] + [SIDE - 1, 0]
    given[2] += (9, 0)
    given[3] += (0.5, 0.5)
    mirrored, missed = against_mesh(given, aside, np.full(4, SIDE))
    assert mirrored.tolist() == [False, True, False, False]
    assert missed.tolist() == [False, False, True, False]
