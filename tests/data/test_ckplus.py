"""CK+: pairs by key and frame number, and the two meanings of 0."""

import numpy as np
import pytest

from mien.data import ckplus, folders
from mien.data.findings import Findings
from mien.errors import InputError
from tests.data.recorded import FRAMES, recording, three

FACS = "FACS/S005/001/S005_001_00000004_facs.txt"
EMOTION = "Emotion/S005/001/S005_001_00000004_emotion.txt"
IMAGES = "cohn-kanade-images/S005/001"


@pytest.fixture
def root(tmp_path):
    recordings = three()
    for one in recordings:
        one.intensity[-1] = [3, 1, 4, 0]
    ckplus.write(tmp_path / "ckplus", recordings)
    return tmp_path / "ckplus"


def read(root):
    findings = Findings()
    return ckplus.read(root, findings), findings


def only(findings):
    (finding,) = findings
    return finding


def label(index, unit, row=0):
    """Value and knowledge of occurrence and intensity."""
    one, other = index.occurrence.of([unit]), index.intensity.of([unit])
    return (
        (one.value[row, 0], bool(one.known[row, 0])),
        (other.value[row, 0], bool(other.known[row, 0])),
    )


def test_a_row_is_the_last_frame(root):
    index, findings = read(root)
    assert not list(findings)
    assert index.path[0] == f"{IMAGES}/S005_001_00000004.png"
    assert index.number.tolist() == [FRAMES] * 4
    assert index.sequence == ("S005/001", "S005/002", "S006/001", "S007/001")
    assert index.subject == ("S005", "S005", "S006", "S007")
    assert {index.expression.classes[value] for value in index.expression.value} == {"happiness"}


def test_an_absent_unit_is_known_to_be_absent(root):
    index, _ = read(root)
    assert label(index, 12) == ((1, True), (3, True))
    assert label(index, 26) == ((0, True), (0, True))
    assert label(index, 43) == ((0, True), (0, True))


def test_intensity_0_is_present_with_unknown_intensity(root):
    text = (root / FACS).read_text()
    (root / FACS).write_text(text + "   2.5000000e+01   0.0000000e+00\n")
    index, findings = read(root)
    assert not list(findings)
    assert label(index, 25) == ((1, True), (0, False))
    assert label(index, 25, 1) == ((0, True), (0, True))


def test_a_file_of_a_single_line(root):
    (root / FACS).write_text("   1.2000000e+01   5.0000000e+00\n")
    index, findings = read(root)
    assert not list(findings)
    assert label(index, 12) == ((1, True), (5, True))
    assert index.occurrence.value[0].sum() == 1


def test_columns_do_not_depend_on_the_copy(root):
    index, _ = read(root)
    assert index.occurrence.units == ckplus.UNITS
    assert {1, 2, 4, 5, 6, 7, 12, 15, 17, 25} < set(index.occurrence.units)


def test_a_unit_beyond_them_gets_a_column_and_other_codes_none(root):
    text = (root / FACS).read_text()
    (root / FACS).write_text(text + "8 2\n54 3\n61 1\n")
    index, findings = read(root)
    assert not list(findings)
    assert label(index, 8) == ((1, True), (2, True))
    assert label(index, 8, 1) == ((0, False), (0, False))
    assert not {54, 61} & set(index.occurrence.units)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("12", "bad line"),
        ("AU12 3", "bad line"),
        ("12 3 1", "bad line"),
        ("47 3", "code out of range"),
        ("12.5 3", "code out of range"),
        ("25 7", "code out of range"),
        ("25 2.5", "code out of range"),
        ("4 2", "duplicate"),
    ],
)
def test_a_bad_line_names_file_and_line(root, line, kind):
    (root / FACS).write_text(f"4 1\n{line}\n6 2\n")
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == (kind, f"{FACS}:2")
    assert label(index, 6) == ((1, True), (2, True))
    assert label(index, 4) == ((1, True), (1, True))
    if line.startswith("25"):
        assert label(index, 25) == ((0, False), (0, False))
    with pytest.raises(InputError, match=r"facs.txt:2"):
        ckplus.read(root, Findings(strict=True))


def test_an_empty_file_says_nothing(root):
    (root / FACS).write_text("")
    index, findings = read(root)
    assert only(findings).kind == "bad line"
    assert not index.occurrence.known[0].any()
    assert not index.intensity.known[0].any()


