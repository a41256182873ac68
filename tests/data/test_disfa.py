"""DISFA: units by the names of files, frames from 0 in pictures and from 1 in labels."""

import numpy as np
import pytest
from PIL import Image

from mien.data import disfa, folders
from mien.data.findings import Findings
from mien.data.labels import STILL
from mien.errors import InputError
from mien.face.landmarks import reduce
from mien.video.reader import open_source
from tests.data.recorded import FRAMES, UNITS, three

COUNT = 2 * FRAMES
LABELS = "ActionUnit_Labels/SN001"
VIDEO = "Videos_LeftCamera/LeftVideoSN001_comp.avi"


@pytest.fixture
def root(tmp_path):
    disfa.write(tmp_path / "disfa", three())
    return tmp_path / "disfa"


def read(root):
    findings = Findings()
    return disfa.read(root, findings), findings


def only(findings):
    (finding,) = findings
    return finding


def frames(root, first=0, person="SN001", place=""):
    """Extracted frames instead of the video."""
    folder = root / place / person
    folder.mkdir(parents=True)
    with open_source(root / f"Videos_LeftCamera/LeftVideo{person}_comp.avi") as video:
        for frame in video:
            Image.fromarray(frame.image).save(folder / f"{frame.index + first}.png")
    return folder


def test_units_come_from_names_not_from_the_order_of_files(root, monkeypatch):
    monkeypatch.setattr(folders, "sorted", lambda values, **_: list(values)[::-1], raising=False)
    index, _ = read(root)
    truth = np.concatenate([one.intensity for one in three()[:2]])
    rows = np.array([row for row, person in enumerate(index.subject) if person == "SN001"])
    np.testing.assert_array_equal(index.intensity.of(UNITS).take(rows).value, truth)


def test_the_frame_of_the_video_is_the_labelled_one(root):
    index, _ = read(root)
    shown = three()[1].images[2]
    row = index.number.tolist().index(FRAMES + 3)
    assert index.path[row] == VIDEO
    with open_source(root / VIDEO) as video:
        frame = next(frame for frame in video if frame.index == index.frame[row])
        others = [np.abs(frame.image - image.astype(float)).mean() for image in three()[1].images]
    assert int(np.argmin(others)) == 2
    assert np.abs(frame.image - shown.astype(float)).mean() < 30


@pytest.mark.parametrize("place", ["", "Images", "Images/Left"])
def test_image_i_from_0_is_label_line_i_plus_1(root, place):
    frames(root, place=place)
    index, findings = read(root)
    assert not list(findings)
    row = index.path.index(f"{place}/SN001/3.png".lstrip("/"))
    assert index.frame[row] == STILL
    assert index.number[row] == 4
    line = (root / LABELS / "SN001_au12.txt").read_text().splitlines()[3]
    assert line == f"4,{index.intensity.of([12]).value[row, 0]:g}"
    np.testing.assert_allclose(
        index.points.value[row], reduce(three()[0].points, "68", "66")[3], atol=1e-4
    )


def test_frames_that_count_from_1(root):
    for person in ("SN001", "SN003", "SN006"):
        frames(root, 1, person)
    index, findings = read(root)
    assert not list(findings)
    row = index.path.index("SN001/3.png")
    assert index.number[row] == 3


def test_frames_of_one_person_that_count_otherwise_are_reported(root):
    frames(root, 0, "SN001")
    frames(root, 1, "SN003")
    _, findings = read(root)
    assert ("frames differ", "SN003") in {(one.kind, one.place) for one in findings}
    with pytest.raises(InputError, match="SN003"):
        disfa.read(root, Findings(strict=True))


def test_sn010_lacks_its_last_frame(tmp_path):
    recordings = three((0,))
    disfa.write(tmp_path / "disfa", recordings)
    for path in sorted((tmp_path / "disfa").rglob("*SN001*"), reverse=True):
        path.rename(path.with_name(path.name.replace("SN001", "SN010")))
    folder = tmp_path / "disfa/ActionUnit_Labels/SN010"
    for path in folder.iterdir():
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    index, findings = read(tmp_path / "disfa")
    assert len(index) == FRAMES - 1
    assert findings.clean
    assert only(findings).what == f"1 pictures have no label: {FRAMES}"


def test_a_missing_unit_is_unknown_for_that_person_only(root):
    (root / LABELS / "SN001_au12.txt").unlink()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("no label", f"{LABELS}/SN001_au12.txt")
    known = index.intensity.of([12]).known[:, 0]
    assert known.tolist() == [person != "SN001" for person in index.subject]
    assert index.intensity.of([4]).known.all()


def test_lines_that_are_bad_out_of_range_or_twice(root):
    path = root / LABELS / "SN001_au12.txt"
    lines = path.read_text().splitlines()
    lines[1], lines[2], lines[4] = "2,", "3,6", "4,1"
    path.write_text("\n".join(lines))
    index, findings = read(root)
    place = f"{LABELS}/SN001_au12.txt"
    assert {(one.kind, one.place) for one in findings} == {
        ("bad line", f"{place}:2"),
        ("code out of range", f"{place}:3"),
        ("duplicate", f"{place}:5"),
        ("frames differ", "SN001"),
    }
    known = index.intensity.of([12]).known[:COUNT, 0].tolist()
    assert known == [True, False, False, True, False, True, True, True]


