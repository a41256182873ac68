"""The mesh of the largest face in a picture, found as the reading half finds it."""

import numpy as np

from mien.data.rendered import Find
from mien.face.detector import Detector
from mien.face.mesh import PRESENT, MeshFitter, region_of_detection, region_of_mesh
from mien.runtime import open_session
from mien.values import Float32, Image
from mien.weights.store import model_path

__all__ = ["open_finder"]


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
