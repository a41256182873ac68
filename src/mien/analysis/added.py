"""Networks of one's own beside the default ones: they read crops while the frame is at hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.analysis.added_columns import AddedColumns
from mien.analysis.quicker import Quicker, Say, int8_beside
from mien.errors import InputError, ShapeError
from mien.face.align import TEMPLATES, crop
from mien.face.landmarks import landmarks
from mien.facs.units import UNITS
from mien.files import digest_of
from mien.runtime import Predictor, crop_threads, find_model
from mien.spec import ModelSpec
from mien.values import Face, Float32, Image, Scores

__all__ = ["Added", "Crops", "Cut", "cut_face", "read_cuts"]


class Cut(NamedTuple):
    """One crop of a face."""

    image: Image
    points: Float32
    """(49, 2): the mesh's landmarks in pixels of the image."""


Crops = tuple[Cut | None, ...]
"""The crops of one face that the networks ask for; None where it cannot be cut."""


class Added:
    """The networks that ``--model`` and ``--expression`` name, opened.

    Args:
        paths: ONNX files with their card inside, or run folders that hold one.
        quicker: where given, a file in 8 bits beside another is used in its place if it serves
            better on this machine (`mien.analysis.quicker`), and this is told which it is.
        expression: one more of them, which has to give expressions.

    Raises:
        InputError: a file is missing, reads no crops, gives no expressions where it should, or
            gives what another gives already.
        WeightsError: a file is no ONNX network of ours.
    """

    columns: AddedColumns
    """What their numbers are."""

    def __init__(
        self,
        paths: Sequence[str | Path] = (),
        quicker: Say | None = None,
        expression: str | Path | None = None,
    ) -> None:
        more = () if expression is None else (expression,)
        self._files = tuple(find_model(Path(path)) for path in (*paths, *more))
        self._predictors = tuple(_opened(path, quicker) for path in self._files)
        specs = tuple(one.spec for one in self._predictors)
        for path, spec in zip(self._files, specs, strict=True):
            _check(path, spec)
        if more and "expression" not in specs[-1].outputs:
            raise InputError(
                f"{self._files[-1]} gives {' and '.join(specs[-1].outputs)} of action units, and "
                "--expression takes a network of expressions; name it with --model"
            )
        self.columns = AddedColumns(specs)
        self._wants = tuple((one.template, one.aligned or one.size, one.size) for one in specs)
        self._cuts = tuple(dict.fromkeys(self._wants))

    def __bool__(self) -> bool:
        return bool(self._files)

    def cut(self, image: Image, faces: Sequence[Face]) -> tuple[Crops, ...]:
        """The crops of each face of a frame; the same crop is cut once however many read it."""
        return tuple(
            tuple(cut_face(image, face, *wanted) for wanted in self._cuts) for face in faces
        )

    def score(self, crops: Sequence[Crops]) -> Float32:
        """What all networks say of n faces, (n, width); NaN where a face could not be cut."""
        values = np.full((len(crops), self.columns.width), np.nan, np.float32)
        for number, predictor in enumerate(self._predictors):
            cut = self._cuts.index(self._wants[number])
            seen = [mine[cut] if mine else None for mine in crops]
            there = [row for row, one in enumerate(seen) if one is not None]
            if there:
                cuts = [one for one in seen if one is not None]
                scores = read_cuts(predictor, cuts)
                for output, place in self.columns.places[number].items():
                    values[there, place] = getattr(scores, output)
        return values

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file by its name."""
        return {str(path): digest_of(path) for path in self._files}

    def facts(self) -> list[dict[str, object]]:
        """What a report should say of each network."""
        return [
            {
                "file": str(path),
                "name": spec.name,
                "task": spec.task,
                "precision": spec.precision,
                "template": spec.template,
                "trained_on": spec.trained_on,
                "licence": spec.licence,
            }
            for path, spec in zip(self._files, self.columns.specs, strict=True)
        ]


def _check(path: Path, spec: ModelSpec) -> None:
    """Raise InputError unless the network can be asked of the faces of a frame."""
    if spec.reads != "crop":
        raise InputError(
            f"{path} reads the {spec.reads}, as the default networks do; "
            "--model and --expression take networks that read crops"
        )
    if strange := sorted({*spec.units, *spec.detected} - set(UNITS)):
        named = ", ".join(f"AU{unit}" for unit in strange)
        raise InputError(f"{path} gives {named}, which FACS does not have; look after its card")
    if spec.template not in TEMPLATES:
        raise InputError(
            f"{path} reads crops of the template {spec.template!r}, which is not known here; "
            f"expected one of {', '.join(TEMPLATES)}"
        )


def _opened(path: Path, quicker: Say | None) -> Predictor | Quicker:
    """The network of a file, or the choice between it and the one in 8 bits beside it."""
    whole = Predictor(path, crop_threads())
    small = None if quicker is None else int8_beside(path)
    if quicker is None or small is None:
        return whole
    return Quicker(path, whole, Predictor(small, crop_threads()), quicker)


def read_cuts(predictor: Predictor | Quicker, cuts: Sequence[Cut]) -> Scores:
    """What a network says of crops, with the mesh's landmarks where it reads them."""
    points = np.stack([one.points for one in cuts]) if predictor.spec.points else None
    return predictor.score_crops(np.stack([one.image for one in cuts]), points)


def cut_face(
    image: Image, face: Face, template: str, side: int, inner: int | None = None
) -> Cut | None:
    """One crop, or the middle of it; None where the face lies outside or has no mesh."""
    if face.mesh is None:
        return None
    try:
        made = crop(image, face.mesh, template, side, inner)
    except ShapeError:
        return None
    there = landmarks(face.mesh, "49") @ made.matrix[:, :2].T + made.matrix[:, 2]
    return Cut(made.image, there.astype(np.float32))
