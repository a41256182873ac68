"""Follow the faces of a video: the same person keeps the same number."""

from collections.abc import Sequence

import numpy as np

from mien.errors import InputError
from mien.face.appearance import describe
from mien.face.detector import Detection, Finder, overlap
from mien.face.glance import glance, has_news, is_cut
from mien.face.mesh import PRESENT, Fit, MeshFitter, region_of_detection, region_of_mesh
from mien.face.pose import head_pose
from mien.face.recognition import longest_seen, recognise, shape_of
from mien.face.tracks import MEMORY, Sighting, Track, box_of, disown, distinct, moved, rematch
from mien.values import Face, Float32, Frame, Image

__all__ = ["Tracker", "find_faces"]

_LONG_STEP = 0.25
"""Seconds between two frames after which a face is no longer where it was."""
_WATCH = 1.0
"""Seconds after the loss of a face in which every frame is searched."""
_PATIENCE = 1.0
"""Seconds without a search at most, also while nothing changes but the faces."""
_FRONTAL = 20.0
"""Degrees up to which a face counts as turned to the camera."""


def find_faces(image: Image, detector: Finder, fitter: MeshFitter) -> list[Face]:
    """Find the faces of one picture, with mesh and pose, the largest first.

    Args:
        image: uint8 (h, w, 3), RGB.
        detector: where faces may be.
        fitter: decides whether they are, and fits the mesh.
    """
    found = distinct(_detected(image, fitter, detector.find(image)))
    return [_face(one, None) for one in sorted(found, key=lambda one: -one.area)]


class Tracker:
    """Follows the faces of one source, frame by frame.

    Faces are looked for at once when none is followed or one was lost lately, when the picture
    changes, and otherwise now and then, for newcomers: every second, or sooner if something but
    the known faces changes. Between that each mesh gives the region for the next frame.

    Persons are remembered for the whole source. Who was away for long gets the old number back if
    appearance and shape of face together leave no doubt, else a new one.

    Args:
        detector: where faces may be.
        fitter: decides whether they are, and fits the mesh.
        max_faces: follow at most so many, the largest; None: all.
        detect_every: seconds between two searches for newcomers, at least.
        settle: fit the mesh of a newcomer twice, the second time from the first, as it is fitted to
            all later frames. The reference does not.
    """

    def __init__(
        self,
        detector: Finder,
        fitter: MeshFitter,
        max_faces: int | None = None,
        detect_every: float = 0.5,
        settle: bool = False,
    ) -> None:
        if max_faces is not None and max_faces < 1:
            raise InputError(f"max_faces is {max_faces}, expected at least 1, or None for all")
        self._detector, self._fitter = detector, fitter
        self._max_faces, self._detect_every = max_faces, detect_every
        self._settle = settle
        self._live: list[Track] = []
        self._lost: list[Track] = []
        self._gone: list[Track] = []
        self._next = 0
        self._time: float | None = None
        self._searched = self._missed = -np.inf
        self._odd = False
        self._view: Float32 | None = None
        self._searched_view: Float32 | None = None

    def follow(self, frame: Frame) -> list[Face]:
        """Find the faces of the next frame, sorted by track number."""
        before = self._live
        step = self._advance(frame.time)
        cut = self._is_cut(frame.image)
        if cut or step > _LONG_STEP:
            self._lost += self._live
            self._live = []
        seen = self._followed(frame.image)
        if self._must_search(seen, frame):
            self._searched, self._searched_view = frame.time, self._view
            seen = distinct([*seen, *self._fresh(frame.image, seen, self._is_calm(seen, frame))])
        self._recall(seen, frame.time, step, cut)
        self._recognise(frame, seen)
        faces = self._name(self._largest(seen), seen, frame.time)
        if any(track not in self._live for track in before):
            self._missed = frame.time
        return faces

    def _advance(self, time: float) -> float:
        """Take the frame's time and give the seconds since the last frame."""
        step = np.inf if self._time is None else time - self._time
        self._time = time
        if step < 0:  # another source, or a jump back: nobody is where he was
            self._live, self._lost, self._gone, step = [], [], [], np.inf
            self._searched = self._missed = -np.inf
        return float(step)

    def _is_cut(self, image: Image) -> bool:
        """Whether the picture has little in common with the last one."""
        last, self._view = self._view, glance(image)
        return last is None or is_cut(last, self._view)

    def _followed(self, image: Image) -> list[Sighting]:
        """Fit the mesh again to everybody who is followed."""
        fits = self._fitter.fit(image, [region_of_mesh(track.mesh) for track in self._live])
        seen = _sightings(image, fits, self._live)
        # From a region that the face has half left the mesh comes out squeezed.
        late = [one for one in seen if one.owner and moved(one.owner, one)]
        sure = [one for one in seen if one not in late]
        fits = self._fitter.fit(image, [region_of_mesh(one.mesh) for one in late])
        seen = sure + _sightings(image, fits, [one.owner for one in late])
        disown(seen, [*self._live, *self._lost])
        return distinct(seen)

    def _must_search(self, seen: Sequence[Sighting], frame: Frame) -> bool:
        if self._max_faces is not None and len(seen) >= self._max_faces:
            return False
        if not self._is_calm(seen, frame):
            return True
        waited = frame.time - self._searched
        if waited < self._detect_every:
            return False
        if waited >= _PATIENCE or self._view is None or self._searched_view is None:
            return True
        size = (frame.image.shape[1], frame.image.shape[0])
        return has_news(self._searched_view, self._view, [one.box for one in seen], size)

    def _is_calm(self, seen: Sequence[Sighting], frame: Frame) -> bool:
        """Whether everybody who was followed is still there, and nobody was lost lately."""
        all_there = bool(seen) and len(seen) >= len(self._live)
        return all_there and frame.time - self._missed > _WATCH

    def _fresh(self, image: Image, seen: Sequence[Sighting], calm: bool) -> list[Sighting]:
        """Detect faces other than those just seen, and fit the mesh to them.

        While all is calm the two detectors take turns.
        """
        self._odd = calm and not self._odd
        detected = self._detector.glimpse(image, self._odd) if calm else self._detector.find(image)
        followed = [region_of_mesh(one.mesh).box for one in seen]
        new = [
            one
            for one in detected
            if all(overlap(region_of_detection(one).box, other) <= 0.5 for other in followed)
        ]
        found = _detected(image, self._fitter, new)
        if not self._settle:
            return found
        fits = self._fitter.fit(image, [region_of_mesh(one.mesh) for one in found])
        return _sightings(image, fits, [None] * len(fits))

    def _recall(self, seen: Sequence[Sighting], time: float, step: float, cut: bool) -> None:
        """Give back the faces of persons who were lost, in this frame or lately."""
        owners = [one.owner for one in seen]
        self._lost += [track for track in self._live if track not in owners]
        keep = max(MEMORY, 2.5 * step)
        gone = [one for one in self._lost if time - one.seen > keep]
        if gone:
            self._lost = [one for one in self._lost if one not in gone]
            self._gone = longest_seen([*self._gone, *gone])
        free = [one for one in seen if one.owner is None or one.owner.is_young(time)]
        for place, track in rematch(self._lost, free, time, cut).items():
            free[place].owner = track
            self._lost.remove(track)

    def _recognise(self, frame: Frame, seen: Sequence[Sighting]) -> None:
        """Give back the faces of persons who come back elsewhere, or after long."""
        away = [*self._lost, *self._gone]
        free = [one for one in seen if one.owner is None or one.owner.is_young(frame.time)]
        if not away or not free:
            return
        present = [one.owner for one in seen if one.owner is not None]
        for place, track in recognise(away, present, self._shaped(frame.image, free)).items():
            free[place].owner = track
            self._lost = [one for one in self._lost if one is not track]
            self._gone = [one for one in self._gone if one is not track]

    def _shaped(self, image: Image, free: Sequence[Sighting]) -> list[tuple[Sighting, Float32]]:
        """Measure the shape of newcomers, from a second fit: the first one is less exact."""
        new = [one for one in free if one.owner is None or one.owner.shape is None]
        fits = iter(self._fitter.fit(image, [region_of_mesh(one.mesh) for one in new]))
        return [
            (one, shape_of(next(fits)[0]) if one in new else one.owner.shape)  # type: ignore[union-attr,misc]
            for one in free
        ]

    def _name(
        self, chosen: Sequence[Sighting], seen: Sequence[Sighting], time: float
    ) -> list[Face]:
        """Give every face its number, a new person a new one."""
        self._live = []
        faces = []
        for one in chosen:
            if one.owner is None:
                one.owner = Track(self._next, one.mesh, one.box, one.look, one.look, time, time)
                self._next += 1
            others = (other for other in seen if other is not one)
            one.owner.follow(one, time, alone=all(overlap(one.box, o.box) == 0 for o in others))
            self._live.append(one.owner)
            faces.append(face := _face(one, one.owner.number))
            if one.owner.wants_shape(time):
                one.owner.learn(shape_of(one.mesh), _is_frontal(face), time)
        return sorted(faces, key=lambda face: face.track or 0)

    def _largest(self, seen: Sequence[Sighting]) -> list[Sighting]:
        """Keep the ``max_faces`` largest; who has a number stays before a like newcomer."""

        def weight(one: Sighting) -> float:
            return one.area * (1.5 if one.owner is not None else 1.0)

        return sorted(seen, key=weight, reverse=True)[: self._max_faces]


