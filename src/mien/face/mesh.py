"""Fit the 478-point mesh to faces, from a detection or from the face's mesh in the last frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from mien.face.affine import sample
from mien.face.detector import Detection, Session
from mien.face.geometry import SKIN
from mien.face.landmarks import (
    LEFT_EYE,
    LEFT_EYE_RING,
    LEFT_IRIS,
    LIPS,
    OUTER_EYE_CORNERS,
    RIGHT_EYE,
    RIGHT_EYE_RING,
    RIGHT_IRIS,
)
from mien.values import MESH_POINTS, Float32, Image, check_image

__all__ = [
    "CROP_SIDE",
    "PRESENT",
    "Fit",
    "MeshFitter",
    "Region",
    "region_of_detection",
    "region_of_mesh",
]

CROP_SIDE = 192
"""Side of the network's input."""
PRESENT = 0.5
"""A region holds a face if its presence score is above this."""
_MARGIN = 1.5
"""Side of the region over the longer side of the face's box."""

# In the order of the network's outputs; its "left" is the left of the image.
_REFINED = (
    ("output_lips", LIPS),
    ("output_left_eye", RIGHT_EYE),
    ("output_right_eye", LEFT_EYE),
    ("output_left_iris", RIGHT_IRIS),
    ("output_right_iris", LEFT_IRIS),
)
_OUTPUTS = ["output_mesh_identity", "conv_faceflag", *(name for name, _ in _REFINED)]


@dataclass(frozen=True)
class Region:
    """A turned square of the frame in which to fit a mesh."""

    x: float
    """Centre, in frame pixels."""
    y: float
    side: float
    """In frame pixels."""
    angle: float
    """Radians, clockwise in the image: the direction from the right eye to the left one."""

    @property
    def usable(self) -> bool:
        """Whether the numbers are finite and the side is at least a pixel."""
        return all(map(math.isfinite, (self.x, self.y, self.side, self.angle))) and self.side >= 1

    @property
    def box(self) -> Float32:
        """The square as if it were not turned: x0, y0, x1, y1 in frame pixels."""
        half = self.side / 2
        corners = [self.x - half, self.y - half, self.x + half, self.y + half]
        return np.array(corners, np.float32)

    def back(self) -> NDArray[np.float64]:
        """Give the map (2, 3) of pixels of the network's input to frame pixels."""
        scale = self.side / CROP_SIDE
        cosine, sine = scale * math.cos(self.angle), scale * math.sin(self.angle)
        half = CROP_SIDE / 2
        return np.array(
            [
                [cosine, -sine, self.x - half * (cosine - sine)],
                [sine, cosine, self.y - half * (sine + cosine)],
            ]
        )


class Fit(NamedTuple):
    """What the network says of one region."""

    mesh: Float32
    """float32 (478, 3) in frame pixels; smaller z is nearer."""
    presence: float
    """0-1: that the region holds a face. A yes or no, not a quality."""


def region_of_detection(detection: Detection) -> Region:
    """Give the square around a detection, turned with the line of the eyes."""
    return _region(detection.box, detection.keypoints[0], detection.keypoints[1])


def region_of_mesh(mesh: Float32) -> Region:
    """Give the square around a mesh, for the next frame."""
    points = mesh[:, :2]
    box = np.concatenate([points.min(axis=0), points.max(axis=0)])
    right, left = OUTER_EYE_CORNERS
    return _region(box, points[right], points[left])


def _region(box: Float32, right_eye: Float32, left_eye: Float32) -> Region:
    x0, y0, x1, y1 = map(float, box)
    across, down = (float(value) for value in left_eye - right_eye)
    side = _MARGIN * max(x1 - x0, y1 - y0)
    return Region((x0 + x1) / 2, (y0 + y1) / 2, side, math.atan2(down, across))


class MeshFitter:
    """Fits meshes to the regions of a frame, all in one call of the network.

    Args:
        session: session of "face-mesh".
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name

    def fit(self, image: Image, regions: Sequence[Region]) -> list[Fit]:
        """Fit a mesh to each region.

        Args:
            image: uint8 (h, w, 3), RGB.
            regions: where to look.

        Returns:
            One Fit for each region. A region without a face has a presence of at most ``PRESENT``
            and a mesh without a meaning.
        """
        check_image(image)
        fits = [Fit(np.zeros((MESH_POINTS, 3), np.float32), 0.0)] * len(regions)
        places = [place for place, region in enumerate(regions) if region.usable]
        if not places:
            return fits
        backs = [regions[place].back() for place in places]
        cut = [_cut(image, back) for back in backs]
        crops = cut[0][None] if len(cut) == 1 else np.stack(cut)
        sides = np.array([regions[place].side for place in places], np.float32)
        meshes, presences = self._read(crops)
        turned = np.stack(backs).astype(np.float32)
        meshes[..., :2] = meshes[..., :2] @ turned[:, :, :2].swapaxes(1, 2) + turned[:, None, :, 2]
        meshes[..., 2] *= sides[:, None] / CROP_SIDE
        finite = np.isfinite(meshes).all(axis=(1, 2)) & np.isfinite(presences)
        for place, mesh, presence, sound in zip(places, meshes, presences, finite, strict=True):
            if sound:
                fits[place] = Fit(mesh, float(presence))
        return fits

    def _read(self, crops: Float32) -> tuple[Float32, Float32]:
        """Run the network: meshes (n, 478, 3) in its own pixels, and presence (n,)."""
        values = cast(list[Float32], self._session.run(_OUTPUTS, {self._input: crops}))
        count = len(crops)
        meshes = np.empty((count, MESH_POINTS, 3), np.float32)
        meshes[:, :SKIN] = values[0].reshape(count, SKIN, 3)
        for (_, points), refined in zip(_REFINED, values[2:], strict=True):
            meshes[:, list(points), :2] = refined.reshape(count, -1, 2)
        for iris, ring in ((RIGHT_IRIS, RIGHT_EYE_RING), (LEFT_IRIS, LEFT_EYE_RING)):
            meshes[:, list(iris), 2] = meshes[:, list(ring), 2].mean(axis=1, keepdims=True)
        logits = np.clip(values[1].reshape(count), -80, 80)
        return meshes, np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _cut(image: Image, back: NDArray[np.float64]) -> Float32:
    """Cut a region out as the network's input, float32 0-1."""
    crop = sample(image, back, CROP_SIDE, "edge")
    return np.multiply(crop, np.float32(1 / 255), dtype=np.float32)
