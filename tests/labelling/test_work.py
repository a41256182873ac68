"""What is said of pictures: label files, lists, data.yaml, and going on."""

import json
import os

import numpy as np
import pytest

from mien.data.yolo import read
from mien.errors import InputError
from mien.labelling.work import Answer, Work
from tests.labelling.conftest import NAMES, write_picture

AWAKE, SLEEP, BARE = (0, 0.5, 0.5, 0.2, 0.4), (1, 0.4, 0.5, 0.2, 0.4), (None, 0.5, 0.5, 0.2, 0.4)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_nothing_is_written_before_something_is_said(folder):
    before = contents(folder)
    work = Work(folder, NAMES)
    assert [place.name for place in work.places] == [
        "1.png", "10.png", "2.png", "3.png", "more/1.png",
    ]  # fmt: skip
    assert work.tally().states == {"open": 5}
    assert contents(folder) == before


def test_what_is_said_is_read_by_the_reader_of_yolo(folder):
    before = contents(folder)
    work = Work(folder, NAMES, share=0.5)
    for number, box in ((0, AWAKE), (1, AWAKE), (2, SLEEP), (4, SLEEP)):
        work.save(number, Answer((box, (0, 0.9, 0.9, 0.1, 0.1)) if number == 4 else (box,)))
    work.save(3, Answer(()))
    said = read(folder)
    assert said.names == NAMES
    assert [len(said.splits[name]) for name in ("train", "val", "test")] == [3, 2, 0]
    boxes = {
        path.relative_to(folder).as_posix(): boxes
        for split in said.splits.values()
        for path, boxes in zip(split.path, split.boxes, strict=True)
    }
    np.testing.assert_allclose(boxes["more/1.png"], [SLEEP, (0, 0.9, 0.9, 0.1, 0.1)], atol=1e-6)
    assert boxes["3.png"].shape == (0, 5)
    for split in ("train", "val"):
        classes = [boxes[0, 0] for boxes in said.splits[split].boxes if len(boxes)]
        assert sorted(classes) == [0, 1]
    assert {name: data for name, data in contents(folder).items() if name in before} == before


def test_what_is_not_finished_is_in_no_list_and_has_no_labels(folder):
    work = Work(folder, NAMES)
    work.save(0, Answer((AWAKE,)))
    work.save(1, Answer((AWAKE, BARE)))
    work.save(2, Answer((SLEEP,), skipped=True))
    assert (folder / "train.txt").read_text() == "./1.png\n"
    assert not (folder / "10.txt").exists()
    work.save(0, Answer((BARE,)))
    assert not (folder / "1.txt").exists()
    assert (folder / "train.txt").read_text() == ""
    tally = work.tally()
    assert tally.states == {"open": 4, "skipped": 1}
    assert not tally.pictures


def test_the_tally_counts_pictures_and_boxes_of_each_class(folder):
    work = Work(folder, NAMES)
    work.save(0, Answer((AWAKE, SLEEP, SLEEP)))
    work.save(1, Answer((SLEEP,)))
    work.save(2, Answer((AWAKE,), skipped=True))
    tally = work.tally()
    assert tally.pictures == {0: 1, 1: 2}
    assert tally.boxes == {0: 1, 1: 3}
    assert tally.train + tally.val == 2


def test_it_goes_on_where_it_was(folder):
    work = Work(folder, NAMES, share=0.4, seed=7)
    work.save(0, Answer((AWAKE,)))
    work.save(1, Answer((SLEEP, BARE)))
    work.save(2, Answer((SLEEP,), skipped=True))
    work.save(3, Answer(()))
    again = Work(folder)
    assert (again.names, again.share, again.seed) == (NAMES, 0.4, 7)
    assert [again.answer(number).state for number in range(5)] == [
        "labelled", "open", "skipped", "none", "open",
    ]  # fmt: skip
    assert again.answer(1) == work.answer(1)
    np.testing.assert_allclose(again.answer(2).boxes, work.answer(2).boxes, atol=1e-6)
    assert again.answer(4).boxes is None


def test_classes_keep_their_places(folder):
    Work(folder, NAMES).save(0, Answer((SLEEP,)))
    assert Work(folder, (*NAMES, "drowsy")).names == ("awake", "sleep", "drowsy")
    for names in (("sleep", "awake"), ("awake",)):
        with pytest.raises(InputError, match="begun with --classes awake,sleep"):
            Work(folder, names)


@pytest.mark.parametrize(
    ("names", "says"),
    [((), "which classes"), (("a", "a"), "each class once"), (("a", " "), "each class"),
     (("a\n",), "each class")],
)  # fmt: skip
def test_classes_are_needed(folder, names, says):
    with pytest.raises(InputError, match=says):
        Work(folder, names)


