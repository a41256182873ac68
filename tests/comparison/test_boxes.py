"""Detectors on the same pictures: figures, what is refused, what is told, the page, the files."""

import csv
import json
import shutil
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.comparison import boxcosts
from mien.comparison.boxasking import Look, ask, readable
from mien.comparison.boxes import compare_boxes
from mien.comparison.boxpage import box_page, learned_boxes
from mien.comparison.boxvalues import BoxChoice
from mien.comparison.boxwriting import write_boxes
from mien.comparison.counting import Counted
from mien.comparison.detectors import are_detectors, open_detectors
from mien.comparison.memory import memory_of
from mien.errors import InputError
from mien.evaluation.boxbootstrap import drawn_figures, picture_weights
from mien.evaluation.boxtable import box_table
from mien.files import digest_of
from mien.machine import processor
from mien.recipes.yolo import RECIPES
from mien.training.boxparts import read_boxes
from tests.comparison.made_detectors import AWAKE, SLEEP, detector_of, set_of
from tests.comparison.made_runs import run_of
from tests.comparison.pages import needs_nothing
from tests.evaluation.coloured import cache_of

QUICK = BoxChoice(cost=False)
SURE = ((0.9, 0.1), (0.1, 0.8))
ONE = ((0.9, 0.1), (0.1, 0.0))
"""Finds the first class alone."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return set_of(tmp_path_factory.mktemp("boxes"), train=4, val=2, test=10)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("runs")
    return (
        detector_of(folder / "both", data, SURE, "both", small=ONE, paper=True),
        detector_of(folder / "one", data, ONE, "one"),
    )


@pytest.fixture(scope="module")
def compared(runs, data):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(boxcosts, "memory_of", lambda *_: 12.0)
        return compare_boxes(open_detectors(runs), data, BoxChoice(), "mien compare both one")


def test_figures_are_those_of_the_table_and_the_draws(compared, runs, data):
    part, true, _ = readable(read_boxes(data).part("test"))
    assert true[0].box[0].tolist() == [2 * end for end in AWAKE]  # in pixels of the picture
    assert true[1].box[0].tolist() == pytest.approx([2 * end for end in SLEEP], abs=1e-3)
    weights = picture_weights([path.stem for path in part.path])
    drawn = []
    for one in compared.standings:
        look = Look(one.entrant.file, one.entrant.spec)
        said = ask(look, one.entrant.spec, part, ("awake", "sleep"))
        wanted = box_table(said.boxes, true, ("awake", "sleep"))
        assert one.table.to_values() == wanted.to_values()
        drawn.append(drawn_figures(said.boxes, true, 2, weights))
        each, means = drawn[-1]
        low, high = np.quantile(means[:, 0], [0.025, 0.975])
        assert one.intervals["map50"].mean == pytest.approx((low, high))
        low = np.nanquantile(each[:, 1, 1], 0.025)
        assert one.intervals["map50_95"].low[1] == pytest.approx(low)
    (pair,) = compared.pairs
    assert pair.mean == pytest.approx(
        compared.standings[0].figure("map50") - compared.standings[1].figure("map50")
    )
    gap = drawn[0][1][:, 0] - drawn[1][1][:, 0]
    assert pair.interval.mean == pytest.approx(tuple(np.quantile(gap, [0.025, 0.975])))
    assert pair.better == 0
    about = compared.about
    assert (about.part, about.pictures, about.instances, about.warnings) == ("test", 10, 10, ())


def test_the_second_metric_and_the_other_order(runs, data):
    choice = replace(QUICK, metric="map50_95")
    found = compare_boxes(open_detectors(runs[::-1]), data, choice, "")
    assert found.pairs[0].better == 1
    assert found.pairs[0].mean < 0
    with pytest.raises(InputError, match="'f1' is no metric of detectors; there are map50, map50_"):
        BoxChoice("f1")


def test_classes_go_by_their_names(tmp_path, data, runs):
    turned = detector_of(
        tmp_path / "turned", data, [pair[::-1] for pair in SURE], "turned",
        classes=("SLEEP", "Awake"),
    )  # fmt: skip
    found = compare_boxes(open_detectors([runs[0], turned]), data, QUICK, "")
    first, second = found.standings
    assert first.table.to_values() == second.table.to_values()
    np.testing.assert_array_equal(found.said[0].highest, found.said[1].highest)
    assert found.pairs[0].better is None
    other = detector_of(tmp_path / "other", data, SURE, "other", classes=("cat", "dog"))
    with pytest.raises(InputError, match=r"both finds awake, sleep, and .*other cat, dog"):
        open_detectors([runs[0], other])
    cats = set_of(tmp_path / "cats", names=("cat", "sleep"), train=2, test=2)
    with pytest.raises(InputError, match="has the classes cat, sleep, and both finds awake, sleep"):
        compare_boxes(open_detectors(runs), cats, QUICK, "")


def test_detectors_and_networks_of_faces_are_not_mixed(tmp_path, runs):
    cache = cache_of(tmp_path / "set")
    faces = run_of(tmp_path / "faces" / "fold2", cache, name="faces")
    assert are_detectors(runs)
    assert not are_detectors([faces, faces.parent, Path("default")])
    for other in (faces, faces.parent, Path("default")):
        with pytest.raises(
            InputError, match=r"is a detector, which finds boxes, and .* reads face"
        ):
            are_detectors([other, runs[0]])
    with pytest.raises(InputError, match="there is no file"):
        are_detectors([runs[0], tmp_path / "nowhere"])
    assert not are_detectors([tmp_path / "nowhere"])


def test_one_alone_or_twice_is_refused(runs):
    with pytest.raises(InputError, match="1 network came, expected two or more"):
        open_detectors(runs[:1])
    with pytest.raises(InputError, match="are the same network"):
        open_detectors([runs[0], runs[0] / "model.onnx"])


def test_val_is_taken_without_test_and_its_epoch_was_chosen_there(tmp_path):
    data = set_of(tmp_path / "set", train=2, val=4)
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    found = compare_boxes(open_detectors(two), data, QUICK, "")
    assert found.about.part == "val"
    assert [line.partition(" was")[0] for line in found.about.warnings] == [
        *("The epoch of a", "The epoch of b")
    ]
    assert found.notes == ("data.yaml has no test part: detectors are compared on val.",)
    bare = set_of(tmp_path / "bare", train=2)
    with pytest.raises(InputError, match="has no pictures in test: or val: to compare on"):
        compare_boxes(open_detectors(two), bare, QUICK, "")


def test_pictures_that_cannot_be_read_are_left_out_and_counted(tmp_path):
    data = set_of(tmp_path / "set", train=2, test=5)
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    folder = tmp_path / "set" / "test" / "images"
    (folder / "test1.png").write_bytes((folder / "test1.png").read_bytes()[:60])
    (folder / "test3.png").write_bytes(b"no picture")
    found = compare_boxes(open_detectors(two), data, QUICK, "")
    assert [path.name for path in found.part.path] == ["test0.png", "test2.png", "test4.png"]
    assert (found.about.pictures, found.about.instances) == (3, 3)
    assert {row.instances for row in found.standings[0].table.rows} == {3, 0}
    (note,) = found.notes
    assert note.startswith(
        "2 of 5 pictures cannot be read and are left out, the first: test1.png is damaged or inc"
    )
    assert escape(note) in box_page(found, [])
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"no picture of test can be read; the first: test0\.png"):
        compare_boxes(open_detectors(two), data, QUICK, "")


def test_a_picture_that_is_all_width_is_shown_too(tmp_path):
    data = set_of(tmp_path / "set", train=2, test=3)
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    strip = Image.new("RGB", (3000, 2))
    strip.save(tmp_path / "set" / "test" / "images" / "test1.png")
    found = compare_boxes(open_detectors(two), data, QUICK, "")
    assert any(found.part.path[one.row].name == "test1.png" for one in found.disputes)
    assert "data:image/jpeg" in box_page(found, [], show=True)


def test_a_picture_made_from_one_of_the_training_part_is_a_leak(tmp_path):
    data = set_of(tmp_path / "set", train=4, test=4)
    for inner, end in (("images", "png"), ("labels", "txt")):
        folder = tmp_path / "set"
        (folder / "train" / inner / f"train3.{end}").rename(
            folder / "train" / inner / f"anna_jpg.rf.0a1b.{end}"
        )
        (folder / "test" / inner / f"test3.{end}").rename(
            folder / "test" / inner / f"anna_jpg.rf.9f8e.{end}"
        )
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    with pytest.raises(InputError, match=r"LEAKAGE: 1 of the 4 pictures \(anna_jpg.rf.9f8e.png\)"):
        compare_boxes(open_detectors(two), data, QUICK, "")
    found = compare_boxes(open_detectors(two), data, replace(QUICK, anyway=True), "")
    assert found.about.warnings[0].startswith("LEAKAGE: ")
    assert box_page(found, []).count("LEAKAGE: ") >= 5


def test_the_same_file_in_both_parts_is_a_leak_and_the_same_name_is_none(tmp_path):
    data = set_of(tmp_path / "set", train=4, test=4)
    folder = tmp_path / "set"
    for inner, end in (("images", "png"), ("labels", "txt")):
        for part in ("train", "test"):  # two pictures that are called 1 in their folders
            path = folder / part / inner / f"{part}1.{end}"
            path.rename(path.with_name(f"1.{end}"))
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    assert compare_boxes(open_detectors(two), data, QUICK, "").about.warnings == ()
    shutil.copy(folder / "train/images/train0.png", folder / "test/images/test2.png")
    two = [detector_of(tmp_path / name, data, name=name) for name in ("c", "d")]
    with pytest.raises(InputError, match=r"LEAKAGE: 1 of the 4 pictures \(test2.png\) are in the"):
        compare_boxes(open_detectors(two), data, QUICK, "")


def test_of_another_set_or_a_bare_file_nobody_knows(tmp_path, runs, data):
    other = set_of(tmp_path / "set", train=2, test=4)
    found = compare_boxes(open_detectors(runs), other, QUICK, "")
    assert [line[:47] for line in found.about.warnings] == [
        *(
            "It is not known whether both learned from these",
            "It is not known whether one learned from these ",
        )
    ]
    shutil.copy(runs[1] / "model.onnx", tmp_path / "bare.onnx")
    found = compare_boxes(open_detectors([runs[0], tmp_path / "bare.onnx"]), data, QUICK, "")
    (line,) = found.about.warnings
    assert line.startswith("It is not known whether one learned")


def test_pictures_made_from_one_are_drawn_together(tmp_path):
    data = set_of(tmp_path / "set", train=2, test=4)
    for number in range(4):
        for inner, end in (("images", "png"), ("labels", "txt")):
            path = tmp_path / "set" / "test" / inner / f"test{number}.{end}"
            path.rename(path.with_name(f"eva_jpg.rf.{number}a.{end}"))
    two = [detector_of(tmp_path / name, data, name=name) for name in ("a", "b")]
    found = compare_boxes(open_detectors(two), data, QUICK, "")
    assert (found.about.sources, found.pairs) == (1, ())
    assert "All pictures were made from one" in box_page(found, [])
    assert "4 pictures made from 1 with 4 boxes" in found.about.line()


def test_where_they_disagree(compared):
    first = compared.disputes[0]
    assert (first.name, first.said) == ("sleep", pytest.approx((0.8, 0.1)))
    assert first.truth == 0.0  # the first picture shows nobody asleep
    assert compared.apart[1].split == 1.0
    assert compared.apart[0].split == 0.0


def test_costs_are_counted_and_8_bits_have_their_figure(compared, runs, data):
    both, one = compared.standings
    assert [cost.precision for cost in both.costs] == ["fp32", "int8"]
    assert len(one.costs) == 1
    assert both.costs[1].digest == digest_of(runs[0] / "model.int8.onnx")
    assert both.costs[0].size == (runs[0] / "model.onnx").stat().st_size
    assert both.costs[0].seconds > 0
    assert both.small == pytest.approx(one.figure("map50"))  # it finds the first class alone
    assert both.small != pytest.approx(both.figure("map50"))


def test_all_are_timed_on_the_largest_square_that_one_of_them_reads(runs, data, monkeypatch):
    both, one = open_detectors(runs)
    larger = replace(one, spec=replace(one.spec, size=48))
    timed = []

    def no_time(works):
        timed.extend(works)
        return [1.0 + place for place in range(len(works))]

    monkeypatch.setattr(boxcosts, "seconds_per_crop", no_time)
    monkeypatch.setattr(boxcosts, "memory_of", lambda *_: 12.0)
    monkeypatch.setattr(boxcosts, "count", lambda *_: Counted(7, 9, ()))
    costs = boxcosts.box_costs([both, larger], read_boxes(data).part("test"))
    assert [work.images.shape for work in timed] == [(boxcosts.SHOWN, 48, 48, 3)] * 3
    # pictures of one colour fill their square: nothing is left of one that was cut or put in grey
    assert timed[0].images[1].reshape(-1, 3).tolist() == [[10, 200, 0]] * 48**2
    assert [[cost.seconds for cost in each] for each in costs] == [[1.0, 2.0], [3.0]]


def test_the_memory_of_a_detector(runs):
    pytest.importorskip("resource")  # Windows does not tell
    assert memory_of(str(runs[0] / "model.onnx"), 32) >= 0
    assert memory_of(str(runs[0] / "model.onnx"), 33) is None  # it reads pictures of 32 pixels


def test_the_page_is_whole_and_every_section_says_where_it_is_from(compared):
    learned = list(learned_boxes(compared, {}.get))
    text = box_page(compared, learned, show=True)
    needs_nothing(text)
    sections = text.split("<h2>")[1:]
    titles = [one.partition("</h2>")[0] for one in sections]
    assert titles == [
        *("Scores", "Told apart by mAP50", "Each class", "Beside the papers", "What they cost"),
        *("How they learned", "Where they disagree", "What was asked"),
    ]
    for name, one in zip(titles, sections, strict=True):
        if name == "How they learned":
            assert one.count("mien 0.0.9 at abcdef012345.") == 2
            assert one.count('class="dot chosen') == 4 + 2  # box in both parts, class in training
        else:
            assert escape(compared.about.line()) in one
            assert "mien compare both one" in one
    first = compared.standings[0]
    low, high = first.intervals["map50"].mean
    assert f"{first.figure('map50'):.3f} [{low:.3f}, {high:.3f}]" in text
    assert "a paper, 2020; other pictures" in text
    assert text.count("data:image/jpeg;base64,") == len(compared.disputes)
    assert "data:image" not in box_page(compared, learned)


def test_the_command_names_what_was_changed(runs, compared):
    known = replace(RECIPES["yolo-small"](), name="both")
    found = next(learned_boxes(compared, {"both": known}.get))
    assert found.chosen == 1
    assert found.command.startswith("mien train both --data DATA.yaml --set data.size=640 ")
    assert [plot for line in found.lines for plot in line if plot == "train.class"]


def test_every_row_of_the_files_says_where_it_is_from(compared, tmp_path):
    files = write_boxes(compared, list(learned_boxes(compared, {}.get)), tmp_path / "out")
    assert [one.name for one in files] == [
        *("compare.html", "disagreements.csv", "scores.csv", "compare.json")
    ]
    with (tmp_path / "out" / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["part"], row["command"]) for row in rows} == {("test", "mien compare both one")}
    assert all(len(row["sha256"]) == len(row["data_digest"]) == 64 for row in rows)
    assert {row["processor"] for row in rows if row["of"] == "cost"} == {processor()}
    small = [row for row in rows if row["precision"] == "int8" and row["of"] == "mean"]
    assert [float(row["value"]) for row in small] == [compared.standings[0].small]
    first = next(row for row in rows if (row["of"], row["metric"]) == ("mean", "map50"))
    assert float(first["low"]) == compared.standings[0].intervals["map50"].mean[0]
    assert "cpu_seconds_per_picture" in {row["metric"] for row in rows}
    values = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert values["pairs"][0]["mean"] == compared.pairs[0].mean
    assert [one["epochs"][1]["train.box"] for one in values["learned"]] == [2.0, 2.0]
    with (tmp_path / "out" / "disagreements.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["path"].endswith("test0.png")
    assert float(rows[0]["both"]) - float(rows[0]["one"]) == pytest.approx(
        float(rows[0]["spread"]), abs=1e-6
    )
