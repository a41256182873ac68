"""The networks that an analysis runs, opened once and shared by all sources."""

import copy
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path

from mien.analysis.added import Added
from mien.analysis.quicker import Say
from mien.analysis.reading import USUAL, open_reading
from mien.face.classed import ClassDetector
from mien.face.detector import Detector, Finder
from mien.face.mesh import MeshFitter
from mien.face.tracker import Tracker
from mien.files import digest_of
from mien.runtime import open_session
from mien.spec import ModelSpec, Reliability
from mien.weights.store import Store, open_store

__all__ = ["FACES", "Models", "Networks", "shared_networks"]

Models = str | Path | Sequence[str | Path]
"""One network of one's own, several, or an empty tuple for none."""


FACES = ("face-short", "face-full", "face-mesh")
"""The face models by their names in the store."""


class Networks:
    """The face models and the default action-unit networks; each is opened when first used.

    Args:
        store: where they come from; None for the one that the environment describes.
        default: how the units are read, one of `mien.analysis.reading.DEFAULTS`.

    Raises:
        InputError: there is no such default.
    """

    def __init__(self, store: Store | None = None, default: str = USUAL) -> None:
        self._store = store or open_store()
        self.added = Added()
        self.reading = open_reading(default, self._store)
        self.classed: ClassDetector | None = None
        """A detector of one's own, which then finds the faces."""

    def with_default(self, default: str) -> "Networks":
        """The same face models, and another way to read the units.

        Raises:
            InputError: there is no such way.
        """
        reading = open_reading(default, self._store)
        if reading.files == self.reading.files:
            return self
        other = self._copy()
        other.reading = reading
        return other

    def with_models(
        self,
        models: Models,
        quicker: Say | None = None,
        expression: str | Path | None = None,
    ) -> "Networks":
        """The same networks, and these beside them; all are opened once.

        Args:
            models: ONNX files with their card inside, or run folders that hold one.
            quicker: where given, a file in 8 bits beside another may take its place, which this is
                told. Tables are made without: they should not depend on the machine.
            expression: one more such file, which gives expressions.

        Raises:
            InputError: a file is missing, reads no crops, or gives what another gives already.
            WeightsError: a file is no ONNX network of ours.
        """
        paths = [models] if isinstance(models, str | Path) else models
        if not paths and expression is None:
            return self
        added = Added(paths, quicker, expression)
        other = self._copy()
        other.added = added
        return other

    def _copy(self) -> "Networks":
        """Another one with the same opened face models."""
        for name in ("detector", "fitter"):
            getattr(self, name)  # opened here, so that both have the same
        return copy.copy(self)

    def with_detector(self, path: str | Path | None) -> "Networks":
        """The same networks, with a detector of one's own in place of the default two.

        Args:
            path: an ONNX file that a training of a detector wrote, or its run folder; None changes
                nothing.

        Raises:
            InputError: there is no such file, or it is no detector.
            WeightsError: the file is no ONNX network of ours.
        """
        if path is None:
            return self
        other = copy.copy(self)
        other.classed = ClassDetector(Path(path))
        return other

    @property
    def detected_classes(self) -> tuple[str, ...]:
        """Names of the classes of the detector of one's own; empty without one."""
        return () if self.classed is None else self.classed.spec.classes

    @cached_property
    def detector(self) -> Detector:
        """Both face detectors."""
        short, full = self._store.model_path("face-short"), self._store.model_path("face-full")
        return Detector(open_session(short), open_session(full))

    @cached_property
    def fitter(self) -> MeshFitter:
        """The attention mesh."""
        return MeshFitter(open_session(self._store.model_path("face-mesh")))

    @property
    def single(self) -> ModelSpec:
        """Card of the reading of single frames."""
        return self.reading.single

    @property
    def difference(self) -> ModelSpec:
        """Card of the reading against the person's neutral."""
        return self.reading.difference

    def reliability(
        self, neutral: object, fallen_back: Sequence[int] = ()
    ) -> dict[int, Reliability]:
        """How far each unit of a face can be trusted, by the reading that it comes from.

        Args:
            neutral: what stands in the column ``neutral`` of its rows.
            fallen_back: units that are read from single frames although there is a neutral.
        """
        single = dict(self.single.reliability)
        if neutral == "none":
            return single
        read = dict(self.difference.reliability)
        return read | {unit: single[unit] for unit in fallen_back if unit in single}

    def tracker(self, max_faces: int | None = None, *, settle: bool = False) -> Tracker:
        """A new tracker, for one source."""
        finder: Finder = self.classed or self.detector
        settle = settle or self.classed is not None  # its boxes say nothing of the eyes
        return Tracker(finder, self.fitter, max_faces=max_faces, settle=settle)

    @property
    def describer(self) -> str:
        """SHA-256 of the network that describes a crop; "" where the mesh alone is read."""
        name = self.reading.describer
        return self._hash(name) if name else ""

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each network's file by its name, of added ones by their path."""
        own = {name: self._hash(name) for name in (*FACES, *self.reading.files)}
        if self.classed is not None:
            own[str(self.classed.path)] = digest_of(self.classed.path)
        return own | self.added.hashes()

    def _hash(self, name: str) -> str:
        """SHA-256 of a network's file."""
        return digest_of(self._store.model_path(name))


@cache
def shared_networks() -> Networks:
    """The networks of the environment, opened once in a program however often they are used."""
    return Networks()
