import json
from importlib.metadata import version

import numpy as np
import pytest

from mien.errors import InputError, ShapeError
from mien.evaluation import bootstrap
from mien.evaluation.intensity import icc31, pcc
from mien.evaluation.occurrence import auroc, f1
from mien.evaluation.predictions import Predictions
from mien.evaluation.scoring import score

NAMES = (1, 2, 12)
PEOPLE = tuple(np.repeat(["a", "b", "c", "d"], 15).tolist())


@pytest.fixture
def occurring():
    rng = np.random.default_rng(8)
    truth = rng.random((60, 3)) < [0.2, 0.5, 0.7]
    return np.clip(0.3 * truth + 0.7 * rng.random((60, 3)), 0, 1), truth, rng.random((60, 3)) < 0.8


def test_occurrence_is_scored_unit_by_unit(occurring):
    table = score("occurrence", *occurring, NAMES)
    assert list(table.units) == [1, 2, 12]
    assert [one["f1"] for one in table.units.values()] == pytest.approx(f1(*occurring).tolist())
    assert table.units[12]["auroc"] == pytest.approx(auroc(*occurring)[2])
    assert table.mean["f1"] == pytest.approx(f1(*occurring).mean())
    _, truth, known = occurring
    assert table.counts[2] == (int((truth & known)[:, 1].sum()), int(known[:, 1].sum()))
    assert (table.pictures, table.subjects, table.threshold) == (60, None, 0.5)
    assert table.version == version("mien")
    assert table.notes == ()
    assert table.intervals == {}


def test_the_threshold_is_passed_on(occurring):
    table = score("occurrence", *occurring, NAMES, threshold=0.3)
    assert table.units[1]["f1"] == pytest.approx(f1(*occurring, threshold=0.3)[0])
    assert table.threshold == 0.3


def test_subjects_bring_intervals(occurring):
    table = score("occurrence", *occurring, NAMES, subjects=PEOPLE)
    one = Predictions("occurrence", NAMES, *occurring, PEOPLE)
    found = bootstrap.intervals(one)
    assert table.subjects == 4
    assert table.intervals[2]["f1"] == (found["f1"].low[1], found["f1"].high[1])
    assert table.mean_interval["auroc"] == found["auroc"].mean
    assert set(table.mean_interval) == set(table.mean)


@pytest.mark.parametrize("people", [1, 2])
def test_intervals_need_two_persons(occurring, people):
    table = score("occurrence", *occurring, NAMES, subjects=["a", "ab"[people - 1]] * 30)
    assert table.subjects == people
    assert bool(table.mean_interval) == bool(table.intervals) == (people == 2)


def test_a_unit_with_one_known_label_counts_in_the_mean():
    known = [[True, True], [True, False], [True, False]]
    table = score("occurrence", [[0.9, 0.1]] * 3, [[1, 1]] * 3, known, (1, 2))
    assert table.counts[2] == (1, 1)
    assert table.mean["f1"] == pytest.approx((1 + 0) / 2)


def test_intensities_that_do_not_vary_count_as_zero_and_are_flagged():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 6, (30, 3)).astype(float)
    predicted = truth + rng.normal(0, 1, truth.shape)
    predicted[:, 1] = 1.5
    known = np.ones(truth.shape, bool)
    known[:, 2] = False
    table = score("intensity", predicted, truth, known, NAMES)
    alone = float(pcc(predicted[:, 0], truth[:, 0]))
    assert table.units[1]["pcc"] == pytest.approx(alone)
    assert table.units[2]["pcc"] is None
    assert table.units[2]["icc"] == pytest.approx(0)
    assert table.units[12] == dict.fromkeys(("pcc", "ccc", "icc", "mae", "mse"))
    assert table.mean["pcc"] == pytest.approx(alone / 2)
    assert table.mean["icc"] == pytest.approx(float(icc31(predicted[:, 0], truth[:, 0])) / 2)
    assert "PCC of AU2 does not exist and counts as 0 in the mean." in table.notes
    assert "PCC of AU12 does not exist and is left out of the mean." in table.notes
    assert not [note for note in table.notes if "ICC" in note and "AU2 " in note]
    assert table.threshold is None
    json.loads(table.to_json(), parse_constant=pytest.fail)


def test_figures_without_positives_are_left_out_and_flagged(occurring):
    predicted, truth, known = occurring
    truth = truth & [True, False, True]
    table = score("occurrence", predicted, truth, known, NAMES)
    assert table.units[2]["f1"] == 0
    assert table.units[2]["auroc"] is None
    assert table.mean["auroc"] == pytest.approx(auroc(predicted, truth, known)[[0, 2]].mean())
    assert "AUROC of AU2 does not exist and is left out of the mean." in table.notes


def test_expressions_have_one_accuracy_and_a_matrix():
    said = np.eye(3)[[0, 0, 1, 1, 1, 0]]
    truth = np.array([0, 0, 0, 1, 1, 1])
    table = score("expression", said, truth, None, ("neutral", "happy", "sad"), subjects="aabbcc")
    assert table.mean["accuracy"] == pytest.approx(4 / 6)
    assert table.mean["recall"] == pytest.approx(2 / 3)
    assert table.units["happy"] == pytest.approx({"recall": 2 / 3, "precision": 2 / 3, "f1": 2 / 3})
    assert table.units["sad"] == {"recall": None, "precision": None, "f1": None}
    assert table.confusion == ((2, 1, 0), (1, 2, 0), (0, 0, 0))
    assert table.counts == {"neutral": (3, 6), "happy": (3, 6), "sad": (0, 6)}
    low, high = table.mean_interval["accuracy"]
    assert low < 4 / 6 < high
    assert "accuracy" not in table.intervals["happy"]
    assert table.intervals["sad"]["f1"] == (None, None)
    assert "recall of sad does not exist and is left out of the mean." in table.notes


def test_a_class_that_only_other_pictures_show_is_left_out_of_the_mean():
    table = score("expression", np.eye(3)[[0, 0, 2]], [0, 0, 1], None, ("a", "b", "c"))
    # c is said once in vain: its F1 is 0 and counts, its recall does not exist.
    assert table.mean["f1"] == pytest.approx((1 + 0 + 0) / 3)
    assert table.mean["recall"] == pytest.approx((1 + 0) / 2)


def test_what_does_not_fit_is_refused(occurring):
    predicted, truth, known = occurring
    with pytest.raises(ShapeError, match="for 2 units"):
        score("occurrence", predicted, truth, known, (1, 2))
    with pytest.raises(InputError, match="expected 0 or 1"):
        score("occurrence", predicted, truth * 3, known, NAMES)
