"""A recording at its own pace, and a camera, as what goes on by itself."""

import threading

import numpy as np
import pytest

from mien.errors import InputError, UnreadableSource
from mien.video import playing
from mien.video.lasting import LastingCamera
from mien.video.playing import at_its_pace, play
from mien.video.shots import Shot
from mien.video.writer import VideoWriter, write_picture
from tests.video.test_lasting import Fake

PATIENCE = 20.0


def recorded(*times):
    for index, time in enumerate(times):
        yield Shot(index, time, lambda: np.zeros((2, 2, 3), np.uint8))


class Clock(threading.Event):
    """A clock that waiting moves on."""

    def __init__(self):
        super().__init__()
        self.now = 1000.0

    def wait(self, timeout=None):
        self.now += timeout
        return self.is_set()


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(playing, "monotonic", lambda: found.now)
    return found


def test_each_frame_comes_at_its_time(clock):
    came = [clock.now - 1000 for _ in at_its_pace(recorded(2.0, 2.1, 5.0), clock)]
    assert came == pytest.approx([0.0, 0.1, 3.0])


def test_a_frame_that_is_late_is_not_waited_for(clock):
    came = []
    for shot in at_its_pace(recorded(0.0, 0.1, 0.2, 1.0), clock):
        came.append(clock.now - 1000)
        clock.now += 0.4 if shot.index == 0 else 0
    assert came == pytest.approx([0.0, 0.4, 0.4, 1.0])


def test_closing_ends_the_waiting(clock):
    shots = at_its_pace(recorded(0.0, 10.0), clock)
    next(shots)
    clock.set()
    assert next(shots, None) is None


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Twelve frames in 0.12 s."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    with VideoWriter(path, 64, 48) as writer:
        for index in range(12):
            writer.write(np.full((48, 64, 3), 20 * index, np.uint8), index / 100)
    return path


def test_a_recording_ends_with_its_last_frame(film):
    taken = []
    with play(str(film)) as one:
        assert one.source.size == (64, 48)
        while not one.ended:
            if (arrived := one.take(PATIENCE)) is not None:
                taken.append(arrived.shot.index)
        assert not one.is_gone
    assert taken[-1] == 11
    assert taken == sorted(set(taken))
    assert len(taken) + one.dropped == 12


def test_a_part_of_a_recording(film):
    with play(str(film), start=0.05, end=0.08, every=0.02) as one:
        taken = []
        while not one.ended:
            if (arrived := one.take(PATIENCE)) is not None:
                taken.append(arrived.shot.index)
    assert taken in ([5, 7], [7])


def test_a_camera_is_played_and_waited_for(monkeypatch):
    devices = [Fake(2)]

    def camera(name, closing, say):
        return LastingCamera(name, closing, say, lambda _: devices.pop())

    monkeypatch.setattr(playing, "LastingCamera", camera)
    said = threading.Event()
    with play("camera:0", say=lambda _: said.set()) as one:
        assert one.take(PATIENCE).shot.index in (0, 1)
        assert said.wait(PATIENCE)
        assert one.is_gone
        assert not one.ended
    assert one.source.kind == "camera"


def test_what_does_not_go_on_by_itself_is_refused(tmp_path, film):
    write_picture(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="a picture, and only a camera or a video goes on"):
        play(str(tmp_path / "a.png"))
    with pytest.raises(InputError, match="expected a moment after the start"):
        play("camera:0", start=3, end=2)
    with pytest.raises(UnreadableSource, match="No such file"):
        play(str(film.with_name("none.mp4")))
