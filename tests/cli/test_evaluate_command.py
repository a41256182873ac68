"""mien evaluate and mien export as a person types them."""

import json

import numpy as np
import pytest

from mien.data.example import write_example
from mien.runtime import Predictor
from mien.training.evaluating import Choice, run_trial
from mien.training.subject import open_subject
from tests.crop_networks import card, convolutions, write
from tests.evaluation.coloured import cache_of
from tests.training.tinyrun import run_folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return cache_of(tmp_path_factory.mktemp("coloured"))


@pytest.fixture
def run(tmp_path, cache):
    return run_folder(tmp_path / "fold2", cache)


def test_a_run_is_scored_on_its_own_fold(mien_command, run, cache, tmp_path):
    ended = mien_command("evaluate", run, cache.folder, "--out", tmp_path / "out")
    assert ended.code == 0
    table = run_trial(open_subject(run), cache, Choice()).table
    lines = ended.out.splitlines()
    assert lines[0] == table.facts()
    assert lines[1].split()[:2] == ["F1", "accuracy"]
    assert lines[2].split()[:2] == ["AU4", f"{table.units[4]['f1']:.3f}"]
    mean = next(line for line in lines if line.startswith("mean"))
    assert mean.split()[1] == f"{table.mean['f1']:.3f}"
    assert len({len(line) for line in lines[1:4]}) == 1
    low, high = table.mean_interval["f1"]
    assert f"F1: {table.mean['f1']:.3f} [{low:.3f}, {high:.3f}]" in ended.out
    assert table.subjects < 10
    assert f"\n{table.caution}\n" in ended.out
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scores"]["mean"] == table.mean
    assert ended.err == ""


def test_warnings_and_notes_stand_apart_from_the_table(mien_command, tmp_path, cache):
    path = write(tmp_path / "bare.onnx", card(units=(4, 17), template="whole"))
    ended = mien_command("evaluate", path, cache.folder, "--quiet", "--threshold", "0.7")
    assert ended.code == 0
    assert "present from probability 0.7 on" in ended.out
    notes = [line.partition(":")[0] for line in ended.err.splitlines()]
    assert notes == ["note", *["note"] * (len(notes) - 2), "warning"]
    assert "AU17: table does not label them here" in ended.err
    assert "it is not known whom tiny-occurrence was trained on" in ended.err


def test_a_copy_of_a_data_set_is_prepared_on_the_way(mien_command, tmp_path):
    write_example("rafdb", tmp_path / "rafdb", 1)
    classes = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
    spec = card("expression", classes=classes, template="whole")
    path = write(tmp_path / "seven.onnx", spec, np.zeros((3, 7)), np.arange(7.0))
    ended = mien_command(
        "evaluate", path, "rafdb", "--root", tmp_path / "rafdb", "--part", "train", "-q"
    )
    assert ended.code == 0
    assert "rafdb, part train of the set, no fold" in ended.out
    assert len([line for line in ended.out.splitlines() if line.startswith(classes)]) == 7
    kept = tmp_path / "kept"
    named = ("--root", tmp_path / "rafdb", "--cache", kept)
    assert mien_command("evaluate", path, "rafdb", *named, "-q").code == 0
    assert mien_command("evaluate", path, kept, "-q").code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.onnx", "x"], "there is no file missing.onnx"),
        (["RUN", "bp4d"], "bp4d is the name of a data set; name the folder of your copy with"),
        (["RUN", "nowhere"], "nowhere holds no cache"),
        (["RUN", "CACHE", "--part", "half"], "no part 'half' here"),
        (["RUN", "CACHE", "--protocol", "fair"], "'fair' is no protocol"),
        (["RUN", "CACHE", "--protocol", "subject-folds", "--fold", "11"], "there is no fold 11"),
    ],
)
def test_what_cannot_be_is_one_line_and_code_2(mien_command, run, cache, arguments, told):
    places = {"RUN": run, "CACHE": cache.folder}
    ended = mien_command("evaluate", *(places.get(one, one) for one in arguments), "-q")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert told in ended.err


def test_smaller_files_are_written_and_told(mien_command, tmp_path):
    cache = cache_of(tmp_path / "twelve", size=12)
    run = run_folder(tmp_path / "fold2", cache)
    spec = card(units=(4, 12, 9, 1), template="whole", size=12, aligned=0)
    from mien.training.precision import with_card

    model = with_card(convolutions(), spec)
    (run / "model.onnx").write_bytes(model.SerializeToString())
    ended = mien_command(
        *("export", run, "--precision", "int8", "--data", cache.folder, "--limit", "1")
    )
    assert ended.code == 0
    first, change, second, near, third = ended.out.splitlines()
    assert near.startswith("95 % of the scores are within 0.0")
    assert change.startswith("largest difference of an output: 0.")
    assert first.startswith(f"{run / 'model.int8.onnx'}: int8, 0.0 MB (")
    assert second.startswith("F1 on ")
    assert "ms as fp32" in third
    assert Predictor(run / "model.int8.onnx").spec.precision == "int8"
    assert mien_command("evaluate", run / "model.int8.onnx", cache.folder, "-q").code == 0
    ended = mien_command(
        *("export", run, "--precision", "int8", "--data", cache.folder, "--score-limit", "0")
    )
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "expected within 0; use fp16, or allow it with --score-limit" in ended.err
    ended = mien_command("export", run, "--precision", "int4")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
