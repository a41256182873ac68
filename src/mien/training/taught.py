"""The teacher of a run: it has to see what the student sees, and not whom that is tested on."""

from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from mien.data.splits import Split, read_split
from mien.errors import InputError
from mien.models.importing import from_official
from mien.models.plain import read_tensors
from mien.models.reading import Reading
from mien.spec import ModelSpec
from mien.training import runfolder
from mien.training.official import official_card
from mien.training.recipe import Recipe
from mien.training.trained import load_trained

__all__ = ["TEACHER", "teacher_of"]

TEACHER = "teacher"
"""The option of an objective that names one."""
OFFICIAL = "mae-teacher"
"""The published network that can teach."""
SHARED = "task", "units", "template", "aligned", "size", "mean", "std"
"""What student and teacher have to have in common, as their cards name it."""


def teacher_of(recipe: Recipe, source: str, split: Split) -> nn.Module:
    """The network that a recipe's student learns from.

    Args:
        recipe: of the student.
        source: the folder of one fold of the teacher's run, or a published checkpoint.
        split: the student's pictures.

    Returns:
        The network, in evaluation mode.

    Raises:
        InputError: there is no such run, its network reads or says something else than the student,
            or it has learned from pictures that the student is tested on.
        WeightsError: its weights are damaged.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        trained = load_trained(path)
        network, card = trained.network, trained.card
        _check_seen(path, split)
    elif path.is_file():
        network = from_official(OFFICIAL, read_tensors(path))
        card = official_card(OFFICIAL, Reading(network, "intensity"))
    else:
        raise InputError(
            f"there is no {path}; objective.options.teacher is the folder of one fold of a run of "
            "the teacher, which has to be trained first, or a published checkpoint of "
            f"{OFFICIAL}"
        )
    _check_sees(recipe, card, path)
    return network


def _check_sees(recipe: Recipe, card: ModelSpec, path: Path) -> None:
    """Refuse a teacher that reads other pictures, or says other things, than the student."""
    data = recipe.data
    wanted: dict[str, Any] = {name: getattr(data, name) for name in SHARED}
    wanted["aligned"] = data.aligned if data.aligned != data.size else 0
    other = [name for name in SHARED if getattr(card, name) != wanted[name]]
    if other:
        told = "; ".join(
            f"{name} is {getattr(card, name)} there and {wanted[name]} here" for name in other
        )
        raise InputError(
            f"{path} cannot teach {recipe.name}, as both have to read and say the same: {told}"
        )


def _check_seen(path: Path, split: Split) -> None:
    """Refuse a teacher that has seen what the student is tested on."""
    taught = read_split(path / runfolder.SPLIT)
    if taught.keys != split.keys:
        return  # of other data, or prepared anew
    seen = np.concatenate([taught.train, taught.validate])
    if count := len(np.intersect1d(seen, split.test)):
        raise InputError(
            f"{path} has learned from {count} of the {len(split.test)} pictures that fold "
            f"{split.fold} is tested on; name the teacher's run of the same fold, as "
            "{runs}/NAME/fold{fold}"
        )
