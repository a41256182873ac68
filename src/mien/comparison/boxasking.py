"""Detectors asked of pictures: the boxes that they find, in pixels of the picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.data.boxshares import corners
from mien.data.yolo import BoxedPictures
from mien.errors import UnreadableSource
from mien.evaluation.detection import LEAST, OVERLAP, Boxes
from mien.face.letterbox import Letterbox, letterbox
from mien.face.suppression import suppress
from mien.runtime import crop_threads, open_session
from mien.spec import ModelSpec
from mien.values import Float32, Image
from mien.video.pictures import read_picture

__all__ = ["SEEN", "Look", "Said", "ask", "readable"]

SEEN = 0.25
"""Score from which a box counts as found, where one is asked for."""


class Look:
    """A detector that looks at whole pictures.

    Args:
        file: its ONNX file.
        spec: its card.
        threads: inside one call; None: as for crops.
    """

    def __init__(self, file: Path, spec: ModelSpec, threads: int | None = None) -> None:
        self._session = open_session(file, threads or crop_threads())
        self._spec = spec

    def find(self, image: Image) -> tuple[Boxes, Float32]:
        """Boxes down to low scores in pixels of the picture, and the highest of each class, (c,).

        Args:
            image: uint8 (h, w, 3), RGB.
        """
        box, score, lies = self._seen(image)
        several = score.shape[1] > 1
        kept = suppress(box, score, least=LEAST, overlap=OVERLAP, several=several)
        return Boxes(lies.back(kept.box), kept.kind, kept.score), score.max(axis=0)

    def score_crops(self, images: Image, points: Float32 | None = None) -> None:  # noqa: ARG002
        """Look at pictures one by one for the clock, with the boxes that `mien analyze` keeps."""
        for image in images:
            box, score, lies = self._seen(image)
            lies.back(suppress(box, score, least=SEEN).box)

    def _seen(self, image: Image) -> tuple[Float32, Float32, Letterbox]:
        """All boxes (n, 4) and their scores (n, c), and how the picture lies in its square."""
        square, lies = letterbox(image, self._spec.size)
        values = square.transpose(2, 0, 1)[None].astype(np.float32) * np.float32(1 / 255)
        boxes, scores = self._session.run(["boxes", "scores"], {"image": values})
        return np.asarray(boxes[0], np.float32), np.asarray(scores[0], np.float32), lies


@dataclass(frozen=True, eq=False)
class Said:
    """What a detector says of n pictures."""

    boxes: tuple[Boxes, ...]
    """(n,), classes by the numbers of the set."""
    highest: Float32
    """(n, c): highest score of each class."""


def ask(
    look: Look,
    spec: ModelSpec,
    part: BoxedPictures,
    names: Sequence[str],
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Said:
    """What a detector says of the pictures of a part.

    Args:
        look: the detector.
        spec: its card, whose classes are those of the set in any order.
        part: the pictures.
        names: of the set's classes.
        tell: told how many pictures are done, of how many.
    """
    spelled = [name.casefold() for name in names]
    place = np.array([spelled.index(name.casefold()) for name in spec.classes], np.int64)
    boxes, highest = [], np.zeros((len(part), len(names)), np.float32)
    for number, path in enumerate(part.path):
        found, top = look.find(read_picture(path))
        boxes.append(Boxes(found.box, place[found.kind], found.score))
        highest[number, place] = top
        tell(number + 1, len(part))
    return Said(tuple(boxes), highest)


def readable(part: BoxedPictures) -> tuple[BoxedPictures, tuple[Boxes, ...], tuple[str, ...]]:
    """The pictures of a part that can be read, and their labels in pixels of them.

    Returns:
        What can be read, its labels, and what is wrong with each of the others.
    """
    kept, true, faults = [], [], []
    for path, told in zip(part.path, part.boxes, strict=True):
        try:
            height, width = read_picture(path).shape[:2]
        except UnreadableSource as error:
            faults.append(str(error))
            continue
        kept.append((path, told))
        true.append(Boxes(corners(told[:, 1:], width, height), told[:, 0].astype(np.int64)))
    paths, boxes = tuple(path for path, _ in kept), tuple(told for _, told in kept)
    return BoxedPictures(paths, boxes), tuple(true), tuple(faults)
