"""BP4D: what is wrong with a copy is named by file and line, and never becomes a label."""

import os

import numpy as np
import pytest
import scipy.io

from mien.data import bp4d, folders
from mien.data.findings import Findings
from mien.errors import InputError
from mien.face.landmarks import reduce
from tests.data.recorded import FRAMES, recording, three

CODES = "AUCoding/AU_OCC/F001_T1.csv"
SMILE = "AUCoding/AU_INT/AU12/F001_T1_AU12.csv"


@pytest.fixture
def root(tmp_path):
    bp4d.write(tmp_path / "bp4d", three())
    return tmp_path / "bp4d"


def change(path, line, text):
    """Replace a line, counted from 1."""
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines) + "\n")


def cell(path, line, column, text):
    cells = path.read_text().splitlines()[line - 1].split(",")
    cells[column] = text
    change(path, line, ",".join(cells))


def read(root):
    findings = Findings()
    return bp4d.read(root, findings), findings


def row(index, path):
    return index.path.index(f"Sequences(2D)/{path}")


def only(findings):
    (finding,) = findings
    return finding


def test_code_9_is_unknown_in_both(root):
    cell(root / CODES, 3, 12, "9")
    cell(root / SMILE, 3, 1, "9")
    index, findings = read(root)
    assert not list(findings)
    occurrence, intensity = index.occurrence.of([12]), index.intensity.of([12])
    assert np.flatnonzero(~occurrence.known[:, 0]).tolist() == [row(index, "F001/T1/2.jpg")]
    assert np.flatnonzero(~intensity.known[:, 0]).tolist() == [row(index, "F001/T1/3.jpg")]
    assert occurrence.value[row(index, "F001/T1/2.jpg")] == 0


def test_units_that_are_never_coded_have_no_column(root):
    index, _ = read(root)
    assert index.occurrence.units == (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24, 26)
    assert index.intensity.units == (6, 10, 12, 14, 17)


def test_units_are_known_by_the_header_not_by_position(root):
    path = root / CODES
    before, _ = read(root)
    table = np.array([line.split(",") for line in path.read_text().splitlines()])
    order = np.r_[0, np.random.default_rng(1).permutation(np.arange(1, 100))]
    path.write_text("\n".join(",".join(line) for line in table[:, order]) + "\n")
    after, findings = read(root)
    assert not list(findings)
    units = before.occurrence.units
    np.testing.assert_array_equal(after.occurrence.of(units).value, before.occurrence.value)


def test_a_code_out_of_range_names_file_and_line(root):
    cell(root / CODES, 4, 12, "7")
    index, findings = read(root)
    assert only(findings).kind == "code out of range"
    assert only(findings).place == f"{CODES}:4"
    assert "AU12 is 7" in only(findings).what
    assert not index.occurrence.of([12]).known[row(index, "F001/T1/3.jpg"), 0]
    assert index.occurrence.of([4]).known[row(index, "F001/T1/3.jpg"), 0]
    with pytest.raises(InputError, match=r"F001_T1.csv:4: AU12 is 7"):
        bp4d.read(root, Findings(strict=True))


@pytest.mark.parametrize(
    "text",
    ["3,1,x", "3,1", "", "3;1;0", "nan" + ",0" * 99, "3,nan" + ",0" * 98, "1e30" + ",0" * 99],
)
def test_a_bad_line_names_file_and_line(root, text):
    change(root / CODES, 4, text)
    index, findings = read(root)
    if text:
        assert [one.place for one in findings if one.kind == "bad line"] == [f"{CODES}:4"]
    at = row(index, "F001/T1/3.jpg")  # its intensities are still known
    assert not index.occurrence.known[at].any()
    assert index.intensity.known[at].any()
    assert index.occurrence.known[at - 1].any()
    assert index.occurrence.known[at + 1].any()


def test_a_frame_twice(root):
    lines = (root / SMILE).read_text()
    (root / SMILE).write_text(lines + "2,5\n")
    index, findings = read(root)
    assert only(findings).kind == "duplicate"
    assert only(findings).place == f"{SMILE}:{FRAMES + 1}"
    first = float(lines.splitlines()[1].split(",")[1])
    assert index.intensity.of([12]).value[row(index, "F001/T1/2.jpg"), 0] == first


