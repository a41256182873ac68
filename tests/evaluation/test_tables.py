import json
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.occurrence import f1
from mien.evaluation.predictions import Predictions
from mien.evaluation.scoring import score, tabulate
from mien.evaluation.tables import beside, mean_of_folds, pooled
from mien.training.recipe import Expected


def fold(number, n=40, seed=None):
    """A fold's predictions; its persons are its own."""
    rng = np.random.default_rng(number if seed is None else seed)
    truth = rng.random((n, 2)) < [0.3, 0.2 * number]
    people = tuple(f"{number}{who}" for who in "abcd" for _ in range(n // 4))
    known = np.ones((n, 2), bool)
    return Predictions(
        "occurrence", (1, 12), 0.3 * truth + 0.7 * rng.random((n, 2)), truth, known, people
    )


def tables():
    return [tabulate(fold(n, 20 * n)).about("bp4d", "three", n) for n in (1, 2, 3)]


def test_each_fold_weighs_the_same():
    each = tables()
    table = mean_of_folds(each)
    assert table.mean["f1"] == pytest.approx(np.mean([one.mean["f1"] for one in each]))
    assert table.units[12]["f1"] == pytest.approx(np.mean([one.units[12]["f1"] for one in each]))
    assert table.fold == "mean of folds 1, 2, 3"
    assert (table.data, table.protocol, table.pictures) == ("bp4d", "three", 120)
    assert table.counts[1] == tuple(np.sum([one.counts[1] for one in each], axis=0))
    assert table.intervals == {}
    assert table.mean_interval == {}


@pytest.mark.parametrize(
    ("protocol", "persons"), [("subject-folds", 12), ("sequence-folds-leaking", None), ("x", None)]
)
def test_persons_are_added_where_each_is_tested_once(protocol, persons):
    each = [tabulate(fold(n)).about("ckplus", protocol, n) for n in (1, 2, 3)]
    assert mean_of_folds(each).subjects == persons
    unknown = replace(each[0], subjects=None)
    assert mean_of_folds([unknown, *each[1:]]).subjects is None


def test_pooled_is_one_score_of_all_pictures():
    folds = [fold(n, 20 * n) for n in (1, 2, 3)]
    table = pooled(folds).about("bp4d", "three", pooled(folds).fold)
    joined = [
        np.concatenate([getattr(one, name) for one in folds]) for name in ("predicted", "truth")
    ]
    assert table.mean["f1"] == pytest.approx(f1(*joined).mean())
    assert table.fold == "folds pooled 1, 2, 3"
    assert table.subjects == 12
    assert table.mean_interval
    assert table.mean["f1"] != pytest.approx(mean_of_folds(tables()).mean["f1"], abs=1e-4)
    assert pooled(folds[1:], [2, 3]).fold == "folds pooled 2, 3"


def test_both_are_named_in_the_output():
    assert ", mean of folds 1, 2, 3, 120 pictures, " in mean_of_folds(tables()).to_markdown()
    assert ", folds pooled 1, 2, " in pooled([fold(1), fold(2)]).to_markdown()
    assert json.loads(mean_of_folds(tables()).to_json())["fold"] == "mean of folds 1, 2, 3"


def test_a_figure_that_a_fold_lacks_is_left_out_and_noted():
    one = fold(1)
    truth = one.truth & np.array([True, False])
    lacking = Predictions("occurrence", one.names, one.predicted, truth, one.known, one.subjects)
    each = [tabulate(lacking).about("d", "p", 1), tabulate(fold(2)).about("d", "p", 2)]
    table = mean_of_folds(each)
    assert table.units[12]["auroc"] == each[1].units[12]["auroc"]
    assert "AUROC of AU12 does not exist in fold 1." in table.notes
    unnamed = [replace(one, fold="") for one in reversed(each)]
    assert "AUROC of AU12 does not exist in fold 2." in mean_of_folds(unnamed).notes
    assert not [note for note in table.notes if note.startswith("F1")]


def test_matrices_are_added():
    one = score("expression", np.eye(2)[[0, 1]], [0, 0], None, ("a", "b")).about("d", "p", 1)
    two = score("expression", np.eye(2)[[1, 1]], [1, 0], None, ("a", "b")).about("d", "p", 2)
    assert mean_of_folds([one, two]).confusion == ((1, 2), (0, 1))
    assert mean_of_folds([one, two]).mean["accuracy"] == 0.5


def test_different_folds_are_not_averaged():
    with pytest.raises(InputError, match="2 tables of 2 kinds"):
        mean_of_folds([tables()[0], tabulate(fold(2)).about("disfa", "three", 2)])
    with pytest.raises(InputError, match="0 tables"):
        mean_of_folds([])


def test_ours_stands_beside_the_papers():
    table = mean_of_folds(tables())
    paper = Expected("JAA-Net, IJCV 2021", "f1", 0.624, {1: 0.538, 12: 0.882}, "three folds")
    both = beside(table, [paper])
    text = both.to_markdown()
    ours = table.units[12]["f1"]
    assert text.startswith("Ours: bp4d, three, mean of folds 1, 2, 3, 120 pictures, present from")
    assert "JAA-Net, IJCV 2021; published under: three folds." in text
    assert "| F1 | ours | published | difference |" in text
    assert f"| AU12 | {ours:.3f} | 0.882 | {ours - 0.882:+.3f} |" in text
    assert f"| mean | {table.mean['f1']:.3f} | 0.624 | {table.mean['f1'] - 0.624:+.3f} |" in text
    values = json.loads(both.to_json(), parse_constant=pytest.fail)
    assert values["published"][0]["units"]["12"] == [ours, 0.882]
    assert values["published"][0]["mean"] == [table.mean["f1"], 0.624]
    assert values["ours"]["fold"] == "mean of folds 1, 2, 3"


def test_other_units_and_metrics_are_said():
    table = tables()[0]
    more, other = (
        Expected("A", "f1", 0.5, {1: 0.4, 4: 0.6}),
        Expected("B", "local_f1", 0.5),
    )
    first, second = beside(table, [more, other]).published
    assert first.units == {
        1: (table.units[1]["f1"], 0.4),
        12: (table.units[12]["f1"], None),
        4: (None, 0.6),
    }
    assert first.note == "The two means are over different units."
    assert second.mean == (None, 0.5)
    assert second.units == {}
    (whole,) = beside(table, [Expected("C", "f1", 0.5)]).published
    assert (whole.units, whole.note) == ({}, "")
    assert second.note == "local_f1 is not among our figures."
    text = beside(table, [more, other]).to_markdown()
    assert "| AU4 | – | 0.600 | – |" in text
    assert "published under: not said." in text
    assert "| local_f1 | ours" in text
    assert text.endswith("local_f1 is not among our figures.\n")
