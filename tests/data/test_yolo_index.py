"""Folders with YOLO labels as a data set: one row a picture."""

import numpy as np
import pytest

from mien.data import read, write
from mien.data.checking import check
from mien.data.findings import Findings
from mien.data.yolo import read as read_all
from tests.data.recorded import three


@pytest.fixture
def root(tmp_path):
    write("yolo", tmp_path / "set", three())
    return tmp_path / "set"


def test_an_example_is_an_export_of_roboflow(root):
    assert "../train/images" in (root / "data.yaml").read_text()
    found = read_all(root)
    assert found.names == ("happiness", "neutral")
    assert [len(found.splits[name]) for name in ("train", "val")] == [6, 2]


def test_class_box_and_part_of_each_picture(root):
    index = read("yolo", root)
    assert index.part == ("train",) * 6 + ("val",) * 2
    assert index.expression.classes == ("happiness", "neutral")
    assert index.path[0] == "train/images/P000_0_0.jpg"
    assert index.expression.value.tolist() == [1, 0] * 4
    points = three()[0].points[-1]
    wanted = np.clip([*points.min(axis=0), *points.max(axis=0)], -0.5, 95.5)
    np.testing.assert_allclose(index.box[1], wanted, atol=1e-3)


def test_the_largest_box_counts(root):
    labels = root / "train/labels/P000_0_0.txt"
    labels.write_text("0 .5 .5 .2 .2\n1 .25 .5 .5 1\n0 .5 .5 .1 .9\n")
    index = read("yolo", root)
    assert index.expression.value[0] == 1
    np.testing.assert_allclose(index.box[0], [-0.5, -0.5, 47.5, 95.5], atol=1e-4)


def test_a_picture_without_objects_is_not_known(root):
    (root / "train/labels/P000_0_0.txt").write_text("")
    index = read("yolo", root)
    assert index.expression.known.tolist() == [False] + [True] * 7
    assert np.isnan(index.box[0]).all()


def test_a_picture_in_two_splits_is_one_row(root):
    yaml = (root / "data.yaml").read_text().replace("../valid", "../train")
    (root / "mine.yaml").write_text(yaml)
    findings = Findings()
    index = read("yolo", root / "mine.yaml", findings)
    assert index.part == ("train",) * 6
    assert index.root == root
    assert findings.counts() == {"in two splits": 6}


def test_pictures_made_from_one_are_one_person(root):
    for copy in "ab":
        for kind, suffix in (("images", "jpg"), ("labels", "txt")):
            old = root / f"train/{kind}/P000_0_0.{suffix}"
            new = old.with_name(f"anna_jpg.rf.{copy}.{suffix}")
            new.write_bytes(old.read_bytes())
    assert read("yolo", root).subject.count("anna") == 2


def test_checking_finds_bad_lines_and_bad_pictures(root):
    (root / "train/labels/P000_0_0.txt").write_text("0 .5 .5 .2 .2\n0 1.5 .5 .2 .2\n")
    (root / "valid/images/P002_0_0.jpg").write_bytes(b"no")
    findings = Findings()
    index = read("yolo", root, findings)
    report = check(index, findings, find=lambda *_: None, sample=0)
    kinds = {(one.kind, one.place) for one in report.findings}
    assert ("box outside", "train/labels/P000_0_0.txt:2") in kinds
    assert ("unreadable picture", "valid/images/P002_0_0.jpg") in kinds
    assert not report.clean