def test_intensities_with_a_header(root):
    before, _ = read(root)
    text = (root / SMILE).read_text()
    for header in ("0,12", "frame,AU12"):
        (root / SMILE).write_text(f"{header}\n{text}")
        after, findings = read(root)
        assert not list(findings)
        np.testing.assert_array_equal(after.intensity.value, before.intensity.value)
        change(root / SMILE, 3, "2,x")
        assert only(read(root)[1]).place == f"{SMILE}:3"


def test_codes_without_a_header_are_not_guessed(root):
    lines = (root / CODES).read_text().splitlines()
    (root / CODES).write_text("\n".join(lines[1:]) + "\n")
    index, findings = read(root)
    assert only(findings).place == f"{CODES}:1"
    assert "header" in only(findings).what
    assert findings.left_out == 0  # their intensities are known
    assert not index.occurrence.known[row(index, "F001/T1/1.jpg")].any()


@pytest.mark.parametrize("last", ["12", "9" * 5000, "AU", "\N{SUPERSCRIPT TWO}"])
def test_a_header_that_names_a_unit_twice_or_none_is_not_guessed(root, last):
    cell(root / CODES, 1, 99, last)
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("bad line", f"{CODES}:1")
    assert "each unit once" in only(findings).what
    assert not index.occurrence.known[row(index, "F001/T1/1.jpg")].any()


def test_units_of_a_header_may_be_named_or_quoted(root):
    before, _ = read(root)
    header = (root / CODES).read_text().splitlines()[0].split(",")
    for one in (
        [f'"{cell}"' for cell in header],
        ["frame", *(f"AU{unit}" for unit in header[1:])],
    ):
        change(root / CODES, 1, ",".join(one))
        after, findings = read(root)
        assert not list(findings)
        np.testing.assert_array_equal(after.occurrence.value, before.occurrence.value)


def test_an_intensity_file_of_another_unit_is_not_read(root):
    (root / SMILE).rename((root / SMILE).with_name("F001_T1_AU10.csv"))
    index, findings = read(root)
    assert only(findings).kind == "stray"
    assert not index.intensity.of([12]).known[row(index, "F001/T1/1.jpg"), 0]


@pytest.mark.parametrize("place", [CODES, SMILE])
def test_a_second_file_beside_the_codes_is_not_read_in_their_place(root, place):
    before, _ = read(root)
    copy = (root / place).with_stem((root / place).stem + "_old")
    copy.write_text((root / place).read_text().replace(",1", ",0"))
    after, findings = read(root)
    assert only(findings).kind == "stray"
    for one, other in ((before.occurrence, after.occurrence), (before.intensity, after.intensity)):
        np.testing.assert_array_equal(one.value, other.value)


def test_a_missing_picture(root):
    (root / "Sequences(2D)/F001/T1/3.jpg").unlink()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("no picture", "F001/T1")
    assert "frames 3 " in only(findings).what
    assert len(index) == 4 * FRAMES - 1
    assert findings.left_out == 1
    assert "Sequences(2D)/F001/T1/3.jpg" not in index.path
    with pytest.raises(InputError, match="F001/T1: frames 3"):
        bp4d.read(root, Findings(strict=True))


def test_pictures_without_labels_are_only_a_remark(root):
    (root / "Sequences(2D)/F001/T1/7.jpg").touch()
    index, findings = read(root)
    assert only(findings).kind == "no label"
    assert findings.clean
    assert len(index) == 4 * FRAMES
    assert len(bp4d.read(root, Findings(strict=True))) == 4 * FRAMES


def test_a_sequence_without_codes_or_without_pictures(root):
    (root / CODES).unlink()
    for unit in bp4d.INTENSITY:
        (root / f"AUCoding/AU_INT/AU{unit:02}/F003_T1_AU{unit:02}.csv").unlink()
        (root / f"AUCoding/AU_INT/AU{unit:02}/F001_T1_AU{unit:02}.csv").unlink()
    for picture in (root / "Sequences(2D)/F004/T1").iterdir():
        picture.unlink()
    index, findings = read(root)
    assert [(one.kind, one.place) for one in findings] == [
        ("no label", "F001/T1"),
        ("no picture", "F004/T1"),
    ]
    assert set(index.sequence) == {"F001/T2", "F003/T1"}


