import json
import shutil
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from mien.data import bp4d, checking, read
from mien.data.checking import check
from mien.data.checkreport import Shift, write_report
from mien.data.finding import open_finder
from mien.data.findings import Findings
from mien.data.index_files import read_index, write_index
from mien.errors import InputError, WeightsError
from mien.face.landmarks import mirror
from mien.video.pictures import read_picture
from mien.video.writer import VideoWriter
from tests.data.made_index import index_of
from tests.data.moving_face import (
    SIDE,
    delayed,
    made_up_mesh,
    made_up_set,
    moving,
    remembered,
    with_points,
)


def looked_through(index, find=None, **how):
    findings = Findings()
    return check(index, findings, find=find, **how)


def of(report, kind):
    return [(one.place, one.what) for one in report.findings if one.kind == kind]


@pytest.fixture
def made_up(tmp_path):
    return made_up_set(tmp_path / "copy")


def test_a_clean_set_is_clean_and_stays_whole(made_up):
    index, find = made_up
    report = looked_through(index, find)
    assert report.clean
    assert report.findings == ()
    assert report.good.tolist() == list(range(12))
    assert vars(report.looked) == {"files": 12, "decoded": 12, "faces": 12, "found": 12}
    assert any("in step with the pictures cannot be told" in note for note in report.notes)
    assert not any("no face was looked for" in note for note in report.notes)
    assert looked_through(index, find, sample=5).looked.decoded == 10, "five more are decoded"


def test_what_the_reader_found_is_in_the_report(made_up):
    index, find = made_up
    findings = Findings()
    findings.add("code out of range", "a.csv:7", "6, expected 0 to 5")
    findings.add("stray", "b.txt", "belongs to nothing")
    report = check(index, findings, find=find)
    assert report.counts == {"code out of range": 1, "stray": 1}
    assert not report.clean


def test_only_remarks_are_clean(made_up):
    index, _ = made_up
    report = looked_through(index, lambda *_: None)
    assert report.counts == {"no face": 12}
    assert report.clean
    assert len(report.good) == 12
    assert any("most pictures" in note for note in report.notes)


def test_damaged_and_missing_pictures_are_named_and_left_out(made_up):
    index, find = made_up
    path = index.root / index.path[2]
    path.write_bytes(path.read_bytes()[:-40])
    (index.root / index.path[5]).unlink()
    report = looked_through(index, find)
    assert report.counts == {"no picture": 1, "unreadable picture": 1}
    assert [place for place, _ in of(report, "unreadable picture")] == ["P0/3.png"]
    assert [place for place, _ in of(report, "no picture")] == ["P0/6.png"]
    assert report.good.tolist() == [0, 1, 3, 4, *range(6, 12)]


def test_damage_inside_is_found_where_it_is_looked_for(made_up):
    index, find = made_up
    path = index.root / index.path[2]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    unseen = looked_through(index, find, sample=0)
    assert unseen.clean
    assert any(note.startswith("no face was looked for") for note in unseen.notes)
    for report in (
        looked_through(index, find, sample=12),
        looked_through(index, find, sample=0, every=True),
    ):
        assert [place for place, _ in of(report, "unreadable picture")] == ["P0/3.png"]
        assert 2 not in report.good


def test_a_picture_that_lies_over_another_is_a_duplicate(made_up):
    index, find = made_up
    shutil.copy(index.root / "P0/3.png", index.root / "P0/4.png")
    report = looked_through(with_points(index, [3], lambda value: value + 1), find)
    assert of(report, "duplicate") == [("P0/4.png", "the same picture as P0/3.png")]
    assert 2 in report.good, "the labels agree: one may stay"
    assert 3 not in report.good


def test_of_duplicates_whose_labels_differ_none_is_kept(tmp_path):
    labels = np.zeros((12, 2), np.float32)
    labels[3] = 5
    index, find = made_up_set(tmp_path, labels=labels)
    shutil.copy(tmp_path / "P0/1.png", tmp_path / "P0/4.png")
    report = looked_through(index, find)
    assert report.counts["duplicate"] == 1
    assert not {0, 3} & set(report.good.tolist())


