"""data.yaml and what it leads to."""

import subprocess
import sys

import numpy as np
import pytest
import yaml as library

from mien.data.findings import Findings
from mien.data.yolo import read
from mien.data.yolo_yaml import read_yaml, write_yaml
from mien.errors import InputError
from tests.data.yolo_folders import export


def names(pictures):
    return [path.name.partition("_")[0] for path in pictures.path]


def test_a_roboflow_export(tmp_path):
    findings = Findings()
    found = read(export(tmp_path / "set"), findings)
    assert not list(findings)
    assert found.names == ("awake", "sleep")
    assert list(found.splits) == ["train", "val", "test"]
    assert names(found.splits["train"]) == ["train0", "train1"]
    assert names(found.splits["val"]) == ["valid0", "valid1"]
    assert len(found.splits["test"]) == 0
    assert found.splits["val"].path[1].parent.name == "images"
    np.testing.assert_allclose(found.splits["train"].boxes[1], [[1, 0.5, 0.5, 0.25, 0.5]])


def test_a_folder_stands_for_its_data_yaml(tmp_path):
    path = export(tmp_path)
    assert read(tmp_path).path == path


@pytest.mark.parametrize(
    "yaml",
    [
        "train: train/images\nval: valid/images\nnames: [awake, sleep]",
        "train: ./train\nvalid: valid\nnames:\n  1: sleep\n  0: awake\nnc: 2",
        "path: .\ntrain: [train/images]\nval: valid/images\nnames: {0: awake, 1: sleep}",
        "path: set\ntrain: train/images\nval: valid/images\ntest:\nnames: [awake, sleep]",
        "path: ../set\ntrain: train/images\nval: valid/images\ntest: ~\nnames: [awake, sleep]",
        "train: set/train/images\nval: set/valid/images\ntest: ''\nnames: [awake, sleep]",
        "train: ../../train/images\nval: ../valid/images\nnames: [awake, sleep]",
        "train: HERE/train/images\nval: HERE/valid/images\nnames: [awake, sleep]",
        "path: HERE\ntrain: train/images\nval: valid/images\nnames: [awake, sleep]",
    ],
)
def test_ways_to_write_it(tmp_path, yaml):
    root = tmp_path / "set"
    found = read(export(root, yaml.replace("HERE", root.as_posix())))
    assert found.names == ("awake", "sleep")
    assert names(found.splits["train"]) == ["train0", "train1"]
    assert names(found.splits["val"]) == ["valid0", "valid1"]


def test_path_counts_before_the_folder_of_the_file(tmp_path):
    export(tmp_path / "other", per=3)
    path = export(
        tmp_path / "set", "path: ../other\ntrain: train/images\nval: valid/images\nnames: [a, b]"
    )
    assert len(read(path).splits["train"]) == 3


def test_two_places_that_may_be_meant_are_refused(tmp_path):
    path = export(tmp_path / "set")
    export(tmp_path)
    with pytest.raises(InputError, match=r"names \.\./train/images, which may be .* or .*set"):
        read(path)


def test_names_are_words_whatever_they_look_like(tmp_path):
    yaml = "train: train\nval: valid\nnames: [yes, null, 1e3, 'on']"
    assert read(export(tmp_path, yaml)).names == ("yes", "null", "1e3", "on")


@pytest.mark.parametrize("word", ["./train/images/{0}", "train/images/{0}", "{1}/train/images/{0}"])
def test_text_lists(tmp_path, word):
    path = export(tmp_path, "train: train.txt\nval: lists/val.txt\nnames: [a, b]")
    words = [word.format(p.name, tmp_path) for p in (tmp_path / "train/images").iterdir()]
    (tmp_path / "train.txt").write_text("\n".join(words) + "\n\n")
    (tmp_path / "lists").mkdir()
    picture = next((tmp_path / "valid/images").iterdir())
    (tmp_path / "lists/val.txt").write_text(f"../valid/images/{picture.name}\n")
    found = read(path)
    assert sorted(names(found.splits["train"])) == ["train0", "train1"]
    assert len(found.splits["val"]) == 1
    assert all(len(boxes) == 1 for boxes in found.splits["train"].boxes)


def test_a_line_of_a_list_without_its_picture(tmp_path):
    path = export(tmp_path, "train: train.txt\nval: valid\nnames: [a, b]")
    picture = next((tmp_path / "train/images").iterdir())
    (tmp_path / "train.txt").write_text(f"train/images/{picture.name}\nlost.jpg\n")
    with pytest.raises(InputError, match=r"train\.txt:2: there is no lost\.jpg"):
        read(path)
    findings = Findings()
    assert len(read(path, findings).splits["train"]) == 1
    assert findings.left_out == 1


def test_a_picture_without_labels_shows_nothing(tmp_path):
    path = export(tmp_path)
    picture, other = sorted((tmp_path / "train/labels").iterdir())
    picture.unlink()
    other.write_text("")
    (tmp_path / "train/labels/extra.txt").touch()
    findings = Findings()
    found = read(path, findings)
    assert [boxes.shape for boxes in found.splits["train"].boxes] == [(0, 5), (0, 5)]
    (finding,) = findings
    assert (finding.kind, finding.place) == ("no label", f"train/images/{picture.stem}.jpg")
    assert len(read(path).splits["train"]) == 2