def test_frame_numbers_with_zeros_before_them(root):
    folder = root / "Sequences(2D)/F001/T1"
    for picture in list(folder.iterdir()):
        picture.rename(folder / f"{int(picture.stem):05}.jpg")
    index, findings = read(root)
    assert not list(findings)
    assert index.path[0] == "Sequences(2D)/F001/T1/00001.jpg"
    (folder / "1.jpg").touch()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == (
        "duplicate",
        "Sequences(2D)/F001/T1/1.jpg",
    )


def test_the_order_of_directories_does_not_matter(root, monkeypatch):
    before, _ = read(root)
    scandir = os.scandir

    class Shuffled:
        def __init__(self, folder):
            with scandir(folder) as entries:
                self._entries = list(entries)
            np.random.default_rng(len(self._entries)).shuffle(self._entries)

        def __enter__(self):
            return iter(self._entries[::-1])

        def __exit__(self, *_details):
            return None

    monkeypatch.setattr(folders.os, "scandir", Shuffled)
    after, _ = read(root)
    assert after.path == before.path
    np.testing.assert_array_equal(after.points.value, before.points.value)
    np.testing.assert_array_equal(after.intensity.value, before.intensity.value)


@pytest.mark.parametrize("place", ["2D+3D", "."])
def test_other_places_of_the_pictures(root, place):
    before, _ = read(root)
    if place == ".":
        for person in (root / "Sequences(2D)").iterdir():
            person.rename(root / person.name)
        (root / "Sequences(2D)").rmdir()
    else:
        (root / "Sequences(2D)").rename(root / place)
    (root / "AUCoding/AU_OCC").rename(root / "AU_OCC")
    after, findings = read(root)
    assert not list(findings)
    assert len(after) == len(before)
    assert all((root / path).is_file() for path in after.path)


def test_half_copied(root):
    (root / "Sequences(2D)").rename(root / "elsewhere")
    with pytest.raises(InputError, match=r"no pictures, expected Sequences\(2D\)/F001/T1"):
        read(root)
    (root / "2D+3D").mkdir()
    (root / "2D+3D" / "F001.zip").touch()
    with pytest.raises(InputError, match="unpack them first"):
        read(root)
    (root / "AUCoding/AU_OCC").rename(root / "codes")
    with pytest.raises(InputError, match="no folder AUCoding/AU_OCC"):
        read(root)


def entries(points, missing):
    """Landmarks as a tracker stores them in MATLAB."""
    fit = np.empty((1, len(points)), [("isTracked", object), ("pred", object)])
    for place, one in enumerate(points):
        fit[0, place] = (float(place not in missing), np.zeros((0, 0)) if place in missing else one)
    return fit


@pytest.mark.parametrize("kind", ["mat", "txt", "frames", "frames of mat", "68 points"])
def test_landmarks_of_other_kinds(root, kind):
    points = reduce(three()[0].points, "68", "68" if kind == "68 points" else "49") + 1
    folder = root / "2DFeatures"
    for path in folder.iterdir():
        if kind == "68 points" or path.stem == "F001_T1":
            path.unlink()
    (folder / "F001/T1").mkdir(parents=True)
    lines = [" ".join(map(str, one.ravel().tolist())) for one in points]
    if kind == "mat":
        scipy.io.savemat(folder / "F001_T1.mat", {"fit": entries(points, {2})})
    elif kind in ("txt", "68 points"):
        lines[2] = " ".join(["0"] * points[0].size)
        (folder / "F001_T1.txt").write_text("\n".join(lines))
    else:
        for frame, one in enumerate(points, 1):
            if frame == 3:
                continue
            if kind == "frames":
                np.savetxt(folder / f"F001/T1/{frame}.txt", one)
            else:
                scipy.io.savemat(folder / f"F001/T1/{frame}_lm.mat", {"pts": one.astype(float)})
    index, findings = read(root)
    if kind != "68 points":
        assert only(findings).kind == "no landmarks"
        assert only(findings).what.endswith(": 3")
    assert index.points.known[:FRAMES].tolist() == [True, True, False, True]
    np.testing.assert_allclose(index.points.value[:FRAMES][[0, 1, 3]], points[[0, 1, 3]] - 1)
    assert not index.points.value[2].any()