def test_the_same_picture_of_two_persons_is_kept_of_none(made_up):
    index, find = made_up
    shutil.copy(index.root / "P0/1.png", index.root / "P1/2.png")
    report = looked_through(index, find)
    assert of(report, "duplicate") == [("P1/2.png", "the same picture as P0/1.png")]
    assert not {0, 7} & set(report.good.tolist())


def test_without_landmarks_nobody_knows_that_a_frame_was_repeated(made_up):
    index, find = made_up
    shutil.copy(index.root / "P0/1.png", index.root / "P0/2.png")
    report = looked_through(replace(index, points=None), find)
    assert of(report, "duplicate") == [("P0/2.png", "the same picture as P0/1.png")]


def test_frames_that_a_video_repeated_are_only_noted(made_up):
    index, find = made_up
    for number in (2, 3):
        shutil.copy(index.root / "P0/1.png", index.root / f"P0/{number}.png")
    report = looked_through(index, find)
    assert report.clean
    assert len(report.good) == 12
    assert any(note.startswith("2 pictures are the same") for note in report.notes)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("landmarks mirrored", lambda value: value[:, mirror("49")], "left and right"),
        ("landmarks mirrored", lambda value: value * [1, -1] + [0, SIDE - 1], "up and down"),
        ("landmarks off", lambda value: value[:, ::-1], "upright face"),
        ("landmarks off", lambda value: np.add(value, [8, 0]), "far from the face"),
        ("landmarks outside", lambda value: np.add(value, [30, 0]), "pixels outside"),
    ],
)
def test_landmarks_in_the_wrong_place_are_named_and_left_out(made_up, kind, change, said):
    index, find = made_up
    report = looked_through(with_points(index, [2], change), find)
    assert [place for place, what in of(report, kind) if said in what] == ["P0/3.png"]
    assert 2 not in report.good
    assert len(report.good) == 11


def test_boxes_beside_the_picture_and_empty_ones_are_named(made_up):
    index, _ = made_up
    box = np.tile(np.array([5, 5, 50, 60], np.float32), (12, 1))
    box[1] = (70, 5, 90, 60)
    box[2] = (50, 5, 5, 60)
    box[3] = np.nan
    report = looked_through(replace(index, box=box), lambda *_: None)
    assert of(report, "landmarks outside") == [
        ("P0/2.png", "the box 70, 5, 90, 60 in a picture of 64x64"),
        ("P0/3.png", "the box 50, 5, 5, 60 in a picture of 64x64"),
    ]
    assert report.good.tolist() == [0, *range(3, 12)]


def test_landmarks_of_the_mirrored_picture_are_found_by_the_mesh(tmp_path):
    meshes = [made_up_mesh(shift=(8, 0))] * 12
    index, find = made_up_set(tmp_path, meshes=meshes)
    wrong = with_points(index, [2], lambda value: value[:, mirror("49")] * [-1, 1] + [SIDE - 1, 0])
    report = looked_through(wrong, find)
    assert of(report, "landmarks mirrored") == [("P0/3.png", "they fit the mirrored picture")]


def test_many_findings_of_a_sequence_are_summed_up(tmp_path):
    index, find = made_up_set(tmp_path, count=10, subjects=1)
    wrong = with_points(index, range(10), lambda value: value[:, mirror("49")])
    report = looked_through(wrong, find)
    found = of(report, "landmarks mirrored")
    assert [place for place, _ in found] == ["P0/1.png", "P0/2.png", "P0/3.png", "P0/4.png"]
    assert found[-1][1].endswith("; 7 pictures of P0/T1 like this")
    assert report.counts["landmarks mirrored"] == 10
    assert len(report.good) == 0


def test_frames_beyond_the_end_of_a_video_have_no_picture(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 48, 32) as writer:
        for frame in range(5):
            writer.write(np.full((32, 48, 3), 40 * frame, np.uint8), frame / 25)
    index = index_of(tmp_path, ["a.mp4"] * 7, list(range(7)))
    report = looked_through(index, lambda *_: None)
    assert [place for place, _ in of(report, "no picture")] == ["a.mp4, frame 5", "a.mp4, frame 6"]
    assert report.good.tolist() == [0, 1, 2, 3, 4]


