"""A detector of one's own classes: its file, the faces it finds, and the class of each."""

import numpy as np
import pytest

from mien.errors import InputError, WeightsError
from mien.face.classed import ClassDetector
from tests.made_detector import CARD, write


@pytest.fixture
def detector(tmp_path):
    return ClassDetector(write(tmp_path / "d.onnx"), 1)


@pytest.fixture
def image():
    """Twice as wide as high: 64 x 32, with eight rows of grey above in the square."""
    return np.zeros((32, 64, 3), np.uint8)


def test_one_face_has_one_box_whatever_classes_speak_of_it(detector, image):
    found = detector.find(image)
    assert [one.box.tolist() for one in found] == [[8, 0, 24, 16], [40, 4, 56, 24]]
    assert [one.score for one in found] == pytest.approx([0.9, 0.6])
    assert detector.glimpse(image, True)[0].box.tolist() == found[0].box.tolist()


def test_the_eyes_are_where_those_of_an_upright_face_are(detector, image):
    points = detector.find(image)[0].keypoints
    assert points.shape == (6, 2)
    assert points[0, 1] == points[1, 1]
    assert 8 < points[0, 0] < points[1, 0] < 24


def test_faces_that_were_found_otherwise_get_the_class_of_the_box_on_them(detector, image):
    faces = np.array([[9, 0, 25, 17], [41, 5, 55, 25], [0, 0, 4, 4]], np.float32)
    said = detector.classes(image, faces)
    assert said[:2].tolist() == [pytest.approx([0.9, 0.1]), pytest.approx([0.1, 0.6])]
    assert np.isnan(said[2]).all()
    assert detector.classes(image, faces[:0]).shape == (0, 2)


def test_a_picture_is_read_once(detector, image, monkeypatch):
    count = []
    run = detector._session.run
    monkeypatch.setattr(
        detector, "_session", type("S", (), {"run": lambda _, *a: count.append(1) or run(*a)})()
    )
    detector.find(image)
    detector.classes(image, np.zeros((1, 4), np.float32))
    assert len(count) == 1
    detector.classes(image, np.zeros((1, 4), np.float32))  # the next one, in the same place
    assert len(count) == 2
    detector.find(image)
    detector.find(image)
    assert len(count) == 4
    detector.classes(image.copy(), np.zeros((1, 4), np.float32))
    assert len(count) == 5


def test_nothing_found(tmp_path, image):
    none = ClassDetector(write(tmp_path / "d.onnx", scores=[[0.1, 0.2]] * 4), 1)
    assert none.find(image) == []
    assert np.isnan(none.classes(image, np.ones((1, 4), np.float32))).all()


def test_what_is_no_detector_is_told(tmp_path):
    from dataclasses import replace

    with pytest.raises(InputError, match="there is no file"):
        ClassDetector(tmp_path / "none.onnx")
    with pytest.raises(WeightsError, match="carries no card"):
        ClassDetector(write(tmp_path / "bare.onnx", None))
    crops = replace(CARD, task="expression", reads="crop")
    with pytest.raises(InputError, match="others belong to --model"):
        ClassDetector(write(tmp_path / "crops.onnx", crops))
    with pytest.raises(WeightsError, match="names 3 classes and the network gives 2"):
        ClassDetector(write(tmp_path / "more.onnx", replace(CARD, classes=("a", "b", "c"))))
    with pytest.raises(WeightsError, match="expected boxes and scores of 64 pixels"):
        ClassDetector(write(tmp_path / "size.onnx", replace(CARD, size=64)))
