"""A detector of one's own classes: faces, and what each of them is, from one network.

Its file is written by ``mien train`` of a YOLOv5: a picture in a square to corners and scores of
many boxes. Every class is one of faces, such as awake and asleep.
"""

from pathlib import Path

import numpy as np

from mien.errors import InputError, WeightsError
from mien.face.detector import Detection, overlaps
from mien.face.letterbox import letterbox
from mien.face.suppression import Kept, suppress
from mien.runtime import crop_threads, find_model, open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32, Image, check_image

__all__ = ["ClassDetector"]

LEAST = 0.25
"""Lowest score of a box."""
SAME = 0.3
"""A box is of a face if they overlap by more than this: intersection over union."""
EYES = (0.3, 0.4), (0.7, 0.4)
"""Where the eyes of an upright face lie in its box; the mesh finds the true place."""
REST = ((0.5, 0.6), (0.5, 0.8), (0.05, 0.45), (0.95, 0.45))
"""Nose tip, mouth, right and left ear, likewise."""


class ClassDetector:
    """Finds faces with the class of each; takes the place of `mien.face.detector.Detector`.

    Args:
        path: an ONNX file with the card of a detector, or a run folder that holds one.
        threads: threads inside one call; None: as for crops.

    Raises:
        InputError: there is no such file, or it is no detector.
        WeightsError: it is no ONNX network of ours, or not what its card says.
    """

    spec: ModelSpec

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self.path = find_model(path)
        self._session = open_session(self.path, threads or crop_threads())
        card = self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if card is None:
            raise WeightsError(
                f"{self.path.name} carries no card; name a detector that mien train wrote"
            )
        self.spec = ModelSpec.from_json(card)
        if self.spec.task != "detection":
            raise InputError(
                f"{self.path} reads the {self.spec.reads} and detects nothing; --detector takes a "
                "network that mien train made of pictures with boxes, others belong to --model"
            )
        self._check()
        self._seen: tuple[Image, Kept] | None = None

    def _check(self) -> None:
        """Raise WeightsError unless the graph has the input and the outputs of the card."""
        given = {one.name: list(one.shape) for one in self._session.get_outputs()}
        taken = [list(one.shape)[2:] for one in self._session.get_inputs()]
        wide = given.get("scores", [0])[-1]
        if not {"boxes", "scores"} <= set(given) or taken != [[self.spec.size] * 2]:
            raise WeightsError(
                f"{self.path.name} is not what its card says: it gives {', '.join(given)} of "
                f"pictures {taken}, expected boxes and scores of {self.spec.size} pixels; "
                "train or export it again"
            )
        if wide != len(self.spec.classes):
            raise WeightsError(
                f"the card of {self.path.name} names {len(self.spec.classes)} classes and the "
                f"network gives {wide}; export it again"
            )

    def find(self, image: Image) -> list[Detection]:
        """Find the faces of all classes in a picture, best first.

        Args:
            image: uint8 (h, w, 3), RGB.
        """
        seen = self._look(image)
        self._seen = image, seen  # for the classes of the same picture, which are asked for next
        return [
            Detection(box, float(scores.max()), _points(box))
            for box, scores in zip(seen.box, self._scores[seen.row], strict=True)
        ]

    def glimpse(self, image: Image, odd: bool) -> list[Detection]:  # noqa: ARG002 - there is but one
        """Look for a newcomer beside faces that are known: the same as `find`."""
        return self.find(image)

    def classes(self, image: Image, boxes: Float32) -> Float32:
        """What faces are that were found in a picture.

        Args:
            image: uint8 (h, w, 3), RGB.
            boxes: (m, 4) corners of the faces, in its pixels.

        Returns:
            (m, c): score of each class, 0-1, of the box that covers the face best; NaN where none
            does.
        """
        last, self._seen = self._seen, None  # a camera may write its next picture to the same place
        seen = last[1] if last is not None and last[0] is image else self._look(image)
        out = np.full((len(boxes), len(self.spec.classes)), np.nan, np.float32)
        for number, box in enumerate(boxes):
            shares = overlaps(box, seen.box)
            if len(shares) and shares.max() > SAME:
                out[number] = self._scores[seen.row[int(shares.argmax())]]
        return out

    def _look(self, image: Image) -> Kept:
        """The faces of a picture, one box each."""
        check_image(image)
        square, lies = letterbox(image, self.spec.size)
        values = square.transpose(2, 0, 1)[None].astype(np.float32) * np.float32(1 / 255)
        boxes, scores = self._session.run(["boxes", "scores"], {"image": values})
        self._scores: Float32 = np.asarray(scores[0], np.float32)
        best = self._scores.max(axis=1, keepdims=True)
        kept = suppress(np.asarray(boxes[0], np.float32), best, least=LEAST)
        return kept._replace(box=lies.back(kept.box))


def _points(box: Float32) -> Float32:
    """Six points of an upright face in a box."""
    share = np.array([*EYES, *REST], np.float32)
    return np.asarray(box[:2] + share * (box[2:] - box[:2]), np.float32)
