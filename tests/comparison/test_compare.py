"""Networks on the same pictures: which, what is refused, and that figures are those of the rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mien.comparison.compare import Choice, compare
from mien.comparison.entrants import open_entrants
from mien.data.cache import prepare
from mien.errors import InputError, WeightsError
from mien.evaluation.bootstrap import difference
from mien.evaluation.evaluate import evaluate
from mien.training.subject import open_subject
from tests.comparison.made_runs import PARALLEL, PUBLISHED, rows_of, run_of
from tests.crop_networks import card, write
from tests.evaluation.coloured import CLASSES, COUNT, cache_of, index_of

QUICK = Choice(cost=False)


def compared(paths, *caches, choice=QUICK):
    return compare(open_entrants(paths), caches, choice, "mien compare")


def test_all_are_scored_on_the_same_test_part(runs, cache):
    found = compared(runs, cache)
    for path, one in zip(runs, found.standings, strict=True):
        wanted = evaluate(open_subject(path).predictor, cache, rows_of(cache))
        assert one.table.units == wanted.table.units
        assert one.table.mean_interval == wanted.table.mean_interval
    assert (found.about.data, found.about.protocol, found.about.fold) == (
        *("table", "subject-folds", "2"),
    )
    assert found.about.pictures == found.standings[0].table.pictures == len(found.keys)
    assert found.about.warnings == ()
    (pair,) = found.pairs
    first, second = (one.predictions for one in found.standings)
    assert pair.by.interval.mean == difference(first, second, "f1").interval.mean
    assert pair.by.mean == pytest.approx(
        found.standings[0].table.mean["f1"] - found.standings[1].table.mean["f1"]
    )


def test_means_are_over_the_units_that_all_have(tmp_path, cache, runs):
    weights = np.array([[2.0, 1.0, -3.0], [0, 0, 0], [0, 0, 0]])
    more = run_of(tmp_path / "more", cache, weights, units=(9, 4, 12), name="more")
    found = compared([more, runs[0]], cache)
    tables = [one.table for one in found.standings]
    assert [tuple(table.units) for table in tables] == [(4, 12), (4, 12)]
    assert tuple(found.standings[0].whole.units) == (9, 4, 12)
    whole = found.standings[0].whole
    assert tables[0].mean["f1"] == pytest.approx((whole.units[4]["f1"] + whole.units[12]["f1"]) / 2)


def test_without_a_unit_in_common_there_is_nothing_to_compare(tmp_path, cache, runs):
    other = run_of(tmp_path / "other", cache, PARALLEL[:, :1], units=(9,), name="other")
    with pytest.raises(InputError, match=r"no action unit in common .*red has AU4, AU12; other"):
        compared([runs[0], other], cache)


def test_a_person_who_was_learned_from_is_refused_loudly(tmp_path, cache, runs):
    # the same division in another folder, but fold 1: it learned from the persons of fold 2
    other = run_of(tmp_path / "fold1", cache, fold=1, name="other")
    choice = Choice(protocol="subject-folds", folds=3, fold=2, cost=False)
    with pytest.raises(InputError, match="has no fold 2; it has 1"):
        compared([runs[0], other], cache, choice=choice)
    # a file that lies in the folder of fold 1 is asked in its place
    leaking = run_of(tmp_path / "again" / "fold2", cache, fold=2, name="leaking")
    split = (other / "split.json").read_text().replace('"fold": 1', '"fold": 2')
    (leaking / "split.json").write_text(split)
    with pytest.raises(InputError) as told:
        compared([runs[0], leaking], cache, choice=choice)
    text = str(told.value)
    assert text.startswith("LEAKAGE: ")
    assert "evaluated persons (p" in text
    assert "training part of leaking, whose figures are too good" in text
    assert text.endswith("or say --anyway: then every table says so")
    choice = Choice(protocol="subject-folds", folds=3, fold=2, cost=False, anyway=True)
    (line,) = compared([runs[0], leaking], cache, choice=choice).about.warnings
    assert line.startswith("LEAKAGE: ")


@pytest.mark.parametrize("part", ["train", "validate"])
def test_a_leak_is_found_wherever_it_is(tmp_path, cache, runs, part):
    """One person of the last pictures, in one run of two, in either part that it learned from."""
    rows = rows_of(cache)
    last = cache.index.subject[rows[-1]]
    assert cache.index.subject[rows[0]] != last
    leaking = run_of(tmp_path / "leaking" / "fold2", cache, name="leaking")
    written = json.loads((leaking / "split.json").read_text())
    written["parts"][part]["subjects"].append(last)
    (leaking / "split.json").write_text(json.dumps(written))
    for paths in ([runs[0], leaking], [leaking, runs[0]]):
        with pytest.raises(InputError, match=rf"LEAKAGE: 1 of the 2 .* \({last}\) of fold 2"):
            compared(paths, cache)
        found = compared(paths, cache, choice=Choice(cost=False, anyway=True))
        (line,) = found.about.warnings
        assert line.endswith("were in the training part of leaking, whose figures are too good.")


def test_a_leak_in_a_later_fold_is_found(tmp_path, cache):
    for fold in (1, 2, 3):
        run_of(tmp_path / "a" / f"fold{fold}", cache, fold=fold, name="a")
        run_of(tmp_path / "b" / f"fold{fold}", cache, -PARALLEL, fold=fold, name="b")
    path = tmp_path / "b" / "fold3" / "split.json"
    written = json.loads(path.read_text())
    written["parts"]["train"]["subjects"].append(cache.index.subject[rows_of(cache, 3)[-1]])
    path.write_text(json.dumps(written))
    with pytest.raises(InputError, match=r"LEAKAGE: .* of fold 3 were in the training part of b"):
        compared([tmp_path / "a", tmp_path / "b"], cache, choice=Choice(every=True, cost=False))


def test_a_protocol_that_leaks_by_name_is_refused_too(tmp_path):
    people = tuple(f"p{number % 6 // 5}" for number in range(COUNT))  # one in five of six sequences
    cache = cache_of(tmp_path / "three", subject=people)
    two = [
        run_of(tmp_path / name, cache, protocol="sequence-folds-leaking", name=name)
        for name in ("one", "two")
    ]
    with pytest.raises(InputError, match=r"LEAKAGE: .* of fold 2 were in the training part of one"):
        compared(two, cache)


def test_folds_that_share_no_tested_picture_are_refused(tmp_path, cache, runs):
    other = run_of(tmp_path / "loo", cache, protocol="leave-one-subject-out", name="loo")
    tested = {cache.index.subject[row] for row in rows_of(cache)}
    alone = cache.index.subject[open_subject(other).split.test[0]]
    assert alone not in tested
    with pytest.raises(InputError, match="can be shown to all of red, loo"):
        compared([runs[0], other], cache)


def test_another_data_set_is_refused(tmp_path, cache, runs):
    strangers = tuple(f"q{number % 6}" for number in range(COUNT))
    index = index_of(tmp_path / "set", name="disfa", subject=strangers)
    disfa = prepare(index, tmp_path / "disfa", "whole", 20, quality=0)
    with pytest.raises(InputError, match=r"holds table, .* holds disfa: figures on different"):
        compared(runs, cache, disfa)
    with pytest.raises(InputError, match="red learned from table, and is compared on disfa"):
        compared(runs, disfa)
    found = compared(runs, disfa, choice=Choice(cost=False, anyway=True))
    assert found.about.protocol == "all pictures"
    assert any("learned from table" in line for line in found.about.warnings)
    assert all(one.published is None for one in found.standings)


def test_of_a_bare_file_it_is_said_that_nobody_knows(tmp_path, cache, runs):
    bare = write(tmp_path / "bare.onnx", card(units=(4, 12), template="whole"), PARALLEL)
    found = compared([runs[0], bare], cache)
    (line,) = found.about.warnings
    assert line.startswith("It is not known whom tiny-occurrence learned from")
    first, second = (one.table.units for one in found.standings)
    assert first == second  # the same network on the same pictures


def test_two_preparations_are_matched_by_picture(tmp_path, cache, runs):
    # another alignment, in which the first pictures are not there
    index = index_of(tmp_path / "set")
    kept = index.take(np.arange(3, len(index)))
    wide = prepare(kept, tmp_path / "wide", "whole", 24, quality=0)
    spec = card(units=(4, 12), template="whole", size=16, aligned=24)
    path = write(tmp_path / "wide.onnx", spec, PARALLEL)
    found = compared([runs[0], path], cache, wide)
    first, second = found.standings
    paths = [
        [stand.cache.index.path[row] for row in stand.rows]
        for stand in (first.stands[0], second.stands[0])
    ]
    assert paths[0] == paths[1]
    assert paths[0]
    assert not {"pictures/0.png", "pictures/1.png", "pictures/2.png"} & set(paths[0])
    np.testing.assert_allclose(first.predictions.predicted, second.predictions.predicted)
    with pytest.raises(InputError, match="aligned as whole at 20 px"):
        compared([runs[0], path], cache)


def test_all_folds_are_pooled_and_the_paper_has_their_mean(tmp_path, cache):
    for fold in (1, 2, 3):
        run_of(tmp_path / "a" / f"fold{fold}", cache, fold=fold, name="a", expected=(PUBLISHED,))
        run_of(tmp_path / "b" / f"fold{fold}", cache, -PARALLEL, fold=fold, name="b")
    two = [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(InputError, match="has the folds 1, 2, 3; choose one with --fold"):
        compared(two, cache)
    found = compared(two, cache, choice=Choice(every=True, cost=False))
    assert found.about.fold == "1, 2, 3"
    assert found.about.persons == 6
    ours = found.standings[0].published.ours
    alone = [
        compared(two, cache, choice=Choice(fold=fold, cost=False)).standings[0].table
        for fold in (1, 2, 3)
    ]
    assert ours.mean["f1"] == pytest.approx(np.mean([one.mean["f1"] for one in alone]))
    assert ours.fold.startswith("mean of folds")
    assert sum(one.pictures for one in alone) == found.about.pictures


def test_labels_by_other_intensities_are_not_compared(tmp_path, runs):
    index = index_of(tmp_path / "set", occurrence=None)
    graded = prepare(index, tmp_path / "graded", "whole", 20, quality=0)
    one = run_of(tmp_path / "one", graded, name="one", threshold=2.0)
    two = run_of(tmp_path / "two", graded, name="two", threshold=3.0)
    with pytest.raises(InputError, match=r"one from 2 on, two from 3 on.*--present"):
        compared([one, two], graded)
    found = compared([one, two], graded, choice=Choice(present=2.0, cost=False))
    assert found.about.present == 2.0
    assert "labels present from intensity 2 on" in found.about.line()


def test_classes_are_matched_by_name(tmp_path, cache):
    weights = np.array([[3.0, 0.0, -3.0], [0, 0, 0], [0, 0, 0]])
    one = run_of(tmp_path / "one", cache, weights, name="one", task="expression", classes=CLASSES)
    turned = tuple(name.upper() for name in CLASSES[::-1])
    two = run_of(
        tmp_path / "two", cache, weights[:, ::-1], name="two", task="expression", classes=turned
    )
    found = compared([one, two], cache)
    first, second = found.standings
    assert first.table.mean == second.table.mean
    assert found.pairs[0].by.mean == 0
    assert found.together == ()
    fewer = run_of(
        tmp_path / "fewer", cache, weights[:, :2], name="fewer", task="expression",
        classes=CLASSES[:2],
    )  # fmt: skip
    with pytest.raises(InputError, match="one and fewer know other expressions"):
        compared([one, fewer], cache)


def test_tasks_and_the_same_network_twice_are_refused(tmp_path, cache, runs):
    other = run_of(tmp_path / "other", cache, name="other", task="intensity")
    with pytest.raises(InputError, match=r"gives occurrence.*gives intensity"):
        open_entrants([runs[0], other])
    with pytest.raises(InputError, match="are the same network"):
        open_entrants([runs[0], runs[0] / "model.onnx"])
    with pytest.raises(InputError, match="1 network came, expected two or more"):
        compared(runs[:1], cache)
    with pytest.raises(InputError, match="'pcc' is no metric of occurrence"):
        compared(runs, cache, choice=Choice(metric="pcc", cost=False))


def test_runs_of_one_name_are_told_apart_by_their_place(tmp_path, cache, runs):
    again = run_of(tmp_path / "again", cache, name="red")
    names = [one.name for one in open_entrants([runs[0], again, runs[1]])]
    assert names == [f"red ({runs[0]})", f"red ({again})", "dull"]


def test_a_detector_is_refused(tmp_path, runs, monkeypatch):
    from mien.comparison import entrants

    opened = open_subject(runs[0])
    card = replace(opened.predictor.spec, name="finder")
    object.__setattr__(card, "task", "detection")
    monkeypatch.setattr(opened.predictor, "spec", card)
    monkeypatch.setattr(entrants, "open_subject", lambda _: opened)
    with pytest.raises(WeightsError, match="finder is a detector"):
        open_entrants([runs[0]])
