"""Faces of prepared pictures, looked for once and read in each way of the default networks."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.analysis.reading import Reading, open_reading
from mien.comparison.faces import FaceFinder
from mien.data.cache import Cache
from mien.values import Face, Float32, Image, Scores
from mien.weights.store import Store, open_store

__all__ = ["AtHand", "Finding", "Looks", "read_faces"]

BATCH = 32
"""Pictures whose faces are read at once."""

Rows = NDArray[np.intp]


class Looks:
    """Faces of prepared pictures, each looked for once, and what each way says of them.

    Args:
        store: where the networks come from; None for the one that the environment describes.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or open_store()
        self.finder = FaceFinder(self.store)
        self.readings: dict[str, Reading] = {}
        self._seen: dict[tuple[str, int], dict[str, Float32] | None] = {}

    def add(self, way: str) -> Reading:
        """Read units this way too.

        Raises:
            InputError: there is no such way.
        """
        if way not in self.readings:
            self.readings[way] = open_reading(way, self.store)
            self._seen.clear()
        return self.readings[way]

    def said(self, way: str, cache: Cache, rows: Rows) -> Float32:
        """What was read from pictures that have a face, (n, k) intensities of the outputs."""
        seen = [self._seen[cache.digest, row] for row in rows.tolist()]
        return np.stack([one[way] for one in seen if one is not None])

    def there(self, cache: Cache, rows: Rows, tell: Callable[[int, int], None]) -> Rows:
        """The pictures in which a face is found; what is said of it is kept.

        Args:
            cache: prepared pictures.
            rows: (n,) which of them.
            tell: told how many are done, of how many.
        """
        new = [row for row in rows.tolist() if (cache.digest, row) not in self._seen]
        for first in range(0, len(new), BATCH):
            self._look(cache, new[first : first + BATCH])
            tell(min(first + BATCH, len(new)), len(new))
        seen = [self._seen[cache.digest, row] is not None for row in rows.tolist()]
        return np.asarray(rows[np.array(seen, bool)])

    def _look(self, cache: Cache, rows: Sequence[int]) -> None:
        """Find and read the faces of some pictures."""
        images = [cache.image(row) for row in rows]
        found = [
            self.finder.mesh(image, cache.landmarks[row])
            for row, image in zip(rows, images, strict=True)
        ]
        shown = [
            (row, image, mesh)
            for row, image, mesh in zip(rows, images, found, strict=True)
            if mesh is not None
        ]
        self._seen |= {(cache.digest, row): None for row in rows}
        pictures, meshes = [image for _, image, _ in shown], [mesh for _, _, mesh in shown]
        said = {
            way: read_faces(reading, pictures, meshes) for way, reading in self.readings.items()
        }
        for place, (row, _, _) in enumerate(shown):
            self._seen[cache.digest, row] = {way: values[place] for way, values in said.items()}


def read_faces(reading: Reading, images: Sequence[Image], meshes: Sequence[Float32]) -> Float32:
    """What a way says of faces with their meshes, each in a picture of its own: (n, k), 0-5."""
    if not meshes:
        return np.zeros((0, len(reading.single.units)), np.float32)
    cuts = [
        reading.cut(image, [_face(mesh)])[0] for image, mesh in zip(images, meshes, strict=True)
    ]
    return reading.read(reading.describe(np.stack(meshes), cuts))


def _face(mesh: Float32) -> Face:
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    return Face(box=np.concatenate([low, high]).astype(np.float32), score=1.0, mesh=mesh)


class AtHand:
    """Reads faces whose meshes are known, for the clock: as a predictor reads its crops."""

    def __init__(self, reading: Reading, meshes: Sequence[Float32]) -> None:
        self._reading, self._meshes = reading, meshes

    def score_crops(self, images: Image, points: Float32 | None = None) -> Scores:  # noqa: ARG002
        """Cut, describe and read."""
        return Scores(intensity=read_faces(self._reading, list(images), self._meshes))


class Finding:
    """Finds face and mesh, for the clock."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder

    def score_crops(self, images: Image, points: Float32 | None = None) -> Scores:  # noqa: ARG002
        """Look, and say nothing."""
        for image in images:
            self._finder.faces(image)
        return Scores()
