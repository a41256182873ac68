"""CAER-S: folders of parts and classes under the names that copies have."""

import pytest

from mien.data import caers
from mien.data.findings import Findings
from mien.errors import InputError
from tests.data.recorded import three


@pytest.fixture
def root(tmp_path):
    caers.write(tmp_path / "caers", three())
    return tmp_path / "caers"


def read(root):
    findings = Findings()
    return caers.read(root, findings), list(findings)


def names(index):
    return [index.expression.classes[value] for value in index.expression.value.tolist()]


def test_classes_are_the_folders_by_name(root):
    assert sorted(caers.FOLDERS) == list(caers.FOLDERS)
    index, findings = read(root)
    assert not findings
    assert index.path[0] == "train/Happy/0001.png"
    assert names(index) == ["happiness"] * 3 + ["neutral"] * 3 + ["happiness", "neutral"]
    assert index.part == ("train",) * 6 + ("test",) * 2
    assert index.expression.value.tolist()[0] == 3
    assert index.number.tolist()[:3] == [1, 2, 3]


def test_the_part_valid_is_for_testing_unless_there_is_another(root):
    (root / "test").rename(root / "valid")
    index, findings = read(root)
    assert not findings
    assert set(index.part) == {"train", "test"}
    assert index.path[-1] == "valid/Neutral/0001.png"
    (root / "test" / "Anger").mkdir(parents=True)
    (root / "valid" / "Happy" / "0001.png").rename(root / "test" / "Anger" / "7.JPG")
    index, _ = read(root)
    assert index.part == ("train",) * 6 + ("validate", "test")


def test_a_class_that_is_no_class_or_is_missing_is_noted(root):
    (root / "train" / "Fear").rmdir()
    (root / "train" / "Contempt").mkdir()
    _, findings = read(root)
    assert [(one.kind, one.place) for one in findings] == [
        ("code out of range", "train/Contempt"),
        ("no picture", "train/Fear"),
    ]
    with pytest.raises(InputError, match="Contempt: is no class of CAER-S, expected Anger"):
        caers.read(root, Findings(strict=True))


@pytest.mark.parametrize(
    ("one", "other"), [("train/Happy", "train/happy"), ("test", "TEST"), ("valid", "val")]
)
def test_folders_of_one_name_are_both_read_and_noted(one, other, root):
    (root / one).mkdir(exist_ok=True)
    (root / other).mkdir()
    if (root / other).samefile(root / one):
        pytest.skip("this disk knows no capitals")
    kept = root / "test" / "Happy" / "0001.png"
    place = root / other if "/" in other else root / other / "Happy"
    place.mkdir(exist_ok=True)
    (place / "9.png").write_bytes(kept.read_bytes())
    index, findings = read(root)
    added = (place / "9.png").relative_to(root).as_posix()
    assert index.path.count(added) == 1
    assert names(index)[index.path.index(added)] == "happiness"
    assert len(index) == 9
    twice = [one.place for one in findings if one.kind == "duplicate"]
    assert twice == ([] if other == "val" else [max(one, other)])
    if twice:
        with pytest.raises(InputError, match=r"is the same name as .*, and both are read"):
            caers.read(root, Findings(strict=True))


def test_an_empty_copy_is_refused(tmp_path):
    for name in caers.FOLDERS:
        (tmp_path / "train" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=r"no picture .* expected e\.g\. train/Anger/0001\.png"):
        caers.read(tmp_path, Findings())
