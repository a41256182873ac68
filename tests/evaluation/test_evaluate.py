"""Networks evaluated on prepared pictures: the figures of scikit-learn, and clear refusals."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as authority

from mien.errors import InputError
from mien.evaluation.evaluate import evaluate, read_rows, readable
from mien.evaluation.predictions_file import write_predictions
from mien.runtime import Predictor
from tests.crop_networks import card, write
from tests.evaluation.coloured import CLASSES, COUNT, cache_of, index_of, reds
from tests.point_networks import face, pointed, write_pointed

ALL = np.arange(COUNT)
SLOPE = np.array([[1.0, -1.0, 2.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return cache_of(tmp_path_factory.mktemp("coloured"))


def network(folder, task="occurrence", weights=SLOPE, bias=None, **more):
    spec = card(task, **{"units": (4, 12, 17), "template": "whole", **more})
    return Predictor(write(folder / "net.onnx", spec, weights, bias))


def logits(rows=ALL, weights=SLOPE):
    """What the network should say before its last step."""
    return ((reds()[rows] / 255 - 0.5) / 0.2)[:, None] * weights[0]


def test_units_are_matched_by_number_and_scored_as_scikit_learn_does(cache, tmp_path):
    rows = np.array([3, 20, 5, 7, 11, 0, 1, 2, 9, 14])
    found = evaluate(network(tmp_path), cache, rows)
    assert list(found.table.units) == [4, 12]
    assert found.notes == ("AU17: table does not label them here; they are left out.",)
    labels = cache.index.occurrence
    for unit, column, place in ((4, 0, 1), (12, 1, 0)):
        known = labels.known[rows, place]
        said = 1 / (1 + np.exp(-logits(rows)[:, column]))
        truth = labels.value[rows, place][known]
        wanted = authority.f1_score(truth, said[known] >= 0.5)
        assert found.table.units[unit]["f1"] == pytest.approx(wanted)
        assert found.table.units[unit]["auroc"] == pytest.approx(
            authority.roc_auc_score(truth, said[known]), abs=1e-6
        )
        assert found.table.counts[unit] == (int(truth.sum()), int(known.sum()))
    assert found.table.subjects == len({cache.index.subject[row] for row in rows})
    assert found.table.mean_interval["f1"][0] is not None


def test_present_decides_where_there_are_intensities_only(tmp_path):
    cache = cache_of(tmp_path, occurrence=None)
    for present in (1.0, 3.0):
        found = evaluate(network(tmp_path), cache, ALL, present=present)
        labels = cache.index.intensity
        shown = (labels.value >= present) & labels.known
        assert found.table.counts[12][0] == shown[:, 0].sum()


def test_the_threshold_decides_what_the_network_says(cache, tmp_path):
    found = evaluate(network(tmp_path), cache, ALL, threshold=0.9)
    known = cache.index.occurrence.known[:, 1]
    said = 1 / (1 + np.exp(-logits()[:, 0])) >= 0.9
    wanted = authority.accuracy_score(cache.index.occurrence.value[known, 1], said[known])
    assert found.table.units[4]["accuracy"] == pytest.approx(wanted)
    assert found.table.threshold == 0.9


def test_intensities_are_correlated(cache, tmp_path):
    found = evaluate(network(tmp_path, "intensity"), cache, ALL)
    labels = cache.index.intensity
    known = labels.known[:, 0]
    said = np.clip(logits()[:, 1], 0, 5)
    wanted = np.corrcoef(said[known], labels.value[known, 0])[0, 1]
    assert found.table.units[12]["pcc"] == pytest.approx(wanted, abs=1e-5)
    assert found.table.units[12]["mae"] == pytest.approx(
        authority.mean_absolute_error(labels.value[known, 0], said[known]), abs=1e-5
    )


def test_sides_become_one_unit(cache, tmp_path):
    sided = {"units": (12, 12, 4), "sides": ("L", "R", "")}
    chance = evaluate(network(tmp_path, **sided), cache, ALL).predictions
    wanted = 1 / (1 + np.exp(-np.abs(logits()[:, 0])))
    np.testing.assert_allclose(chance.predicted[:, chance.names.index(12)], wanted, atol=1e-5)
    weights = np.array([[1.0, 3.0, 0.0], [0.0] * 3, [0.0] * 3])
    strong = network(tmp_path, "intensity", weights, **sided)
    found = evaluate(strong, cache, ALL).predictions
    both = np.clip(logits(weights=weights)[:, :2], 0, 5).mean(axis=1)
    np.testing.assert_allclose(found.predicted[:, found.names.index(12)], both, atol=1e-4)


def test_classes_are_matched_by_name(cache, tmp_path):
    classes = ("happiness", "anger", "Sadness")
    found = evaluate(network(tmp_path, "expression", classes=classes), cache, ALL)
    truth = cache.index.expression
    there = truth.known & (truth.value != CLASSES.index("contempt"))
    assert found.notes == (
        "contempt: tiny-expression does not know this; these pictures are left out.",
        f"{COUNT - there.sum()} pictures without a label for it are left out.",
    )
    assert found.rows.tolist() == np.flatnonzero(there).tolist()
    assert found.table.pictures == there.sum()
    number = np.array([2, 0, -1])[truth.value][there]
    said = logits().argmax(axis=1)[there]
    assert found.table.mean["accuracy"] == pytest.approx(authority.accuracy_score(number, said))
    assert list(found.table.units) == list(classes)


def test_classes_that_are_all_known_lose_no_picture(cache, tmp_path):
    found = evaluate(network(tmp_path, "expression", classes=CLASSES), cache, ALL)
    known = cache.index.expression.known
    assert set(cache.index.expression.value[known]) == {0, 1, 2}
    assert found.notes == (f"{(~known).sum()} pictures without a label for it are left out.",)
    rare = evaluate(network(tmp_path, "expression", classes=CLASSES), cache, ALL[known])
    assert rare.notes == ()


@pytest.mark.parametrize(
    ("task", "more", "told"),
    [
        ("occurrence", {"units": (1, 2, 17)}, "labels none of the units .* AU12, AU4, AU9, and"),
        ("expression", {"classes": ("a", "b", "c")}, "shows none of the classes"),
        ("occurrence", {"template": "ffhq"}, r"aligned as whole at 20 px, .* ffhq at 20 px; prep"),
        ("occurrence", {"aligned": 24}, r"whole at 20 px, .* whole at 24 px; prepare the data"),
    ],
)
def test_what_does_not_fit_is_refused(cache, tmp_path, task, more, told):
    with pytest.raises(InputError, match=told):
        evaluate(network(tmp_path, task, **more), cache, ALL)


@pytest.mark.parametrize("task", ["occurrence", "intensity", "expression"])
def test_a_set_without_labels_of_the_task_is_refused(tmp_path, task):
    bare = {"occurrence": None, "intensity": None, "expression": None}
    kept = "expression" if task != "expression" else "occurrence"
    index = index_of(tmp_path / "set")
    cache = cache_of(tmp_path, **{**bare, kept: getattr(index, kept)})
    more = {"classes": CLASSES} if task == "expression" else {}
    with pytest.raises(InputError, match=r"has no (action units|intensities|expressions)"):
        evaluate(network(tmp_path, task, **more), cache, ALL)


def test_no_pictures_are_refused_and_progress_is_told(cache, tmp_path):
    with pytest.raises(InputError, match="no picture of table is asked for"):
        evaluate(network(tmp_path), cache, ALL[:0])
    told = []
    many = np.concatenate([ALL, ALL])
    said = read_rows(network(tmp_path), cache, many, lambda *now: told.append(now)).probability
    assert told == [(32, 48), (48, 48)]
    np.testing.assert_array_equal(said[:COUNT], said[COUNT:])


def test_persons_without_names_have_no_intervals(tmp_path):
    cache = cache_of(tmp_path, subject=("",) * COUNT)
    found = evaluate(network(tmp_path), cache, ALL)
    assert (found.table.subjects, found.table.mean_interval) == (None, {})


def test_predictions_are_written_beside_their_truths(cache, tmp_path):
    rows = np.array([5, 2, 11])
    found = evaluate(network(tmp_path), cache, rows)
    path = tmp_path / "p.parquet"
    write_predictions(found.predictions, cache.index, rows, path, {"fold": 3})
    frame = pd.read_parquet(path)
    assert frame["path"].tolist() == [f"pictures/{row}.png" for row in rows]
    assert frame["frame"].isna().all()
    assert frame["subject"].tolist() == ["p5", "p2", "p5"]
    np.testing.assert_allclose(frame["AU4_p"], 1 / (1 + np.exp(-logits(rows)[:, 0])), atol=1e-5)
    labels = cache.index.occurrence.take(rows)
    wanted = np.where(labels.known[:, 1], labels.value[:, 1], np.nan)
    np.testing.assert_array_equal(frame["AU4_label"].to_numpy(float), wanted)
    classes = ("happiness", "contempt", "sadness")
    found = evaluate(network(tmp_path, "expression", classes=classes), cache, rows)
    assert found.rows.tolist() == [2, 11]
    write_predictions(found.predictions, cache.index, found.rows, path)
    frame = pd.read_parquet(path)
    wanted = [CLASSES[number].lower() for number in cache.index.expression.value[[2, 11]]]
    assert frame["expression_label"].tolist() == wanted
    best = [classes[place] for place in logits(found.rows).argmax(axis=1)]
    assert frame["expression"].tolist() == best
    strong = evaluate(network(tmp_path, "intensity"), cache, rows)
    write_predictions(strong.predictions, cache.index, rows, path)
    assert {"AU4", "AU4_label", "AU12"} <= set(pd.read_parquet(path).columns)


@pytest.mark.parametrize("margin", [0, 2])
def test_landmarks_of_the_crop_are_measured_against_those_of_the_larger_picture(
    tmp_path, monkeypatch, margin
):
    """A margin on each side: the crop's points lie that much nearer to its corner."""
    cache = cache_of(tmp_path)
    size = cache.aligned - 2 * margin
    whole = face(cache.aligned)
    stored = np.repeat(whole[None], len(cache), axis=0)
    monkeypatch.setattr(cache, "landmarks", stored)
    spec = pointed(
        (4, 12), reads=False, gives=("landmarks",), template="whole", size=size,
        aligned=cache.aligned,
    )  # fmt: skip
    wrong = whole - margin
    wrong[0] += (3, 4)  # 5 pixels off, one of 49 points
    predictor = Predictor(write_pointed(tmp_path / "points.onnx", spec, wrong))
    found = evaluate(predictor, cache, ALL)
    eyes = np.linalg.norm(whole[19:25].mean(axis=0) - whole[25:31].mean(axis=0))
    assert found.predictions.errors == pytest.approx(5 / 49 / eyes, rel=1e-4)


