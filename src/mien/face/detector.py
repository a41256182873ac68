"""Find faces in a frame with two detectors: one for near and rolled faces, one for small ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.face.affine import sample
from mien.values import Float32, Image, check_image

__all__ = ["Detection", "Detector", "Finder", "Session", "merge", "overlap", "overlaps"]

_LARGEST = 1000
"""Longer sides are averaged down before the warp, which only samples."""
_SAME = 0.3
"""Boxes of one detector that overlap more than this are the same face."""


class Session(Protocol):
    """What is asked of a network's session; ONNX Runtime's has it."""

    def run(self, output_names: list[str], feed: dict[str, Any]) -> list[Any]:
        """Give the named outputs for the named inputs."""

    def get_inputs(self) -> list[Any]:
        """Give the inputs, each with a name."""


@dataclass(frozen=True, eq=False)
class Detection:
    """A box that probably holds a face."""

    box: Float32
    """float32 (4,): x0, y0, x1, y1 in frame pixels."""
    score: float
    """0-1."""
    keypoints: Float32 = field(repr=False)
    """float32 (6, 2) in frame pixels: right eye, left eye, nose tip, mouth, right ear, left ear."""
    second: "Detection | None" = field(default=None, repr=False)
    """The other detector's box of the same face, to try where no mesh fits this one."""

    def moved(self, factor: float, shift: float) -> "Detection":
        """Give the detection in other pixels: ``factor`` times the old ones, plus ``shift``."""
        scale, offset = np.float32(factor), np.float32(shift)
        second = self.second and self.second.moved(factor, shift)
        points = self.keypoints * scale + offset
        return Detection(self.box * scale + offset, self.score, points, second)


class Finder(Protocol):
    """What looks for faces in a picture."""

    def find(self, image: Image) -> list[Detection]:
        """Find the faces in a picture, best first."""
        ...

    def glimpse(self, image: Image, odd: bool) -> list[Detection]:
        """Look for a newcomer beside faces that are known, if it can with less effort."""
        ...


class Detector:
    """Two detectors as one.

    Args:
        short: session of "face-short": finds rolled and large faces, from a tenth of the frame on.
        full: session of "face-full": finds faces half that small, but upright ones only.
    """

    def __init__(self, short: Session, full: Session) -> None:
        self._short = _Network(short, ("regressors", "classificators"), 128, 0.5, _short_anchors())
        self._full = _Network(full, ("Identity", "Identity_1"), 192, 0.6, _full_anchors())

    def find(self, image: Image) -> list[Detection]:
        """Find the faces in a picture, best first.

        Args:
            image: uint8 (h, w, 3), RGB.
        """
        check_image(image)
        small, factor = _shrunk(image)
        found = merge(self._short.find(small), self._full.find(small))
        return _enlarged(found, factor)

    def glimpse(self, image: Image, odd: bool) -> list[Detection]:
        """Look with one of the two detectors only, for a newcomer beside faces that are known.

        Args:
            image: uint8 (h, w, 3), RGB.
            odd: whose turn it is; who looks again and again alternates.
        """
        check_image(image)
        small, factor = _shrunk(image)
        return _enlarged((self._short if odd else self._full).find(small), factor)


def _enlarged(found: Sequence[Detection], factor: int) -> list[Detection]:
    """Detections in a picture shrunk by averaging, in the pixels of the whole one."""
    # the centre of the first averaged pixel is not that of the first pixel
    return [one.moved(factor, (factor - 1) / 2) for one in found]


def merge(short: Sequence[Detection], full: Sequence[Detection]) -> list[Detection]:
    """Join what the two detectors found, best first.

    Where both see one face the short detector's box counts: averaging the two would move the
    mesh's region, and the mesh by about one percent of the eye distance. But a short box over
    several full boxes is a poor sum of small faces, and the full ones count.
    """
    kept = []
    single = list(full)
    for box in short:
        under = [one for one in full if _is_same(box, one) or _holds(box, one)]
        if len(under) > 1:
            continue
        if under and _is_same(box, under[0]):
            single = [one for one in single if one is not under[0]]
            kept.append(replace(box, second=under[0]))
        else:
            kept.append(box)
    return sorted(kept + single, key=lambda one: -one.score)


