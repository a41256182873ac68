"""The lists of JAA-Net and ME-GraphAU: four files in step, parts and unions, unknown labels."""

import numpy as np
import pytest

from mien.data import lists
from mien.data.findings import Findings
from mien.errors import InputError
from tests.data.recorded import FRAMES, three

PART = "list/BP4D_part1"


@pytest.fixture
def root(tmp_path):
    lists.write(tmp_path / "lists", three())
    return tmp_path / "lists"


@pytest.fixture
def parts(root):
    """Without the unions."""
    for path in (root / "list").glob("*combine*"):
        path.unlink()
    return root


@pytest.fixture
def graph(root):
    """As ME-GraphAU has them: no landmarks, folds of train and test."""
    for path in list((root / "list").iterdir()):
        name = path.name
        for old, part, fold in (("part3", "test", 1), ("combine_1_2", "train", 1)):
            name = name.replace(f"BP4D_{old}_path.txt", f"BP4D_{part}_img_path_fold{fold}.txt")
            name = name.replace(f"BP4D_{old}_AUoccur.txt", f"BP4D_{part}_label_fold{fold}.txt")
            if part == "train":
                name = name.replace(f"BP4D_{old}_weight.txt", f"BP4D_weight_fold{fold}.txt")
        path.rename(path.with_name(name))
    for path in (root / "list").iterdir():
        if "fold1" not in path.name:
            path.unlink()
    (root / "imgs/BP4D").rename(root / "img")
    (root / "imgs").rmdir()
    for path in (root / "list").glob("*path*"):
        path.write_text(path.read_text().replace("BP4D/", ""))
    return root


def read(root):
    findings = Findings()
    return lists.read(root, findings), findings


def only(findings):
    (finding,) = findings
    return finding


def change(path, line, text):
    every = path.read_text().splitlines()
    every[line - 1] = text
    path.write_text("\n".join(every) + "\n")


def test_each_picture_is_one_row_of_its_part(root):
    index, findings = read(root)
    assert not list(findings)
    assert len(index) == 4 * FRAMES
    row = index.path.index("imgs/BP4D/F004/T1/3.jpg")
    assert index.part[row] == "BP4D_part3"
    assert (index.subject[row], index.sequence[row], index.number[row]) == ("F004", "F004/T1", 3)
    assert set(index.part) == {"BP4D_part1", "BP4D_part2", "BP4D_part3"}


def test_the_distance_of_the_eyes_is_squared(parts):
    index, _ = read(parts)
    first = float((parts / f"{PART}_biocular.txt").read_text().split()[0])
    row = index.path.index("imgs/BP4D/F001/T1/1.jpg")
    points = index.points.value[row]
    left, right = points[19:25].mean(axis=0), points[25:31].mean(axis=0)
    assert first == pytest.approx(((left - right) ** 2).sum(), rel=1e-5)
    # when the span of the eyes is the longer side, it is 199 / 2.9 pixels
    assert first <= (199 / 2.9) ** 2 + 1e-3


def test_me_graphau(graph):
    index, findings = read(graph)
    assert not list(findings)
    assert set(index.part) == {"BP4D_test_fold1", "BP4D_train_fold1"}
    assert index.points is None
    row = index.path.index("img/F004/T1/3.jpg")
    assert (index.subject[row], index.sequence[row]) == ("F004", "F004/T1")
    assert index.part[row] == "BP4D_test_fold1"
    assert set(lists.read_weights(graph)) >= {"BP4D_train_fold1"}


def test_weights(root):
    weights = lists.read_weights(root)
    codes = np.loadtxt(root / "list/BP4D_combine_1_2_AUoccur.txt")
    found = weights["BP4D_combine_1_2"]
    assert found.shape == (12,)
    assert found.mean() == pytest.approx(1, abs=1e-5)
    rates = codes.mean(axis=0)
    some = np.flatnonzero(rates > 0)
    np.testing.assert_allclose(
        found[some] * rates[some], found[some[0]] * rates[some[0]], rtol=1e-4
    )


