"""The first pass: frames to rows of meshes, eyes and single-frame intensities."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mien.analysis import eyes
from mien.analysis.added import Crops
from mien.analysis.networks import Networks
from mien.analysis.rows import NOBODY, Rows
from mien.face.tracker import Tracker
from mien.values import MESH_POINTS, Face, Float32, Frame, Image

__all__ = ["CHUNK", "Keep", "Observation", "ahead", "observation", "observe", "rows_of"]

CHUNK = 64
"""Rows that go through the features and the single-frame network at once."""

AHEAD_BYTES = 12_000_000
"""Pixels decoded before their faces are followed: sixteen frames of 640x360, one of 4K."""


@dataclass(frozen=True)
class Keep:
    """What the rows carry on beyond the numbers of the table."""

    features: bool = False
    """The description of each face, for the reading against a neutral."""
    mesh: bool = False
    """The mesh itself, to be drawn or written."""


@dataclass(frozen=True, eq=False)
class Observation:
    """The faces of one frame, without its picture."""

    index: int
    time: float
    faces: tuple[Face, ...]
    crops: tuple[Crops, ...] = ()
    """What added networks read of each face; empty where there are none."""
    cuts: tuple[Image | None, ...] = ()
    """What the default networks read of each face beside its mesh; empty for nothing."""
    classed: Float32 | None = None
    """(faces, c): score of each class by a detector of one's own; None where there is none."""


def observe(
    frames: Iterable[Frame], tracker: Tracker, networks: Networks, keep: Keep
) -> Iterator[Rows]:
    """Follow the faces through the frames and read each one, a chunk at a time."""
    waiting: list[Observation] = []
    for frame in frames:
        waiting.append(observation(frame, tuple(tracker.follow(frame)), networks))
        if sum(max(1, len(seen.faces)) for seen in waiting) >= CHUNK:
            yield rows_of(waiting, networks, keep)
            waiting = []
    if waiting:
        yield rows_of(waiting, networks, keep)


def ahead(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same frames, decoded a dozen megabytes at a time.

    Decoding and the networks push each other out of the processor's caches; taking turns less often
    saves a tenth of the CPU time of a frame.
    """
    waiting: list[Frame] = []
    size = 0
    for frame in frames:
        waiting.append(frame)
        size += frame.image.nbytes
        if size >= AHEAD_BYTES:
            yield from waiting
            waiting, size = [], 0
    yield from waiting


def observation(frame: Frame, faces: tuple[Face, ...], networks: Networks) -> Observation:
    """The faces of a frame, with what has to be cut out while it is at hand."""
    crops = networks.added.cut(frame.image, faces) if networks.added else ()
    cuts = tuple(networks.reading.cut(frame.image, faces))
    classed = None
    if networks.classed is not None:
        boxes = _stack([face.box for face in faces], (4,))
        classed = networks.classed.classes(frame.image, boxes)
    return Observation(frame.index, frame.time, faces, crops, cuts, classed)


def rows_of(observations: Sequence[Observation], networks: Networks, keep: Keep) -> Rows:
    """One row per face; a frame without a face gives one row without."""
    pairs = [(seen, face) for seen in observations for face in (seen.faces or (None,))]
    faces = [face for _, face in pairs if face is not None]
    present = np.array([face is not None for _, face in pairs])
    crops = [crop for seen in observations for crop in (seen.crops or ((),) * len(seen.faces))]
    meshes = _stack([face.mesh for face in faces], (MESH_POINTS, 3))
    cuts = [cut for seen in observations for cut in (seen.cuts or (None,) * len(seen.faces))]
    features = networks.reading.describe(meshes, cuts)
    single = networks.reading.read(features)

    def spread(values: Float32) -> Float32:
        """Values of the faces at their rows, NaN elsewhere."""
        full = np.full((len(pairs), *values.shape[1:]), np.nan, np.float32)
        full[present] = values
        return full

    nothing = np.zeros((len(pairs), 0), np.float16)
    return Rows(
        frame=np.array([seen.index for seen, _ in pairs], np.int64),
        time=np.array([seen.time for seen, _ in pairs], np.float64),
        track=np.array([_track(face) for _, face in pairs], np.int32),
        score=spread(np.array([face.score for face in faces], np.float32)),
        box=spread(_stack([face.box for face in faces], (4,))),
        pose=spread(_stack([face.pose for face in faces], (3,))),
        openness=spread(eyes.openness(meshes)),
        gaze=spread(eyes.gaze(meshes)),
        single=spread(single),
        added=spread(networks.added.score(crops)),
        classed=spread(_classed(observations, len(faces))),
        features=spread(features).astype(np.float16) if keep.features else nothing,
        mesh=spread(meshes) if keep.mesh else np.zeros((len(pairs), 0, 3), np.float32),
    )


def _classed(observations: Sequence[Observation], faces: int) -> Float32:
    """The classes of all faces, (faces, c)."""
    parts = [seen.classed for seen in observations if seen.classed is not None]
    return np.concatenate(parts) if parts else np.zeros((faces, 0), np.float32)


def _track(face: Face | None) -> int:
    """Number of the face; a face outside any track is number 0."""
    if face is None:
        return NOBODY
    return face.track or 0


def _stack(values: list[Float32 | None], shape: tuple[int, ...]) -> Float32:
    """Arrays of the same shape as one, also when there is none; a missing one is NaN."""
    full = np.full((len(values), *shape), np.nan, np.float32)
    for row, value in zip(full, values, strict=True):
        if value is not None:
            row[:] = value
    return full