def _detected(image: Image, fitter: MeshFitter, detections: Sequence[Detection]) -> list[Sighting]:
    """Fit the mesh to detections; where none fits, once more from the other detector's box."""
    fits = fitter.fit(image, [region_of_detection(one) for one in detections])
    again = [
        one.second
        for one, fit in zip(detections, fits, strict=True)
        if fit.presence <= PRESENT and one.second is not None
    ]
    fits += fitter.fit(image, [region_of_detection(one) for one in again])
    return _sightings(image, fits, [None] * len(fits))


def _sightings(image: Image, fits: Sequence[Fit], owners: Sequence[Track | None]) -> list[Sighting]:
    """Take the fits that are faces."""
    found = [
        (mesh, presence, box_of(mesh), owner)
        for (mesh, presence), owner in zip(fits, owners, strict=True)
        if presence > PRESENT
    ]
    return [
        Sighting(mesh, presence, box, describe(image, mesh), owner)
        for mesh, presence, box, owner in found
        if _inside(box, image)
    ]


def _inside(box: Float32, image: Image) -> bool:
    """Whether a face's centre is in the picture and it is larger than a speck."""
    centre = (box[:2] + box[2:]) / 2
    limits = (image.shape[1], image.shape[0])
    return bool((centre >= 0).all() and (centre < limits).all() and np.ptp(box[::2]) >= 4)


def _is_frontal(face: Face) -> bool:
    return face.pose is not None and bool(np.abs(face.pose[:2]).max() <= _FRONTAL)


def _face(one: Sighting, number: int | None) -> Face:
    return Face(one.box, one.presence, number, one.mesh, head_pose(one.mesh))