@pytest.mark.parametrize("code", ["9", "-1"])
def test_unknown_labels(parts, code):
    cells = (parts / f"{PART}_AUoccur.txt").read_text().splitlines()[1].split()
    cells[6] = code
    change(parts / f"{PART}_AUoccur.txt", 2, " ".join(cells))
    index, findings = read(parts)
    assert not list(findings)
    row = index.path.index("imgs/BP4D/F001/T1/2.jpg")
    known = index.occurrence.of([12]).known[:, 0]
    assert np.flatnonzero(~known).tolist() == [row]
    assert index.occurrence.of([12]).value[row] == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [("0 1 0", "bad line"), ("a" + " 0" * 11, "bad line"), ("2" + " 0" * 11, "code out of range")],
)
def test_a_bad_line_of_labels(parts, text, kind):
    before, _ = read(parts)
    change(parts / f"{PART}_AUoccur.txt", 3, text)
    index, findings = read(parts)
    assert (only(findings).kind, only(findings).place) == (kind, f"{PART}_AUoccur.txt:3")
    row = index.path.index("imgs/BP4D/F001/T1/3.jpg")
    assert not index.occurrence.known[row, 0]
    others = np.arange(len(index)) != row
    np.testing.assert_array_equal(index.occurrence.value[others], before.occurrence.value[others])
    with pytest.raises(InputError, match=r"BP4D_part1_AUoccur.txt:3"):
        lists.read(parts, Findings(strict=True))


@pytest.mark.parametrize("kind", ["AUoccur", "land", "biocular"])
def test_files_of_different_length(parts, kind):
    path = parts / f"{PART}_{kind}.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    index, findings = read(parts)
    assert only(findings).kind == "frames differ"
    assert only(findings).place == f"{PART}_{kind}.txt:{2 * FRAMES}"
    assert "BP4D_part1_path.txt has 8" in only(findings).what
    mine = np.array([part == "BP4D_part1" for part in index.part])
    assert index.occurrence.known[mine].any() == (kind != "AUoccur")
    assert index.points.known[mine].any() == (kind != "land")
    assert index.occurrence.known[~mine].all()


def test_landmarks_in_another_order_than_the_distances(parts):
    path = parts / f"{PART}_biocular.txt"
    values = path.read_text().split()
    values[0], values[-1] = "2500", "2401"
    path.write_text("\n".join(values))
    _, findings = read(parts)
    assert [(one.kind, one.place) for one in findings] == [
        ("frames differ", f"{PART}_biocular.txt:1"),
        ("frames differ", f"{PART}_biocular.txt:{2 * FRAMES}"),
    ]


def test_landmarks_of_zeros_are_none(parts):
    change(parts / f"{PART}_land.txt", 1, " ".join(["0"] * 98))
    (parts / f"{PART}_biocular.txt").unlink()
    index, findings = read(parts)
    assert not list(findings)
    assert np.flatnonzero(~index.points.known).tolist() == [
        index.path.index("imgs/BP4D/F001/T1/1.jpg")
    ]


def test_missing_pictures(parts):
    (parts / "imgs/BP4D/F001/T1/2.jpg").unlink()
    index, findings = read(parts)
    assert (only(findings).kind, only(findings).place) == ("no picture", f"{PART}_path.txt:2")
    assert len(index) == 4 * FRAMES - 1
    assert findings.left_out == 1


def test_the_same_picture_twice(parts):
    change(parts / f"{PART}_path.txt", 2, "BP4D/F001/T1/1.jpg")
    index, findings = read(parts)
    assert (only(findings).kind, only(findings).place) == ("duplicate", f"{PART}_path.txt:2")
    assert len(index) == 4 * FRAMES - 1


