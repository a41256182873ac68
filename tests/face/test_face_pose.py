"""Signs and axes of the head pose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from mien.errors import ShapeError
from mien.face.geometry import reference
from mien.face.landmarks import mirror
from mien.face.pose import head_pose, rotation
from mien.face.tracker import find_faces

SHAPE = reference()[0].astype(np.float64) * [1, -1, -1]  # y down, z away from the camera
NOSE, CHIN, BROW, RIGHT_CORNER, LEFT_CORNER = 4, 152, 10, 33, 263


def turned(pitch=0.0, yaw=0.0, roll=0.0, size=80.0):
    """The reference face turned by hand-written matrices: first roll, then pitch, then yaw."""
    p, y, r = np.radians([pitch, yaw, roll])
    to_the_right = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    up = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    clockwise = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    matrix = to_the_right @ up @ clockwise
    return (SHAPE @ matrix.T * size + [310, 170, 5]).astype(np.float32), matrix


def test_a_face_at_rest_has_no_pose():
    assert head_pose(turned()[0]) == pytest.approx([0, 0, 0], abs=1e-3)


def test_turned_to_its_left_is_positive_yaw():
    mesh, _ = turned(yaw=25)
    middle = (mesh[RIGHT_CORNER, 0] + mesh[LEFT_CORNER, 0]) / 2
    assert mesh[NOSE, 0] > middle + 5  # the nose goes to the image's right, the person's left
    assert mesh[LEFT_CORNER, 2] > mesh[RIGHT_CORNER, 2]  # and the left eye away from the camera
    assert head_pose(mesh) == pytest.approx([0, 25, 0], abs=1e-3)


def test_looking_up_is_positive_pitch():
    mesh, _ = turned(pitch=20)
    assert mesh[BROW, 2] > mesh[CHIN, 2]  # the forehead goes back
    assert mesh[NOSE, 1] < turned()[0][NOSE, 1]  # the nose goes up
    assert head_pose(mesh) == pytest.approx([20, 0, 0], abs=1e-3)


def test_tilted_clockwise_is_positive_roll():
    mesh, _ = turned(roll=30)
    assert mesh[LEFT_CORNER, 1] > mesh[RIGHT_CORNER, 1]  # the eye on the image's right is lower
    assert head_pose(mesh) == pytest.approx([0, 0, 30], abs=1e-3)


@settings(max_examples=80, deadline=None)
@given(
    pitch=st.floats(-80, 80),
    yaw=st.floats(-170, 170),
    roll=st.floats(-170, 170),
    size=st.floats(5, 2000),
)
def test_any_rotation_is_found_again(pitch, yaw, roll, size):
    mesh, matrix = turned(pitch, yaw, roll, size)
    assert rotation(mesh) == pytest.approx(matrix, abs=1e-3)
    assert head_pose(mesh) == pytest.approx([pitch, yaw, roll], abs=0.3)


@settings(max_examples=40, deadline=None)
@given(
    pitch=st.floats(-40, 40),
    yaw=st.floats(-50, 50),
    roll=st.floats(-60, 60),
    more=st.floats(-60, 60),
)
def test_turning_the_image_turns_the_rotation_with_it(pitch, yaw, roll, more):
    mesh, matrix = turned(pitch, yaw, roll)
    angle = np.radians(more)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    assert rotation((mesh @ turn.T).astype(np.float32)) == pytest.approx(turn @ matrix, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(pitch=st.floats(-60, 60), yaw=st.floats(-60, 60), roll=st.floats(-90, 90))
def test_a_mirrored_face_turns_the_other_way(pitch, yaw, roll):
    mesh, _ = turned(pitch, yaw, roll)
    mirrored = mesh[mirror("478")[:468]] * np.float32([-1, 1, 1])
    expected = head_pose(mesh) * [1, -1, -1]
    assert head_pose(mirrored) == pytest.approx(expected, abs=0.5)


def test_a_flat_or_collapsed_mesh_still_has_a_finite_pose():
    for mesh in (np.zeros((478, 3), np.float32), np.ones((478, 3), np.float32)):
        assert np.isfinite(head_pose(mesh)).all()
    flat = turned()[0]
    flat[:, 2] = 0
    assert head_pose(flat) == pytest.approx([0, 0, 0], abs=5)


def test_a_mesh_without_depth_is_refused():
    with pytest.raises(ShapeError, match="478, 3"):
        head_pose(np.zeros((478, 2), np.float32))


def test_a_real_picture_mirrored(detector, fitter, portraits):
    image = portraits["L"]  # turned to his left
    pose = find_faces(image, detector, fitter)[0].pose
    assert 10 < pose[1] < 30
    mirrored = find_faces(np.ascontiguousarray(image[:, ::-1]), detector, fitter)[0].pose
    assert mirrored == pytest.approx(pose * [1, -1, -1], abs=4)


@pytest.mark.parametrize("degrees", [-25, 25, 70])
def test_a_real_picture_rolled(degrees, detector, fitter, portraits):
    picture = Picture.fromarray(portraits["D"])
    pose = find_faces(portraits["D"], detector, fitter)[0].pose
    image = np.asarray(picture.rotate(-degrees, Picture.Resampling.BICUBIC))
    rolled = find_faces(image, detector, fitter)[0].pose
    assert rolled[2] == pytest.approx(pose[2] + degrees, abs=3)
    assert rolled[:2] == pytest.approx(pose[:2], abs=6)
