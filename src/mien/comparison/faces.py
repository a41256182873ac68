"""The face in a prepared picture, found anew: networks of the mesh read the same pixels as others.

The detectors look at the picture as it is. Where they see nothing, for a face may fill it to the
edge, the landmarks of the data set say where it lies, and without these the detectors look again
with room around it.
"""

from functools import cached_property

import numpy as np

from mien.data.finding import meant
from mien.face.detector import Detector
from mien.face.geometry import reference
from mien.face.landmarks import SCHEMES
from mien.face.mesh import PRESENT, MeshFitter, region_of_mesh
from mien.face.tracker import find_faces
from mien.runtime import open_session
from mien.values import Face, Float32, Image
from mien.weights.store import Store, open_store

__all__ = ["FaceFinder"]

FITS = 3
"""The mesh is fitted so often, from where the last one lay: landmarks say it roughly."""


class FaceFinder:
    """Finds the mesh of the face that a prepared picture is of; networks are opened when needed.

    Args:
        store: where the face models come from; None for the one that the environment describes.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or open_store()

    @cached_property
    def _detector(self) -> Detector:
        short, full = self._store.model_path("face-short"), self._store.model_path("face-full")
        return Detector(open_session(short), open_session(full))

    @cached_property
    def _fitter(self) -> MeshFitter:
        return MeshFitter(open_session(self._store.model_path("face-mesh")))

    def mesh(self, image: Image, points: Float32) -> Float32 | None:
        """The mesh, (478, 3) in pixels of the picture; None where no face is found.

        Args:
            image: uint8 (s, s, 3), RGB.
            points: (49, 2) landmarks in its pixels; NaN where they are not known.
        """
        known = bool(np.isfinite(points).all())
        if (mesh := _meant(self.faces(image), points if known else None)) is not None:
            return mesh
        if known:
            return self._from_points(image, points)
        room = len(image) // 2
        wide = np.pad(image, ((room, room), (room, room), (0, 0)), mode="edge")
        found = _meant(self.faces(wide), None)
        return None if found is None else found - np.array([room, room, 0], np.float32)

    def faces(self, image: Image) -> list[Face]:
        """All faces of a picture, the largest first, as `mien.find_faces` finds them."""
        return find_faces(image, self._detector, self._fitter)

    def _from_points(self, image: Image, points: Float32) -> Float32 | None:
        """The mesh of the face whose landmarks are known."""
        mesh, presence = _placed(points), 0.0
        for _ in range(FITS):
            mesh, presence = self._fitter.fit(image, [region_of_mesh(mesh)])[0]
            if presence <= PRESENT:
                return None
        return mesh


def _meant(faces: list[Face], points: Float32 | None) -> Float32 | None:
    """The face around the landmarks, or the largest where nobody knows any."""
    box = None if points is None else np.concatenate([points.min(axis=0), points.max(axis=0)])
    return meant(faces, box)


def _placed(points: Float32) -> Float32:
    """The reference face laid on 49 landmarks by the nearest similarity, (468, 3)."""
    shape = reference()[0]
    rows = [group[0] for group in SCHEMES["49"].points]
    turned = shape[:, 0] - 1j * shape[:, 1]  # y of the reference goes up
    said, true = turned[rows], points.astype(np.float64) @ [1, 1j]
    source, goal = said - said.mean(), true - true.mean()
    scale = np.vdot(source, goal) / np.vdot(source, source)
    laid = scale * (turned - said.mean()) + true.mean()
    deep = -abs(scale) * shape[:, 2]
    return np.stack([laid.real, laid.imag, deep], axis=1).astype(np.float32)
