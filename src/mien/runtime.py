"""ONNX networks: a session for each file, and a predictor that lives by the card inside it."""

import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from mien.errors import InputError, ShapeError, WeightsError
from mien.machine import cores
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import LANDMARKS, Float32, Image, Scores

if TYPE_CHECKING:
    import onnxruntime as ort

__all__ = [
    "RANGES",
    "Predictor",
    "crop_threads",
    "cut_off",
    "find_model",
    "joined",
    "middle",
    "normalised",
    "open_session",
]

MODEL_FILE = "model.onnx"
"""Name of the network in a run folder."""

RANGES = {"probability": 1.0, "intensity": 5.0, "expression": 1.0}
"""Outputs that are scores, and the range of each."""

MOST_THREADS = 4

BATCH = 8
"""Crops that go through a network at once: more is not faster on a CPU, and a large network takes
100 MB for each eight of 224 pixels."""


def crop_threads() -> int:
    """Threads for a network of crops, which gains from several: those there are, up to four."""
    return min(cores(), MOST_THREADS)


def find_model(path: Path) -> Path:
    """The ONNX file that is meant: the file itself, or the one of a run folder.

    Raises:
        InputError: there is no such file, or the folder holds none.
    """
    if path.is_dir():
        if not (path / MODEL_FILE).is_file():
            raise InputError(
                f"{path} is a folder without {MODEL_FILE}; name an ONNX file, or the folder of a "
                "finished run"
            )
        return path / MODEL_FILE
    if not path.is_file():
        raise InputError(
            f"there is no file {path}; name an ONNX file that mien wrote, or "
            "the folder of a finished run"
        )
    return path


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
    if threads > 1:  # waiting in a loop would cost more time than it saves
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path.name} cannot be opened as an ONNX network: {reason}") from error


