import json
import os
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.results.report import RunReport, SourceReport, report_path, write_report

CLIP = SourceReport(
    source="clip.mp4",
    kind="video",
    frames_in_container=100,
    decoded=96,
    analysed=40,
    without_face=3,
    skipped=50,
    outside=6,
    dropped={"damaged": 4},
    faces=2,
    first_time=1.0,
    last_time=9.0,
    neutral={"0": {"source": "auto", "quality": 0.8}, "1": {"source": "auto", "quality": 0.25}},
    notes=("the last frame is early",),
)
PHOTO = SourceReport("photo.jpg", "picture", 1, 1, 1, faces=1, first_time=0.0, last_time=0.0)


def run(*sources, **options):
    return RunReport(sources, "0.1.0", wall_seconds=2.0, cpu_seconds=1.5, **options)


def test_three_lines_say_frames_faces_and_time():
    assert run(CLIP).lines() == (
        "Frames: 100 in the container, 96 decoded, 40 analysed, 50 skipped by --every, "
        "6 outside --start and --end, 4 dropped (4 damaged).",
        "Faces: 2, 3 frames without a face; neutral: auto, quality 0.25.",
        "Time: 8.00 s of material in 2.0 s (1.5 s of CPU time, 37.5 ms per frame); "
        "1 note in the report.",
    )
    assert run(PHOTO).lines() == (
        "Frames: 1 in the container, 1 decoded, 1 analysed, none dropped.",
        "Faces: 1, 0 frames without a face; no neutral used.",
        "Time: 0.00 s of material in 2.0 s (1.5 s of CPU time, 1500.0 ms per frame).",
    )


def test_several_sources_are_summed():
    camera = SourceReport("camera:0", "camera", dropped={"late": 2})
    frames, faces, _ = run(CLIP, PHOTO, camera).lines()
    assert frames.startswith("Frames of 3 sources: unknown in the container, 97 decoded, 41 anal")
    assert frames.endswith("6 dropped (4 damaged, 2 late).")
    assert faces.startswith("Faces: 3,")


def test_a_run_without_frames_has_three_lines_too():
    lines = run().lines()
    assert len(lines) == 3
    assert not any("\n" in line for line in lines)
    assert lines[2] == "Time: 0.00 s of material in 2.0 s (1.5 s of CPU time)."


def test_the_whole_report_stands_in_the_json(tmp_path):
    report = run(
        CLIP,
        networks={"face-mesh": "abc"},
        options={"every": float("nan"), "neutral": Path("a.png")},
        outputs=("clip.parquet",),
    )
    path = write_report(report, tmp_path / "clip.parquet")
    assert path == report_path(tmp_path / "clip.parquet") == tmp_path / "clip.parquet.report.json"
    read = json.loads(path.read_text())
    assert read["sources"][0]["dropped"] == {"damaged": 4}
    assert read["sources"][0]["neutral"]["1"]["quality"] == 0.25
    assert read["sources"][0]["notes"] == ["the last frame is early"]
    assert read["options"] == {"every": None, "neutral": "a.png"}
    assert (read["version"], read["networks"]) == ("0.1.0", {"face-mesh": "abc"})
    assert [item.name for item in tmp_path.iterdir()] == ["clip.parquet.report.json"]


def test_what_is_not_finite_is_null_however_deep_it_lies():
    source = SourceReport("a", "video", first_time=float("nan"), notes=(float("inf"), 1.5))
    [read] = json.loads(run(source).to_json())["sources"]
    assert read["first_time"] is None
    assert read["notes"] == [None, 1.5]


def test_names_that_are_no_utf_8_do_not_break_the_json():
    name = os.fsdecode(b"x\xff.jpg")
    report = RunReport(
        (SourceReport(name, "picture", notes=(f"{name} is odd",)),),
        "1",
        options={"neutral": Path(name)},
    )
    shown = "x\N{REPLACEMENT CHARACTER}.jpg"
    values = json.loads(report.to_json())
    assert values["sources"][0]["source"] == shown
    assert values["sources"][0]["notes"] == [f"{shown} is odd"]
    assert values["options"] == {"neutral": shown}


def test_tables_of_one_name_in_two_formats_have_a_report_each(tmp_path):
    for name, source in (("study.parquet", CLIP), ("study.csv", PHOTO)):
        write_report(run(source), tmp_path / name)
    read = [json.loads(path.read_text()) for path in sorted(tmp_path.iterdir())]
    assert [one["sources"][0]["source"] for one in read] == ["photo.jpg", "clip.mp4"]


def test_a_report_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="does not exist"):
        write_report(run(CLIP), tmp_path / "none" / "clip.csv")

    def refuse(self, *args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(
        InputError, match=r"clip\.csv\.report\.json cannot be written \(No space left"
    ):
        write_report(run(CLIP), tmp_path / "clip.csv")
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_source_does_not_hide_how_many_frames_the_others_hold():
    sources = (
        SourceReport("a.mp4", "video", frames_in_container=90, decoded=90, analysed=90),
        SourceReport("b.mp4", "unreadable"),
    )
    assert RunReport(sources, "1").lines()[0].startswith("Frames of 2 sources: 90 in the container")


def test_a_neutral_that_is_none_has_no_quality():
    neutral = {"0": {"source": "none", "quality": 0.0}}
    clip = SourceReport("a.mp4", "video", analysed=5, faces=1, neutral=neutral)
    assert RunReport((clip,), "1").lines()[1].endswith("neutral: none.")
