"""One source, twice gone through, with made-up faces in it."""

import signal

import numpy as np
import pytest

from mien.analysis import observe, run
from mien.analysis.judgement import Neutral
from mien.analysis.options import Options
from mien.analysis.run import SourceRun
from mien.values import Frame
from mien.video.shots import Counts
from mien.video.writer import VideoWriter, write_picture
from tests.analysis.made_up import Scene

IMAGE = np.full((48, 64, 3), 99, np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Forty frames, ten a second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with VideoWriter(path, 64, 48) as writer:
        for index in range(40):
            writer.write(IMAGE, index / 10)
    return path


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(observe, "CHUNK", 10)


def scene():
    """Nobody in frames 0-4, then track 0; track 3 from frame 20 to 24."""
    return Scene(lambda i: () if i < 5 else (0, 3) if 20 <= i < 25 else (0,))


def test_the_report_counts_frames_and_faces(film):
    reading = SourceRun(film, scene(), Options.of())
    frames = [number for rows, _ in reading for number in rows.frame.tolist()]
    assert sorted(set(frames)) == list(range(40))
    report = reading.report
    assert (report.source, report.kind) == (str(film), "video")
    assert (report.frames_in_container, report.decoded, report.analysed) == (40, 40, 40)
    assert (report.without_face, report.faces) == (5, 2)
    assert (report.skipped, report.outside, report.dropped) == (0, 0, {})
    assert (report.first_time, report.last_time) == (0, pytest.approx(3.9, abs=1e-3))


def test_the_neutral_of_each_face_is_reported(film):
    reading = SourceRun(film, scene(), Options.of())
    columns = [columns for _, columns in reading]
    used = reading.report.neutral
    assert used.keys() == {"0", "3"}
    assert used["0"]["source"] == "auto"
    assert used["0"]["frames"] >= 10
    assert used["0"]["quality"] == round(used["0"]["quality"], 3)
    assert used["3"] == {"source": "none", "quality": 0.0, "frames": 0, "single_frame_units": []}
    assert any(note.startswith("face 3: the face shows in only 5") for note in reading.report.notes)
    assert columns[-1]["neutral"][-1] == "auto"


def test_without_a_neutral_nothing_is_kept_or_told_of_it(film):
    networks = scene()
    reading = SourceRun(film, networks, Options.of(neutral="none"))
    assert {rows.features.shape[1] for rows, _ in reading} == {0}
    assert reading.report.neutral == {}
    assert networks.reading.networks[1].asked == []


def test_a_given_neutral_is_doubted_where_the_face_is_unlike(film, tmp_path):
    (tmp_path / "a.png").touch()
    options = Options.of(neutral=tmp_path / "a.png")
    given = Neutral(np.zeros(1410, np.float32), 1, "picture", 0.9, (), (12,))
    reading = SourceRun(film, scene(), options, neutral=given)
    assert {name for _, c in reading for name in c["neutral"]} == {None, "picture"}
    for told in (reading.report.neutral["0"], reading.report.neutral["3"]):
        assert (told["source"], told["frames"], told["single_frame_units"]) == ("picture", 1, [12])


def test_what_lies_outside_or_between_is_counted(film):
    reading = SourceRun(film, scene(), Options.of(start=1, end=3, every=0.2))
    times = np.concatenate([rows.time for rows, _ in reading])
    assert np.unique(times).round(3).tolist() == np.arange(1, 3, 0.2).round(3).tolist()
    report = reading.report
    assert (report.analysed, report.skipped) == (10, 10)
    assert report.outside + report.analysed + report.skipped == report.decoded
    assert (report.first_time, report.last_time) == (1.0, pytest.approx(2.8, abs=1e-3))


@pytest.mark.parametrize(
    ("options", "frames", "shares"),
    [
        ({}, [10, 20, 25, 35, 40], [0.225, 0.475, 0.6, 0.85, 0.975]),
        ({"start": 3}, [10], [0.96]),
        ({"end": 2}, [10, 20], [0.45, 0.95]),
        ({"start": 1, "end": 3}, [10, 15, 20], [0.45, 0.7, 0.95]),
        ({"end": 400}, [10, 20, 25, 35, 40], [0.225, 0.475, 0.6, 0.85, 0.975]),
    ],
)
def test_progress_is_the_share_of_the_time_asked_for(film, options, frames, shares):
    told = []
    reading = SourceRun(
        film, scene(), Options.of(**options), progress=lambda *each: told.append(each)
    )
    list(reading)
    assert {source for source, _, _ in told} == {str(film)}
    assert [number for _, number, _ in told] == frames
    assert [share for _, _, share in told] == pytest.approx(shares, abs=0.03)


def test_progress_counts_from_where_the_source_begins(tmp_path):
    with VideoWriter(tmp_path / "late.mp4", 64, 48) as writer:
        for index in range(40):
            writer.write(IMAGE, 36_000 + index / 10)
    told = []
    list(
        SourceRun(tmp_path / "late.mp4", scene(), Options.of(), progress=lambda *e: told.append(e))
    )
    shares = [0.225, 0.475, 0.6, 0.85, 0.975]
    assert [share for _, _, share in told] == pytest.approx(shares, abs=0.03)


def test_the_mesh_is_shown_in_passing_and_kept_if_asked(film):
    shown = []
    reading = SourceRun(film, scene(), Options.of(end=1), on_rows=shown.append)
    assert {rows.mesh.shape[1] for rows, _ in reading} == {0}
    assert {rows.mesh.shape[1] for rows in shown} == {478}
    kept = SourceRun(film, scene(), Options.of(end=1), keep_mesh=True)
    assert {rows.mesh.shape[1] for rows, _ in kept} == {478}


def test_the_tracker_is_told_how_many_faces_to_follow(film):
    networks = scene()
    list(SourceRun(film, networks, Options.of(max_faces=2, end=0.5)))
    list(SourceRun(film, networks, Options.of(end=0.5)))
    assert networks.asked == [(2, False), (None, False)]


@pytest.mark.parametrize("neutral", ["auto", "1s"])
def test_a_picture_has_no_neutral_of_its_own(tmp_path, neutral):
    write_picture(tmp_path / "a.png", IMAGE)
    reading = SourceRun(tmp_path / "a.png", Scene(lambda _: (0,)), Options.of(neutral=neutral))
    [(rows, columns)] = reading
    assert rows.features.shape == (1, 0)
    assert columns["neutral"] == ["none"]
    assert (reading.report.kind, reading.report.neutral) == ("picture", {})


class Feed:
    """A source that is interrupted after seven frames."""

    name, frames_in_container, notes = "camera:0", None, ["blinks"]
    begin, duration = 0.0, None

    def __init__(self, kind):
        self.kind = kind
        self.counts = Counts()
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.closed = True

    def __iter__(self):
        for index in range(7):
            self.counts.yielded += 1
            yield Frame(IMAGE, index, index / 10)
        raise KeyboardInterrupt


def test_an_interrupted_camera_has_its_table(monkeypatch):
    feed, told = Feed("camera"), []
    monkeypatch.setattr(run, "open_source", lambda *_, **__: feed)
    reading = SourceRun("camera:0", scene(), Options.of(), progress=lambda *e: told.append(e))
    assert sum(len(rows) for rows, _ in reading) == 7
    assert told == [("camera:0", 7, None)]
    assert (reading.report.analysed, reading.report.last_time) == (7, 0.6)
    assert reading.report.notes[0] == "blinks"
    assert feed.closed


def interrupting(at, times):
    """A scene in which the interruption comes while the faces of frame ``at`` are found."""

    def seen(index):
        if index == at:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return (0,)

    return Scene(seen)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("at", [0, 4])
def test_a_camera_interrupted_while_a_face_is_read_has_its_table_too(monkeypatch, at):
    monkeypatch.setattr(run, "open_source", lambda *_, **__: Feed("camera"))
    reading = SourceRun("camera:0", interrupting(at, times=1), Options.of())
    assert [n for rows, _ in reading for n in rows.frame.tolist()] == list(range(at + 1))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interruptible")
def test_a_second_interruption_ends_a_camera_at_once(monkeypatch):
    monkeypatch.setattr(run, "open_source", lambda *_, **__: Feed("camera"))
    with pytest.raises(KeyboardInterrupt):
        list(SourceRun("camera:0", interrupting(4, times=2), Options.of()))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("interruptible")
def test_an_error_gives_interruptions_back(monkeypatch):
    monkeypatch.setattr(run, "open_source", lambda *_, **__: Feed("camera"))
    reading = SourceRun("camera:0", Scene(lambda index: (0,) * (4 // (4 - index))), Options.of())
    with pytest.raises(ZeroDivisionError) as raised:
        list(reading)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert raised.value.__traceback__ is not None


def test_interruptions_that_somebody_else_takes_are_left_to_them(monkeypatch):
    taken = []
    before = signal.signal(signal.SIGINT, lambda *_: taken.append(1))
    try:
        monkeypatch.setattr(run, "open_source", lambda *_, **__: Feed("camera"))
        reading = SourceRun("camera:0", interrupting(4, times=1), Options.of())
        assert sum(len(rows) for rows, _ in reading) == 7
    finally:
        signal.signal(signal.SIGINT, before)
    assert taken == [1]


def test_an_interrupted_video_is_interrupted(monkeypatch):
    feed = Feed("video")
    monkeypatch.setattr(run, "open_source", lambda *_, **__: feed)
    with pytest.raises(KeyboardInterrupt):
        list(SourceRun("a.mp4", scene(), Options.of()))
    assert feed.closed
