import numpy as np
import pytest

from mien.data import response, synthetic
from mien.data.expressions import COLUMNS, OUTPUTS, planted, table
from mien.data.ict import turned_eyes
from mien.data.response import IDENTITY_COLUMNS, Response
from mien.face.geometry import FEATURES, IRISES, POSE, SKIN

QUIET = Response(
    np.zeros((48 + IDENTITY_COLUMNS, 1410), np.float32),
    np.zeros((1, 1410), np.float32),
    np.zeros((1, 1410), np.float32),
)


def test_the_packed_response_fits_the_outputs():
    mesh = response.load()
    assert mesh.weights.shape == (1 + OUTPUTS + 9 + IDENTITY_COLUMNS, 1410)
    noise = mesh.noise(np.random.default_rng(0), 500, "frame")
    assert noise.shape == (500, 470, 3)
    assert 0.03 < noise.std() < 0.1  # centimetres, as measured
    assert 0.05 < mesh.noise(np.random.default_rng(0), 500, "identity").std() < 0.15


def test_the_packed_response_is_the_measured_one(shared):
    with np.load(shared / "data" / "mesh_response.npz") as measured:
        mesh = response.load()
        np.testing.assert_allclose(mesh.weights, measured["wheel_W"], atol=1e-3)
        assert [str(name) for name in measured["design"][1:39]] == list(COLUMNS)


def test_the_response_is_linear_in_its_columns():
    mesh = response.load()
    pose, gaze, identity = np.zeros((1, 3)), np.zeros((1, 2)), np.zeros((1, 100))
    rest = mesh.error(response.design(np.zeros((1, OUTPUTS)), pose, gaze, identity))
    smile = mesh.error(response.design(planted({"12L": 1})[None], pose, gaze, identity))
    row = 1 + COLUMNS.index("AU12_L")
    np.testing.assert_allclose((smile - rest).reshape(-1), mesh.weights[row], atol=1e-5)


@pytest.mark.parametrize(
    ("pose", "point", "goes"),
    [
        ((0.3, 0, 0), (0, 0, 1), (1, 0)),  # the nose goes to the subject's left
        ((0, 0.3, 0), (0, 0, 1), (0, -1)),  # and down
        ((0, 0, 0.3), (0, 1, 0), (-1, 0)),  # the forehead to the subject's right
    ],
)
def test_poses_turn_the_head_as_they_say(pose, point, goes):
    turned = synthetic.rotations(np.array([pose]))[0] @ np.array(point)
    moved = turned[:2] - np.array(point)[:2]
    assert moved @ np.array(goes) > 0.02


def test_lids_follow_the_gaze(model):
    weights = turned_eyes(np.deg2rad([[30.0, 0], [0, 25.0], [-15.0, -30.0]]), model.names)
    names = model.names
    assert weights[0, names.index("eyeLookOut_L")] == pytest.approx(1)
    assert weights[0, names.index("eyeLookIn_R")] == pytest.approx(1)
    assert weights[1, names.index("eyeLookUp_R")] == pytest.approx(1)
    assert weights[2, names.index("eyeLookOut_R")] == pytest.approx(0.5)
    assert weights[2, names.index("eyeLookDown_L")] == pytest.approx(1)
    assert (weights >= 0).all()


def test_irises_turn_with_the_gaze(model):
    nobody, calm = np.zeros((2, 100), np.float32), np.zeros((2, 57), np.float32)
    points = model.shape(nobody, calm, np.array([[0, 0], [0.3, 0.2]], np.float32))
    moved = points[1, 468:] - points[0, 468:]
    assert (moved[:, 0] > 0.3).all()  # to the subject's left
    assert (moved[:, 1] > 0.2).all()  # up


def test_lips_that_part_by_13_millimetres_are_25_at_its_strongest(model):
    weights = np.zeros((3, 57), np.float32)
    weights[:, model.names.index("jawOpen")] = (0, 0.25, 1)
    parted = synthetic.lips_parted(model, weights)
    np.testing.assert_allclose(parted, [0, 0.5, 1], atol=0.03)


@pytest.mark.parametrize("make", [synthetic.singles, synthetic.pairs])
def test_examples_have_the_shapes_of_the_networks(model, make):
    made = make(model, response.load(), np.random.default_rng(0), 40)
    assert made.features.shape == (40, FEATURES)
    assert made.target.shape == (40, OUTPUTS)
    assert np.isfinite(made.features).all()
    assert made.features.dtype == made.target.dtype == np.float32


def test_examples_are_drawn_in_chunks_none_of_which_comes_twice(model, monkeypatch):
    monkeypatch.setattr(synthetic, "CHUNK", 7)
    made = synthetic.singles(model, response.load(), np.random.default_rng(0), 20)
    assert len(np.unique(made.features, axis=0)) == len(made.features) == 20


def test_a_difference_of_a_face_that_does_nothing_is_almost_nothing(model):
    made = synthetic.pairs(model, QUIET, np.random.default_rng(1), 300)
    still = (made.target < 0.05).all(axis=1)
    assert still.sum() > 5
    moving = made.target[:, :4].max(axis=1) > 0.5
    size = np.abs(made.features[:, : SKIN * 3]).mean(axis=1)
    assert size[still].mean() < 0.5 * size[moving].mean()


def test_a_one_sided_smile_moves_the_side_of_the_person(model):
    weights = (planted({"12L": 1}) @ table(model.names))[None]
    nobody, ahead = np.zeros((1, 100), np.float32), np.zeros((1, 2), np.float32)
    smiling = model.shape(nobody, weights, ahead)
    skin = synthetic._features(smiling, np.zeros((1, 3), np.float32))[0, : SKIN * 3]
    moved = np.linalg.norm(skin.reshape(SKIN, 3), axis=1)
    assert moved.argmax() == 291  # at the right of the picture: the person's left
    assert model.neutral[291, 0] > 0


def test_mirrored_examples_swap_their_sides(model):
    made = synthetic.singles(model, response.load(), np.random.default_rng(0), 5)
    both = synthetic.with_mirror(made)
    assert len(both.target) == 10
    assert both.target[5, 0] == made.target[0, 1]
    np.testing.assert_allclose(both.features[5:, POSE.start], -made.features[:, POSE.start])
    np.testing.assert_allclose(both.features[5:, IRISES.start], -made.features[:, IRISES.start + 2])


def test_pose_features_have_the_sign_of_the_pose(model):
    pose = np.array([[0.3, 0.2, 0.1]], np.float32)
    points = model.shape(*(np.zeros((1, k), np.float32) for k in (100, 57, 2)))
    yaw, pitch = synthetic._features(points, pose)[0, POSE] / 3
    assert yaw == pytest.approx(0.3, abs=0.01)
    assert pitch == pytest.approx(-0.2, abs=0.01)  # looking down