def test_without_face_models_the_rest_is_checked_and_that_is_said(made_up, monkeypatch):
    def missing():
        raise WeightsError("face-mesh is not there")

    monkeypatch.setattr(checking, "open_finder", missing)
    index, _ = made_up
    (index.root / index.path[5]).unlink()
    report = looked_through(index)
    assert report.counts == {"no picture": 1}
    assert report.looked.faces == 0
    assert any("face-mesh is not there" in note for note in report.notes)


def test_units_that_cannot_be_learned_are_noted(made_up):
    index, find = made_up
    whole = replace(index, occurrence=replace(index.intensity, value=index.intensity.value))
    notes = looked_through(whole, find).notes
    assert "always present: AU12" in notes
    assert "never present: AU26" in notes
    assert not any("never above 0" in note for note in notes), "the same is said once"
    flat = replace(index.intensity, value=np.zeros_like(index.intensity.value))
    notes = looked_through(replace(whole, intensity=flat), find).notes
    assert "never present: AU26" in notes
    assert "never above 0: AU12" in notes


def test_strict_findings_stop_at_the_first_fault(made_up):
    index, find = made_up
    (index.root / index.path[5]).unlink()
    with pytest.raises(InputError, match=r"P0/6\.png"):
        check(index, Findings(strict=True), find=find)


def test_an_empty_index_is_refused(made_up):
    index, find = made_up
    with pytest.raises(InputError, match="no picture with labels"):
        looked_through(index.take(np.zeros(0, np.intp)), find)


def test_progress_tells_all_steps(made_up):
    index, find = made_up
    told = []
    looked_through(index, find, sample=5, progress=lambda *step: told.append(step))
    assert {step for step, *_ in told} == {"files", "faces", "pictures"}
    assert [share for step, _, share in told if step == "faces"] == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_a_report_is_whole_json(made_up, tmp_path):
    index, find = made_up
    report = looked_through(with_points(index, [2], lambda value: value[:, ::-1]), find)
    write_report(report, tmp_path / "report.json")
    read_back = json.loads((tmp_path / "report.json").read_text())
    assert read_back["clean"] is False
    assert read_back["counts"] == {"landmarks off": 1}
    assert read_back["findings"][0]["place"] == "P0/3.png"
    assert (read_back["pictures"], read_back["kept"]) == (12, 11)
    assert read_back["rates"]["subjects"] == {"P0": 6, "P1": 6}


def test_the_clean_index_reads_back_without_the_bad_rows(made_up, tmp_path):
    index, find = made_up
    wrong = with_points(index, [2, 7], lambda value: value[:, ::-1])
    report = looked_through(wrong, find)
    write_index(wrong.take(report.good), tmp_path / "clean.parquet")
    back = read_index(tmp_path / "clean.parquet")
    assert back.path == tuple(path for row, path in enumerate(index.path) if row not in (2, 7))
    assert looked_through(back, find).clean


# A drawn face that moves, as a copy of BP4D: looked at by the face models.


@pytest.fixture(scope="module")
def finder(front_end):
    return remembered(open_finder())


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("moving") / "BP4D"
    bp4d.write(root, [moving(0), moving(1)])
    return root


@pytest.fixture
def broken(copy, tmp_path):
    return shutil.copytree(copy, tmp_path / "BP4D")


def shift_of(report, what):
    return next(one for one in report.shifts if one.of == what and not one.sequence)


def test_a_moving_face_is_in_step(copy, finder):
    findings = Findings()
    report = check(read("bp4d", copy, findings), findings, find=finder)
    assert report.findings == ()
    assert shift_of(report, "landmarks").verdict == "in step"
    assert shift_of(report, "intensity").verdict == "in step"
    assert shift_of(report, "occurrence").verdict != "shifted"
    assert {one.sequence for one in report.shifts} == {"", *report.rates.sequences}


def late(path, frames):
    """The lines of a file, with what belongs to frame i at frame i + n."""
    lines = path.read_text().splitlines()
    head = 1 if lines[0].startswith("0,") else 0
    numbers = [line.partition(",")[0] for line in lines[head:]]
    values = np.array([line.partition(",")[2] for line in lines[head:]], object)
    rows = [f"{n},{v}" for n, v in zip(numbers, delayed(values, frames), strict=True)]
    path.write_text("\n".join([*lines[:head], *rows]) + "\n")


