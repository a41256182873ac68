"""The thread that keeps the newest frame only."""

import threading
from time import monotonic

import numpy as np

from mien.errors import UnreadableSource
from mien.video.newest import Newest
from mien.video.shots import Counts, Shot

PATIENCE = 20.0


def shot(index):
    return Shot(index, index / 10, lambda: np.zeros((2, 2, 3), np.uint8))


class Stepped:
    """Shots that are let out one by one, so that a test decides who is faster."""

    def __init__(self, end=None):
        self._gates = [threading.Event() for _ in range(9)]
        self._passed = [threading.Event() for _ in range(9)]
        self.closed = threading.Event()
        self._end = end

    def shots(self):
        try:
            for index, gate in enumerate(self._gates):
                assert gate.wait(PATIENCE)
                if self._end is not None and index == 3:
                    raise self._end
                yield shot(index)
                self._passed[index].set()  # the next one is asked for: this one lies there
        finally:
            self.closed.set()

    def until(self, index):
        """Let out all shots up to this one."""
        for gate, passed in zip(self._gates[: index + 1], self._passed, strict=False):
            gate.set()
            assert passed.wait(PATIENCE)

    def release(self):
        for gate in self._gates:
            gate.set()


def test_only_the_newest_is_handed_out_and_the_others_are_counted():
    stepped, counts = Stepped(), Counts()
    newest = Newest(stepped.shots(), counts)
    stepped.until(4)
    assert newest.take(PATIENCE).shot.index == 4
    assert counts.dropped == {"late": 4}
    assert newest.take(0.0) is None, "a frame is handed out once"
    assert not newest.ended
    stepped.until(5)
    assert newest.take(PATIENCE).shot.index == 5
    assert counts.dropped == {"late": 4}
    stepped.release()
    newest.close()


def test_the_last_frame_can_still_be_taken_when_the_shots_are_over():
    newest = Newest((shot(index) for index in range(3)), Counts())
    assert newest.begins(PATIENCE)
    newest._thread.join(PATIENCE)
    assert not newest.ended
    assert newest.take(PATIENCE).shot.index == 2
    assert newest.ended
    assert newest.take(PATIENCE) is None
    assert newest.error == ""


def test_why_it_broke_off_is_told():
    stepped = Stepped(OSError("unplugged"))
    newest = Newest(stepped.shots(), Counts())
    stepped.release()
    newest._thread.join(PATIENCE)
    assert newest.take(PATIENCE).shot.index == 2
    assert (newest.ended, newest.error) == (True, "unplugged")
    stepped = Stepped(UnreadableSource("no video"))
    stepped.release()
    newest = Newest(stepped.shots(), Counts())
    newest._thread.join(PATIENCE)
    assert newest.error == "no video"


def test_closing_ends_the_thread_and_the_shots_and_gives_nothing_more():
    stepped, closing = Stepped(), threading.Event()
    newest = Newest(stepped.shots(), Counts(), closing)
    stepped.until(1)
    stepped.release()
    newest.close()
    assert closing.is_set()
    assert stepped.closed.wait(PATIENCE)
    assert newest.take(PATIENCE) is None
    assert not newest._thread.is_alive()


def test_without_any_frame_it_never_begins():
    newest = Newest((shot(index) for index in ()), Counts())
    assert not newest.begins(PATIENCE)
    assert newest.ended


def test_arrivals_carry_the_monotonic_clock():
    newest = Newest((shot(index) for index in range(1)), Counts())
    newest._thread.join(PATIENCE)
    first = newest.take(0.0)
    assert 0 < first.at <= monotonic()
