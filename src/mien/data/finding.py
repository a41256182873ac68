"""The mesh of the face in a picture that is meant, found as the reading half finds it."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.data.rendered import Find
from mien.face.detector import Detector, overlaps
from mien.face.mesh import PRESENT, MeshFitter, region_of_detection, region_of_mesh
from mien.face.tracker import find_faces
from mien.runtime import open_session
from mien.values import Face, Float32, Image
from mien.weights.store import model_path

__all__ = ["MEANT", "Box", "Pick", "meant", "open_finder", "open_picker"]

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""
Pick = Callable[[Image, Box | None], Float32 | None]
"""A picture, and the box of the face that is meant, to its mesh (478, 3); None without a face."""

MEANT = 0.2
"""A face is the one in a box if they overlap at least so far: intersection over union. Boxes of
data sets are drawn in many ways, with and without forehead and ears."""


def open_finder() -> Find:
    """Open the face models once; the function finds one mesh in one picture."""
    sessions = {name: open_session(model_path(name)) for name in ("face-short", "face-full")}
    detector = Detector(sessions["face-short"], sessions["face-full"])
    fitter = MeshFitter(open_session(model_path("face-mesh")))

    def find(image: Image, again: bool) -> Float32 | None:
        found = detector.find(image)
        if not found:
            return None
        largest = max(found, key=lambda one: float(np.prod(one.box[2:] - one.box[:2])))
        mesh, presence = fitter.fit(image, [region_of_detection(largest)])[0]
        if again and presence > PRESENT:
            mesh, presence = fitter.fit(image, [region_of_mesh(mesh)])[0]
        return mesh if presence > PRESENT else None

    return find


def open_picker() -> Pick:
    """Open the face models once; the function gives the mesh that `mien.find_faces` fits.

    Without a box it takes the largest face.
    """
    sessions = {name: open_session(model_path(name)) for name in ("face-short", "face-full")}
    detector = Detector(sessions["face-short"], sessions["face-full"])
    fitter = MeshFitter(open_session(model_path("face-mesh")))

    def pick(image: Image, box: Box | None) -> Float32 | None:
        faces = find_faces(image, detector, fitter)
        return meant(faces, None if box is None else np.array(box))

    return pick


def meant(faces: Sequence[Face], box: NDArray[np.floating] | None) -> Float32 | None:
    """The mesh of the face in a box, or without one of the largest; None where there is none.

    Args:
        faces: of a picture, the largest first.
        box: (4,): x0, y0, x1, y1 in its pixels.
    """
    if not faces:
        return None
    if box is None:
        return faces[0].mesh
    shares = overlaps(box, np.stack([face.box for face in faces]))
    best = int(shares.argmax())
    return faces[best].mesh if shares[best] >= MEANT else None
