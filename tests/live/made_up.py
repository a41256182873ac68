"""Moments without networks: a playing source, its reader, and a display that remembers."""

from time import monotonic

import numpy as np

from mien.analysis.stream import FrameReading
from mien.live.moment import Moment
from mien.values import Face, Frame
from mien.video.newest import Arrived
from mien.video.shots import Shot

IMAGE = np.full((48, 64, 3), 90, np.uint8)

ROW = {
    "source": "camera:0",
    "frame": 7,
    "time": 0.25,
    "face": 2,
    "score": 0.98765432,
    "x0": 8.0,
    "AU6": 2.123456,
    "AU12": 3.6,
    "AU12_L": 3.7,
    "AU14": 0.0,
    "AU24": 0.5,
    "AU26": 0.1,
    "AU45_p": None,
    "happiness": 0.72,
    "anger": 0.31,
    "emotion": "happiness",
    "emotion_rule": "6+12",
    "emotion_coverage": 1.0,
    "neutral": "auto",
    "neutral_quality": 0.84,
}


def face(track=2):
    return Face(np.array([8, 8, 40, 40], np.float32), 0.98, track)


def reading(*rows, index=7, time=0.25, fallen_back=()):
    faces = tuple(face(row["face"]) for row in rows)
    return FrameReading(Frame(IMAGE, index, time), faces, rows, (fallen_back,) * len(rows))


def moment(*rows, age=0.0, rate=29.97, delay=0.03, dropped=3):
    return Moment("camera:0", reading(*rows), monotonic() - age, dropped, rate, delay)


class Playing:
    """Hands out frames by a script: a number is a frame, None is a wait that was in vain."""

    def __init__(self, script, name="camera:0"):
        self._script = list(script)
        self.source = type("Source", (), {"name": name, "size": (64, 48)})()
        self.dropped = 0
        self.is_gone = False
        self.on_take = lambda _: None

    @property
    def ended(self):
        return not self._script

    def take(self, patience):
        assert patience > 0
        if not self._script:
            return None
        self.on_take(len(self._script))
        index = self._script.pop(0)
        if index is None:
            return None
        return Arrived(Shot(index, index / 10, lambda: IMAGE), monotonic())


class Reader:
    """Reads nobody."""

    def __init__(self):
        self.read_frames = []

    def read(self, frame):
        self.read_frames.append(frame.index)
        return FrameReading(frame, (), (), ())


class Seen:
    """A display that remembers."""

    def __init__(self, most=99):
        self.moments, self.notices, self._most = [], [], most

    @property
    def is_open(self):
        return len(self.moments) < self._most

    def show(self, moment):
        self.moments.append(moment)

    def wait(self, notice):
        self.notices.append(notice)
