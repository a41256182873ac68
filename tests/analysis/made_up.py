"""Small made-up rows and networks for the tests of this room."""

from dataclasses import fields
from types import SimpleNamespace

import numpy as np

from mien.analysis.added import Added
from mien.analysis.rows import NOBODY, Rows
from mien.face.geometry import FEATURES, difference, features
from mien.spec import ModelSpec
from mien.values import Face, Scores

UNITS, SIDES = (12, 12, 1, 1, 25), ("R", "L", "L", "R", "")
SINGLE = ModelSpec("one", "intensity", "mesh", UNITS, SIDES, size=FEATURES)
DIFFERENCE = ModelSpec("two", "intensity", "mesh-difference", UNITS, SIDES, size=FEATURES)


class Network:
    """Its intensities are the first features, shifted; it notes what it was asked."""

    def __init__(self, spec, shift=0.0):
        self.spec = spec
        self.shift = shift
        self.asked = []

    def score(self, features):
        self.asked.append(features)
        return Scores(intensity=features[:, : len(UNITS)] + np.float32(self.shift))


class MadeUpReading:
    """Describes by the mesh alone; against a neutral it adds 1 to what the features say."""

    def __init__(self):
        self.networks = Network(SINGLE), Network(DIFFERENCE, 1.0)
        self.single, self.difference = SINGLE, DIFFERENCE
        self.length = FEATURES

    def cut(self, image, faces):  # noqa: ARG002
        return [None] * len(faces)

    def describe(self, meshes, crops):
        assert len(crops) == len(meshes)
        return features(meshes)

    def read(self, described):
        return self.networks[0].score(described).intensity

    def against(self, described, neutral):
        return self.networks[1].score(difference(described, neutral)).intensity


def made_up_networks():
    """Both readings, and no added network."""
    reading = MadeUpReading()
    return SimpleNamespace(
        reading=reading,
        single=reading.single,
        difference=reading.difference,
        added=Added(),
        classed=None,
        detected_classes=(),
    )


def made_up_rows(track, frame=None, rate=30.0, seed=0):
    """A row for each number in ``track`` (NOBODY: no face), each number different; open eyes."""
    random = np.random.default_rng(seed)
    track = np.array(track, np.int32)
    frame = np.arange(len(track)) if frame is None else np.array(frame)
    nobody = track == NOBODY

    def numbers(low, high, *shape, kind=np.float32):
        values = random.uniform(low, high, (len(track), *shape)).astype(kind)
        values[nobody] = np.nan
        return values

    return Rows(
        frame=frame.astype(np.int64),
        time=frame / rate,
        track=track,
        score=numbers(0, 1),
        box=numbers(0, 99, 4),
        pose=numbers(-9, 9, 3),
        openness=numbers(0.30, 0.34, 2),
        gaze=numbers(0, 1, 2),
        single=numbers(0, 5, len(UNITS)),
        added=np.zeros((len(track), 0), np.float32),
        classed=np.zeros((len(track), 0), np.float32),
        features=numbers(0, 3, FEATURES, kind=np.float16),
        mesh=numbers(0, 99, 478, 3),
    )


def part(rows, first, last):
    """The rows from ``first`` up to ``last``."""
    return Rows(**{item.name: getattr(rows, item.name)[first:last] for item in fields(Rows)})


def cut(rows, size):
    """The rows in chunks of ``size``."""
    return [part(rows, first, first + size) for first in range(0, len(rows), size)]


def made_up_face(track=0, seed=0, **more):
    """A face with a mesh of random points."""
    random = np.random.default_rng([seed, track or 0])
    values = {
        "box": np.sort(random.uniform(0, 99, 4)).astype(np.float32),
        "score": 0.875,
        "track": track,
        "mesh": random.uniform(0, 99, (478, 3)).astype(np.float32),
        "pose": random.uniform(-9, 9, 3).astype(np.float32),
    }
    return Face(**{**values, **more})


class Scene(SimpleNamespace):
    """Networks that see in each frame the tracks that ``seen`` names, and note what is asked."""

    def __init__(self, seen):
        super().__init__(**vars(made_up_networks()), seen=seen, asked=[])

    def tracker(self, max_faces=None, *, settle=False):
        self.asked.append((max_faces, settle))
        return self

    def follow(self, frame):
        return [made_up_face(track, frame.index) for track in self.seen(frame.index)]

    def with_default(self, *_):
        return self

    def with_detector(self, _):
        return self

    def with_models(self, *_, **__):
        return self

    def hashes(self):
        return {"one": "abc"}