def test_labels_of_other_tools_are_taken_up(folder):
    (folder / "2.txt").write_text("1 0.5 0.5 0.25 0.25\n")
    assert Work(folder, NAMES).answer(2) == Answer(((1, 0.5, 0.5, 0.25, 0.25),))
    with pytest.raises(InputError, match=r"2\.txt:1: class 1, expected 0; .* mend it or move it"):
        Work(folder, ("awake",))


def test_a_text_beside_a_picture_that_is_no_label_is_never_written_over(folder):
    (folder / "2.txt").write_text("a man who sleeps")
    with pytest.raises(InputError, match=r"2\.txt:1: .*move it"):
        Work(folder, NAMES)


@pytest.mark.parametrize("name", ["data.yaml", "train.txt", "val.txt"])
def test_files_of_others_are_never_written_over(folder, name):
    (folder / name).write_text("mine")
    with pytest.raises(InputError, match=f"{name} that mien annotate did not write"):
        Work(folder, NAMES)


def test_a_folder_named_images_has_its_labels_beside_it(tmp_path):
    write_picture(tmp_path / "images" / "anna" / "1.png")
    work = Work(tmp_path / "images", NAMES)
    work.save(0, Answer((SLEEP,)))
    assert (tmp_path / "labels" / "anna" / "1.txt").read_text().startswith("1 0.4")
    assert len(read(tmp_path).splits["train"].boxes[0]) == 1
    assert [path.name for path in (tmp_path / "images").rglob("*.*")] == ["1.png"]


def test_below_a_folder_named_images_the_labels_stay_inside(tmp_path):
    folder = write_picture(tmp_path / "images" / "forty" / "1.png").parent
    Work(folder, NAMES).save(0, Answer((SLEEP,)))
    assert (folder / "1.txt").is_file()
    assert len(read(folder).splits["train"].boxes[0]) == 1
    (tmp_path / "labels" / "forty").mkdir(parents=True)
    (tmp_path / "labels" / "forty" / "1.txt").touch()
    with pytest.raises(InputError, match="which readers would take"):
        Work(folder)


@pytest.mark.parametrize("name", ["1.jpg", "train.png"])
def test_pictures_that_would_share_a_label_file(folder, name):
    write_picture(folder / name)
    with pytest.raises(InputError, match=r"would share .*\.txt with"):
        Work(folder, NAMES)


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be")
@pytest.mark.parametrize("name", ["a\nb.png", "a\\b.png", "a\udcffb.png"])
def test_names_that_no_list_can_hold(folder, name):
    write_picture(folder / "1.png").rename(folder / name)
    with pytest.raises(InputError, match="cannot stand in a list") as error:
        Work(folder, NAMES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"classes": ["a"], "val": 1, "seed": 0, "skipped": [], "drafts": []}',
             '{"classes": ["a"], "val": 1, "seed": 0, "skipped": [], "drafts": {"1.png": [1]}}',
             '{"classes": ["a"], "val": 0, "seed": 0, "skipped": [], "drafts": {"1": ["abcd5"]}}',
             '{"classes": ["a"], "val": 0, "seed": 0, "skipped": [[]], "drafts": {}}',
             '{"classes": [1], "val": 0, "seed": 0, "skipped": [], "drafts": {}}'],
)  # fmt: skip
def test_a_damaged_state_is_told(folder, text):
    (folder / "annotate.json").write_text(text)
    with pytest.raises(InputError, match="not as mien annotate writes it"):
        Work(folder, NAMES)


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_the_share_is_checked(folder, share):
    with pytest.raises(InputError, match="--val is"):
        Work(folder, NAMES, share=share)


@pytest.mark.parametrize(
    "box", [(2, 0.5, 0.5, 0.1, 0.1), (0, 1.5, 0.5, 0.1, 0.1), (0, 0.5, 0.5, 0.0, 0.1),
            (0, 0.5, float("nan"), 0.1, 0.1), (-1, 0.5, 0.5, 0.1, 0.1)],
)  # fmt: skip
def test_boxes_that_no_label_file_may_hold(folder, box):
    work = Work(folder, NAMES)
    with pytest.raises(InputError, match="expected a class and shares"):
        work.save(0, Answer((box,)))
    assert work.answer(0).boxes is None
    assert not (folder / "1.txt").exists()


def test_a_failed_save_is_not_counted(folder):
    work = Work(folder, NAMES)
    (folder / "1.txt").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        work.save(0, Answer((AWAKE,)))
    assert work.answer(0).state == "open"
    (folder / "1.txt").rmdir()
    work.save(0, Answer((AWAKE,)))
    assert json.loads((folder / "annotate.json").read_text())["classes"] == list(NAMES)
    assert work.tally().train == 1


def test_a_missing_or_empty_folder(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Work(tmp_path / "no", NAMES)
    with pytest.raises(InputError, match="holds no pictures"):
        Work(tmp_path, NAMES)
    with pytest.raises(InputError, match="is a file"):
        Work(write_picture(tmp_path / "1.png"), NAMES)
