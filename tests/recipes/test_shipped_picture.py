"""The files of mesh and picture together, as they come with mien."""

import numpy as np
import pytest

from mien.analysis.reading import open_reading
from mien.data.expressions import COLUMNS, OUTPUTS, SIDES, UNITS, planted, table
from mien.data.planted import plant
from mien.face.steady import steady_crop
from mien.runtime import Predictor
from mien.weights.catalog import FILES
from mien.weights.store import open_store

NAMES = ("au-picture", "au-both", "au-both-difference")
MOST = 12_000_000
"""Bytes that all networks of units may take."""


@pytest.fixture(scope="module")
def reading():
    return open_reading("picture", open_store())


@pytest.fixture(scope="module")
def described(reading):
    """Four made-up faces on noise."""
    rng = np.random.default_rng(0)
    crops = list(rng.integers(0, 255, (4, 112, 112, 3), np.uint8))
    meshes = rng.normal(200, 60, (4, 478, 3)).astype(np.float32)
    return reading.describe(meshes, crops)


def test_all_files_together_are_small():
    assert sum(path.stat().st_size for path in FILES.glob("au-*.onnx")) < MOST


def test_the_cards_say_what_is_read():
    picture, both, against = (Predictor(FILES / f"{name}.onnx").spec for name in NAMES)
    assert (picture.reads, picture.template, picture.outputs) == ("crop", "steady", ("features",))
    assert picture.precision == "int8"
    assert (both.reads, against.reads) == ("both", "both-difference")
    for spec in (both, against):
        assert (spec.units, spec.sides) == (UNITS, SIDES)
        evidence = dict(spec.evidence)
        assert set(evidence) == set(UNITS)
        for unit, trust in spec.reliability:
            wanted = "dependable" if evidence[unit] >= 0.75 else "fair"
            assert trust == (wanted if evidence[unit] >= 0.5 else "weak"), unit
    assert against.size - OUTPUTS == 2 * (both.size - OUTPUTS)


def test_intensities_are_finite_and_from_0_to_5(reading, described):
    for found in (reading.read(described), reading.against(described, described[0])):
        assert found.shape == (4, OUTPUTS)
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 5


def test_a_face_against_itself_shows_next_to_nothing(reading, described):
    assert reading.against(described[:1], described[0]).max() < 0.1


@pytest.mark.parametrize(("unit", "least"), [(1, 1.0), (4, 0.8), (9, 1.5), (14, 0.8), (43, 2.0)])
def test_a_planted_unit_is_read_against_the_neutral(reading, face_model, quiet, find, unit, least):
    gaps = []
    for portrait in quiet:
        described = []
        for level in (0.0, 0.9):
            weights = planted({unit: level}) @ table(face_model.names)
            picture = plant(portrait, face_model, weights)
            mesh = find(picture, False)
            described.append(reading.describe(mesh[None], [steady_crop(picture, mesh)]))
        found = reading.against(described[1], described[0][0])[0]
        gaps.append(found[[COLUMNS.index(f"AU{unit}_{side}") for side in "LR"]].mean())
    assert np.median(gaps) > least


@pytest.fixture(scope="module")
def at_rest(reading, quiet, find):
    """Four portraits, and what describes each as it is."""
    faces = quiet[:4]
    meshes = [find(face.image, False) for face in faces]
    return [
        (face, reading.describe(mesh[None], [steady_crop(face.image, mesh)])[0])
        for face, mesh in zip(faces, meshes, strict=True)
    ]


@pytest.mark.parametrize("unit", [2, 6, 9, 10, 12, 43])
def test_a_unit_planted_on_one_side_is_read_on_the_persons_side(
    reading, face_model, at_rest, find, unit
):
    """As `mien.facs` asks of contempt: the other side reads at most half."""
    columns = [COLUMNS.index(f"AU{unit}_{side}") for side in "LR"]
    for moving, side in enumerate("LR"):
        weights = planted({f"{unit}{side}": 0.9}) @ table(face_model.names)
        pairs = []
        for portrait, rest in at_rest:
            picture = plant(portrait, face_model, weights)
            mesh = find(picture, False)
            described = reading.describe(mesh[None], [steady_crop(picture, mesh)])
            found = reading.against(described, rest)[0, columns]
            pairs.append((found[moving], found[1 - moving]))
        there, elsewhere = np.median(pairs, axis=0)
        assert there > 1.3, side
        assert elsewhere < there / 2, side
