"""The loop of a live run, without a camera and without networks."""

import threading

import pytest

from mien.live import moment as moments
from mien.live import run
from mien.live.moment import Tally
from mien.live.run import watch
from tests.live.made_up import Playing, Reader, Seen


@pytest.fixture
def stop():
    return threading.Event()


def test_frames_are_read_and_shown_in_order_until_the_end(stop):
    reader, one, two = Reader(), Seen(), Seen()
    tally = watch(Playing([0, 3, None, 4]), reader, [one, two], stop)
    assert reader.read_frames == [0, 3, 4]
    assert [each.reading.frame.index for each in one.moments] == [0, 3, 4]
    assert [each.reading.frame.time for each in two.moments] == [0.0, 0.3, 0.4]
    assert one.notices == two.notices == [""]
    assert tally.frames == 3


def test_a_frame_is_taken_only_when_the_one_before_was_shown(stop):
    playing, seen = Playing(range(6)), Seen()
    left = []
    playing.on_take = lambda waiting: left.append(waiting + len(seen.moments))
    watch(playing, Reader(), [seen], stop)
    assert left == [6] * 6


def test_the_run_ends_when_a_display_is_closed(stop):
    reader = Reader()
    watch(Playing(range(9)), reader, [Seen(), Seen(most=2)], stop)
    assert reader.read_frames == [0, 1]


def test_the_run_ends_when_it_is_stopped(stop):
    reader, playing = Reader(), Playing(range(9))
    playing.on_take = lambda waiting: stop.set() if waiting == 6 else None
    watch(playing, reader, [Seen()], stop)
    assert reader.read_frames == [0, 1, 2, 3]


def test_a_camera_that_is_gone_is_told_while_it_is_waited_for(stop):
    playing, seen = Playing([0, None, None, 1, None]), Seen()

    def happens(waiting):
        playing.is_gone = waiting in (4, 3)

    playing.on_take = happens
    watch(playing, Reader(), [seen], stop)
    gone = "camera:0 is gone; waiting for it"
    assert seen.notices == [gone, gone]
    assert len(seen.moments) == 2


def test_silence_is_said_once_and_again_after_the_next_frame(stop, monkeypatch):
    monkeypatch.setattr(run, "SILENT", -1.0)
    said, seen = [], Seen()
    watch(Playing([None, None, 0, None, None, 1]), Reader(), [seen], stop, said.append)
    assert len(said) == 2
    assert all("no frame has come from camera:0" in line for line in said)
    assert seen.notices == ["no frame from camera:0"] * 4


def test_dropped_frames_rate_and_delay_travel_with_the_moment(stop, monkeypatch):
    clock = [50.0]

    def now():
        clock[0] += 0.01
        return clock[0]

    for module in (run, moments):
        monkeypatch.setattr(module, "monotonic", now)
    playing, seen = Playing(range(30)), Seen()
    playing.dropped = 4
    monkeypatch.setattr("tests.live.made_up.monotonic", now)
    watch(playing, Reader(), [seen], stop)
    first, last = seen.moments[0], seen.moments[-1]
    assert (first.rate, first.delay, first.dropped) == (None, None, 4)
    steps = [b.arrived - a.arrived for a, b in zip(seen.moments, seen.moments[1:], strict=False)]
    assert last.rate == pytest.approx(1 / steps[0])
    assert 0.01 <= last.delay <= 0.05


def test_the_rate_is_that_of_the_last_two_seconds():
    tally = Tally(begun=0.0)
    for time in (0.0, 1.0, 2.0, 3.0):
        tally.read(time)
    assert tally.rate == pytest.approx(1.0)
    for step in range(1, 41):
        tally.read(3.0 + step / 20)
    assert tally.rate == pytest.approx(20.0)
    assert tally.frames == 44


def test_the_delay_is_the_middle_one_of_the_last_frames():
    tally = Tally()
    assert tally.delay is None
    for delay in [9.0] * 100 + [0.02] * 30:
        tally.shown(delay)
    assert tally.delay == 0.02


def test_a_tally_does_not_grow(monkeypatch):
    monkeypatch.setattr(moments, "KEPT", 50)
    tally = Tally()
    for step in range(1000):
        tally.read(step / 100)
        tally.shown(0.01)
    assert len(tally._times) <= 202
    assert len(tally._delays) == 50


def test_the_run_in_one_line(monkeypatch):
    monkeypatch.setattr(moments, "monotonic", lambda: 12.0)
    tally = Tally(begun=2.0)
    for step in range(200):
        tally.read(2 + step / 20)
        tally.shown(0.02 if step < 180 else 0.06)
    assert tally.line("camera:0", 7) == (
        "camera:0: 200 frames read in 10.0 s, 20.0 a second; 7 passed over for newer ones; "
        "delay 20 ms, for 95 % of them at most 60 ms"
    )
    assert Tally(begun=2.0).line("camera:0", 0).startswith("camera:0: 0 frames read in 10.0 s; 0")