def test_each_picture_is_read_with_its_own_landmarks(tmp_path, monkeypatch):
    cache = cache_of(tmp_path)
    side = cache.aligned
    stored = np.stack([face(side) * (1 + row / 100) for row in range(len(cache))])
    monkeypatch.setattr(cache, "landmarks", stored)
    spec = pointed((4, 12), template="whole", size=side, aligned=side)
    predictor = Predictor(write_pointed(tmp_path / "points.onnx", spec))
    rows = np.concatenate([ALL[::-1], ALL])  # more than are read at once
    across = stored[rows, :, 0].mean(axis=1)[:, None] / side
    wanted = 1 / (1 + np.exp(-across * [1, 2]))
    np.testing.assert_allclose(read_rows(predictor, cache, rows).probability, wanted, atol=1e-5)


def test_pictures_with_half_their_landmarks_are_not_read(tmp_path, monkeypatch):
    cache = cache_of(tmp_path)
    stored = np.repeat(face(cache.aligned)[None], len(cache), axis=0)
    stored[3, 7, 1] = np.nan
    stored[5, :, 0] = np.nan
    monkeypatch.setattr(cache, "landmarks", stored)
    spec = pointed((4, 12), template="whole", size=cache.aligned, aligned=cache.aligned)
    there, lost = readable(spec, cache, ALL[:8])
    assert (there.tolist(), lost) == ([0, 1, 2, 4, 6, 7], 2)
    assert readable(card(), cache, ALL[:8])[1] == 0


def test_no_torch_is_needed():
    code = (
        "import sys\nimport mien.evaluation.evaluate, mien.evaluation.predictions_file\n"
        "import mien.training.runfolder, mien.data.cache, mien.data.protocols\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