@pytest.mark.parametrize("frames", [2, -3])
def test_landmarks_that_are_shifted_are_noticed(broken, finder, frames):
    for path in (broken / "2DFeatures").iterdir():
        late(path, frames)
    findings = Findings()
    report = check(read("bp4d", broken, findings), findings, find=finder)
    assert set(report.counts) == {"landmarks shifted"}
    assert {one.frames for one in report.shifts if one.of == "landmarks"} == {frames}
    assert shift_of(report, "intensity").verdict == "in step"
    assert len(report.good) == 0


@pytest.mark.parametrize("frames", [2, -3])
def test_labels_that_are_shifted_are_noticed(broken, finder, frames):
    for path in (broken / "AUCoding").rglob("*.csv"):
        late(path, frames)
    findings = Findings()
    report = check(read("bp4d", broken, findings), findings, find=finder)
    assert set(report.counts) == {"labels shifted"}
    assert shift_of(report, "landmarks").verdict == "in step"
    assert shift_of(report, "intensity").verdict == "shifted"
    assert shift_of(report, "intensity").frames == pytest.approx(frames, abs=1)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Of two persons presence tells too little to be sure of every shift."""
    root = tmp_path_factory.mktemp("three") / "BP4D"
    bp4d.write(root, [moving(0), moving(1), moving(2)])
    return root


@pytest.mark.parametrize("frames", [0, 3, -4])
def test_labels_that_say_present_or_not_are_timed_too(three, finder, frames, tmp_path):
    late_copy = shutil.copytree(three, tmp_path / "BP4D")
    for path in (late_copy / "AUCoding").rglob("*.csv"):
        late(path, frames)
    index = read("bp4d", late_copy, Findings())
    report = looked_through(
        replace(index, occurrence=index.intensity.present(2), intensity=None), finder
    )
    found = shift_of(report, "occurrence")
    assert found.verdict == ("shifted" if frames else "in step")
    assert found.frames == pytest.approx(frames, abs=1)


def test_a_unit_that_only_comes_does_not_time_labels_of_presence(copy, finder):
    index = read("bp4d", copy, Findings())
    rising = replace(index, occurrence=index.intensity.present(2), intensity=None).take(
        np.arange(14)
    )
    assert rising.occurrence.of((12,)).value.ravel()[[0, -1]].tolist() == [0, 1]
    shifts = looked_through(rising, finder).shifts
    assert [one for one in shifts if one.of == "occurrence"] == []


def test_one_shifted_sequence_is_named(broken, finder):
    (first, _) = sorted((broken / "2DFeatures").iterdir())
    late(first, 4)
    findings = Findings()
    report = check(read("bp4d", broken, findings), findings, find=finder)
    (place, what), *_ = of(report, "landmarks shifted")
    name = first.stem.replace("_", "/")
    assert name in place
    assert f"{name}: 4 frames late" in what
    assert {report.rates.sequences[name]} == {32}
    assert len(report.good) == 32


def test_a_face_that_keeps_still_says_nothing_of_its_timing(tmp_path):
    rng = np.random.default_rng(0)
    meshes = [made_up_mesh() + rng.normal(0, 0.2, (478, 3)).astype(np.float32) for _ in range(40)]
    index, find = made_up_set(tmp_path, count=40, subjects=1, meshes=meshes)
    jitter = rng.normal(0, 0.2, (40, 49, 2)).astype(np.float32)
    report = looked_through(with_points(index, range(40), lambda _: jitter + 30), find)
    assert all(shift.verdict == "too weak" for shift in report.shifts)
    assert report.untold == ("labels", "landmarks")
    told = [Shift(of, "", 0, 0.1, 0.1, 40, verdict) for of, verdict in (
        ("landmarks", "in step"), ("occurrence", "too weak")
    )]  # fmt: skip
    assert replace(report, shifts=tuple(told)).untold == ("occurrence labels",)
    assert replace(report, shifts=tuple(told[:1])).untold == ()


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (
            Shift("landmarks", "F1/T1", 4, 0.9, 0.2, 30, "shifted"),
            "landmarks, F1/T1: 4 frames late: those of frame i+4 fit the picture of frame i "
            "(20% of the movement explained as they are, 90% when moved, 30 pictures)",
        ),
        (
            Shift("occurrence", "", -3, 0.9, 0.2, 30, "shifted"),
            "occurrence labels, all sequences together: about 3 frames early: those of frame i-3 "
            "fit the picture of frame i (20% of the movement explained as they are, 90% when "
            "moved, 30 pictures)",
        ),
        (
            Shift("intensity", "", 1, 0.9, 0.8, 30, "in step"),
            "intensity labels, all sequences together: in step to within two frames (80% of the "
            "movement explained as they are, 30 pictures)",
        ),
        (
            Shift("landmarks", "", 9, 0.1, 0.0, 30, "too weak"),
            "landmarks, all sequences together: too little to go by (0% of the movement explained "
            "as they are, 30 pictures)",
        ),
    ],
)
def test_a_shift_is_told_in_a_sentence(shift, said):
    assert str(shift) == said


def test_one_picture_with_another_face_does_not_hide_a_shift(tmp_path):
    time = np.arange(40) / 40
    path = 6 * np.stack([np.sin(9 * time), np.cos(5 * time)], axis=1)
    meshes = [made_up_mesh(shift=place, scale=14) for place in path]
    index, find = made_up_set(tmp_path, count=40, subjects=1, meshes=meshes)
    index = with_points(index, range(40), lambda value: delayed(value, 3))
    other = (read_picture(index.root / index.path[17]), made_up_mesh(shift=(-15, 9), scale=14))

    def find_another(image, twice):
        return other[1] if np.array_equal(image, other[0]) else find(image, twice)

    report = looked_through(index, find_another)
    assert shift_of(report, "landmarks").frames == 3
    assert shift_of(report, "landmarks").fit > 0.99


def test_the_source_is_not_touched(copy, finder, tmp_path):
    def state():
        return {
            path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in [copy, *sorted(copy.rglob("*"))]
        }

    before = state()
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        findings = Findings()
        index = read("bp4d", copy, findings)
        report = check(index, findings, find=finder)
        write_index(index.take(report.good), tmp_path / "clean.parquet")
    finally:
        for path in before:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert state() == before


def test_a_broken_copy_is_told_of_with_file_and_line(broken, finder):
    pictures = broken / "Sequences(2D)"
    first, second = (folder / "T1" for folder in sorted(pictures.iterdir()))
    names = [path.parent.name for path in (first, second)]
    (first / "5.jpg").write_bytes((first / "5.jpg").read_bytes()[:900])
    (first / "9.jpg").unlink()
    shutil.copy(first / "20.jpg", second / "20.jpg")
    PIL.Image.new("RGB", (8, 8)).save(second / "99.jpg")
    codes = broken / "AUCoding/AU_INT/AU12" / f"{names[1]}_T1_AU12.csv"
    lines = codes.read_text().splitlines()
    lines[6] = "7,8"
    codes.write_text("\n".join(lines) + "\n")
    findings = Findings()
    index = read("bp4d", broken, findings)
    report = check(index, findings, find=finder)
    where = {kind: [place for place, _ in of(report, kind)] for kind in report.counts}
    assert where["unreadable picture"] == [f"Sequences(2D)/{names[0]}/T1/5.jpg"]
    assert where["no picture"] == [f"{names[0]}/T1"]
    assert where["duplicate"] == [f"Sequences(2D)/{names[1]}/T1/20.jpg"]
    assert where["no label"] == [f"{names[1]}/T1"]
    (place,) = where["code out of range"]
    assert place.endswith("T1_AU12.csv:7")
    kept = {index.path[row] for row in report.good}
    assert not kept & {*where["unreadable picture"], *where["duplicate"]}
    assert f"Sequences(2D)/{names[0]}/T1/20.jpg" not in kept, "whose picture it is cannot be told"
    assert len(report.good) == 64 - 1 - 1 - 2
