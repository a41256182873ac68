"""How the units are read by default: mesh alone, mesh and picture."""

from typing import ClassVar

import numpy as np
import pytest

from mien.analysis import reading
from mien.analysis.reading import DEFAULTS, USUAL, open_reading
from mien.errors import InputError, ShapeError
from mien.face.geometry import FEATURES, POSE, difference, features
from mien.values import Scores
from tests.analysis.made_up import made_up_face

HALF = 3
"""Numbers that describe a crop, or its mirror image."""
DESCRIBED = 2 * HALF


class Predictor:
    """Notes what it is asked; says what its file's name calls for."""

    asked: ClassVar[list[tuple[str, np.ndarray]]] = []

    def __init__(self, path, threads=1):
        del threads
        self.name = path
        self.spec = type("Spec", (), {"size": 112, "units": (1,) * 38, "name": path})()

    def score(self, values):
        self.asked.append((self.name, values))
        return Scores(intensity=np.full((len(values), 38), len(self.asked), np.float32))

    def score_crops(self, crops):
        self.asked.append((self.name, crops))
        level = crops[:, 0, :1, 0]
        return Scores(features=np.repeat(level, HALF, axis=1).astype(np.float32))


class Store:
    def model_path(self, name):
        return name


@pytest.fixture
def asked(monkeypatch):
    """What the networks were asked, in order."""
    monkeypatch.setattr(reading, "Predictor", Predictor)
    monkeypatch.setattr(Predictor, "asked", [])
    return Predictor.asked


@pytest.fixture
def faces():
    return [made_up_face(track=number, seed=number) for number in range(2)]


def crops(*levels):
    return [np.full((112, 112, 3), level, np.uint8) for level in levels]


def test_the_mesh_alone_cuts_nothing_and_asks_the_mesh_networks(asked, faces):
    one = open_reading("mesh", Store())
    assert list(one.cut(np.zeros((9, 9, 3), np.uint8), faces)) == [None, None]
    meshes = np.stack([face.mesh for face in faces])
    described = one.describe(meshes, [None, None])
    np.testing.assert_array_equal(described, features(meshes))
    one.read(described)
    one.against(described, described[0])
    assert [name for name, _ in asked] == ["au-mesh", "au-mesh-difference"]
    np.testing.assert_array_equal(asked[1][1], difference(described, described[0]))


def test_both_describe_the_mesh_first_and_then_the_crop(asked, faces):
    one = open_reading("picture", Store())
    meshes = np.stack([face.mesh for face in faces])
    described = one.describe(meshes, crops(10, 30))
    assert described.shape == (2, FEATURES + DESCRIBED)
    np.testing.assert_array_equal(described[:, :FEATURES], features(meshes))
    np.testing.assert_array_equal(described[:, FEATURES:], [[10] * 6, [30] * 6])
    assert [name for name, _ in asked] == ["au-picture"]


def test_a_crop_is_described_as_it_is_and_mirrored(asked):
    del asked
    [crop] = crops(10)
    crop[:, 56:] = 30  # bright at the right
    described = open_reading("picture", Store()).features(np.stack([crop, crop[:, ::-1]]))
    np.testing.assert_array_equal(described, [[10] * 3 + [30] * 3, [30] * 3 + [10] * 3])


def test_both_readings_get_what_the_mesh_networks_say(asked, faces):
    one = open_reading("picture", Store())
    described = one.describe(np.stack([face.mesh for face in faces]), crops(10, 30))
    asked.clear()
    one.read(described)
    (mesh, given), (both, seen) = asked
    assert (mesh, both) == ("au-mesh", "au-both")
    np.testing.assert_array_equal(given, described[:, :FEATURES])
    assert (seen[:, :38] == 1).all()  # the first answer
    np.testing.assert_array_equal(seen[:, 38:], described[:, FEATURES:])


def test_against_a_neutral_the_crops_are_compared_too(asked, faces):
    one = open_reading("picture", Store())
    described = one.describe(np.stack([face.mesh for face in faces]), crops(10, 30))
    asked.clear()
    one.against(described, described[0])
    (mesh, moved), (both, seen) = asked
    assert (mesh, both) == ("au-mesh-difference", "au-both-difference")
    wanted = difference(described[:, :FEATURES], described[0, :FEATURES])
    np.testing.assert_array_equal(moved, wanted)
    np.testing.assert_array_equal(moved[:, POSE], described[:, POSE])
    np.testing.assert_array_equal(seen[:, 38 : 38 + DESCRIBED], [[0] * 6, [20] * 6])
    np.testing.assert_array_equal(seen[:, 38 + DESCRIBED :], [[10] * 6, [10] * 6])


def test_no_face_is_described_by_nothing(asked):
    one = open_reading("picture", Store())
    described = one.describe(np.zeros((0, 478, 3), np.float32), [])
    assert described.shape == (0, FEATURES + DESCRIBED)
    assert asked[0][1].shape == (0, 112, 112, 3)


def test_a_face_without_its_crop_is_refused(asked, faces):
    del asked
    one = open_reading("picture", Store())
    with pytest.raises(ShapeError, match="got 1 crops of 2 faces"):
        one.describe(np.stack([face.mesh for face in faces]), [crops(1)[0], None])


def test_the_crop_lies_where_expressions_do_not_move_it(faces):
    one = open_reading("picture", Store())
    image = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)
    [cut] = one.cut(image, faces[:1])
    assert cut.shape == (112, 112, 3)
    np.testing.assert_array_equal(cut, reading.steady_crop(image, faces[0].mesh))


def test_another_name_is_refused():
    assert USUAL in DEFAULTS
    with pytest.raises(InputError, match="picture, mesh"):
        open_reading("voice", Store())
