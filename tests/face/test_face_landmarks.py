"""The point schemes: order, symmetry, and that left and right are the person's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.face import landmarks as lm
from mien.face.landmarks import SCHEMES, landmarks, mirror
from mien.face.tracker import find_faces

# fmt: off
JAANET_FLIP = [
    9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 11, 12, 13, 18, 17, 16, 15, 14, 28, 27, 26, 25, 30, 29,
    22, 21, 20, 19, 24, 23, 37, 36, 35, 34, 33, 32, 31, 42, 41, 40, 39, 38, 45, 44, 43, 48, 47, 46,
]
# fmt: on

# fmt: off
MID_LINE = (
    0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    94, 151, 152, 164, 168, 175, 195, 197, 199, 200,
)
# fmt: on
"""Points of the mesh that lie on the line between both sides."""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_has_as_many_points_as_its_name_says(scheme, rest):
    points = landmarks(rest, scheme)
    assert points.shape == (int(scheme), 2)
    assert points.dtype == np.float32


@given(scheme=st.sampled_from(sorted(SCHEMES)))
def test_a_mirror_is_its_own_inverse(scheme):
    table = mirror(scheme)
    assert (table[table] == np.arange(len(table))).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_schemes_are_symmetrical(scheme, rest):
    points = landmarks(rest, scheme) - np.float32([300, 0])
    mirrored = points[mirror(scheme)] * np.float32([-1, 1])
    iris = 0.01 if scheme != "478" else 6.0  # the fixture's irises are round, not symmetrical
    assert np.abs(points - mirrored).max() < max(iris, 0.01)


def test_slot_8_is_the_chin(rest):
    points = landmarks(rest, "68")
    assert points[8, 1] == points[:, 1].max()
    assert points[8] == pytest.approx(rest[152, :2])
    jaw = points[:17]
    assert (
        np.diff(jaw[:, 0]) > 0
    ).all()  # from the right ear, on the image's left, to the left one


def test_eyes_run_from_the_outer_corner_of_the_right_eye(rest):
    points = landmarks(rest, "68")
    right, left = points[36:42], points[42:48]
    assert right[:, 0].argmin() == 0
    assert right[:, 0].argmax() == 3
    assert left[:, 0].argmin() == 0
    assert left[:, 0].argmax() == 3
    for eye in (right, left):
        assert max(eye[1:3, 1]) < min(eye[4:6, 1])  # upper lid, then lower lid
    assert right[:, 0].max() < left[:, 0].min()


def test_brows_nose_and_lips_are_in_order(rest):
    points = landmarks(rest, "68")
    assert (np.diff(points[17:27, 0]) > 0).all()
    assert (np.diff(points[27:31, 1]) > 0).all()
    assert (np.diff(points[31:36, 0]) > 0).all()
    lip = points[48:60]
    assert lip[:, 0].argmin() == 0
    assert lip[:, 0].argmax() == 6
    assert (lip[1:6, 1].mean() < lip[7:12, 1]).all()
    assert points[60, 0] == points[60:, 0].min()
    assert points[64, 0] == points[60:, 0].max()


def test_49_points_flip_as_jaanet_wants():
    assert mirror("49").tolist() == JAANET_FLIP


def test_66_and_49_are_parts_of_68(rest):
    whole = landmarks(rest, "68")
    kept = [i for i in range(68) if i not in (60, 64)]
    assert (landmarks(rest, "66") == whole[kept]).all()
    assert (landmarks(rest, "49") == whole[[i for i in kept if i >= 17]]).all()


def test_five_points_are_eyes_nose_and_mouth(rest):
    right, left, nose, mouth_right, mouth_left = landmarks(rest, "5")
    assert right == pytest.approx(rest[list(lm.RIGHT_EYE_RING), :2].mean(axis=0))
    assert right[0] < nose[0] < left[0]
    assert right[1] < nose[1] < mouth_right[1]
    assert mouth_right[0] < mouth_left[0]


def test_named_parts_are_the_persons_sides(rest):
    for right, left in (
        (lm.RIGHT_EYE, lm.LEFT_EYE),
        (lm.RIGHT_BROW, lm.LEFT_BROW),
        (lm.RIGHT_IRIS, lm.LEFT_IRIS),
    ):
        assert rest[list(right), 0].max() < rest[list(left), 0].min()
        assert set(mirror("478")[list(right)]) == set(left)
    assert len(lm.LIPS) == len(set(lm.LIPS)) == 80
    assert set(mirror("478")[list(lm.LIPS)]) == set(lm.LIPS)
    assert set(mirror("478")[list(lm.OVAL)]) == set(lm.OVAL)
    still = np.flatnonzero(mirror("478") == np.arange(478))
    assert still.tolist() == list(MID_LINE)


def test_upper_and_lower_brow_edges(rest):
    for brow in (lm.RIGHT_BROW, lm.LEFT_BROW):
        assert (rest[list(brow[:5]), 1] < rest[list(brow[5:]), 1]).all()


def test_iris_edges_follow_the_image(fitter, detector, astronaut):
    mesh = find_faces(astronaut, detector, fitter)[0].mesh
    for iris in (lm.RIGHT_IRIS, lm.LEFT_IRIS):
        centre, right, top, left, bottom = mesh[list(iris), :2]
        assert left[0] < centre[0] - 2
        assert right[0] > centre[0] + 2
        assert top[1] < centre[1] - 2
        assert bottom[1] > centre[1] + 2


def test_what_is_no_scheme_or_no_mesh_is_named(rest):
    with pytest.raises(InputError, match=r"'70'.*68"):
        landmarks(rest, "70")
    with pytest.raises(InputError, match="478"):
        mirror("70")
    with pytest.raises(ShapeError, match=r"\(468, 3\)"):
        landmarks(rest[:468], "68")
