"""Eye openness and gaze: signs and sides, on made-up and on real meshes."""

import numpy as np
import pytest

from mien.analysis.eyes import LEFT, LIDS, RIGHT, gaze, masked, openness
from mien.errors import ShapeError

# The eyes of a frontal face in pixels: the person's right eye is at the image's left.
WIDTH, OPENING = 30.0, 9.0


def eye(x, opening=OPENING):
    """Corner, upper lid twice, corner, lower lid twice, starting at the image's left."""
    up, down = 100 - opening / 2, 100 + opening / 2
    return [(x, 100), (x + 10, up), (x + 20, up), (x + 30, 100), (x + 20, down), (x + 10, down)]


def face(left_opening=OPENING, right_opening=OPENING, look=(0.0, 0.0), angle=0.0, scale=1.0):
    """A mesh whose eye points alone are set; ``look`` moves both irises by image pixels."""
    mesh = np.zeros((478, 3))
    mesh[LIDS[RIGHT], :2] = eye(100, right_opening)
    mesh[LIDS[LEFT], :2] = eye(170, left_opening)
    mesh[468, :2] = np.add((115, 100), look)
    mesh[473, :2] = np.add((185, 100), look)
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    mesh[:, :2] = scale * mesh[:, :2] @ rotation.T
    return mesh.astype(np.float32)


@pytest.fixture(scope="module")
def astronaut(shared):
    """The attention mesh of scikit-image's astronaut, from the reference implementation."""
    with np.load(shared / "parity" / "facemesh_astronaut.npz") as table:
        height, width = table["image_size_hw"]
        return (table["landmarks478"] * [width, height, width]).astype(np.float32)


def test_openness_is_lid_opening_over_width():
    assert openness(face()[None])[0] == pytest.approx([OPENING / WIDTH] * 2)


def test_left_comes_first_and_is_the_persons():
    half = openness(face(left_opening=OPENING / 2)[None])[0]
    assert half[LEFT] == pytest.approx(half[RIGHT] / 2)
    assert (LEFT, RIGHT) == (0, 1)


@pytest.mark.parametrize("angle", [-60, 20, 90, 180])
@pytest.mark.parametrize("scale", [0.2, 3])
def test_openness_and_gaze_do_not_depend_on_place_tilt_and_size(angle, scale):
    plain, turned = face(look=(4, -2))[None], face(look=(4, -2), angle=angle, scale=scale)[None]
    assert openness(turned) == pytest.approx(openness(plain), rel=1e-4)
    assert gaze(turned + np.float32(50)) == pytest.approx(gaze(plain), abs=1e-4)


def test_straight_ahead():
    assert gaze(face()[None])[0] == pytest.approx([0.5, 0.0])


@pytest.mark.parametrize(
    ("look", "along", "above"),
    [((6, 0), 0.7, 0.0), ((-6, 0), 0.3, 0.0), ((0, -3), 0.5, 0.1), ((0, 3), 0.5, -0.1)],
)
def test_gaze_grows_to_the_images_right_and_upward(look, along, above):
    assert gaze(face(look=look)[None])[0] == pytest.approx([along, above], abs=1e-6)


def test_each_eye_has_its_share_in_the_gaze():
    for iris in (468, 473):
        mesh = face()
        mesh[iris, 0] += 6
        assert gaze(mesh[None])[0, 0] == pytest.approx(0.6)


def test_each_iris_is_measured_against_its_own_eye():
    mesh = face()
    mesh[LIDS[LEFT], 0] = 170 + (mesh[LIDS[LEFT], 0] - 170) / 2
    mesh[473, 0] = 177.5
    assert gaze(mesh[None])[0] == pytest.approx([0.5, 0.0])


def test_eyes_without_width_have_neither_openness_nor_gaze():
    nothing = np.zeros((1, 478, 3), np.float32)
    assert np.isnan(openness(nothing)).all()
    assert np.isnan(gaze(nothing)).all()


def test_a_blink_has_no_gaze():
    values = gaze(np.stack([face(), face()]))
    assert np.isnan(masked(values, np.array([False, True]))).tolist() == [[False] * 2, [True] * 2]


def test_many_meshes_none_and_a_wrong_shape():
    assert openness(np.stack([face()] * 5)).shape == (5, 2)
    assert gaze(np.zeros((0, 478, 3), np.float32)).shape == (0, 2)
    with pytest.raises(ShapeError, match="expected"):
        openness(face())


def test_astronaut_has_open_eyes_and_looks_up_or_right_when_her_irises_move(astronaut):
    assert (openness(astronaut) > 0.2).all()
    here = gaze(astronaut)[0]
    for step, column in (((3, 0), 0), ((0, -3), 1)):
        moved = astronaut.copy()
        moved[:, 468:478, :2] += step
        assert gaze(moved)[0, column] > here[column] + 0.02


def test_closed_eyes_of_portraits_lie_far_below_open_ones(portraits):
    closed, opened = (
        openness(np.stack([face.mesh for face in portraits(caption)])).mean(axis=1)
        for caption in ("eyes closed", "looking directly at camera")
    )
    assert len(closed) >= 4
    assert len(opened) >= 6
    assert closed.max() < 0.15 < 0.2 < opened.min()
