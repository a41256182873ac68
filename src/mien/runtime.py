"""ONNX networks: a session for each file, and a predictor that lives by the card inside it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from mien.errors import ShapeError, WeightsError
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32, Scores

if TYPE_CHECKING:
    import onnxruntime as ort

__all__ = ["Predictor", "open_session"]


def open_session(path: Path, threads: int = 1) -> "ort.InferenceSession":
    """Open an ONNX file on the CPU.

    The runtime would report its use to its makers over the network and keep a diary in the home
    folder; this is switched off before it is loaded, unless the program that uses mien has loaded
    it already or says otherwise.

    Args:
        path: the file.
        threads: threads inside one call. Networks this small gain nothing from a second one.

    Raises:
        WeightsError: the file is missing or is no ONNX file.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path.name} cannot be opened as an ONNX network: {reason}") from error


class Predictor:
    """A network with its card: features in, scores out.

    Args:
        path: an ONNX file with a card inside.
        threads: threads inside one call.

    Raises:
        WeightsError: the file is no ONNX file or carries no card.
    """

    spec: ModelSpec

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._session = open_session(path, threads)
        card = self._session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
        if card is None:
            raise WeightsError(
                f"{path.name} carries no card; export it with mien, or name a file that mien wrote"
            )
        self.spec = ModelSpec.from_json(card)
        self._input = self._session.get_inputs()[0].name

    def score(self, features: Float32) -> Scores:
        """Score n faces at once.

        Args:
            features: float32 (n, d), d as the card says.

        Returns:
            Scores with ``intensity`` (n, k), 0-5, in the order of the card's units.

        Raises:
            ShapeError: ``features`` is of another shape or type.
        """
        if features.ndim != 2 or features.shape[1] != self.spec.size:
            raise ShapeError(
                f"{self.spec.name} got features of shape {features.shape}, "
                f"expected (n, {self.spec.size})"
            )
        if len(features) == 0:
            return Scores(intensity=np.zeros((0, len(self.spec.units)), np.float32))
        values = self._session.run(["intensity"], {self._input: features.astype(np.float32)})
        return Scores(intensity=cast(Float32, values[0]))
