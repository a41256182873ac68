"""A face, and what can be asked of it: the network's numbers for its crop with any change made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mien.analysis.added import cut_face, read_cuts
from mien.errors import InputError
from mien.explain.targets import Targets
from mien.face.align import TEMPLATES
from mien.runtime import Predictor, cut_off, middle
from mien.spec import ModelSpec
from mien.values import Face, Float32, Image, Scores

__all__ = ["NetworkSubject", "Question", "Subject"]

AT_ONCE = 64
"""Crops that are made and read at once."""


@dataclass(frozen=True, eq=False)
class Question:
    """One face of which a network may be asked again and again."""

    image: Image
    """uint8 (s, s, 3): the crop that the network read."""
    points: Float32
    """(49, 2): the mesh's landmarks in pixels of it."""
    scores: Scores
    """What it says of it as it is, n = 1."""
    asked: Callable[[Image], Float32]
    """Crops (n, s, s, 3) to the numbers that are asked, (n, t)."""

    def ask(self, changed: Callable[[slice], Image], count: int) -> Float32:
        """The numbers of many changed crops, made some at a time.

        Args:
            changed: makes those of a range, (n, s, s, 3).
            count: how many there are.

        Returns:
            (count, t).
        """
        parts = [
            self.asked(changed(slice(first, min(first + AT_ONCE, count))))
            for first in range(0, count, AT_ONCE)
        ]
        return np.concatenate(parts)


class Subject(Protocol):
    """What is asked: a network, or the way that units are read by default."""

    @property
    def targets(self) -> Targets:
        """What is asked of it."""
        ...

    def about(self, image: Image, face: Face) -> Question | None:
        """What can be asked of a face; None where it cannot be cut out."""
        ...


class NetworkSubject:
    """A network of crops.

    Args:
        predictor: the network.
        wanted: what is asked of it.

    Raises:
        InputError: it reads no crops of a template that is known.
    """

    def __init__(self, predictor: Predictor, wanted: Targets) -> None:
        _check(predictor.spec)
        self.predictor, self._wanted = predictor, wanted

    @property
    def targets(self) -> Targets:
        """What is asked of it."""
        return self._wanted

    def about(self, image: Image, face: Face) -> Question | None:
        """What can be asked of a face."""
        spec = self.predictor.spec
        cut = cut_face(image, face, spec.template, spec.aligned or spec.size)
        if cut is None:
            return None
        inside = middle(cut.image[None], spec.size)[0]
        points = cut.points - np.float32(cut_off(len(cut.image), spec.size))

        def asked(images: Image) -> Float32:
            beside = np.repeat(points[None], len(images), axis=0) if spec.points else None
            return self._wanted.values(self.predictor.score_crops(images, beside))

        return Question(inside, points, read_cuts(self.predictor, [cut]), asked)


def _check(spec: ModelSpec) -> None:
    """Raise InputError unless the network reads crops of a template that is known."""
    if spec.reads != "crop" or spec.template not in TEMPLATES:
        wanted = spec.template if spec.reads == "crop" else spec.reads
        raise InputError(
            f"{spec.name} reads the {wanted}, of which nothing can be shown; name a network of "
            f"crops aligned as {', '.join(TEMPLATES)}"
        )
