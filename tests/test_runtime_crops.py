"""Networks of crops: cut, normalised and read as their card says."""

import os
from dataclasses import replace

import numpy as np
import onnx
import pytest

from mien.errors import InputError, ShapeError, WeightsError
from mien.runtime import (
    BATCH,
    Predictor,
    crop_threads,
    find_model,
    middle,
    normalised,
    open_session,
)
from mien.weights.catalog import FILES
from tests.crop_networks import card, pictures, write, write_several


def test_a_crop_is_normalised_by_the_card():
    spec, images = card(), pictures(3, 16)
    wanted = (images / 255 - np.array(spec.mean)) / np.array(spec.std)
    found = normalised(images, spec)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted.transpose(0, 3, 1, 2), atol=2e-6)
    bare = normalised(images, replace(spec, mean=(), std=()))
    np.testing.assert_allclose(bare, images.transpose(0, 3, 1, 2) / 255, atol=1e-6)


def test_the_middle_is_that_of_the_testing_pictures():
    from mien.data import transforms

    images = pictures(2, 21)
    for size in (16, 17, 21):
        place = transforms.middle(21, size)
        wanted = images[:, place.top : place.top + size, place.left : place.left + size]
        np.testing.assert_array_equal(middle(images, size), wanted)


def test_several_outputs_of_other_units_in_one_pass(tmp_path):
    outputs = ("intensity", "probability", "expression")
    spec = replace(
        card("intensity", units=(12,)), detected=(4, 7), classes=("calm", "glad"), outputs=outputs
    )
    said = {"intensity": [2.5], "probability": [0.0, 20.0], "expression": [0.0, 0.0]}
    predictor = Predictor(write_several(tmp_path / "net.onnx", spec, said))
    scores = predictor.score_crops(pictures(BATCH + 2, 20))
    assert scores.intensity.tolist() == [[2.5]] * (BATCH + 2)
    np.testing.assert_allclose(scores.probability[-1], [0.5, 1.0])
    np.testing.assert_allclose(scores.expression[-1], [0.5, 0.5])
    none = predictor.score_crops(pictures(0, 20))
    assert [getattr(none, name).shape for name in outputs] == [(0, 1), (0, 2), (0, 2)]
    fewer = write_several(tmp_path / "few.onnx", replace(spec, detected=(4, 7, 9)), said)
    with pytest.raises(
        WeightsError, match="names 3 outputs of probability and the network gives 2"
    ):
        Predictor(fewer)


@pytest.mark.parametrize("task", ["occurrence", "intensity", "expression"])
def test_what_the_card_promises_is_given(tmp_path, task):
    more = {"classes": ("calm", "glad")} if task == "expression" else {}
    spec = card(task, **more)
    weights, bias = np.array([[1.0, 0.2], [0.5, -1.0], [0.0, 2.0]]), np.array([0.3, 0.1])
    predictor = Predictor(write(tmp_path / "net.onnx", spec, weights, bias))
    images = pictures(2 * BATCH + 3, 20)
    inside = images[:, 2:18, 2:18].astype(np.float64)
    means = ((inside / 255 - spec.mean) / spec.std).mean(axis=(1, 2)) @ weights + bias
    wanted = {
        "occurrence": 1 / (1 + np.exp(-means)),
        "intensity": np.clip(means, 0, 5),
        "expression": np.exp(means) / np.exp(means).sum(axis=1, keepdims=True),
    }[task]
    scores = predictor.score_crops(images)
    found = getattr(scores, spec.outputs[0])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert sum(one is not None for one in vars(scores).values()) == 1
    np.testing.assert_array_equal(
        getattr(predictor.score_crops(images[:, 2:18, 2:18]), spec.outputs[0]), found
    )
    assert getattr(predictor.score_crops(images[:0]), spec.outputs[0]).shape == (0, 2)


def test_no_crops_have_no_features():
    predictor = Predictor(FILES / "au-picture.onnx")
    [some, none] = (predictor.score_crops(pictures(n, 112)).features for n in (1, 0))
    assert some.shape[1] > 100
    assert none.shape == (0, some.shape[1])


@pytest.mark.parametrize(
    "images",
    [
        pictures(2, 18),
        pictures(2, 20)[..., :2],
        pictures(2, 20)[0],
        pictures(2, 20)[:, :16],
        pictures(2, 20).astype(np.float32),
    ],
)
def test_crops_of_another_shape_or_type_are_refused(tmp_path, images):
    predictor = Predictor(write(tmp_path / "net.onnx", card()))
    with pytest.raises(ShapeError, match=r"expected uint8 \(n, 20, 20, 3\) or \(n, 16, 16, 3\)"):
        predictor.score_crops(images)


def test_a_network_is_asked_only_for_what_it_reads(tmp_path):
    crops = Predictor(write(tmp_path / "net.onnx", card()))
    with pytest.raises(ShapeError, match="reads crops and got features"):
        crops.score(np.zeros((1, 16), np.float32))
    with pytest.raises(ShapeError, match="reads the mesh and got crops"):
        Predictor(FILES / "au-mesh.onnx").score_crops(pictures(1, 16))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outputs": ("intensity",)}, r"promises intensity and the network gives probability"),
        ({"units": (1, 2, 4), "sides": ("",) * 3}, r"names 3 outputs .* gives 2"),
        ({"size": 17}, r"reads the crop with size 17, and the network takes"),
        ({"reads": "mesh"}, r"reads the mesh with size 16, and the network takes"),
    ],
)
def test_a_card_that_is_not_the_networks_is_refused(tmp_path, change, told):
    path = write(tmp_path / "net.onnx", card())
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"mien": replace(card(), **change).to_json()})
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=told):
        Predictor(path)


def test_a_run_folder_stands_for_its_network(tmp_path):
    with pytest.raises(InputError, match=r"is a folder without model\.onnx"):
        find_model(tmp_path)
    path = write(tmp_path / "model.onnx", card())
    assert find_model(tmp_path) == find_model(path) == path
    with pytest.raises(InputError, match=r"there is no file .*none\.onnx"):
        find_model(tmp_path / "none.onnx")


def test_crops_take_several_threads_but_not_all_of_a_large_machine(tmp_path, monkeypatch):
    for there, wanted in ((1, 1), (3, 3), (64, 4)):
        monkeypatch.setattr(
            os, "sched_getaffinity", lambda _, n=there: set(range(n)), raising=False
        )
        assert crop_threads() == wanted
    path = write(tmp_path / "net.onnx", card())
    several, one = (open_session(path, n).get_session_options() for n in (2, 1))
    waiting = "session.intra_op.allow_spinning"
    assert several.get_session_config_entry(waiting) == "0"
    with pytest.raises(RuntimeError, match=waiting):
        one.get_session_config_entry(waiting)
