"""A moved face: nothing outside changes, rims meet, eyeballs stay, sides are the person's."""

import numpy as np
import pytest

from mien.animation.moves import LIDS, LIPS, known_units
from mien.animation.sampling import sample, soften
from mien.animation.warp import Puppet
from mien.errors import InputError
from mien.values import Face


@pytest.fixture(scope="module")
def puppet(picture, face):
    return Puppet(picture, face)


def test_a_face_at_rest_is_the_picture_itself(puppet, picture):
    np.testing.assert_array_equal(puppet.picture({}), picture)
    np.testing.assert_array_equal(puppet.picture({(12, "L"): 0.0, (26, ""): 0.0}), picture)
    assert puppet.picture({}) is not picture


@pytest.mark.parametrize("unit", known_units())
def test_every_unit_changes_the_face_only(puppet, picture, face, unit):
    moved = puppet.picture({(unit, ""): 5.0})
    changed = np.abs(moved.astype(int) - picture).max(axis=2) > 2
    x, y = np.nonzero(changed.any(axis=0))[0], np.nonzero(changed.any(axis=1))[0]
    assert changed.any()
    half = (face.box[2:] - face.box[:2]) / 2
    middle = (face.box[2:] + face.box[:2]) / 2
    assert (np.abs(x - middle[0]) < 1.75 * half[0]).all()
    assert (np.abs(y - middle[1]) < 1.75 * half[1]).all()


@pytest.mark.parametrize("unit", known_units())
def test_movement_grows_with_intensity(puppet, face, unit):
    way = [
        np.abs(puppet.points({(unit, ""): value}) - face.mesh).sum() for value in (0, 1, 2.5, 4, 5)
    ]
    assert way[0] == 0
    assert (np.diff(way) > 0).all()


def test_left_is_the_persons(puppet, face):
    way = puppet.points({(12, "L"): 4.0}) - face.mesh
    assert way[291, 0] > 5  # the image's right
    assert way[291, 1] < -5
    assert np.abs(way[61]).max() < 0.1
    eyes = puppet.points({(43, "R"): 5.0}) - face.mesh
    assert eyes[159, 1] > 5
    assert np.abs(eyes[386]).max() == 0


def test_sides_add_up_to_both(puppet, face):
    both = puppet.points({(20, ""): 3.0})
    apart = puppet.points({(20, "L"): 3.0, (20, "R"): 3.0})
    np.testing.assert_allclose(both, apart, atol=1e-3)


def test_lids_close_wholly_and_keep_their_corners(puppet, face):
    closed = puppet.points({(43, ""): 5.0})
    for upper, lower in LIDS.values():
        np.testing.assert_allclose(closed[upper], closed[lower], atol=1e-3)
        np.testing.assert_array_equal(closed[upper[[0, -1]]], face.mesh[upper[[0, -1]]])
    np.testing.assert_array_equal(closed[468:], face.mesh[468:])
    brows = [70, 63, 105, 66, 107, 46, 53, 52, 65, 55]
    assert np.abs(closed - face.mesh)[brows].max() < 0.3


def test_lids_meet_once_when_several_units_close_them(puppet):
    closed = puppet.points({(43, ""): 5.0, (7, ""): 5.0, (6, ""): 5.0, (12, ""): 5.0})
    for upper, lower in LIDS.values():
        np.testing.assert_allclose(closed[upper, :2], closed[lower, :2], atol=1e-3)


def test_lips_never_cross(puppet):
    upper, lower = LIPS
    for units in ({(17, ""): 5.0}, {(28, ""): 5.0, (17, ""): 5.0}, {(24, ""): 5.0, (15, ""): 5.0}):
        moved = puppet.points(units)
        assert ((moved[lower] - moved[upper])[:, 1] > -1e-3).all()


def test_eyeball_stays_while_the_lid_falls_over_it(puppet, picture):
    half = puppet.picture({(43, ""): 2.5})
    upper, lower = (puppet.points({(43, ""): 2.5})[rim][:, :2] for rim in LIDS["R"])
    x = round(float(upper[4, 0]))
    top, bottom = int(np.ceil(upper[4, 1])) + 1, int(lower[4, 1]) - 1
    assert bottom - top > 2
    still = np.abs(half[top : bottom + 1, x].astype(int) - picture[top : bottom + 1, x])
    assert still.max() <= 8  # a lid that drew the eyeball along would move it by 3 pixels


