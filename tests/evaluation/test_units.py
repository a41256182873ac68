from dataclasses import replace

import numpy as np
import pytest

from mien.data import arrayfile, portraits
from mien.data.expressions import COLUMNS, OUTPUTS, planted
from mien.data.portraits import MIX, REST, SINGLE, Planted
from mien.data.rendered import Rendered
from mien.data.synthetic import Examples
from mien.evaluation.units import (
    Exam,
    Figures,
    Judged,
    figures,
    judge,
    planted_mixes,
    planted_singles,
    read_exam,
    reliability,
    whole_units,
)


@pytest.fixture
def faces():
    rng = np.random.default_rng(0)
    rows = [(np.zeros(OUTPUTS), REST, 0)] * 10
    rows += [(planted({unit: level}), SINGLE, unit) for unit in (12, 26) for level in (0.4, 0.9)]
    rows += [(rng.random(OUTPUTS), MIX, 0) for _ in range(20)]
    count = len(rows)
    return Planted(
        np.zeros((count, 478, 3), np.float32),
        np.array([row[0] for row in rows], np.float32),
        np.arange(count),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
    )


@pytest.mark.parametrize("difference", [False, True])
def test_the_exam_is_of_persons_and_portraits_that_were_held_out(tmp_path, faces, difference):
    rng = np.random.default_rng(3)
    faces = replace(faces, mesh=rng.normal(300, 50, faces.mesh.shape).astype(np.float32))
    portraits.write(faces, tmp_path / "planted-evaluation.npz")
    person = np.repeat(np.arange(6), 2)
    count = len(person)
    heads = Rendered(
        rng.normal(300, 50, (count, 478, 3)).astype(np.float32), rng.random((count, OUTPUTS)),
        np.zeros((count, 57)), np.zeros((count, 2)), np.zeros((count, 3)), np.zeros((count, 100)),
        person, np.arange(count) % 2 == 0,
    )  # fmt: skip
    (tmp_path / "rendered").mkdir()
    arrayfile.write(tmp_path / "rendered" / "rendered-00000.npz", arrayfile.columns(heads))
    exam = read_exam(tmp_path, difference)
    rows = [1, 11] if difference else [0, 1, 10, 11]
    np.testing.assert_array_equal(exam.heads.target, heads.intensity[rows])
    seen = portraits.pairs(faces) if difference else portraits.singles(faces)
    np.testing.assert_array_equal(exam.described.features, seen.features)
    np.testing.assert_array_equal(exam.faces.kind, faces.kind)


def test_left_and_right_are_averaged():
    values = np.zeros((2, OUTPUTS), np.float32)
    values[1, COLUMNS.index("AU12_L")] = 1
    values[1, COLUMNS.index("AU26")] = 1
    whole = whole_units(values)
    assert len(whole) == 22
    np.testing.assert_allclose(whole[12], [0, 0.5])
    np.testing.assert_allclose(whole[26], [0, 1])


def test_a_perfect_reading_has_perfect_figures(faces):
    for unit, one in figures(faces.intensity, faces.intensity).items():
        assert one.pcc == pytest.approx(1), unit
        assert one.slope == pytest.approx(1)
        assert one.mae == 0
        assert one.icc == pytest.approx(1)


def test_single_units_are_compared_with_unchanged_faces_only(faces):
    predicted = faces.intensity.copy()
    predicted[faces.kind == MIX] = 0
    smile = [COLUMNS.index("AU12_L"), COLUMNS.index("AU12_R")]
    predicted[np.ix_(faces.unit == 26, smile)] = 1
    found = planted_singles(predicted, faces)
    assert set(found) == {12, 26}
    assert found[12].pcc == pytest.approx(1)
    predicted[np.ix_(faces.kind == REST, smile)] = 0.4
    assert planted_singles(predicted, faces)[12].mae == pytest.approx(0.4 * 10 / 12)


def test_a_unit_that_hardly_varies_has_no_figures():
    true = np.zeros((4, OUTPUTS), np.float32)
    true[:2, COLUMNS.index("AU26")] = 1
    true[:2, COLUMNS.index("AU17")] = 1e-3
    assert set(figures(true, true)) == {26}


def test_mixtures_leave_single_units_out(faces):
    predicted = faces.intensity.copy()
    predicted[faces.kind == SINGLE] = 0
    assert planted_mixes(predicted, faces)[12].pcc == pytest.approx(1)
    predicted[faces.kind == MIX] = 0
    assert np.isnan(planted_mixes(predicted, faces)[12].pcc)


def test_the_worse_test_decides_how_far_to_trust(faces):
    heads = Examples(np.random.default_rng(1).random((50, 1410)), faces.intensity[14:].repeat(3, 0))
    heads = Examples(heads.features[: len(heads.target)], heads.target[:50])
    described = Examples(np.zeros((len(faces.kind), 1410), np.float32), faces.intensity)
    noise = np.random.default_rng(2).normal(0, 0.3, heads.target.shape)

    def predict(features):
        return heads.target + noise if len(features) == 50 else faces.intensity

    judged = judge(predict, Exam(heads, faces, described))
    assert judged.mixed[12].pcc == pytest.approx(1)
    assert judged.evidence()[12] == round(judged.rendered[12].pcc, 2)
    assert set(judged.means()) == {"rendered", "single", "mixed"}
    assert judged.means()["mixed"] == pytest.approx(1)


@pytest.mark.parametrize("dead", ["rendered", "mixed"])
def test_a_reading_that_does_not_vary_in_either_test_is_worth_nothing(dead):
    good, flat = Figures(0.896, 1, 0, 0.9), Figures(float("nan"), 0, 1, float("nan"))
    tables = {name: {1: good, 4: good} for name in ("rendered", "single", "mixed")}
    tables[dead] = {1: flat, 4: good}
    judged = Judged(**tables)
    assert judged.evidence() == {1: 0.0, 4: 0.9}
    assert judged.means() == pytest.approx(dict.fromkeys(tables, 0.896) | {dead: 0.448})
    values = judged.to_values()[dead]
    assert values[1] == {"pcc": None, "slope": 0, "mae": 1, "icc": None}
    assert values[4]["pcc"] == 0.896


def test_classes_have_thresholds():
    assert reliability(0.75) == "dependable"
    assert reliability(0.74) == "fair"
    assert reliability(0.5) == "fair"
    assert reliability(0.49) == "weak"
