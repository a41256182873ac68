"""The values that travel through the reading half: frozen, and checked when they are made."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

__all__ = ["LANDMARKS", "MESH_POINTS", "Crop", "Face", "Float32", "Frame", "Image", "Scores"]

MESH_POINTS = 478
"""Points of the attention mesh: 468 on the skin, five for each iris."""

LANDMARKS = 49
"""Points of the scheme "49"."""

Image = NDArray[np.uint8]
Float32 = NDArray[np.float32]


def check_image(image: Image) -> None:
    """Raise ShapeError unless ``image`` is uint8 (h, w, 3) with at least one pixel."""
    if not isinstance(image, np.ndarray):
        raise ShapeError(
            f"got a {type(image).__name__}, expected one RGB picture as a numpy array; "
            "to read a file use mien.analyze"
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ShapeError(
            f"got an array of {image.dtype} with shape {image.shape}, "
            "expected one RGB picture of uint8 with shape (height, width, 3)"
        )


def _check(name: str, value: np.ndarray, shape: tuple[int | None, ...]) -> None:
    """Raise ShapeError unless ``value`` is a float32 array of ``shape`` (None: any length)."""
    fits = len(value.shape) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, value.shape, strict=True)
    )
    if not fits or value.dtype != np.float32:
        want = ", ".join("n" if side is None else str(side) for side in shape)
        raise ShapeError(f"{name} is {value.dtype} {value.shape}, expected float32 ({want})")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source, with its place and its moment."""

    image: Image = field(repr=False)
    """uint8 (h, w, 3), RGB, upright."""
    index: int
    """Number of the frame in the source as it is played, from 0."""
    time: float
    """Presentation time in seconds, from the container's time stamps, never index / rate."""

    def __post_init__(self) -> None:
        check_image(self.image)

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame({width}x{height}, index={self.index}, time={self.time:.3f})"


@dataclass(frozen=True, eq=False)
class Face:
    """One face in one frame. Points are x, y in pixels of the frame, y down."""

    box: Float32
    """float32 (4,): x0, y0, x1, y1 in frame pixels."""
    score: float
    """0-1: the detector's confidence until a mesh is fitted, then the mesh's presence score."""
    track: int | None = None
    """Number that the same person keeps through a source, from 0."""
    mesh: Float32 | None = field(default=None, repr=False)
    """float32 (478, 3): x, y in frame pixels, z in the same unit, smaller is nearer."""
    pose: Float32 | None = None
    """float32 (3,): pitch, yaw, roll in degrees: looking up, nose to the right of the image,
    head turned clockwise in the image are positive."""

    def __post_init__(self) -> None:
        _check("Face.box", self.box, (4,))
        if self.mesh is not None:
            _check("Face.mesh", self.mesh, (MESH_POINTS, 3))
        if self.pose is not None:
            _check("Face.pose", self.pose, (3,))


@dataclass(frozen=True, eq=False)
class Crop:
    """A square cut out of a frame for a network, with the way back."""

    image: Image = field(repr=False)
    """uint8 (s, s, 3), RGB."""
    matrix: Float32
    """float32 (2, 3): frame pixels to crop pixels."""
    template: str
    """Name of the alignment that made it."""

    def __post_init__(self) -> None:
        check_image(self.image)
        _check("Crop.matrix", self.matrix, (2, 3))


@dataclass(frozen=True, eq=False)
class Scores:
    """What a network says of n faces; what it does not say is None."""

    probability: Float32 | None = None
    """float32 (n, k), 0-1: that each unit is present."""
    intensity: Float32 | None = None
    """float32 (n, k), 0-5: how strong each unit is."""
    expression: Float32 | None = None
    """float32 (n, c), each row sums to 1."""
    maps: Float32 | None = field(default=None, repr=False)
    """float32 (n, k, m, m), 0-1: where the network looked for each unit; (n, 1, m, m) where it has
    one map for all of them."""
    landmarks: Float32 | None = field(default=None, repr=False)
    """float32 (n, 49, 2): landmarks that the network found, in pixels of the crop that it read."""
    relations: Float32 | None = field(default=None, repr=False)
    """float32 (n, m, m, r), 0-1: how the first m units are related, target and source. r = 4:
    probabilities that neither is present, the source, the target, both; r = 1: a likeness."""

    features: Float32 | None = field(default=None, repr=False)
    """float32 (n, d): numbers that describe each face, for another network to read."""

    def __post_init__(self) -> None:
        for name in ("probability", "intensity", "expression", "features"):
            value = getattr(self, name)
            if value is not None:
                _check(f"Scores.{name}", value, (None, None))
        if self.maps is not None:
            _check("Scores.maps", self.maps, (None, None, None, None))
        if self.landmarks is not None:
            _check("Scores.landmarks", self.landmarks, (None, LANDMARKS, 2))
        if self.relations is not None:
            _check("Scores.relations", self.relations, (None, None, None, None))
