"""mien compare as a person types it."""

import json
import shlex

import pytest

from tests.comparison.made_detectors import detector_of, set_of
from tests.comparison.made_faces import caches_of
from tests.comparison.made_runs import PARALLEL, run_of
from tests.crop_networks import card, write
from tests.evaluation.coloured import cache_of
from tests.training.tinyset import write_set


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    cache = cache_of(folder / "set")
    one = run_of(folder / "one" / "fold2", cache, name="one")
    two = run_of(folder / "two" / "fold2", cache, -PARALLEL, name="two")
    return cache, one, two


def test_a_table_a_page_and_what_gives_them_again(mien_command, places, tmp_path):
    cache, one, two = places
    arguments = ("compare", one.parent, two, "--on", cache.folder, "--no-cost", "--fold", 2)
    ended = mien_command(*arguments, "--out", tmp_path / "out", "-q")
    assert (ended.code, ended.err) == (0, "")
    values = json.loads((tmp_path / "out" / "compare.json").read_text())
    lines = ended.out.splitlines()
    assert lines[0].startswith("table, subject-folds, fold 2, ")
    first = values["networks"][0]["scores"]
    low, high = first["mean_interval"]["f1"]
    assert f"A one  {first['mean']['f1']:.3f} [{low:.3f}, {high:.3f}]" in ended.out
    assert "AU4 " in ended.out
    assert "F1 A - B: " in ended.out
    assert ended.out.splitlines()[-4:] == [
        str(tmp_path / "out" / name)
        for name in ("compare.html", "disagreements.csv", "scores.csv", "compare.json")
    ]
    (again,) = [line for line in lines if line.startswith("again: mien ")]
    command = shlex.split(again.removeprefix("again: mien "))
    repeated = mien_command(*command, "--out", tmp_path / "again", "-q")
    assert repeated.code == 0
    for name in ("scores.csv", "disagreements.csv"):
        texts = [(tmp_path / folder / name).read_text() for folder in ("out", "again")]
        assert texts[0] == texts[1]


def test_a_copy_is_prepared_for_every_alignment(mien_command, tmp_path):
    write_set(tmp_path / "set")
    paths = []
    for side, name in ((16, "small"), (20, "large")):
        spec = card(units=(1, 12), template="whole", size=16, aligned=side, name=name)
        paths.append(write(tmp_path / f"{name}.onnx", spec, PARALLEL))
    ended = mien_command(
        *("compare", *paths, "--on", "table", "--root", tmp_path / "set", "--no-cost", "-q"),
        *("--cache", tmp_path / "kept"),
    )
    assert ended.code == 0
    assert sorted(one.name for one in (tmp_path / "kept").iterdir()) == [
        *("table-whole-16", "table-whole-20")
    ]
    assert "table, all pictures, no fold, 24 pictures of 6 persons" in ended.out
    assert ended.err.count("warning: It is not known whom") == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ONE"], "1 network came, expected two or more"),
        (["ONE", "TWO", "--fold", "3"], "fold2 has no fold 3; it has 2"),
        (["ONE", "TWO", "--fold", "two"], "--fold is 'two', expected a number from 1, or all"),
        (["ONE", "nowhere"], "there is no file nowhere"),
        (["ONE", "TWO", "--metric", "pcc"], "'pcc' is no metric of occurrence"),
        (["ONE", "TWO", "--out", "ONE"], "is a run folder and keeps its own report"),
        (["ONE", "TWO", "--on", "bp4d"], "bp4d is the name of a data set; name the folder"),
    ],
)
def test_what_cannot_be_is_one_line_and_code_2(mien_command, places, arguments, told):
    cache, one, two = places
    named = {"ONE": one, "TWO": two}
    ended = mien_command(
        *("compare", *(named.get(word, word) for word in arguments)),
        *("--on", cache.folder, "--no-cost", "-q"),
    )
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert told in ended.err