def test_strays_and_the_order_of_directories(root, monkeypatch):
    before, _ = read(root)
    (root / "cohn-kanade-images/S005/.DS_Store").touch()
    (root / "cohn-kanade-images/.DS_Store").touch()
    (root / "FACS/S005/.DS_Store").touch()
    (root / "FACS/S005/001/.DS_Store").touch()
    (root / IMAGES / ".DS_Store").touch()
    (root / "FACS/S005/003").mkdir()
    (root / "Emotion/S005/003").mkdir()
    listing = folders.listing
    monkeypatch.setattr(ckplus, "listing", lambda *args: listing(*args)[::-1])
    monkeypatch.setattr(folders, "listing", lambda *args: listing(*args)[::-1])
    after, findings = read(root)
    assert not list(findings)
    assert after.path == before.path


def test_label_and_picture_of_different_frames(root):
    (root / FACS).rename(root / FACS.replace("04_", "03_"))
    (root / EMOTION).rename(root / EMOTION.replace("04_", "03_"))
    index, findings = read(root)
    assert only(findings).kind == "frames differ"
    assert only(findings).place == FACS.replace("04_", "03_")
    assert index.path[0].endswith("S005_001_00000003.png")
    np.testing.assert_allclose(index.points.value[0], three()[0].points[2], rtol=1e-6)


def test_a_label_of_a_frame_without_picture(root):
    (root / IMAGES / "S005_001_00000004.png").unlink()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("no picture", FACS)
    assert "S005/001" not in index.sequence
    assert len(index) == 3


def test_an_emotion_of_another_frame_is_left_out(root):
    (root / EMOTION).rename(root / EMOTION.replace("04_", "02_"))
    index, findings = read(root)
    assert only(findings).kind == "frames differ"
    assert index.expression.known.tolist() == [False, True, True, True]
    assert label(index, 12) == ((1, True), (3, True))


@pytest.mark.parametrize("text", ["8", "", "3 4", "x", "1\n2\n", "2.5"])
def test_a_bad_emotion(root, text):
    (root / EMOTION).write_text(text)
    index, findings = read(root)
    assert f"{EMOTION}:1" in {one.place for one in findings}
    assert index.expression.known.tolist() == [False, True, True, True]


def test_what_has_no_label_is_a_remark(root):
    (root / FACS).unlink()
    index, findings = read(root)
    assert not list(findings)  # its emotion is still known
    assert not index.occurrence.known[0].any()
    (root / EMOTION).unlink()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("no label", "S005/001")
    assert findings.clean
    assert len(index) == 3


def test_missing_landmarks(root):
    (root / "Landmarks/S005/001/S005_001_00000004_landmarks.txt").unlink()
    index, findings = read(root)
    assert only(findings).kind == "no landmarks"
    assert index.points.known.tolist() == [False, True, True, True]
    path = root / "Landmarks/S005/002/S005_002_00000004_landmarks.txt"
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    index, findings = read(root)
    assert "has 67 good lines" in [one.what for one in findings][1]
    assert index.points.known.tolist() == [False, False, True, True]


def test_two_labels_of_one_sequence(root):
    (root / FACS.replace("04_", "03_")).write_text("1 1\n")
    _, findings = read(root)
    assert "duplicate" in {one.kind for one in findings}


def test_without_landmarks_and_emotions(root):
    for name in ("Landmarks", "Emotion"):
        (root / name).rename(root / f"no {name}")
    index, findings = read(root)
    assert not list(findings)
    assert index.points is None
    assert not index.expression.known.any()


def test_half_copied(root):
    (root / "cohn-kanade-images").rename(root / "elsewhere")
    with pytest.raises(InputError, match="no folder cohn-kanade-images"):
        read(root)
    (root / "elsewhere").rename(root / "cohn-kanade-images")
    (root / "FACS").rename(root / "elsewhere")
    with pytest.raises(InputError, match="no folder FACS"):
        read(root)


def test_a_sequence_that_ends_without_a_unit_has_no_codes(tmp_path):
    still = recording(0)
    still.intensity[-1] = 0
    ckplus.write(tmp_path / "ckplus", [still, recording(1)])
    index = ckplus.read(tmp_path / "ckplus", Findings(strict=True))
    assert not index.occurrence.known[0].any()
    assert index.occurrence.known[1].all()