def test_a_shorter_file_is_reported(root):
    path = root / LABELS / "SN001_au6.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    index, findings = read(root)
    assert only(findings).kind == "frames differ"
    assert f"AU6 has labels of {COUNT - 2} frames" in only(findings).what
    assert index.intensity.of([6]).known[:COUNT, 0].tolist() == [True] * (COUNT - 2) + [False] * 2


def test_a_file_of_another_person(root):
    (root / LABELS / "SN001_au12.txt").rename(root / LABELS / "SN002_au12.txt")
    _, findings = read(root)
    assert ("frames differ", f"{LABELS}/SN002_au12.txt") in {
        (one.kind, one.place) for one in findings
    }


def test_a_missing_picture_and_a_short_video(root):
    frames(root)
    (root / "SN001/3.png").unlink()
    index, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("no picture", "SN001")
    assert findings.left_out == 1
    assert len(index) == 4 * FRAMES - 1
    for path in (root / "ActionUnit_Labels/SN003").iterdir():
        path.write_text(path.read_text() + f"{FRAMES + 1},0\n")
    index, findings = read(root)
    assert ("no picture", "SN003") in {(one.kind, one.place) for one in findings}
    assert max(index.frame[row] for row, name in enumerate(index.subject) if name == "SN003") == 3


def test_a_damaged_video_is_left_out(root):
    (root / VIDEO).write_bytes((root / VIDEO).read_bytes()[:40])
    index, findings = read(root)
    assert "unreadable picture" in {one.kind for one in findings}
    assert set(index.subject) == {"SN003", "SN006"}


def test_the_right_camera_is_not_read(root):
    (root / VIDEO).rename(root / "Videos_LeftCamera/RightVideoSN001_comp.avi")
    index, findings = read(root)
    assert ("no picture", "SN001") in {(one.kind, one.place) for one in findings}
    assert "SN001" not in index.subject


def test_landmarks_named_by_the_other_scheme_count_from_1(root):
    before, _ = read(root)
    folder = root / "Landmark_Points/SN001/tmp_frame_lm"
    for path in sorted(folder.iterdir()):
        number = int(path.name.split("_")[1])
        path.rename(folder / f"l{number + 1:05}_lm.mat")
    after, findings = read(root)
    assert not list(findings)
    np.testing.assert_array_equal(after.points.value, before.points.value)
    (folder / "l00003_lm.mat").unlink()
    after, findings = read(root)
    assert (only(findings).kind, only(findings).what[-3:]) == ("no landmarks", ": 3")
    assert np.flatnonzero(~after.points.known).tolist() == [2]


def test_landmarks_named_after_the_person_count_from_0_though_the_first_is_missing(root):
    before, _ = read(root)
    folder = root / "Landmark_Points/SN001/tmp_frame_lm"
    (folder / "SN001_0000_lm.mat").unlink()
    for path in list(folder.iterdir()):
        path.rename(folder.parent / path.name)
    folder.rmdir()
    after, _ = read(root)
    assert np.flatnonzero(~after.points.known).tolist() == [0]
    np.testing.assert_array_equal(after.points.value[1:], before.points.value[1:])


def test_label_files_in_other_letters_and_of_other_units(root):
    before, _ = read(root)
    (root / LABELS / "SN001_au12.txt").rename(root / LABELS / "sn001_AU12.txt")
    (root / LABELS / "SN001_au3.txt").write_text("1,5\n")
    after, findings = read(root)
    assert (only(findings).kind, only(findings).place) == ("stray", f"{LABELS}/SN001_au3.txt")
    np.testing.assert_array_equal(after.intensity.value, before.intensity.value)


def test_frames_of_the_right_camera_and_of_a_second_place_are_not_read(root):
    frames(root, place="Images/Left")
    frames(root, place="frames")
    right = frames(root, person="SN003", place="Images")
    right.rename(right.with_name("SN003_right"))
    index, findings = read(root)
    assert not list(findings)
    assert index.path[0] == "Images/Left/SN001/0.png"
    assert not [path for path in index.path if "SN003_right" in path]


def test_labels_may_lie_a_folder_deeper(root):
    before, _ = read(root)
    (root / "ActionUnit_Labels").rename(root / "inner")
    (root / "ActionUnit_Labels").mkdir()
    (root / "inner").rename(root / "ActionUnit_Labels/ActionUnit_Labels")
    after, findings = read(root)
    assert not list(findings)
    np.testing.assert_array_equal(after.intensity.value, before.intensity.value)


def test_half_copied(root):
    (root / "Videos_LeftCamera").rename(root / "elsewhere")
    with pytest.raises(InputError, match="neither videos Videos_LeftCamera"):
        read(root)
    (root / "ActionUnit_Labels").rename(root / "labels of units")
    with pytest.raises(InputError, match="no folder ActionUnit_Labels"):
        read(root)