def test_two_lists_that_contradict_each_other(root):
    cells = (root / f"{PART}_AUoccur.txt").read_text().splitlines()[0].split()
    cells[0] = "1" if cells[0] == "0" else "0"
    change(root / f"{PART}_AUoccur.txt", 1, " ".join(cells))
    _, findings = read(root)
    assert {one.kind for one in findings} == {"duplicate"}
    assert "other labels here than in BP4D_part1" in next(iter(findings)).what


def test_what_a_part_does_not_know_comes_from_the_next_list(root):
    whole, _ = read(root)
    path = root / f"{PART}_AUoccur.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    index, findings = read(root)
    assert only(findings).kind == "frames differ"
    assert set(index.part) == {"BP4D_part1", "BP4D_part2", "BP4D_part3"}
    assert index.occurrence.known.all()
    np.testing.assert_array_equal(index.occurrence.value, whole.occurrence.value)


def test_a_label_that_one_of_two_lists_does_not_know_is_no_contradiction(root):
    whole, _ = read(root)
    part, union = (root / f"list/BP4D_{name}_AUoccur.txt" for name in ("part1", "combine_1_2"))
    cells = part.read_text().splitlines()[1].split()
    row = union.read_text().splitlines().index(" ".join(cells)) + 1
    change(part, 2, " ".join(["9", *cells[1:]]))
    change(union, row, " ".join([*cells[:-1], "9"]))
    index, findings = read(root)
    assert not list(findings)
    np.testing.assert_array_equal(index.occurrence.value, whole.occurrence.value)
    assert index.occurrence.known.all()


def test_an_empty_path(parts):
    change(parts / f"{PART}_path.txt", 2, "")
    index, findings = read(parts)
    assert (only(findings).kind, only(findings).place) == ("bad line", f"{PART}_path.txt:2")
    assert findings.left_out == 1
    row = index.path.index("imgs/BP4D/F001/T1/3.jpg")
    assert index.number[row] == 3


def test_eight_columns_are_disfa_and_others_need_a_file(parts):
    for path in (parts / "list").glob("*_AUoccur.txt"):
        text = path.read_text().splitlines()
        path.write_text("\n".join(" ".join(line.split()[:8]) for line in text))
    index, _ = read(parts)
    assert index.occurrence.units == (1, 2, 4, 6, 9, 12, 25, 26)
    (parts / "list/units.txt").write_text("1 2 4 6 7 10 12 14\n")
    index, _ = read(parts)
    assert index.occurrence.units == (1, 2, 4, 6, 7, 10, 12, 14)
    (parts / "list/units.txt").write_text("1 2 4\n")
    with pytest.raises(InputError, match="expected 8 numbers"):
        read(parts)
    (parts / "list/units.txt").unlink()
    for path in (parts / "list").glob("*_AUoccur.txt"):
        path.write_text("".join(f"{line} 1\n" for line in path.read_text().splitlines()))
    with pytest.raises(InputError, match="9 columns, expected 12"):
        read(parts)


def test_half_copied(parts):
    (parts / "imgs").rename(parts / "elsewhere")
    with pytest.raises(InputError, match="none of the pictures"):
        read(parts)
    (parts / f"{PART}_AUoccur.txt").unlink()
    with pytest.raises(InputError, match=r"expected BP4D_part1_AUoccur\.txt"):
        read(parts)
    (parts / "list").rename(parts / "elsewhere too")
    with pytest.raises(InputError, match="has no list"):
        read(parts)


def test_paths_without_a_known_person(parts):
    for path in (parts / "list").glob("*path*"):
        path.write_text(path.read_text().replace("BP4D/F00", "mine/person"))
    (parts / "imgs/BP4D").rename(parts / "imgs/mine")
    for folder in list((parts / "imgs/mine").iterdir()):
        folder.rename(folder.with_name(folder.name.replace("F00", "person")))
    index, _ = read(parts)
    assert set(index.subject) == {"person1", "person3", "person4"}
    assert set(index.sequence) == {"person1/T1", "person1/T2", "person3/T1", "person4/T1"}
