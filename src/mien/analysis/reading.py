"""How the units are read by default: from the mesh alone, or from mesh and picture together.

Either way a face is first described by numbers; one network reads a description by itself, another
one against the description of the same person's neutral face.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from mien.errors import InputError, ShapeError
from mien.face import geometry
from mien.face.geometry import FEATURES
from mien.face.steady import steady_crop
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.values import Face, Float32, Image
from mien.weights.store import Store

__all__ = ["DEFAULTS", "USUAL", "Reading", "open_reading"]


class Reading(Protocol):
    """A way to read the units."""

    files: tuple[str, ...]
    """Names of its networks in the store."""
    describer: str
    """Name of the network that describes a crop; "" where the mesh alone is read."""

    @property
    def length(self) -> int:
        """How many numbers describe a face."""
        ...

    @property
    def single(self) -> ModelSpec:
        """Card of the reading of single frames."""
        ...

    @property
    def difference(self) -> ModelSpec:
        """Card of the reading against the neutral; the same units."""
        ...

    def cut(self, image: Image, faces: Sequence[Face]) -> Sequence[Image | None]:
        """What has to be cut out of a frame for each face while the frame is at hand."""
        ...

    def describe(self, meshes: Float32, crops: Sequence[Image | None]) -> Float32:
        """Describe n faces, float32 (n, d); the first 1410 numbers are the mesh's features."""
        ...

    def read(self, described: Float32) -> Float32:
        """Intensities of single frames, float32 (n, 38), 0-5."""
        ...

    def against(self, described: Float32, neutral: Float32) -> Float32:
        """Intensities against a neutral face, described as (d,); float32 (n, 38), 0-5."""
        ...


class _TwoNetworks:
    """A network of single frames and one against the neutral, each opened when first used."""

    names: tuple[str, str]

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _single(self) -> Predictor:
        return Predictor(self._store.model_path(self.names[0]))

    @cached_property
    def _difference(self) -> Predictor:
        return Predictor(self._store.model_path(self.names[1]))

    @property
    def single(self) -> ModelSpec:
        """Card of the reading of single frames."""
        return self._single.spec

    @property
    def difference(self) -> ModelSpec:
        """Card of the reading against the neutral."""
        return self._difference.spec


class MeshReading(_TwoNetworks):
    """The mesh alone."""

    names = ("au-mesh", "au-mesh-difference")
    files: tuple[str, ...] = names
    describer: str = ""

    @property
    def length(self) -> int:
        """The features of the mesh."""
        return FEATURES

    def cut(self, image: Image, faces: Sequence[Face]) -> Sequence[Image | None]:  # noqa: ARG002
        """Nothing."""
        return [None] * len(faces)

    def describe(self, meshes: Float32, crops: Sequence[Image | None]) -> Float32:  # noqa: ARG002
        """The features of the mesh."""
        return geometry.features(meshes)

    def read(self, described: Float32) -> Float32:
        """By one mesh."""
        return _intensity(self._single, described)

    def against(self, described: Float32, neutral: Float32) -> Float32:
        """By a mesh minus that of the neutral."""
        return _intensity(self._difference, geometry.difference(described, neutral))


class PictureReading(_TwoNetworks):
    """Mesh and picture, per unit whichever sees it better, or both."""

    names = ("au-both", "au-both-difference")
    files: tuple[str, ...] = (*MeshReading.files, "au-picture", *names)
    describer: str = "au-picture"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._mesh = MeshReading(store)

    @cached_property
    def _picture(self) -> Predictor:
        return Predictor(self._store.model_path("au-picture"))

    @property
    def length(self) -> int:
        """The features of the mesh, and those of the crop and of its mirror image."""
        return FEATURES + self.single.size - len(self.single.units)

    def cut(self, image: Image, faces: Sequence[Face]) -> Sequence[Image | None]:
        """The small crop of each face that has a mesh."""
        return [None if one.mesh is None else steady_crop(image, one.mesh) for one in faces]

    def describe(self, meshes: Float32, crops: Sequence[Image | None]) -> Float32:
        """The features of the mesh, then those of the crop."""
        mesh = self._mesh.describe(meshes, crops)
        there = [one for one in crops if one is not None]
        if len(there) != len(mesh):
            raise ShapeError(f"got {len(there)} crops of {len(mesh)} faces, expected one of each")
        size = self._picture.spec.size
        cut = np.stack(there) if there else np.zeros((0, size, size, 3), np.uint8)
        return np.concatenate([mesh, self.features(cut)], axis=1)

    def features(self, crops: Image) -> Float32:
        """Describe n crops, uint8 (n, 112, 112, 3), and their mirror images: (n, 2d)."""
        seen = self._picture.score_crops(_with_mirror_images(crops)).features
        if seen is None:  # pragma: no cover - its card promises them
            raise ShapeError("au-picture gives no features; fetch the networks again")
        return np.concatenate([seen[: len(crops)], seen[len(crops) :]], axis=1)

    def blend(self, mesh: Float32, seen: Float32) -> Float32:
        """Bring what the mesh reads, (n, 38), and features of crops together: (n, 38), 0-5."""
        return _intensity(self._single, np.concatenate([mesh, seen], axis=1))

    def read(self, described: Float32) -> Float32:
        """By both."""
        mesh = self._mesh.read(described[:, :FEATURES])
        return self.blend(mesh, described[:, FEATURES:])

    def against(self, described: Float32, neutral: Float32) -> Float32:
        """By both, against the neutral."""
        mesh = self._mesh.against(described[:, :FEATURES], neutral[:FEATURES])
        rest = np.broadcast_to(neutral[FEATURES:], described[:, FEATURES:].shape)
        seen = (mesh, described[:, FEATURES:] - rest, rest)
        return _intensity(self._difference, np.concatenate(seen, axis=1))


DEFAULTS: dict[str, Callable[[Store], Reading]] = {"picture": PictureReading, "mesh": MeshReading}
"""Every way to read the units, by name."""
USUAL = "picture"
"""What mien does unless told otherwise."""


def open_reading(name: str, store: Store) -> Reading:
    """A way to read the units; its networks are opened when first used.

    Raises:
        InputError: there is no such way.
    """
    if name not in DEFAULTS:
        raise InputError(f"there is no default {name!r}; there are {', '.join(DEFAULTS)}")
    return DEFAULTS[name](store)


def _with_mirror_images(crops: Image) -> Image:
    """Crops (n, s, s, 3), then what a mirror shows of them; colour by colour it is quickest."""
    both = np.empty((2 * len(crops), *crops.shape[1:]), np.uint8)
    both[: len(crops)] = crops
    for colour in range(3):
        both[len(crops) :, :, :, colour] = crops[:, :, ::-1, colour]
    return both


def _intensity(predictor: Predictor, features: Float32) -> Float32:
    """What a network of intensities says."""
    found = predictor.score(features).intensity
    if found is None:  # pragma: no cover - the card promises intensities
        return np.zeros((len(features), len(predictor.spec.units)), np.float32)
    return found