class Predictor:
    """A network with its card: features or crops in, scores out.

    Args:
        path: an ONNX file with a card inside.
        threads: threads inside one call.

    Raises:
        WeightsError: the file is no ONNX file, carries no card, or is not what its card says.
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
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._check(path)

    def score(self, features: Float32) -> Scores:
        """Score n faces at once by their meshes.

        Args:
            features: float32 (n, d), d as the card says.

        Returns:
            Scores with what the card promises, (n, k) in the order of its units.

        Raises:
            ShapeError: ``features`` is of another shape or type, or the network reads crops.
        """
        if self.spec.reads == "crop":
            raise ShapeError(f"{self.spec.name} reads crops and got features; use score_crops")
        if features.ndim != 2 or features.shape[1] != self.spec.size:
            raise ShapeError(
                f"{self.spec.name} got features of shape {features.shape}, "
                f"expected (n, {self.spec.size})"
            )
        if len(features) == 0:
            return self._nothing()
        return self._run(features.astype(np.float32))

    def score_crops(self, images: Image, points: Float32 | None = None) -> Scores:
        """Score n faces by their aligned crops.

        Args:
            images: uint8 (n, s, s, 3), RGB, s the card's ``aligned``, of which the middle is taken,
                or its ``size``.
            points: float32 (n, p, 2) landmarks in pixels of these images, of the scheme that the
                card names by ``points``; None where it names none.

        Returns:
            Scores with what the card promises, in the order of its units or classes. Landmarks are
            in pixels of the middle that the network read.

        Raises:
            ShapeError: ``images`` or ``points`` are of another shape or type, a landmark is not
                known, or the network reads meshes.
        """
        spec = self.spec
        if spec.reads != "crop":
            raise ShapeError(f"{spec.name} reads the {spec.reads} and got crops; use score")
        sides = {spec.size, spec.aligned or spec.size}
        fits = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
        if not fits or images.dtype != np.uint8 or images.shape[1] not in sides:
            wanted = " or ".join(f"(n, {side}, {side}, 3)" for side in sorted(sides, reverse=True))
            raise ShapeError(
                f"{spec.name} got crops of {images.dtype} with shape {images.shape}, "
                f"expected uint8 {wanted}"
            )
        more = self._more(images, points)
        if len(images) == 0:
            return self._nothing()
        cut = middle(images, spec.size)
        parts = [
            self._run(
                normalised(cut[first : first + BATCH], spec),
                *(one[first : first + BATCH] for one in more),
            )
            for first in range(0, len(cut), BATCH)
        ]
        return joined(parts)

    def _more(self, images: Image, points: Float32 | None) -> list[Float32]:
        """What the network reads beside the crops: nothing, or landmarks in their pixels."""
        spec = self.spec
        if (points is None) != (not spec.points):
            raise ShapeError(
                f"{spec.name} reads {'crops and their landmarks' if spec.points else 'crops only'} "
                f"and came {'without' if points is None else 'with'} landmarks"
            )
        if points is None:
            return []
        wanted = (len(images), int(spec.points), 2)
        if points.shape != wanted or not np.isfinite(points).all():
            raise ShapeError(
                f"{spec.name} got landmarks of shape {points.shape}, expected {wanted}, all of them"
                " known; leave faces without landmarks out"
            )
        return [points.astype(np.float32) - cut_off(images.shape[1], spec.size)]

    def _run(self, *values: Float32) -> Scores:
        """What the network says of what it reads."""
        feeds = dict(zip(self._inputs, values, strict=True))
        found = self._session.run(list(self.spec.outputs), feeds)
        named = dict(zip(self.spec.outputs, cast(list[Float32], found), strict=True))
        return Scores(**named)

    def _nothing(self) -> Scores:
        """The scores of no faces."""
        empty = {
            name: np.zeros((0, self._width(name), *_MORE.get(name, ())), np.float32)
            for name in self.spec.outputs
        }
        return Scores(**empty)

    def _width(self, output: str) -> int:
        """How many columns an output has."""
        if output != "features":
            return len(_labels(self.spec, output))
        shapes = {one.name: one.shape for one in self._session.get_outputs()}
        return int(shapes[output][1])

    def _check(self, path: Path) -> None:
        """Raise WeightsError unless the graph has the input and the outputs of the card."""
        spec = self.spec
        _ = spec.reading  # refuses detectors
        given = {out.name: list(out.shape) for out in self._session.get_outputs()}
        if missing := [name for name in spec.outputs if name not in given]:
            raise WeightsError(
                f"the card of {path.name} promises {', '.join(missing)} and the network gives "
                f"{', '.join(given)}; export it again"
            )
        if strange := [name for name in spec.outputs if name not in _SCORES]:
            raise WeightsError(
                f"the card of {path.name} promises {', '.join(strange)}, expected some of "
                f"{', '.join(_SCORES)}; update mien"
            )
        if (count := len(self._inputs)) != (2 if spec.points else 1):
            raise WeightsError(
                f"the card of {path.name} names {'two inputs' if spec.points else 'one input'} and "
                f"the network takes {count}: {', '.join(self._inputs)}; export it again"
            )
        rank = 4 if spec.reads == "crop" else 2
        taken = list(self._session.get_inputs()[0].shape)
        if len(taken) != rank or (
            rank == 4 and isinstance(taken[2], int) and taken[2] != spec.size
        ):
            raise WeightsError(
                f"the card of {path.name} says that it reads the {spec.reads} with size "
                f"{spec.size}, and the network takes {taken}; export it again"
            )
        for name in spec.outputs:
            if name == "features":  # as many as the network likes
                continue
            wide, wanted = given[name][1], len(_labels(spec, name))
            fewer = (name == "maps" and wide == 1) or (name == "relations" and wide < wanted)
            if isinstance(wide, int) and wide != wanted and not fewer:
                raise WeightsError(
                    f"the card of {path.name} names {wanted} outputs of {name} and the network "
                    f"gives {wide}; export it again"
                )


_SCORES = tuple(item.name for item in fields(Scores))


_MORE = {"maps": (0, 0), "landmarks": (2,), "relations": (0, 0)}
"""Shape of what an output gives in each column, where it is no single number; maps of any size,
relations of any number."""


def _labels(spec: ModelSpec, output: str) -> Sequence[object]:
    """What the columns of an output stand for."""
    if output == "landmarks":
        return range(LANDMARKS)
    return spec.classes if output == "expression" else spec.keys(output)


def middle(images: Image, size: int) -> Image:
    """The middle squares of n pictures, or all of them where they are no larger.

    Args:
        images: (n, s, s, 3).
        size: side of the square; the odd pixel is cut off at the right and below.
    """
    first = cut_off(images.shape[1], size)
    return images[:, first : first + size, first : first + size]


def cut_off(side: int, size: int) -> int:
    """Pixels on the left and above that `middle` leaves out of squares of a side."""
    return max(0, (side - size) // 2)


def normalised(images: Image, spec: ModelSpec) -> Float32:
    """Pictures as a crop network reads them: ``(x / 255 - mean) / std`` in one multiply and add.

    Args:
        images: uint8 (n, s, s, 3).
        spec: the card with ``mean`` and ``std`` per channel.

    Returns:
        float32 (n, 3, s, s).
    """
    std = np.asarray(spec.std or (1.0, 1.0, 1.0), np.float64)
    mean = np.asarray(spec.mean or (0.0, 0.0, 0.0), np.float64)
    factor, offset = (1 / (255 * std)).astype(np.float32), (-mean / std).astype(np.float32)
    out = images.transpose(0, 3, 1, 2).astype(np.float32, order="C")
    out *= factor[:, None, None]
    out += offset[:, None, None]
    return out


def joined(parts: list[Scores]) -> Scores:
    """Scores of faces that follow each other."""
    named = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _SCORES
        if getattr(parts[0], name) is not None
    }
    return Scores(**named)
