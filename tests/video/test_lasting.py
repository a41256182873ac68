"""A camera that breaks and comes back."""

import threading

import numpy as np
import pytest

from mien.errors import UnreadableSource
from mien.video import lasting
from mien.video.lasting import WAITS, LastingCamera
from mien.video.shots import Shot


class Fake:
    """A device of so many frames, that then breaks or ends."""

    rate, size = 30.0, (64, 48)

    def __init__(self, frames, error=None):
        self.frames, self.error = frames, error

    def shots(self):
        for index in range(self.frames):
            yield Shot(index, index / 10, lambda: np.zeros((2, 2, 3), np.uint8))
        if self.error is not None:
            raise self.error


class Closing(threading.Event):
    """Notes what is waited for, and does not wait."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return self.is_set()


@pytest.fixture
def camera():
    """A camera whose devices come from a list; an error in it is raised when it is opened."""

    def make(*devices):
        left, said = list(devices), []

        def opened(name):
            assert name == "camera:7"
            if not left:
                closing.set()
                raise UnreadableSource("none")
            if isinstance(left[0], Exception):
                raise left.pop(0)
            return left.pop(0)

        closing = Closing()
        return LastingCamera("camera:7", closing, said.append, opened), said, closing

    return make


def test_it_goes_on_where_the_camera_came_back(camera, monkeypatch):
    moments = iter([100.0, 100.1, 100.2, 107.0, 107.1])
    monkeypatch.setattr(lasting, "monotonic", lambda: next(moments, 99.0))
    one, said, _ = camera(Fake(3, OSError("unplugged")), Fake(2))
    shots = list(one.shots())
    assert [shot.index for shot in shots] == [0, 1, 2, 3, 4]
    assert [shot.time for shot in shots] == pytest.approx([0.0, 0.1, 0.2, 7.0, 7.1])
    assert said[:2] == [
        "camera:7 is gone (unplugged); it is opened again as soon as it is there",
        "camera:7 is back",
    ]
    assert one.counts.decoded == 5


def test_a_loss_is_said_once_and_waited_for_longer_each_time(camera):
    gone = UnreadableSource("no such device")
    one, said, closing = camera(Fake(1, OSError("broke")), gone, gone, Fake(0), gone, Fake(1))
    shots = one.shots()
    next(shots)
    assert not one.is_gone
    next(shots)
    assert [line.split(" (")[0] for line in said] == ["camera:7 is gone", "camera:7 is back"]
    assert closing.waits == list(WAITS[:5])
    assert (one.is_gone, one.losses) == (False, 1)
    assert next(shots, None) is None
    assert closing.waits[5] == WAITS[0], "a frame came, so the waiting starts anew"
    assert (one.is_gone, one.losses) == (True, 2)
    assert "it delivers no more frames" in said[2]


def test_waits_stop_growing(camera):
    gone = UnreadableSource("no such device")
    one, _, closing = camera(Fake(1), *[gone] * 9)
    assert len(list(one.shots())) == 1
    assert closing.waits[-3:] == [WAITS[-1]] * 3


def test_closing_ends_the_waiting_and_is_no_loss(camera):
    one, said, _ = camera(Fake(2))
    shots = one.shots()
    next(shots)
    one.close()
    assert len(list(shots)) == 1
    assert said == []


def test_a_camera_that_was_never_there_is_refused(camera):
    with pytest.raises(UnreadableSource, match="no such device"):
        camera(UnreadableSource("no such device"))
