"""Checkpoints of authors as files of ours: the network, its card, and the same numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from torch import nn

from mien.errors import InputError, WeightsError
from mien.facs.coded import BP4D, DISFA, DISFA_INTENSITY
from mien.models.importing import from_official, read_official
from mien.models.jaanet import JAANet
from mien.models.mae import Teacher
from mien.models.megraphau import OPEN_SIDED, OPEN_UNITS, MEGraphAU
from mien.models.posterv2 import PosterV2
from mien.models.reading import Reading, Task
from mien.models.student import EXPRESSIONS, Student
from mien.spec import ModelSpec
from mien.training.export import export
from mien.training.exporting import Exported, probe_of
from mien.training.recipe import IMAGENET

__all__ = ["export_official", "official_card"]

HALF = (0.5, 0.5, 0.5)
SETS = {len(BP4D): ("BP4D", BP4D), len(DISFA): ("DISFA", DISFA)}
"""Data set and units of published networks, by how many units these have."""

SIDED = tuple((unit, side) for unit in OPEN_SIDED for side in ("L", "R"))
"""The outputs of OpenGraphAU after the units of whole faces."""
POSTER_V2 = "Mao et al., POSTER++, arXiv 2301.12149, 2023"


class Sees(NamedTuple):
    """What a published network was trained to read."""

    template: str
    aligned: int
    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    paper: str
    task: Task = "occurrence"


LIBREFACE = "Chang et al., LibreFace, WACV 2024"

SEES = {
    "jaanet": Sees(
        "jaanet", 200, 176, HALF, HALF, "Shao, Liu, Cai, Ma, JAA-Net, ECCV 2018 and IJCV 2021"
    ),
    "megraphau": Sees(
        "megraphau", 256, 224, *IMAGENET, "Luo et al., Multi-dimensional Edge Feature, IJCAI 2022"
    ),
    "posterv2": Sees("whole", 0, 224, *IMAGENET, POSTER_V2, "expression"),
    "opengraphau": Sees("ffhq", 256, 224, *IMAGENET, "Luo et al., OpenGraphAU, 2022"),
    "mae-teacher": Sees("ffhq", 256, 224, *IMAGENET, LIBREFACE, "intensity"),
    "student-intensity": Sees("ffhq", 256, 224, *IMAGENET, LIBREFACE, "intensity"),
    "student-occurrence": Sees("ffhq", 256, 224, *IMAGENET, LIBREFACE),
    "student-expression": Sees("ffhq", 0, 224, *IMAGENET, LIBREFACE, "expression"),
    "student-combined": Sees("ffhq", 256, 224, *IMAGENET, LIBREFACE, "intensity"),
}

NO_FILE = {
    "mae": "says nothing of a face that a file could give; start a run from the checkpoint "
    "instead: --set model.start=FILE",
    "gaze": "reads a second mesh, of the aligned picture, which analyze does not make; ask it in "
    "Python: mien.models.importing.from_official",
}
"""Published networks that are read, and why no file is made of them."""


def export_official(
    name: str, files: Sequence[Path], path: Path, classes: Sequence[str] = ()
) -> Exported:
    """Write the network of authors' checkpoints as ONNX with a card.

    Args:
        name: one of `mien.models.importing.OFFICIAL`.
        files: the authors' files, see `mien.models.importing.read_official`.
        path: the file to be.
        classes: names of the expressions in the order of the outputs, which no checkpoint holds.

    Raises:
        InputError: no such network, or one that says nothing of a face; files that do not belong
            together; or the disk refuses.
        WeightsError: the files are not what they are said to be, or the ONNX network would not say
            the same.
    """
    network = from_official(name, read_official(name, files))
    if name not in SEES:
        raise InputError(f"{name} {NO_FILE[name]}")
    reading = Reading(network, SEES[name].task)
    card = official_card(name, reading, classes)
    found = export(reading, card, probe_of(card), path)
    return Exported(path, "fp32", path.stat().st_size, found["float32"])


def official_card(name: str, reading: Reading, classes: Sequence[str] = ()) -> ModelSpec:
    """The card of a published network; its units follow from how many it has."""
    sees = SEES[name]
    _check_classes(name, reading.network, classes)
    units, sides, learned = _units(name, reading.network)
    return ModelSpec(
        name=f"{name}-official",
        task=sees.task,
        reads="crop",
        units=units,
        sides=sides,
        detected=getattr(reading.network, "detected", ()),
        classes=tuple(classes) or _classes(name, reading.network),
        size=sees.size,
        aligned=sees.aligned,
        mean=sees.mean,
        std=sees.std,
        template=sees.template,
        points=reading.points,
        outputs=reading.outputs,
        trained_on=f"{learned}, by the authors of the method",
        paper=sees.paper,
        licence="that of the authors' checkpoint; treat it as for research only",
    )


def _check_classes(name: str, network: nn.Module, classes: Sequence[str]) -> None:
    """Refuse names for networks of units, and too few or equal ones for those of expressions."""
    count = network.head.out_features if isinstance(network, PosterV2) else 0
    if len(set(classes)) != count or len(classes) != count:
        wanted = (
            f"{count} different names of expressions" if count else "none: what it gives is known"
        )
        raise InputError(
            f"{name} was given {len(classes)} names of classes, expected {wanted}"
            + (", in the order of its outputs: --classes surprise,fear,..." if count else "")
        )


def _units(name: str, network: nn.Module) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Numbers and sides of the outputs, and what they were learned from."""
    if name == "opengraphau":
        units = (*OPEN_UNITS, *(unit for unit, _ in SIDED))
        sides = ("",) * len(OPEN_UNITS) + tuple(side for _, side in SIDED)
        return units, sides, "the hybrid data set of OpenGraphAU"
    if isinstance(network, JAANet):
        data, _ = SETS.get(len(network.units), ("GFT", ()))
        return network.units, ("",) * len(network.units), data
    if isinstance(network, PosterV2):
        return (), (), "a set of expressions that the checkpoint does not name"
    if isinstance(network, Teacher | Student):
        return _units_of_libreface(name, network.outputs)
    count = len(network.body.nodes.bias) if isinstance(network, MEGraphAU) else 0
    if count not in SETS:
        raise WeightsError(
            f"this checkpoint of {name} has {count} units, expected the {len(BP4D)} of BP4D or the "
            f"{len(DISFA)} of DISFA; which units these are is not in the file"
        )
    data, units = SETS[count]
    return units, ("",) * count, data


def _units_of_libreface(name: str, count: int) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Units of a teacher or of the first head of a student, and what they were learned from."""
    if name == "student-expression":
        return (), (), "AffectNet"
    units, data = (BP4D, "BP4D") if name == "student-occurrence" else (DISFA_INTENSITY, "DISFA")
    if count != len(units):
        what = "presence" if data == "BP4D" else "intensities"
        raise WeightsError(
            f"this checkpoint of {name} has {count} outputs, expected the {what} of the "
            f"{len(units)} units of {data}; what others mean is not in the file"
        )
    return units, ("",) * count, "DISFA and BP4D" if name == "student-combined" else data


def _classes(name: str, network: nn.Module) -> tuple[str, ...]:
    """Classes of a student that says expressions, alone or beside units."""
    if name == "student-expression":
        return EXPRESSIONS
    return network.classes if isinstance(network, Student) else ()
