"""Who is who: the faces of a frame against the persons followed so far, without any picture."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from mien.face.appearance import likeness
from mien.face.detector import overlap
from mien.values import Float32

__all__ = ["MEMORY", "Sighting", "Track", "box_of", "disown", "distinct", "moved", "rematch"]

MEMORY = 2.0
"""Seconds in which a lost person is known again by appearance and place alone, at least."""
_YOUTH = 1.0
"""Seconds in which a new person may still be recognised as an old one."""
_STILL_THERE = 0.4
"""Overlap of the first and the second box of a newcomer."""
_LOOK_AGAIN = 0.5
"""Seconds between two frames whose shape of face is taken in, once the person is known."""
_SLOWEST = 0.02
"""Weight of a new shape at least."""
_LIKE = 0.6
"""Likeness from which two faces may be one person: 1 of 100 pairs of persons reaches it."""
_UNLIKE = 0.35
"""Likeness to what a person mostly looks like, under which somebody else may be more likely."""


@dataclass(eq=False)
class Track:
    """A person who is followed, or was until lately."""

    number: int
    mesh: Float32
    box: Float32
    look: Float32
    """Appearance, averaged slowly over the frames in which nobody else was near."""
    last: Float32
    """Appearance in the last frame."""
    seen: float
    """Time of the last frame with this face, in seconds."""
    born: float
    """Time of the first one."""
    frames: int = 0
    """How many there were."""
    shape: Float32 | None = None
    """Shape of the face, averaged over frames in which it is turned to the camera, if any is."""
    frontal: int = 0
    """How many those are."""
    shaped: float = -np.inf
    """Time of the last one."""

    def wants_shape(self, time: float) -> bool:
        """Whether the shape of the face should be measured in this frame; seldom, as it costs."""
        return self.is_young(time) or time - self.shaped >= _LOOK_AGAIN

    def learn(self, shape: Float32, frontal: bool, time: float) -> None:
        """Take in the shape of the face in this frame."""
        self.shaped = time
        if self.shape is None or (frontal and self.frontal == 0):
            self.shape = shape
        elif frontal or self.frontal == 0:
            rate = max(1 / (self.frontal + 1), _SLOWEST) if frontal else 0.1
            self.shape = self.shape + np.float32(rate) * (shape - self.shape)
        self.frontal += frontal

    def is_young(self, time: float) -> bool:
        """Whether the person may yet turn out to be somebody from before, seen badly at first."""
        return time - self.born <= _YOUTH

    def follow(self, sighting: "Sighting", time: float, alone: bool) -> None:
        """Take over where and how the person is seen now."""
        self.mesh, self.box, self.seen = sighting.mesh, sighting.box, time
        self.frames += 1
        if not sighting.look.any():
            return
        self.last = sighting.look
        if self.frames == 2:
            self.look = sighting.look  # the first fit, from a detection, is less exact
        elif alone:
            known = (self.look != 0) & (sighting.look != 0)
            rate = np.where(known, np.float32(0.05), (self.look == 0).astype(np.float32))
            self.look = self.look + rate * (sighting.look - self.look)


@dataclass(eq=False)
class Sighting:
    """A face in the present frame."""

    mesh: Float32
    presence: float
    box: Float32
    look: Float32
    owner: Track | None
    """Whose region it was found in, if a track's."""

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return float((self.box[2:] - self.box[:2]).prod())


def box_of(mesh: Float32) -> Float32:
    """Give the box around a mesh's points: x0, y0, x1, y1."""
    return np.concatenate([mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)])


def disown(sightings: Sequence[Sighting], tracks: Collection[Track]) -> None:
    """Take a face from the track whose region it was found in, if it is somebody else's.

    After a cut, and where two persons cross, the mesh locks on to whatever face is there.
    """
    for sighting in sightings:
        own = sighting.owner
        if own is None or not sighting.look.any() or _is_second(own, sighting):
            continue
        same, known = likeness(own.last, sighting.look), likeness(own.look, sighting.look)
        others = (likeness(one.look, sighting.look) for one in tracks if one is not own)
        if max(same, known) < _LIKE or (known < _UNLIKE and max(others, default=0.0) > _LIKE):
            sighting.owner = None


def _is_second(own: Track, sighting: Sighting) -> bool:
    """Whether this is where a newcomer was first fitted: that fit may look like nobody."""
    return own.frames == 1 and overlap(own.box, sighting.box) > _STILL_THERE


def distinct(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Keep one sighting of each face: a track's own before a new one, then the larger one.

    A detector may see a second face in the half of a large one; never a larger one around it.
    """

    def worth(one: Sighting) -> tuple[float, float]:
        own = one.owner
        sure = one.presence if own is None else 3 + likeness(own.look, one.look)
        return round(sure, 1), one.area

    kept: list[Sighting] = []
    for one in sorted(sightings, key=worth, reverse=True):
        if not any(_is_same_face(one, other) for other in kept):
            kept.append(one)
    return kept


def rematch(
    tracks: Sequence[Track], sightings: Sequence[Sighting], time: float, cut: bool
) -> dict[int, Track]:
    """Find again persons who are not followed at present.

    Args:
        tracks: persons without a face in this frame.
        sightings: faces without a person, or with a new one who may be an old one after all.
        time: of the frame, in seconds.
        cut: the picture has changed as a whole, so that places say nothing.

    Returns:
        For places in ``sightings`` the person; every person at most once.
    """
    pairs = []
    for place, sighting in enumerate(sightings):
        for track in tracks:
            own = sighting.owner
            like = max(likeness(track.look, sighting.look), likeness(track.last, sighting.look))
            if own is not None and own.born <= track.seen:
                continue  # they were in the picture together
            if _may_be(track, sighting, like, time - track.seen, cut):
                pairs.append((like, place, track))
    found: dict[int, Track] = {}
    for _, place, track in sorted(pairs, key=lambda pair: -pair[0]):
        if place not in found and all(track is not other for other in found.values()):
            found[place] = track
    return found


def _may_be(track: Track, sighting: Sighting, like: float, age: float, cut: bool) -> bool:
    if like < _LIKE or cut:
        return like >= _LIKE
    away, ratio = _change(track, sighting)
    return away < 1.5 + 2 * age and ratio < 2 + age


def moved(track: Track, sighting: Sighting) -> bool:
    """Whether a face has moved or grown more than heads mostly do from frame to frame."""
    away, ratio = _change(track, sighting)
    return away > 0.15 or ratio > 1.15


def _change(track: Track, sighting: Sighting) -> tuple[float, float]:
    """Measure the way between the centres in face sides, and the larger side over the smaller."""
    sides = [
        max(float(np.ptp(box[::2])), float(np.ptp(box[1::2])), 1e-6)
        for box in (track.box, sighting.box)
    ]
    way = (track.box[:2] + track.box[2:] - sighting.box[:2] - sighting.box[2:]) / 2
    return float(np.hypot(*way)) / max(sides), max(sides) / min(sides)


def _is_same_face(first: Sighting, second: Sighting) -> bool:
    """Whether two meshes lie on one face: half in common, or one within the other."""
    if overlap(first.box, second.box) > 0.5:
        return True
    low = np.maximum(first.box[:2], second.box[:2])
    shared = float(np.clip(np.minimum(first.box[2:], second.box[2:]) - low, 0, None).prod())
    return shared > 0.8 * min(first.area, second.area)