def test_a_leak_is_refused_and_with_anyway_said(mien_command, places, tmp_path):
    cache, one, _ = places
    other = run_of(tmp_path / "fold1", cache, fold=1, name="other")
    text = (other / "split.json").read_text().replace('"fold": 1', '"fold": 2')
    (other / "split.json").write_text(text)
    arguments = ("compare", one, other, "--on", cache.folder, "--no-cost", "-q")
    arguments += ("--protocol", "subject-folds", "--folds", 3, "--fold", 2)
    ended = mien_command(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("mien: LEAKAGE: ")
    ended = mien_command(*arguments, "--anyway", "--out", tmp_path / "out")
    assert ended.code == 0
    assert "warning: LEAKAGE: " in ended.err
    assert '<p class="alarm">LEAKAGE: ' in (tmp_path / "out" / "compare.html").read_text()
    assert "--anyway" in ended.out


@pytest.fixture(scope="module")
def detectors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detectors")
    data = set_of(folder / "set", train=2, test=6)
    one = detector_of(folder / "one", data, name="one")
    return data, one, detector_of(folder / "two", data, ((0.9, 0.1), (0.1, 0.0)), name="two")


def test_detectors_are_compared_on_a_data_yaml(mien_command, detectors, tmp_path):
    data, one, two = detectors
    arguments = ("compare", one, two, "--on", data, "--no-cost", "-q", "--metric", "map50_95")
    ended = mien_command(*arguments, "--out", tmp_path / "out")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("set, the set's own part test, 6 pictures with 6 boxes, mien ")
    assert "mAP50-95 A - B: " in ended.out
    assert "paired: A is better" in ended.out
    (again,) = [line for line in lines if line.startswith("again: mien ")]
    repeated = mien_command(
        *shlex.split(again.removeprefix("again: mien ")), "-q", "--out", tmp_path / "again"
    )
    assert repeated.code == 0
    texts = [(tmp_path / name / "scores.csv").read_text() for name in ("out", "again")]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ONE", "FACES"], "is a detector, which finds boxes, and "),
        (["ONE", "default"], "is a detector, which finds boxes, and default reads faces"),
        (["ONE"], "1 network came, expected two or more"),
        (["ONE", "TWO", "--fold", "1"], "--fold is for networks of faces"),
        (["ONE", "TWO", "--protocol", "subject-folds"], "--protocol is for networks of faces"),
        (["ONE", "TWO", "--metric", "f1"], "'f1' is no metric of detectors"),
        (["ONE", "TWO", "--on", "DATA"], "detectors are compared on one data.yaml, and --on nam"),
        (["ONE", "TWO", "--out", "ONE"], "is a run folder and keeps its own report"),
    ],
)
def test_what_detectors_cannot_is_one_line_and_code_2(
    mien_command, detectors, places, arguments, told
):
    data, one, two = detectors
    named = {"ONE": one, "TWO": two, "FACES": places[1], "DATA": data}
    ended = mien_command(
        *("compare", *(named.get(word, word) for word in arguments)),
        *("--on", data, "--no-cost", "-q"),
    )
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert told in ended.err


def test_detectors_do_not_look_at_aligned_faces(mien_command, detectors, places):
    ended = mien_command("compare", *detectors[1:], "--on", places[0].folder, "--no-cost", "-q")
    assert ended.code == 2
    assert "holds aligned faces, and detectors look at whole pictures" in ended.err


@pytest.mark.usefixtures("front_end")
def test_the_networks_that_come_with_mien_stand_beside_a_run(mien_command, tmp_path):
    caches = caches_of(tmp_path, persons=3, each=2)
    one = run_of(tmp_path / "one", caches[0], PARALLEL, units=(12, 25), name="one")
    on = [word for cache in caches for word in ("--on", cache.folder)]
    arguments = ("compare", one, "default:mesh", *on, "--no-cost", "--present", 2, "-q")
    ended = mien_command(*arguments)
    assert ended.code == 0
    assert "B default:mesh" in ended.out
    assert "(the default networks: from intensity 2 on)" in ended.out
    assert "note: default:mesh: face and mesh are found anew" in ended.err
    again = next(line for line in ended.out.splitlines() if line.startswith("again: "))
    assert " default:mesh --on " in again


def test_torch_is_not_needed():
    import subprocess
    import sys

    code = (
        "import mien.comparison.writing, mien.comparison.compare, mien.cli.comparisons, sys, "
        "mien.comparison.boxes, mien.comparison.boxwriting, mien.cli.comparedboxes; "
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