def overlap(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Area of the intersection of two boxes over that of their union, 0-1."""
    return float(overlaps(first, second[None])[0])


def overlaps(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Intersection over union of one box (4,) with each of ``boxes`` (n, 4), 0-1.

    >>> overlaps(np.array([0.0, 0, 2, 2]), np.array([[0.0, 0, 2, 1], [2, 2, 3, 3]])).tolist()
    [0.5, 0.0]
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + areas - shared
    fraction: NDArray[np.floating] = np.where(union > 0, shared / np.maximum(union, 1e-12), 0.0)
    return fraction


def _is_same(first: Detection, second: Detection) -> bool:
    """Whether two boxes are of one face: they overlap, or nearly the same centre and like size."""
    if overlap(first.box, second.box) > _SAME:
        return True
    sides = [float(np.max(one.box[2:] - one.box[:2])) for one in (first, second)]
    return max(sides) < 2 * min(sides) and (_holds(first, second) or _holds(second, first))


def _holds(outer: Detection, inner: Detection) -> bool:
    centre = (inner.box[:2] + inner.box[2:]) / 2
    return bool((centre > outer.box[:2]).all() and (centre < outer.box[2:]).all())


def _shrunk(image: Image) -> tuple[Image, int]:
    """Average a large picture down by a whole factor."""
    factor = -(-max(image.shape[:2]) // _LARGEST)
    if factor == 1:
        return image, 1
    return np.asarray(Picture.fromarray(np.ascontiguousarray(image)).reduce(factor)), factor


class _Network:
    """One of the two detectors: letterbox, network, decoding, weighted suppression."""

    def __init__(
        self,
        session: Session,
        outputs: tuple[str, str],
        size: int,
        threshold: float,
        anchors: Float32,
    ) -> None:
        self._session, self._outputs, self._size = session, list(outputs), size
        self._input = session.get_inputs()[0].name
        self._threshold, self._anchors = threshold, anchors

    def find(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        side = max(width, height)
        corner = np.array([(width - side) / 2, (height - side) / 2])
        back = np.array([[side / self._size, 0, corner[0]], [0, side / self._size, corner[1]]])
        square = sample(image, back, self._size)
        values = square.astype(np.float32) * np.float32(2 / 255) - np.float32(1)
        boxes, logits = self._session.run(self._outputs, {self._input: values[None]})
        scores = _sigmoid(np.asarray(logits).reshape(-1))
        good = np.flatnonzero(scores >= self._threshold)
        if len(good) == 0:
            return []
        numbers = np.asarray(boxes).reshape(-1, 8, 2)[good] / np.float32(self._size)
        numbers[:, 0] += self._anchors[good]
        numbers[:, 2:] += self._anchors[good, None]
        half = numbers[:, 1] / 2
        centre = numbers[:, 0].copy()
        numbers[:, 0], numbers[:, 1] = centre - half, centre + half
        points = np.asarray(numbers * np.float32(side) + corner, np.float32)
        return _suppress(points, scores[good])


def _suppress(points: Float32, scores: Float32) -> list[Detection]:
    """Average, weighted by score, what overlaps the best box; then the same with the rest.

    Args:
        points: float32 (n, 8, 2): two corners of the box, then six keypoints.
        scores: float32 (n,).
    """
    boxes = points[:, :2].reshape(-1, 4)
    rest = np.argsort(-scores, kind="stable")
    found = []
    while len(rest):
        same = overlaps(boxes[rest[0]], boxes[rest]) > _SAME
        same[0] = True  # also when the box has no area
        group = rest[same]
        weights = scores[group] / scores[group].sum()
        merged = np.tensordot(weights, points[group], axes=1).astype(np.float32)
        if np.isfinite(merged).all() and (merged[1] > merged[0]).all():
            found.append(Detection(merged[:2].reshape(4), float(scores[rest[0]]), merged[2:]))
        rest = rest[~same]
    return found


def _sigmoid(values: Float32) -> Float32:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -80, 80))), np.float32)


def _centres(cells: int, repeat: int) -> Float32:
    """Centres of the cells of a grid over the unit square, row by row."""
    line = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    across, down = np.meshgrid(line, line)
    return np.repeat(np.stack([across.ravel(), down.ravel()], axis=1), repeat, axis=0)


def _short_anchors() -> Float32:
    return np.concatenate([_centres(16, 2), _centres(8, 6)])


def _full_anchors() -> Float32:
    return _centres(48, 1)
