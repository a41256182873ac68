"""The networks that an analysis runs, opened once and shared by all sources."""

import copy
from collections.abc import Sequence
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from mien.analysis.added import Added
from mien.analysis.quicker import Say
from mien.face.detector import Detector
from mien.face.mesh import MeshFitter
from mien.face.tracker import Tracker
from mien.runtime import Predictor, open_session
from mien.weights.store import Store, open_store

__all__ = ["NAMES", "Models", "Networks", "shared_networks"]

Models = str | Path | Sequence[str | Path]
"""One network of one's own, several, or an empty tuple for none."""


NAMES = ("face-short", "face-full", "face-mesh", "au-mesh", "au-mesh-difference")
"""The networks by their names in the store."""


class Networks:
    """The face models and the default action-unit networks; each is opened when first used.

    Args:
        store: where they come from; None for the one that the environment describes.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or open_store()
        self.added = Added()

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
        for name in ("detector", "fitter", "single", "difference"):
            getattr(self, name)  # opened here, so that both have the same
        other = copy.copy(self)
        other.added = added
        return other

    @cached_property
    def detector(self) -> Detector:
        """Both face detectors."""
        short, full = self._store.model_path("face-short"), self._store.model_path("face-full")
        return Detector(open_session(short), open_session(full))

    @cached_property
    def fitter(self) -> MeshFitter:
        """The attention mesh."""
        return MeshFitter(open_session(self._store.model_path("face-mesh")))

    @cached_property
    def single(self) -> Predictor:
        """Action units of one mesh."""
        return Predictor(self._store.model_path("au-mesh"))

    @cached_property
    def difference(self) -> Predictor:
        """Action units of a mesh minus the person's neutral."""
        return Predictor(self._store.model_path("au-mesh-difference"))

    def tracker(self, max_faces: int | None = None, *, settle: bool = False) -> Tracker:
        """A new tracker, for one source."""
        return Tracker(self.detector, self.fitter, max_faces=max_faces, settle=settle)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each network's file by its name, of added ones by their path."""
        own = {
            name: sha256(self._store.model_path(name).read_bytes()).hexdigest() for name in NAMES
        }
        return own | self.added.hashes()


@cache
def shared_networks() -> Networks:
    """The networks of the environment, opened once in a program however often they are used."""
    return Networks()
