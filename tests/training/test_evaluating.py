"""A run or a file on trial: which pictures, what is warned of, what is written."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mien.data.cache import prepare
from mien.data.protocols import split
from mien.data.splits import write_split
from mien.errors import InputError, WeightsError
from mien.evaluation.evaluate import evaluate
from mien.recipes.yolo import small
from mien.training.evaluating import Choice, run_trial, write_trial
from mien.training.runfolder import RECIPE, REPORT, RUN, SPLIT
from mien.training.settings import to_json
from mien.training.subject import open_subject
from tests.crop_networks import card, write
from tests.evaluation.coloured import COUNT, cache_of, index_of
from tests.made_detector import write as write_detector
from tests.training.tinyrun import SETTINGS, WEIGHTS, run_folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return cache_of(tmp_path_factory.mktemp("coloured"))


@pytest.fixture
def run(tmp_path, cache):
    """The folder of fold 2 of three, with a network of two units."""
    return run_folder(tmp_path / "fold2", cache)


def test_a_run_is_tested_on_the_test_part_of_its_fold(run, cache):
    subject = open_subject(run)
    parts = split(cache.index, "subject-folds", 2, folds=3, held=0.2)
    trial = run_trial(subject, cache, Choice())
    labels = cache.index.occurrence.of((4, 12)).known.any(axis=1)
    assert trial.evaluated.rows.tolist() == [row for row in parts.test if labels[row]]
    assert trial.warnings == ()
    assert (trial.table.data, trial.table.protocol, trial.table.fold) == (
        *("table", "subject-folds", "2"),
    )
    [one] = trial.published.published
    assert one.mean == (trial.table.mean["f1"], 0.75)
    again = evaluate(subject.predictor, cache, parts.test)
    assert trial.table.units == again.table.units


def test_the_file_in_its_run_folder_is_the_run(run, cache):
    one, two = open_subject(run), open_subject(run / "model.onnx")
    assert one.split.digest == two.split.digest
    assert run_trial(two, cache, Choice()).warnings == ()


@pytest.mark.parametrize("part", ["train", "validate", "all"])
def test_pictures_that_were_learned_from_are_warned_of(run, cache, part):
    trial = run_trial(open_subject(run), cache, Choice(part=part))
    [warning] = trial.warnings
    assert "were in the training part of tiny-occurrence: the figures are too good" in warning
    learned = {"train": 3, "validate": 1, "all": 4}[part]
    persons = {"train": 3, "validate": 1, "all": 6}[part]
    assert warning.startswith(f"{learned} of the {persons} evaluated persons (p")
    assert trial.published is None


def test_another_protocol_may_ask_for_persons_that_were_learned_from(run, cache):
    choice = Choice("leave-one-subject-out", fold=1)
    trial = run_trial(open_subject(run), cache, choice)
    first = split(cache.index, "leave-one-subject-out", 1, held=0.0)
    assert set(trial.evaluated.rows) <= set(first.test.tolist())
    assert trial.table.protocol == "leave-one-subject-out"
    learned = split(cache.index, "subject-folds", 2, folds=3, held=0.2)
    shared = cache.index.subject[first.test[0]] in {
        *learned.subjects["train"],
        *learned.subjects["validate"],
    }
    assert bool(trial.warnings) == shared


def test_a_bare_file_does_not_know_whom_it_learned_from(tmp_path, cache):
    path = write(tmp_path / "bare.onnx", card(units=(4, 12), template="whole"), WEIGHTS)
    trial = run_trial(open_subject(path), cache, Choice())
    assert trial.table.pictures == COUNT - (~cache.index.occurrence.of((4, 12)).known.any(1)).sum()
    [warning] = trial.warnings
    assert warning.startswith("it is not known whom tiny-occurrence was trained on")


def other_set(folder, name, people):
    index = replace(index_of(folder / "set"), name=name, subject=people)
    return prepare(index, folder / "cache", "whole", 20, quality=0)


def test_persons_of_another_set_are_others_unless_it_borrows(run, tmp_path, cache):
    people = cache.index.subject
    lists = run_trial(open_subject(run), other_set(tmp_path / "a", "lists", people), Choice())
    assert lists.warnings[0].startswith("4 of the 6 evaluated persons")
    trained_on_bp4d = run_folder(tmp_path / "bp4d", cache, data="bp4d")
    disfa = other_set(tmp_path / "b", "disfa", people)
    trial = run_trial(open_subject(trained_on_bp4d), disfa, Choice())
    assert trial.warnings == ()
    assert trial.facts["pictures"] == "all pictures"


def test_without_names_of_persons_the_pictures_are_compared(tmp_path):
    cache = cache_of(tmp_path, subject=("",) * COUNT, part=("train", "test") * (COUNT // 2))
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder / "model.onnx", card(units=(4, 12), template="whole"), WEIGHTS)
    (folder / RECIPE).write_text(to_json(SETTINGS))
    write_split(split(cache.index, "given", 1), folder / SPLIT)
    assert run_trial(open_subject(folder), cache, Choice()).warnings == ()
    [warning] = run_trial(open_subject(folder), cache, Choice(part="all")).warnings
    assert "evaluated pictures were in the training part" in warning


def test_a_set_that_was_labelled_anew_is_told(run, cache):
    (run / RUN).write_text(json.dumps({"fold": 2, "data": "else", "split": "", "card": ""}))
    [warning] = run_trial(open_subject(run), cache, Choice()).warnings
    assert "prepared or labelled in another way" in warning


def test_a_part_that_the_set_names_is_taken(tmp_path):
    cache = cache_of(tmp_path, part=("train", "test") * (COUNT // 2))
    path = write(tmp_path / "bare.onnx", card(units=(4, 12), template="whole"), WEIGHTS)
    trial = run_trial(open_subject(path), cache, Choice(part="test"))
    assert set(trial.evaluated.rows % 2) == {1}
    with pytest.raises(InputError, match=r"no part 'half' here; there are all, test, train; or"):
        run_trial(open_subject(path), cache, Choice(part="half"))


@pytest.mark.parametrize(("present", "wanted"), [(None, 3.0), (1.0, 1.0)])
def test_present_is_that_of_the_run_unless_it_is_chosen(run, tmp_path, present, wanted):
    bare = cache_of(tmp_path / "intensities", occurrence=None)
    trial = run_trial(open_subject(run), bare, Choice(part="all", present=present))
    labels = bare.index.intensity.of((4, 12)).present(wanted).take(trial.evaluated.rows)
    assert trial.table.counts[4] == (int(labels.value[:, 0].sum()), int(labels.known[:, 0].sum()))
    assert trial.facts["present"] == wanted


def test_reports_and_predictions_name_what_they_belong_to(run, cache, tmp_path):
    trial = run_trial(open_subject(run), cache, Choice(part="all"))
    files = write_trial(trial, cache.index, tmp_path / "out")
    assert {path.name for path in files} == {path.name for path in (tmp_path / "out").iterdir()}
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["model"]["sha256"] == open_subject(run).digest
    assert report["data"]["digest"] == cache.digest
    assert report["scores"]["units"]["4"]["f1"] == trial.table.units[4]["f1"]
    assert report["warnings"] == list(trial.warnings)
    text = (tmp_path / "out" / "report.md").read_text()
    assert text.startswith("# tiny-occurrence on table\n\n**Warning:** 4 of the 6")
    assert cache.digest[:12] in text
    frame = pd.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert len(frame) == trial.table.pictures
    with pytest.raises(InputError, match="is a run folder and keeps its own report"):
        write_trial(trial, cache.index, run)
    assert not (run / REPORT).exists()


def test_a_full_disk_leaves_no_empty_folder(run, cache, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    trial = run_trial(open_subject(run), cache, Choice(part="all"))
    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(Path, "write_bytes", full)
    for name in ("out", "mine"):
        with pytest.raises(InputError, match=r"report\.md cannot be written .*free some space"):
            write_trial(trial, cache.index, tmp_path / name)
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "mine").is_dir(), "what was there before stays"


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is a folder without model\.onnx"):
        open_subject(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="cannot be opened as an ONNX network"):
        open_subject(tmp_path)


def test_the_run_of_a_detector_is_told_where_its_figures_are(tmp_path):
    write_detector(tmp_path / "model.onnx")
    (tmp_path / RECIPE).write_text(to_json(small()))
    with pytest.raises(WeightsError, match="figures stand in the report of its run"):
        open_subject(tmp_path)