def test_a_split_without_any_label_file_is_refused(tmp_path):
    path = export(tmp_path)
    (tmp_path / "valid/labels").rename(tmp_path / "valid/lables")
    with pytest.raises(InputError, match=r"no picture of val has labels; expected them as .*\.txt"):
        read(path, Findings())


def test_a_bad_line_names_file_and_line_and_leaves_the_picture_out(tmp_path):
    path = export(tmp_path)
    labels = min((tmp_path / "train/labels").iterdir())
    labels.write_text("0 .5 .5 .2 .2\n7 .5 .5 .2 .2\n")
    with pytest.raises(InputError, match=rf"^train/labels/{labels.name}:2: class 7"):
        read(path)
    findings = Findings()
    assert names(read(path, findings).splits["train"]) == ["train1"]
    (finding,) = findings
    assert (finding.kind, finding.place) == ("code out of range", f"train/labels/{labels.name}:2")
    assert findings.left_out == 1


def test_two_pictures_of_one_stem_share_no_labels(tmp_path):
    path = export(tmp_path)
    picture = min((tmp_path / "train/images").iterdir())
    picture.with_suffix(".png").touch()
    findings = Findings()
    assert len(read(path, findings).splits["train"]) == 2
    assert [one.kind for one in findings] == ["duplicate"]


def test_pictures_of_one_source_in_two_splits_are_remarked(tmp_path):
    path = export(tmp_path)
    for kind, suffix in (("images", "jpg"), ("labels", "txt")):
        (tmp_path / f"valid/{kind}/train0_jpg.rf.ffff.{suffix}").touch()
    findings = Findings()
    read(path, findings)
    (finding,) = findings
    assert finding.kind == "in two splits"
    assert "train0_jpg.rf.ffff.jpg in val, train0_jpg.rf.00ab.jpg in train" in finding.place
    assert findings.clean


def test_hidden_and_other_files_are_no_pictures(tmp_path):
    path = export(tmp_path)
    (tmp_path / "train/images/.hidden").mkdir()
    for name in ("._train0.jpg", "notes.pdf", ".hidden/1.jpg"):
        (tmp_path / "train/images" / name).touch()
    (tmp_path / "train/images/folder.jpg").mkdir()
    assert len(read(path).splits["train"]) == 2


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("", "is empty, expected names"),
        ("- a", "expected names, train and val"),
        ("train: [a\nval: b", r"data\.yaml:\d is no YAML"),
        ("train: train\nval: valid", "names is missing"),
        ("train: train\nval: valid\nnames: awake", "names is 'awake', expected the classes"),
        ("train: train\nval: valid\nnames: []", "expected the classes"),
        ("train: train\nval: valid\nnames: [a, a]", "each class once"),
        ("train: train\nval: valid\nnames: [[a], b]", "expected the classes"),
        ("train: train\nval: valid\nnames: {1: a, 2: b}", "expected 0 to 1"),
        ("train: train\nval: valid\nnames: [a, b]\nnc: 3", "nc is '3', but names has 2"),
        ("train: train\nval: valid\nnames: [a, b]\nnc: many", "nc is 'many'"),
        ("names: [a, b]", "names no pictures"),
        ("train: {a: b}\nnames: [a, b]", "train is .*, expected a folder"),
        ("train: train\nval: val\nnames: [a, b]", "names val, which is neither"),
        ("train: data.yaml\nnames: [a, b]", "expected a folder, a text list"),
        ("path: [a]\ntrain: train\nnames: [a, b]", "expected one folder"),
        ("train: !!python/object/apply:os.system [ls]\nnames: [a]", "names ls, which is neither"),
        ("[" * 3000, "nested too deeply|no YAML"),
        ("a: &a [*a]", "no YAML"),
    ],
)
def test_a_bad_data_yaml_is_one_sentence(tmp_path, yaml, says):
    path = export(tmp_path, yaml)
    with pytest.raises(InputError, match=says) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_a_missing_data_yaml(tmp_path):
    with pytest.raises(InputError, match=r"data\.yaml does not exist"):
        read(tmp_path)


def test_an_empty_copy(tmp_path):
    path = export(tmp_path, per=0)
    with pytest.raises(InputError, match="leads to no picture"):
        read(path)


NAMES = ("awake", "no", 'it\'s "one"', "schläfrig", "7", "a: b", "y")


def test_a_data_yaml_as_written_is_read_by_us_and_others(tmp_path):
    splits = {"train": "train.txt", "val": "my lists/val.txt"}
    write_yaml(tmp_path / "data.yaml", NAMES, splits, "a note")
    said = read_yaml(tmp_path)
    assert said.names == NAMES
    assert {name: places for name, places in said.splits.items() if places} == {
        name: (place,) for name, place in splits.items()
    }
    other = library.safe_load((tmp_path / "data.yaml").read_text(encoding="utf-8"))
    assert other == {**splits, "nc": len(NAMES), "names": dict(enumerate(NAMES))}


def test_reading_loads_no_heavy_library(tmp_path):
    path = export(tmp_path)
    code = (
        "import sys; from mien.data.yolo import read; read(sys.argv[1]); "
        "sys.exit(' '.join({'torch', 'PIL', 'av', 'onnxruntime'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
