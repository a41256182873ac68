"""How far a run is, in lines and as a bar."""

import sys

import pytest

from mien.cli import progress
from mien.cli.progress import showing_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is set."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def told(clock, capsys):
    """Lines that come of these reports: seconds, source, frames, share."""

    def tell(*reports):
        with showing_progress(quiet=False) as say:
            for moment, *report in reports:
                clock[0] = 100.0 + moment
                say(*report)
        return capsys.readouterr().err.splitlines()

    return tell


def test_a_line_comes_every_ten_seconds(told):
    reports = [(t, "in/a.mp4", 10 * t, t / 100) for t in (0, 5, 9.5, 10, 19, 20, 25)]
    assert told(*reports) == [
        "a.mp4: 100 frames, 10 %, about 2 min left",
        "a.mp4: 200 frames, 20 %, about 80 s left",
    ]


def test_each_source_has_its_own_clock(told):
    assert told(
        (0, "a.mp4", 1, 0.1), (9, "b.mp4", 1, 0.1), (18, "b.mp4", 7, 0.5), (29, "b.mp4", 9, 0.8)
    ) == ["b.mp4: 9 frames, 80 %, about 5 s left"]


def test_without_a_share_only_frames_are_told(told):
    assert told((0, "camera:0", 1, None), (10, "camera:0", 300, None)) == ["camera:0: 300 frames"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "10 s"),
        (80, "80 s"),
        (120, "2 min"),
        (5370, "90 min"),
        (5400, "1.5 h"),
        (90_000, "25.0 h"),
    ],
)
def test_spans_are_told_in_fitting_units(told, seconds, words):
    share = 10 / (10 + seconds)
    [line] = told((0, "a.mp4", 1, 0.0), (10, "a.mp4", 5, share))
    assert line.endswith(f"about {words} left")


def test_quiet_is_told_nothing():
    with showing_progress(quiet=True) as say:
        assert say is None


def test_a_bar_shows_each_source_in_turn(monkeypatch, capsys):
    import rich.progress

    bars = []
    whole = rich.progress.Progress

    def note(*args, **options):
        bars.append(whole(*args, **options))
        return bars[-1]

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(rich.progress, "Progress", note)
    states = []
    with showing_progress(quiet=False) as say:
        for report in (("in/a.mp4", 10, 0.25), ("in/a.mp4", 20, 1.0), ("camera:0", 3, None)):
            say(*report)
            [task] = bars[0].tasks
            states.append((task.description, task.fields["frames"], task.completed, task.total))
    assert states == [
        ("a.mp4", 10, 0.25, 1),
        ("a.mp4", 20, 1.0, 1),
        ("camera:0", 3, 0, None),
    ]
    assert capsys.readouterr().out == ""


def test_a_bar_goes_away_and_shows_names_as_they_are(monkeypatch):
    import rich.progress

    bars = []
    whole = rich.progress.Progress
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(
        rich.progress, "Progress", lambda *a, **o: bars.append(whole(*a, **o)) or bars[0]
    )
    with showing_progress(quiet=False) as say:
        say("in/[red]a.mp4", 10, 0.25)
        [task] = bars[0].tasks
        assert bars[0].columns[0].render(task).plain == "[red]a.mp4"
    assert bars[0].live.transient
