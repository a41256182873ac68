"""The default reading of units, asked about its crop: the mesh stays what it is."""

from dataclasses import dataclass

import numpy as np

from mien.analysis.reading import PictureReading
from mien.analysis.sides import Sides
from mien.explain.question import Question
from mien.explain.targets import Targets
from mien.face.landmarks import landmarks
from mien.face.steady import SIDE, steady_matrix
from mien.spec import ModelSpec
from mien.values import Face, Float32, Image, Scores

__all__ = ["DefaultSubject", "default_card"]

MIDDLE = 2.5
"""Of the range 0-5."""
LEVELS = np.linspace(-10, 15, 251, dtype=np.float32)
"""Readings of the mesh among which the one is found that brings a unit to the middle."""


def default_card(reading: PictureReading) -> ModelSpec:
    """A card of what the reading says of units, sides averaged."""
    units = Sides(reading.single).units
    sides = ("",) * len(units)
    return ModelSpec("the default", "intensity", "crop", units, sides, size=SIDE)


@dataclass(frozen=True)
class DefaultSubject:
    """Mesh and picture together; what is asked is what the picture says.

    Intensities are held within 0-5, and a strong smile is 5 whatever is hidden. So the mesh's part
    is moved until the reading of the whole crop is in the middle, and changes are counted from
    there: they are those that the picture makes.
    """

    reading: PictureReading
    targets: Targets

    def about(self, image: Image, face: Face) -> Question | None:
        """What can be asked of a face."""
        [crop] = self.reading.cut(image, [face])
        if crop is None or face.mesh is None:
            return None
        sides = Sides(self.reading.single)
        described = self.reading.describe(face.mesh[None], [crop])
        scores = Scores(intensity=sides.unit_values(self.reading.read(described)))
        seen = self.reading.features(crop[None])
        mesh = self._middle(seen)
        still = self.reading.blend(mesh, seen)
        now = self.targets.values(scores)

        def asked(images: Image) -> Float32:
            found = self.reading.features(images)
            said = self.reading.blend(np.repeat(mesh, len(images), axis=0), found)
            moved = Scores(intensity=sides.unit_values(said - still))
            return np.asarray(now + self.targets.values(moved), np.float32)

        matrix = steady_matrix(face.mesh, SIDE)
        points = landmarks(face.mesh, "49") @ matrix[:, :2].T + matrix[:, 2]
        return Question(crop, points.astype(np.float32), scores, asked)

    def _middle(self, seen: Float32) -> Float32:
        """Readings of the mesh (1, k) that bring every output to the middle of its range."""
        outputs = len(self.reading.single.units)
        tried = np.repeat(LEVELS[:, None], outputs, axis=1)
        said = self.reading.blend(tried, np.repeat(seen, len(LEVELS), axis=0))
        best = np.abs(said - MIDDLE).argmin(axis=0)
        return np.asarray(LEVELS[best][None], np.float32)