def test_landmarks_of_other_frames_than_pictures_are_left_out(root):
    points = reduce(three()[0].points, "68", "49")
    (root / "2DFeatures/F001_T1.csv").write_text(
        "\n".join(",".join(map(str, one.ravel().tolist())) for one in points[1:])
    )
    index, findings = read(root)
    assert [one.kind for one in findings] == ["frames differ", "no landmarks"]
    assert not index.points.known[:FRAMES].any()
    assert index.points.known[FRAMES:].all()


@pytest.mark.parametrize(
    ("number", "kind"),
    [("2.5", "bad line"), ("-2", "bad line"), ("1e30", "bad line"), ("1", "duplicate")],
)
def test_landmarks_of_no_frame_or_of_one_twice_are_not_read(root, number, kind):
    path = root / "2DFeatures/F001_T1.csv"
    before, _ = read(root)
    cell(path, 2, 0, number)
    index, findings = read(root)
    assert [(one.kind, one.place) for one in findings] == [
        (kind, "2DFeatures/F001_T1.csv:2"),
        ("no landmarks", "F001/T1"),
    ]
    assert index.points.known[:FRAMES].tolist() == [True, False, True, True]
    np.testing.assert_array_equal(index.points.value[0], before.points.value[0])


def test_landmarks_of_another_number_of_points_name_their_line(root):
    path = root / "2DFeatures/F001_T1.csv"
    path.write_text("\n1,2,3\n")
    _, findings = read(root)
    first = next(iter(findings))
    assert (first.kind, first.place) == ("bad line", "2DFeatures/F001_T1.csv:2")
    assert "has 3 numbers, expected x and y of 49, 66 or 68 points" in first.what


def test_a_bad_line_of_landmarks_does_not_shift_those_after_it(root):
    points = reduce(three()[0].points, "68", "49") + 1
    lines = [" ".join(map(str, one.ravel().tolist())) for one in points]
    lines[1] = lines[1].replace(" ", " x", 1)
    (root / "2DFeatures/F001_T1.csv").unlink()
    (root / "2DFeatures/F001_T1.txt").write_text("\n".join(lines))
    index, findings = read(root)
    assert [one.kind for one in findings] == ["bad line", "no landmarks"]
    np.testing.assert_allclose(index.points.value[2], points[2] - 1)


def test_landmarks_without_numbers_belong_to_all_pictures_not_to_the_coded_ones(root):
    codes = (root / CODES).read_text().splitlines()
    (root / CODES).write_text("\n".join([codes[0], *codes[2:]]))
    for unit in bp4d.INTENSITY:
        path = root / f"AUCoding/AU_INT/AU{unit:02}/F001_T1_AU{unit:02}.csv"
        path.write_text("\n".join(path.read_text().splitlines()[1:]))
    points = reduce(three()[0].points, "68", "49") + 1
    (root / "2DFeatures/F001_T1.csv").unlink()
    scipy.io.savemat(root / "2DFeatures/F001_T1.mat", {"fit": entries(points, {})})
    index, findings = read(root)
    assert only(findings).kind == "no label"
    assert index.number[0] == 2
    np.testing.assert_allclose(index.points.value[0], points[1] - 1)


def test_a_damaged_landmark_file(root):
    (root / "2DFeatures/F001_T1.csv").unlink()
    (root / "2DFeatures/F001_T1.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(126) + b"IM" + b"\1")
    index, findings = read(root)
    assert "2DFeatures/F001_T1.mat" in {one.place for one in findings}
    assert not index.points.known[:FRAMES].any()


def test_too_many_persons(tmp_path):
    with pytest.raises(InputError, match="42 persons"):
        bp4d.write(tmp_path / "bp4d", [recording(person) for person in range(42)])
