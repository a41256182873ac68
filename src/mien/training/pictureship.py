"""A trained picture network as the three files that are shipped, beside those of the mesh."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from mien.data import portraitexam
from mien.data.expressions import OUTPUTS, SIDES, SWAP, UNITS
from mien.data.portraitexam import PortraitExam, exam_file
from mien.data.portraits import is_quiet
from mien.errors import ShapeError
from mien.evaluation.units import Figures, figures, reliability
from mien.face.steady import SIDE
from mien.files import whole_file
from mien.models.picturefused import (
    Blend,
    Describe,
    DifferenceReadout,
    SingleReadout,
    Weights,
)
from mien.models.pictureunits import PictureUnits
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.training.export import export
from mien.training.pictureexam import normalised
from mien.training.picturefusing import (
    Describer,
    Fusion,
    Predict,
    Stretch,
    describe_all,
    first_of,
    fuse,
    read_all,
)
from mien.training.picturerecipe import PictureRecipe
from mien.training.precision import named, quantize, with_card
from mien.values import Float32

__all__ = ["FILES", "judged", "predict", "quiet_ones", "read_exams", "ship"]

FILES = ("au-picture", "au-both", "au-both-difference")
"""Names of the files: what describes a crop; its reading with the mesh; against a neutral."""
PROBES = 64
CALIBRATION = 320
"""Development crops from which the ranges of 8 bits are taken."""
TRAINED_ON = (
    "planted on synthetic portraits (MIT) by the ICT face model (MIT); no person. "
    "Portraits to evaluate by: "
)


def ship(
    recipe: PictureRecipe,
    network: PictureUnits,
    exams: tuple[PortraitExam, PortraitExam],
    folder: Path,
    mesh: tuple[Path, Path],
) -> list[Path]:
    """Fit how mesh and picture are brought together, and write the files.

    Args:
        recipe: the settings.
        network: the trained picture network.
        exams: development portraits, by which is fitted, and those to evaluate by, of whose
            mixtures under nuisances the cards say how far each unit can be trusted. Both are read
            by the written file, in 8 bits, as in use.
        folder: gets ``au-picture.onnx``, ``au-both.onnx`` and ``au-both-difference.onnx``.
        mesh: the mesh networks, of single frames and of differences.

    Returns:
        The three files.
    """
    network = network.eval()
    mark = TRAINED_ON + str(len(np.unique(exams[1].portrait)))
    base = ModelSpec(
        FILES[0], "intensity", "crop", UNITS, SIDES, size=SIDE, mean=(0.45,) * 3, std=(0.25,) * 3,
        template="steady", outputs=("features",), trained_on=mark,
        paper="estimates in units of the face model's shapes; not a coder's A-E",
    )  # fmt: skip
    picture = folder / f"{FILES[0]}.onnx"
    _write_describer(network, base, exams, picture)
    describe = _describer(Predictor(picture))
    predictors = tuple(predict(Predictor(path)) for path in mesh)
    readings = [read_all(network, describe, exam, *predictors) for exam in exams]
    described = describe_all(describe, exams[1].crop[:PROBES])
    developed, told = exams[0], readings[0]
    moving, calm = ~developed.of("identity"), quiet_ones(developed)
    quiet = developed.of("rest") & calm
    stretch = [
        Stretch(one, recipe.stretch_aside)
        for one in (recipe.stretch_single, recipe.stretch_difference)
    ]
    single = fuse(told[0], developed, calm, level=True, stretch=stretch[0], quiet=quiet)
    against = fuse(told[1], developed, moving, level=False, stretch=stretch[1])
    for name, module, fusion, reading, among in (
        (FILES[1], SingleReadout, single, readings[1][0], quiet_ones(exams[1])),
        (FILES[2], DifferenceReadout, against, readings[1][1], None),
    ):
        evidence = {
            unit: one.worth
            for unit, one in judged(fusion.apply(reading), exams[1], "nuisance", among).items()
        }
        seen = [5 * reading.mesh[:PROBES], described]
        if among is None:
            rest = np.repeat(described[:1], len(described), axis=0)
            seen = [seen[0], described - rest, rest]
        probe = np.concatenate(seen, axis=1).astype(np.float32)
        card = replace(
            base, name=name, reads="both-difference" if among is None else "both", template="",
            mean=(), std=(), size=probe.shape[1], outputs=("intensity",),
            reliability=tuple((unit, reliability(value)) for unit, value in evidence.items()),
            evidence=tuple(evidence.items()),
        )  # fmt: skip
        export(
            module(network, _blend(fusion)),
            card,
            probe,
            folder / f"{name}.onnx",
            "fp16",
        )
    return [folder / f"{name}.onnx" for name in FILES]


def read_exams(data: Path) -> tuple[PortraitExam, PortraitExam]:
    """The exams of development and evaluation portraits.

    Raises:
        UnreadableSource: they have not been made.
    """
    return (
        portraitexam.read(data / exam_file("development")),
        portraitexam.read(data / exam_file("evaluation")),
    )


def predict(predictor: Predictor) -> Predict:
    """A mesh network as a function."""

    def intensity(described: Float32) -> Float32:
        found = predictor.score(described).intensity
        return np.zeros((len(described), OUTPUTS), np.float32) if found is None else found

    return intensity


def judged(
    found: Float32, exam: PortraitExam, kind: str, among: NDArray[np.bool_] | None = None
) -> dict[int, Figures]:
    """Figures per unit over the pictures of a kind and the portraits as they are.

    Args:
        found: (n, 38), 0-1.
        exam: the pictures.
        kind: one of `mien.data.portraitexam.KINDS`.
        among: (n,): pictures to look at; None for all. Readings of single frames are judged on
            portraits that show nothing themselves: what others show is not known.
    """
    rows = exam.of("rest", kind) & (True if among is None else among)
    if kind != "single":
        return figures(found[rows], exam.intensity[rows])
    out = {}
    for unit in dict.fromkeys(UNITS):
        mine = rows & (exam.of("rest") | (exam.unit == unit))
        if (exam.unit == unit).any():
            out[unit] = figures(found[mine], exam.intensity[mine])[unit]
    return out


def quiet_ones(exam: PortraitExam) -> NDArray[np.bool_]:
    """(n,): pictures of portraits that show nothing themselves, by their mesh."""
    first = first_of(exam.portrait)
    rest = np.flatnonzero(exam.of("rest"))
    calm = {int(row): is_quiet(exam.mesh[row]) for row in rest}
    return np.array([calm[int(row)] for row in first])


def _write_describer(
    network: PictureUnits,
    card: ModelSpec,
    exams: tuple[PortraitExam, PortraitExam],
    path: Path,
) -> None:
    """Write what describes a crop, computed in 8 bits.

    In 8 bits it takes half the time, and the correlations of both readings stay within 0.002. The
    first convolution, of three colours, is quicker without.
    """
    rng = np.random.default_rng(0)
    crops = exams[0].crop
    crops = crops[rng.permutation(len(crops))[:CALIBRATION]]
    batches = [normalised(one).numpy() for one in torch.split(torch.from_numpy(crops), PROBES)]
    probe = exams[1].crop[:PROBES]
    with TemporaryDirectory(prefix="mien-") as place:
        whole = Path(place) / path.name
        export(Describe(network), card, normalised(torch.from_numpy(probe)).numpy(), whole)
        model = named(onnx.load(str(whole)))
        first = next(node.name for node in model.graph.node if node.op_type == "Conv")
        small = quantize(model, batches, spared=[first])
    with whole_file(path) as part:
        part.write_bytes(with_card(small, replace(card, precision="int8")).SerializeToString())


def _describer(predictor: Predictor) -> Describer:
    """What describes crops, as a function."""

    def describe(crops: NDArray[np.uint8]) -> Float32:
        found = predictor.score_crops(crops).features
        if found is None:  # pragma: no cover - its card promises them
            raise ShapeError(f"{predictor.spec.name} gives no features")
        return found

    return describe


def _blend(fusion: Fusion) -> Blend:
    tables = (torch.from_numpy(np.asarray(getattr(fusion, name))) for name in Weights._fields)
    return Blend(Weights(*tables), SWAP.tolist())
