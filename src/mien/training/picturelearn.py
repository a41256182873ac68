"""From a recipe and planted crops to a trained picture network."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mien.data import crops, parts, portraitset, teacher
from mien.data.crops import Crops
from mien.data.expressions import OUTPUTS, UNITS
from mien.data.portraitset import PortraitSet
from mien.errors import InputError
from mien.models.pictureunits import PictureUnits, pictureunits
from mien.training.epochs import Line
from mien.training.experiment import Experiment
from mien.training.fit import fit
from mien.training.pictureexam import PictureExam
from mien.training.picturerecipe import PictureRecipe
from mien.training.picturing import Anchors, GroupError, groups
from mien.training.recipe import Optim, Schedule, Trainer
from mien.training.runfolder import RECIPE
from mien.training.settings import to_json
from mien.values import Float32

__all__ = ["Material", "anchors", "fit_network", "read"]


@dataclass(frozen=True, eq=False)
class Material:
    """All that the picture network learns from and is chosen by."""

    shards: list[Crops]
    learned: PortraitSet
    """Portraits of the training part."""
    taught: Float32
    """(portraits, 38): what a teacher reads from them; NaN where it says nothing."""
    exam: PictureExam


def read(data: Path, table: Path | None = None) -> Material:
    """Read what ``mien datasets crops`` made.

    Args:
        data: its folder.
        table: what a teacher reads from the portraits, see `mien.data.teacher`.

    Raises:
        UnreadableSource: something is missing.
        InputError: the teacher's table cannot be read.
    """
    found = portraitset.read(data / portraitset.FILE)
    learned, judged = found.take("training"), found.take("development")

    def taught(one: PortraitSet) -> Float32:
        if table is None:
            return np.full((len(one.name), OUTPUTS), np.nan, np.float32)
        return teacher.read(table, list(one.name))

    exam = PictureExam(judged.crop, taught(judged), judged.shown, crops.read(data / crops.EXAM))
    return Material(crops.read(data / crops.FOLDER), learned, taught(learned), exam)


def anchors(recipe: PictureRecipe, material: Material) -> Anchors:
    """Where the units of each portrait are held, and how much."""
    shown, taught = material.learned.shown, material.taught
    level, pull = shown.copy(), np.full(OUTPUTS, recipe.other, np.float32)
    for row, unit in enumerate(UNITS):
        pull[row] = recipe.pull.get(unit, recipe.other)
        if unit in recipe.taught and np.isfinite(taught[:, row]).any():
            pull[row] = recipe.taught[unit]
            level[:, row] = np.where(np.isnan(taught[:, row]), shown[:, row], taught[:, row])
    return Anchors(level, pull)


def fit_network(
    recipe: PictureRecipe,
    material: Material,
    folder: Path,
    tell: Callable[[Line], None] | None = None,
) -> PictureUnits:
    """Train at the flat rate, then from the best epoch down; a stopped run goes on.

    Args:
        recipe: the settings.
        material: see `read`.
        folder: the run folder; gets the folders "flat" and "cooled".
        tell: is given the figures of each epoch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECIPE).write_text(to_json(recipe), encoding="utf-8")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.schedule.seed)
        network = pictureunits(
            OUTPUTS, width=recipe.width, features=recipe.features, dropout=recipe.dropout
        )
    network = network.to(memory_format=torch.channels_last)
    one = recipe.schedule
    flat = _experiment(recipe, material, network, one.epochs, one.seed)
    flat = replace(flat, schedule=Schedule("constant", warmup=one.warmup))
    trained = fit(flat, folder / "flat", tell=tell).network
    cooled = _experiment(recipe, material, trained, one.cooling, one.seed + 1)
    cooled = replace(cooled, schedule=Schedule("linear", factor=0.0), monitor="")
    done = fit(cooled, folder / "cooled", tell=tell).network
    if not isinstance(done, PictureUnits):  # pragma: no cover - it is what was given
        raise InputError("the run folder holds another network; begin with --restart")
    return done


def _experiment(
    recipe: PictureRecipe, material: Material, network: nn.Module, epochs: int, seed: int
) -> Experiment:
    """One stretch of the training."""
    one, held = recipe.schedule, anchors(recipe, material)

    def check(now: nn.Module) -> Mapping[str, float]:
        return material.exam.figures(now)

    return Experiment(
        network,
        GroupError(held.pull),
        groups(material.shards, held, one.batch, one.steps, seed),
        Optim("adamw", one.rate, one.decay, clip=one.clip),
        Schedule("constant"),
        Trainer(epochs=epochs, precision=one.precision, seed=seed),  # type: ignore[arg-type]
        check=check,
        monitor="both",
        weights=recipe.weights,
        identity={
            "recipe": json.loads(to_json(recipe)),
            "portraits": parts.digest(list(material.learned.name)),
        },
        recipe=PictureRecipe,
    )
