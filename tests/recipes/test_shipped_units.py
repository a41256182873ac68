"""The networks that mien ships: their cards, their sides, and how well they read made-up faces."""

import numpy as np
import pytest

from mien.data import response
from mien.data.expressions import COLUMNS, OUTPUTS, SIDES, UNITS, planted, table
from mien.data.planted import plant
from mien.data.synthetic import _features
from mien.face.geometry import FEATURES, difference, features, mirror
from mien.recipes.meshunits import RECIPES
from mien.runtime import Predictor
from mien.weights.store import model_path

NAMES = ("au-mesh", "au-mesh-difference")


@pytest.fixture(scope="module", params=NAMES)
def predictor(request):
    return Predictor(model_path(request.param))


def read(predictor, meshes, rest):
    """Intensities of meshes by whichever of the two networks this is."""
    described = features(meshes)
    if predictor.spec.reads == "mesh-difference":
        described = difference(described, features(rest))
    return predictor.score(described).intensity


def test_the_card_fits_the_recipe(predictor):
    spec = predictor.spec
    recipe = RECIPES[spec.name]
    assert spec.reads == recipe.reads
    assert spec.units == UNITS
    assert spec.sides == SIDES
    assert spec.size == FEATURES
    assert spec.columns() == COLUMNS
    assert "ICT" in spec.trained_on


def test_every_unit_has_a_class_and_evidence(predictor):
    spec = predictor.spec
    assert {unit for unit, _ in spec.reliability} == set(UNITS)
    evidence = dict(spec.evidence)
    for unit, trust in spec.reliability:
        low = {"dependable": 0.75, "fair": 0.5, "weak": -1}[trust]
        high = {"dependable": 1.01, "fair": 0.755, "weak": 0.505}[trust]
        assert low - 0.005 <= evidence[unit] < high, unit
    assert dict(spec.reliability)[26] == "dependable"


def test_scores_are_finite_and_from_0_to_5_whatever_comes(predictor):
    rng = np.random.default_rng(0)
    wild = (rng.normal(size=(50, FEATURES)) * 10.0 ** rng.uniform(-3, 2, (50, 1))).astype("f4")
    scores = predictor.score(wild).intensity
    assert scores.shape == (50, OUTPUTS)
    assert np.isfinite(scores).all()
    assert scores.min() >= 0
    assert scores.max() <= 5


def test_left_and_right_are_treated_alike(predictor):
    described = np.random.default_rng(1).normal(0, 0.02, (6, FEATURES)).astype(np.float32)
    one, two = (predictor.score(values).intensity for values in (described, mirror(described)))
    for name, column in zip(COLUMNS, one.T, strict=True):
        other = name.replace("_L", "_#").replace("_R", "_L").replace("_#", "_R")
        np.testing.assert_allclose(two[:, COLUMNS.index(other)], column, atol=2e-2)


def test_a_still_face_reads_nothing_against_itself():
    predictor = Predictor(model_path("au-mesh-difference"))
    assert predictor.score(np.zeros((1, FEATURES), np.float32)).intensity.max() < 0.5


@pytest.mark.parametrize("side", ["L", "R"])
@pytest.mark.parametrize("unit", [2, 9, 10, 12])
def test_a_one_sided_unit_is_read_on_the_persons_side(predictor, face_model, unit, side):
    still = [np.zeros((1, size), np.float32) for size in (3, 2, 100)]  # pose, gaze, identity
    described = []
    for level in (0.0, 0.9):
        units = planted({f"{unit}{side}": level})[None]
        points = face_model.shape(still[2], units @ table(face_model.names), still[1])
        points += response.load().error(response.design(units, *still))
        described.append(_features(points, still[0]))
    if predictor.spec.reads == "mesh-difference":
        described[1] = difference(described[1], described[0])
    read = predictor.score(described[1]).intensity[0]
    there = read[COLUMNS.index(f"AU{unit}_{side}")]
    elsewhere = read[COLUMNS.index(f"AU{unit}_{'R' if side == 'L' else 'L'}")]
    assert there > 0.8
    assert there > elsewhere + 0.5


def test_a_smile_planted_on_one_side_of_a_picture_is_read_there(predictor, face_model, quiet, find):
    gaps = {}
    for side in "LR":
        weights = planted({f"12{side}": 1.0}) @ table(face_model.names)
        gaps[side] = []
        for portrait in quiet:
            pictures = (
                plant(portrait, face_model, 0 * weights),
                plant(portrait, face_model, weights),
            )
            rest, smiling = (find(picture, False) for picture in pictures)
            scores = read(predictor, smiling[None], rest[None])[0]
            left, right = (scores[COLUMNS.index(f"AU12_{one}")] for one in "LR")
            gaps[side].append(left - right)
    assert np.median(gaps["L"]) > 0.8
    assert np.median(gaps["R"]) < -0.8


def test_planted_units_are_recovered_against_the_neutral(face_model, quiet, find):
    """Medians over eight faces: single ones can fail, behind hats, hair or glasses."""
    predictor = Predictor(model_path("au-mesh-difference"))
    mixing = table(face_model.names)
    for unit, least in ((12, 2.5), (26, 2.5), (2, 2.0), (10, 1.5)):
        levels = []
        for portrait in quiet:
            rest = find(plant(portrait, face_model, planted({}) @ mixing), False)
            moved = find(plant(portrait, face_model, planted({unit: 0.9}) @ mixing), False)
            scores = read(predictor, moved[None], rest[None])[0]
            levels.append(scores[np.array(UNITS) == unit].mean())
        assert least < np.median(levels) <= 5, unit


def test_both_files_together_are_small():
    assert sum(model_path(name).stat().st_size for name in NAMES) < 8e6
