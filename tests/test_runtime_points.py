"""Networks that read landmarks beside the crop, and networks that give maps and landmarks."""

from dataclasses import replace

import numpy as np
import onnx
import pytest

from mien.errors import ShapeError, WeightsError
from mien.runtime import BATCH, Predictor
from mien.values import Scores
from tests.crop_networks import card, pictures, write
from tests.point_networks import face, pointed, write_pointed

COUNT = BATCH + 3


@pytest.fixture
def reader(tmp_path):
    return Predictor(write_pointed(tmp_path / "reader.onnx", pointed()))


@pytest.fixture
def finder(tmp_path):
    spec = pointed(reads=False, gives=("maps", "landmarks"))
    return Predictor(write_pointed(tmp_path / "finder.onnx", spec, face(16)))


def test_landmarks_go_in_as_pixels_of_the_middle(reader):
    images = pictures(COUNT, 20)
    points = np.stack([face(20, seed) for seed in range(COUNT)])
    across = (points[..., 0].astype(np.float64) - 2).mean(axis=1) / 16
    wanted = 1 / (1 + np.exp(-across[:, None] * [1, 2]))
    found = reader.score_crops(images, points).probability
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    # the middle alone, with landmarks in its own pixels, is the same
    cut = reader.score_crops(images[:, 2:18, 2:18], points - 2).probability
    np.testing.assert_allclose(cut, found, atol=1e-6)
    assert reader.score_crops(images[:0], points[:0]).probability.shape == (0, 2)


def test_a_landmark_that_is_not_known_is_refused(reader):
    images, points = pictures(2, 20), np.stack([face(20), face(20)])
    points[1, 7, 0] = np.nan
    with pytest.raises(ShapeError, match="all of them known; leave faces without landmarks out"):
        reader.score_crops(images, points)
    with pytest.raises(ShapeError, match=r"shape \(2, 48, 2\), expected \(2, 49, 2\)"):
        reader.score_crops(images, points[:, :48])


def test_landmarks_are_given_where_they_are_read_and_only_there(reader, finder):
    with pytest.raises(ShapeError, match="reads crops and their landmarks and came without"):
        reader.score_crops(pictures(2, 20))
    with pytest.raises(ShapeError, match="reads crops only and came with landmarks"):
        finder.score_crops(pictures(1, 20), face(20)[None])


def test_maps_and_landmarks_come_out(finder):
    images = pictures(COUNT, 16)
    found = finder.score_crops(images)
    red = (images[..., 0] / 255 - 0.5) / 0.2
    assert found.maps.shape == (COUNT, 2, 16, 16)
    np.testing.assert_allclose(found.maps[:, 0], 1 / (1 + np.exp(-red)), atol=1e-5)
    np.testing.assert_allclose(found.landmarks, np.stack([face(16)] * COUNT), atol=1e-6)
    nobody = finder.score_crops(images[:0])
    assert nobody.maps.shape == (0, 2, 0, 0)
    assert nobody.landmarks.shape == (0, 49, 2)


def changed(path, spec):
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"mien": spec.to_json()})
    path.write_bytes(model.SerializeToString())
    return path


def test_a_card_that_names_other_inputs_is_refused(tmp_path):
    path = write_pointed(tmp_path / "net.onnx", pointed())
    with pytest.raises(WeightsError, match=r"names one input and the network takes 2: image, land"):
        Predictor(changed(path, replace(pointed(), points="")))
    path = write(tmp_path / "plain.onnx", card())
    with pytest.raises(WeightsError, match="names two inputs and the network takes 1: image"):
        Predictor(changed(path, replace(card(), points="49")))


def test_one_map_may_stand_for_all_units_but_not_two_for_three(tmp_path):
    spec = pointed(units=(4, 12, 1), reads=False, gives=("maps",))
    one = Predictor(write_pointed(tmp_path / "one.onnx", spec, maps=1))
    assert one.score_crops(pictures(2, 16)).maps.shape == (2, 1, 16, 16)
    two = write_pointed(tmp_path / "two.onnx", spec, maps=2)
    with pytest.raises(WeightsError, match="names 3 outputs of maps and the network gives 2"):
        Predictor(two)


def test_cards_name_landmarks_that_exist():
    for points, reads in (("68", "crop"), ("49", "mesh")):
        with pytest.raises(WeightsError, match=f"reads the landmarks '{points}' beside the"):
            replace(card(), points=points, reads=reads)
    old = card().to_json().replace('"points": "", ', "")
    assert "points" not in old
    assert type(card()).from_json(old) == card()


def test_scores_hold_49_points():
    with pytest.raises(ShapeError, match=r"Scores\.landmarks is float32 \(2, 48, 2\)"):
        Scores(landmarks=np.zeros((2, 48, 2), np.float32))
