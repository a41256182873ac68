"""RAF-DB: the list, its parts and classes, boxes of the original pictures."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien.data import rafdb
from mien.data.findings import Findings
from mien.errors import InputError
from tests.data.recorded import three

LIST = "basic/EmoLabel/list_patition_label.txt"


@pytest.fixture
def root(tmp_path):
    rafdb.write(tmp_path / "rafdb", three())
    return tmp_path / "rafdb"


def read(root, reader=rafdb.read):
    findings = Findings()
    return reader(root, findings), findings


def only(findings):
    (finding,) = findings
    return finding


def names(index):
    return [index.expression.classes[value] for value in index.expression.value.tolist()]


def test_classes_count_from_1_in_the_order_of_the_set(root):
    assert [name[:3] for name in rafdb.CLASSES] == ["sur", "fea", "dis", "hap", "sad", "ang", "neu"]
    assert (root / LIST).read_text().splitlines()[:2] == ["train_00001.jpg 4", "train_00002.jpg 7"]
    index, findings = read(root)
    assert not list(findings)
    assert names(index)[:2] == ["happiness", "neutral"]


def test_parts_and_subjects(root):
    index, _ = read(root)
    assert index.part == ("train",) * 6 + ("test",) * 2
    assert index.subject[-1] == "test_00002"
    assert len(set(index.subject)) == len(index) == 8


def test_original_pictures_have_boxes(root):
    index, findings = read(root, rafdb.read_original)
    assert not list(findings)
    assert index.path[0] == "basic/Image/original/train_00001.jpg"
    points = three()[0].points[-1]
    np.testing.assert_allclose(index.box[0], [*points.min(axis=0), *points.max(axis=0)], atol=1e-4)
    aligned, _ = read(root)
    assert aligned.box is None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("train_00002.jpg", "bad line"),
        ("train_00002.jpg happy", "bad line"),
        ("train_00002.jpg --5", "bad line"),
        (f"train_00002.jpg {'1' * 5000}", "bad line"),
        ("00002.jpg 4", "bad line"),
        ("train_00001.jpg 4", "duplicate"),
        ("train_00002.jpg 8", "code out of range"),
        ("train_00002.jpg 0", "code out of range"),
        ("train_00002.jpg -1", "code out of range"),
    ],
)
def test_a_bad_line_names_file_and_line(root, line, kind):
    lines = (root / LIST).read_text().splitlines()
    lines[1] = line
    (root / LIST).write_text("\n".join(lines))
    index, findings = read(root)
    first = next(iter(findings))
    assert (first.kind, first.place) == (kind, f"{LIST}:2")
    known = dict(zip(index.subject, index.expression.known.tolist(), strict=True))
    assert not known.get("train_00002", False)
    assert known["train_00003"]
    assert findings.left_out == (kind == "bad line")
    with pytest.raises(InputError, match=r"label.txt:2"):
        rafdb.read(root, Findings(strict=True))


def test_missing_and_unlisted_pictures(root):
    (root / "basic/Image/aligned/train_00002_aligned.jpg").rename(
        root / "basic/Image/aligned/train_00099_aligned.jpg"
    )
    index, findings = read(root)
    assert [(one.kind, one.place) for one in findings] == [
        ("no picture", f"{LIST}:2"),
        ("no label", "basic/Image/aligned/train_00099_aligned.jpg"),
    ]
    assert "train_00002" not in index.subject
    assert len(index) == 7
    assert findings.left_out == 1


def test_many_missing_pictures_are_a_few_findings(tmp_path):
    root = tmp_path / "rafdb"
    rafdb.write(root, three(tuple(range(30))))
    for path in (root / "basic/Image/aligned").glob("train*"):
        if path.name != "train_00001_aligned.jpg":
            path.unlink()
    _, findings = read(root)
    assert len(findings) == 11
    assert "29 more" in [one.what for one in findings][-1]


@pytest.mark.parametrize("text", ["1 2 3", "10 10 5 20", "10 10 20 5", "a b c d", ""])
def test_a_bad_box(root, text):
    (root / "basic/Annotation/boundingbox/train_00001_boundingbox.txt").write_text(text)
    index, findings = read(root, rafdb.read_original)
    assert only(findings).kind == "bad line"
    assert "train_00001_boundingbox.txt" in only(findings).place
    assert np.isnan(index.box[0]).all()
    assert np.isfinite(index.box[1:]).all()


def test_a_copy_without_boxes_is_read(root):
    (root / "basic/Annotation/boundingbox").rename(root / "elsewhere")
    index, findings = read(root, rafdb.read_original)
    assert {one.kind for one in findings} == {"no landmarks"}
    assert np.isnan(index.box).all()


def test_a_missing_box_is_a_remark(root):
    (root / "basic/Annotation/boundingbox/train_00001_boundingbox.txt").unlink()
    index, findings = read(root, rafdb.read_original)
    assert only(findings).kind == "no landmarks"
    assert np.isnan(index.box[0]).all()


def test_contempt_is_not_in_the_set(tmp_path):
    recordings = three((0, 1))
    object.__setattr__(recordings[0], "expression", "contempt")
    rafdb.write(tmp_path / "rafdb", recordings)
    index, _ = read(tmp_path / "rafdb")
    assert names(index) == ["neutral", "happiness", "neutral"]


def test_the_list_may_have_empty_lines(root):
    before, _ = read(root)
    (root / LIST).write_text((root / LIST).read_text().replace("\n", "\n\n"))
    after, findings = read(root)
    assert not list(findings)
    assert after.path == before.path


@pytest.mark.parametrize("kind", ["aligned", "original"])
def test_basic_may_be_the_root_and_its_pictures_may_lie_a_folder_deeper(root, kind):
    reader = {"aligned": rafdb.read, "original": rafdb.read_original}[kind]
    pictures = root / "basic/Image" / kind
    pictures.rename(root / kind)
    pictures.mkdir()
    (root / kind).rename(pictures / kind)
    index, _ = read(root / "basic", reader)
    assert index.path[0].startswith(f"Image/{kind}/{kind}/train_00001")
    (pictures / kind).rename(root / kind)
    pictures.rmdir()
    (root / "basic/Image" / kind / kind).mkdir(parents=True)
    with pytest.raises(InputError, match="no picture with a label"):
        read(root / "basic", reader)


def test_an_aligned_picture_is_the_face_in_the_middle_with_a_tenth_more(tmp_path):
    one = three()[0]
    (x0, y0), (x1, y1) = one.points[-1].min(axis=0), one.points[-1].max(axis=0)
    rows, columns = np.mgrid[:96, :96]
    inside = (x0 <= columns) & (columns <= x1) & (y0 <= rows) & (rows <= y1)
    picture = np.repeat(np.uint8(255 * inside)[..., None], 3, axis=2)
    rafdb.write(tmp_path / "rafdb", [replace(one, images=[picture] * len(one.images))])
    aligned = Image.open(tmp_path / "rafdb/basic/Image/aligned/train_00001_aligned.jpg")
    assert aligned.size == (100, 100)
    seen = np.array(aligned.convert("L")) > 127
    edges = [np.flatnonzero(seen.any(axis=axis))[[0, -1]] for axis in (0, 1)]
    half = 50 / 1.1 * np.array([x1 - x0, y1 - y0]) / max(x1 - x0, y1 - y0)
    np.testing.assert_allclose(edges, np.stack([50 - half, 50 + half], axis=1), atol=2)


def test_half_copied(root):
    (root / "basic/Image/aligned").rename(root / "basic/Image/elsewhere")
    with pytest.raises(InputError, match="no folder Image/aligned"):
        read(root)
    assert len(read(root, rafdb.read_original)[0]) == 8
    (root / LIST).unlink()
    with pytest.raises(InputError, match=r"no file list_patition_label\.txt"):
        read(root)
