"""The values of the reading half are checked when they are made."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from mien.errors import ShapeError
from mien.values import Crop, Face, Frame, Scores

IMAGE = np.zeros((2, 3, 3), np.uint8)


def zeros(*shape):
    return np.zeros(shape, np.float32)


NO_IMAGES = {
    "grey": (IMAGE[..., 0], r"uint8 with shape \(2, 3\)"),
    "alpha": (np.zeros((2, 3, 4), np.uint8), r"\(2, 3, 4\)"),
    "wide": (IMAGE.astype(np.uint16), "uint16"),
    "float": (IMAGE / 255, "float64"),
    "several": (IMAGE[None], r"\(1, 2, 3, 3\)"),
    "empty": (IMAGE[:, :0], r"\(2, 0, 3\)"),
    "list": ([[[1, 2, 3]]], "got a list, expected one RGB picture as a numpy array"),
    "path": ("a.png", "got a str.*use mien.analyze"),
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_picture_is_refused(name):
    image, message = NO_IMAGES[name]
    with pytest.raises(ShapeError, match=message):
        Frame(image, 0, 0.0)
    with pytest.raises(ShapeError, match=message):
        Crop(image, zeros(2, 3), "ffhq")


def test_a_frame_says_its_size_place_and_moment():
    assert repr(Frame(IMAGE, 7, 0.25)) == "Frame(3x2, index=7, time=0.250)"
    assert Frame(IMAGE[:1, :1], 0, 0.0).image.shape == (1, 1, 3)


def test_values_stay_as_they_are():
    with pytest.raises(FrozenInstanceError):
        Frame(IMAGE, 0, 0.0).time = 1.0
    with pytest.raises(FrozenInstanceError):
        Face(zeros(4), 0.5).track = 1


def test_what_is_not_known_of_a_face_is_none():
    face = Face(zeros(4), 0.5)
    assert (face.track, face.mesh, face.pose) == (None, None, None)
    whole = Face(zeros(4), 0.5, 3, zeros(478, 3), zeros(3))
    assert whole.track == 3


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"box": zeros(5)}, r"Face.box is float32 \(5,\), expected float32 \(4\)"),
        ({"box": zeros(1, 4)}, r"Face.box is float32 \(1, 4\)"),
        ({"box": np.zeros(4)}, "Face.box is float64"),
        ({"mesh": zeros(468, 3)}, r"Face.mesh is .*\(468, 3\), expected float32 \(478, 3\)"),
        ({"mesh": zeros(478, 2)}, "Face.mesh"),
        ({"mesh": np.zeros((478, 3))}, "Face.mesh is float64"),
        ({"pose": zeros(2)}, r"Face.pose is .*expected float32 \(3\)"),
    ],
)
def test_a_face_of_another_shape_is_refused(parts, message):
    with pytest.raises(ShapeError, match=message):
        Face(**{"box": zeros(4), "score": 0.5, **parts})


def test_the_matrix_of_a_crop_is_checked():
    with pytest.raises(ShapeError, match=r"Crop.matrix is .*expected float32 \(2, 3\)"):
        Crop(IMAGE, zeros(3, 3), "ffhq")
    assert Crop(IMAGE, zeros(2, 3), "ffhq").template == "ffhq"


@pytest.mark.parametrize("name", ["probability", "intensity", "expression"])
def test_scores_have_a_row_per_face(name):
    assert getattr(Scores(**{name: zeros(0, 9)}), name).shape == (0, 9)
    with pytest.raises(ShapeError, match=rf"Scores.{name} is .*expected float32 \(n, n\)"):
        Scores(**{name: zeros(9)})
    with pytest.raises(ShapeError, match=f"Scores.{name} is float64"):
        Scores(**{name: np.zeros((2, 9))})


def test_maps_have_a_picture_per_face_and_unit():
    assert Scores(maps=zeros(2, 9, 4, 4)).maps.shape == (2, 9, 4, 4)
    with pytest.raises(ShapeError, match=r"Scores.maps is .*expected float32 \(n, n, n, n\)"):
        Scores(maps=zeros(2, 9, 4))