def test_a_dropped_jaw_shows_the_dark_and_teeth_between_closed_lips(puppet, picture):
    moved = puppet.picture({(26, ""): 5.0})
    upper, lower = (puppet.points({(26, ""): 5.0})[rim] for rim in (13, 14))
    column = moved[int(upper[1]) + 1 : int(lower[1]), round(float(upper[0]))].astype(int)
    assert len(column) > 15
    assert column[-len(column) // 3 :].mean() < 80  # tongue and dark
    teeth = column[1:5]
    assert teeth.mean() > 100
    assert np.ptp(teeth, axis=1).max() < 40  # nearly white


def test_lips_that_do_not_part_show_no_dark(puppet, picture):
    moved = puppet.picture({(12, ""): 5.0, (6, ""): 4.0})
    assert moved.astype(int).sum(axis=2).min() >= picture.astype(int).sum(axis=2).min() - 6


def test_skin_is_carried_along(puppet, picture, face):
    moved = puppet.picture({(12, ""): 4.0, (1, ""): 3.0})
    points = puppet.points({(12, ""): 4.0, (1, ""): 3.0})
    skin = [50, 101, 205, 187, 107, 66, 108, 152, 4, 280]
    before = sample(picture, face.mesh[skin, :2])
    after = sample(moved, points[skin, :2])
    assert np.abs(before - after).max() < 14  # bilinear twice


def test_head_pose_turns_the_movement(picture, face):
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mesh = face.mesh.copy()
    mesh[:, :2] = (mesh[:, :2] - 150) @ turn.T + 150
    rolled = Puppet(picture, Face(face.box, 1.0, mesh=mesh))
    units = {(26, ""): 4.0, (12, "L"): 3.0, (43, ""): 5.0}
    straight = Puppet(picture, face).points(units)[:, :2] - face.mesh[:, :2]
    np.testing.assert_allclose(
        rolled.points(units)[:, :2] - mesh[:, :2], straight @ turn.T, atol=0.02
    )


def test_size_of_the_face_scales_the_movement(picture, face):
    mesh = (face.mesh * 0.5).astype(np.float32)
    small = Puppet(picture, Face(face.box, 1.0, mesh=mesh))
    units = {(26, ""): 4.0, (2, ""): 3.0, (43, ""): 2.0}
    np.testing.assert_allclose(
        small.points(units) - mesh, (Puppet(picture, face).points(units) - face.mesh) / 2, atol=0.01
    )


@pytest.mark.parametrize("shift", [-140, -60, 120, 400])
def test_a_face_over_the_border_is_drawn_as_far_as_it_goes(picture, face, shift):
    mesh = face.mesh + np.array([shift, shift / 2, 0], np.float32)
    moved = Puppet(picture, Face(face.box, 1.0, mesh=mesh)).picture({(26, ""): 5.0, (12, ""): 5.0})
    assert moved.shape == picture.shape


def test_a_face_without_a_mesh_is_refused(picture):
    with pytest.raises(InputError, match="find_faces"):
        Puppet(picture, Face(np.zeros(4, np.float32), 1.0))


def test_samples_lie_between_the_pixels():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    places = np.array([[0, 0], [1.5, 0.5], [3, 1], [-4, 9]])
    expected = [image[0, 0], image[:, 1:3].mean(axis=(0, 1)), image[1, 3], image[1, 0]]
    np.testing.assert_allclose(sample(image, places), expected)
    np.testing.assert_allclose(sample(image, places.reshape(2, 2, 2)).reshape(4, 3), expected)
    assert sample(image[:1, :1], np.array([[0.5, 0.5]])).tolist() == [[0, 1, 2]]


def test_softening_keeps_the_sum_inside():
    image = np.zeros((7, 8, 1), np.float32)
    image[3, 4] = 16
    soft = soften(image)
    assert soft[2:5, 3:6, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert soft.sum() == 16
