"""AffectNet: pictures with a class in a small array each, and a folder without labels."""

import numpy as np
import pytest

from mien.data import affectnet, faces
from mien.data.cache import open_cache, prepare
from mien.data.findings import Findings
from mien.errors import InputError
from tests.data.recorded import three

LABELS = "train_set/annotations"


@pytest.fixture
def root(tmp_path):
    affectnet.write(tmp_path / "affectnet", three())
    return tmp_path / "affectnet"


def read(root, reader=affectnet.read):
    findings = Findings()
    return reader(root, findings), findings


def named(index):
    names = [index.expression.classes[value] for value in index.expression.value.tolist()]
    return dict(zip(index.path, names, strict=True))


def test_classes_parts_and_pictures(root):
    index, findings = read(root)
    assert not list(findings)
    assert [name[:3] for name in affectnet.CLASSES] == [
        "neu", "hap", "sad", "sur", "fea", "dis", "ang", "con",
    ]  # fmt: skip
    assert index.part == ("train",) * 6 + ("test",) * 2
    assert np.load(root / LABELS / "0_exp.npy").dtype.kind == "U"
    assert named(index)["train_set/images/0.jpg"] == "happiness"
    assert named(index)["val_set/images/7.jpg"] == "neutral"
    assert len(set(index.subject)) == len(index)


def test_seven_classes_do_not_know_contempt(root):
    np.save(root / LABELS / "0_exp.npy", np.array("7"))
    index, findings = read(root, affectnet.read_seven)
    assert not list(findings)
    assert index.name == "affectnet-seven"
    assert index.expression.classes == affectnet.CLASSES[:7]
    known = dict(zip(index.path, index.expression.known.tolist(), strict=True))
    assert [path for path, one in known.items() if not one] == ["train_set/images/0.jpg"]
    assert index.expression.value.max() < 7


def test_numbers_and_texts_are_both_read_and_older_classes_are_not_known(root):
    np.save(root / LABELS / "0_exp.npy", np.int64(6))
    np.save(root / LABELS / "1_exp.npy", np.array("9"))
    index, findings = read(root)
    assert not list(findings)
    assert named(index)["train_set/images/0.jpg"] == "anger"
    known = dict(zip(index.path, index.expression.known.tolist(), strict=True))
    assert not known["train_set/images/1.jpg"]
    assert sum(known.values()) == 7


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (np.array("11"), "code out of range"),
        (np.array("happy"), "code out of range"),
        (np.array([1, 2]), "bad line"),
        (b"no array", "bad line"),
        (b"", "bad line"),
        (b"PK\x03\x04 no archive", "bad line"),
        (b"\x93NUMPY\x01\x00\x1c\x00{'descr': '<U1', 'shape': ((", "bad line"),
    ],
)
def test_a_bad_label_names_its_file(root, value, kind):
    path = root / LABELS / "1_exp.npy"
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        np.save(path, value)
    index, findings = read(root)
    (finding,) = findings
    assert (finding.kind, finding.place) == (kind, f"{LABELS}/1_exp.npy")
    assert "train_set/images/1.jpg" not in index.path
    assert findings.left_out == 1
    with pytest.raises(InputError, match=r"1_exp\.npy"):
        affectnet.read(root, Findings(strict=True))


def test_an_array_that_would_run_code_is_not_opened(root):
    np.save(root / LABELS / "1_exp.npy", np.array({"a": print}, object), allow_pickle=True)
    _, findings = read(root)
    assert [one.kind for one in findings] == ["bad line"]


def test_missing_and_unlabelled_pictures(root):
    (root / "train_set/images/0.jpg").rename(root / "train_set/images/99.jpg")
    index, findings = read(root)
    assert [(one.kind, one.place) for one in findings] == [
        ("no picture", f"{LABELS}/0"),
        ("no label", "train_set/images/99.jpg"),
    ]
    assert len(index) == 7


def test_pictures_come_in_the_order_of_their_numbers(tmp_path):
    affectnet.write(tmp_path / "copy", three(tuple(range(8))))
    index, _ = read(tmp_path / "copy")
    assert index.number[:4].tolist() == [0, 1, 2, 3]
    assert (np.diff(index.number[: index.part.count("train")]) > 0).all()


def test_one_of_the_two_sets_will_do_and_none_will_not(root):
    (root / "val_set").rename(root.parent / "away")
    index, _ = read(root)
    assert set(index.part) == {"train"}
    (root / "train_set").rename(root / "set")
    with pytest.raises(InputError, match=r"no folder train_set \(or val_set\), expected the folde"):
        read(root)


def test_any_folder_of_pictures_can_be_prepared(tmp_path):
    faces.write(tmp_path / "mine", three())
    (tmp_path / "mine" / ".hidden").mkdir()
    first = tmp_path / "mine" / "00000" / "00000.jpg"
    (tmp_path / "mine" / ".hidden" / "one.jpg").write_bytes(first.read_bytes())
    (tmp_path / "mine" / "a" / "b").mkdir(parents=True)
    (tmp_path / "mine" / "a" / "b" / "two.JPG").write_bytes(first.read_bytes())
    (tmp_path / "mine" / "a" / "readme.txt").touch()
    index, findings = read(tmp_path / "mine", faces.read)
    assert not list(findings)
    assert len(index) == 17
    assert index.path[-1] == "a/b/two.JPG"
    assert index.occurrence is index.intensity is index.expression is None
    cache = prepare(index, tmp_path / "cache", "whole", 32)
    assert len(open_cache(tmp_path / "cache")) == len(cache) == 17


def test_a_folder_that_cannot_be_walked_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds no picture, expected some .*\.bmp"):
        read(tmp_path / "empty", faces.read)

    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(InputError, match=r"empty cannot be read \(Permission denied\)"):
        read(tmp_path / "empty", faces.read)
