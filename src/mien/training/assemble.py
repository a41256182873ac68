"""From a recipe, a fold and a prepared data set to an experiment; refuses what does not fit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mien.data import DATASETS
from mien.data.balance import WEIGHTS, even_chances
from mien.data.cache import Cache
from mien.data.loading import CropDataset, View
from mien.data.protocols import split
from mien.data.splits import Split
from mien.errors import InputError
from mien.evaluation.metrics import METRICS
from mien.models.reading import Reading
from mien.models.starting import start
from mien.spec import ModelSpec
from mien.training import objectives
from mien.training.experiment import Experiment, Objective
from mien.training.figures import BesideMeter, PointsMeter, TaskMeter
from mien.training.fitting import check_data, classes_of
from mien.training.labelled import labelled
from mien.training.learner import no_such_loss
from mien.training.loaded import Loaded
from mien.training.objectives import UnitWeights, unit_weights
from mien.training.predicting import check_points
from mien.training.recipe import Recipe
from mien.training.settings import to_json
from mien.training.sources import placed, source_of
from mien.training.taught import TEACHER, teacher_of
from mien.training.trained import network_of

__all__ = [
    "LOSS",
    "Assembled",
    "Loaded",
    "Parts",
    "assemble",
    "card_of",
    "check_batch",
    "check_loss_names",
    "identity_of",
    "view_of",
]

Rows = NDArray[np.intp]

LOSS = "loss"
"""The sum of the losses: a figure that every run has."""


@dataclass(frozen=True, eq=False)
class Parts:
    """One fold of a recipe on a data set, ready to be trained."""

    recipe: Recipe
    cache: Cache
    split: Split
    experiment: Experiment
    about: str = ""
    """The card of its network as JSON; empty of a network that says nothing of a face."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Assembled(Parts):
    """One fold of a recipe on a labelled data set, ready to be trained and tested."""

    card: ModelSpec
    test: CropDataset
    """The test part, never varied."""


def assemble(
    recipe: Recipe, fold: int, cache: Cache, *, fresh: bool = True, runs: Path = Path("runs")
) -> Assembled:
    """Put together what one fold of a recipe needs.

    Args:
        recipe: what to train.
        fold: from 1.
        cache: the prepared data set.
        fresh: load the weights that the recipe starts from; a run that is gone on with has its own.
        runs: folder of the run folders, where those weights may be.

    Raises:
        InputError: the recipe does not fit the data: another data set or alignment, units that it
            does not label, landmarks that it lacks, too few persons.
        WeightsError: the weights to start from cannot be had.
    """
    data = recipe.data
    check_data(recipe, cache)
    _check_tested(recipe)
    parts = split(
        cache.index, data.protocol, fold, folds=data.folds, held=data.held, seed=recipe.trainer.seed
    )
    seed = recipe.trainer.seed
    names = data.units or classes_of(cache)
    network = network_of(recipe, len(names))
    reading = Reading(network, data.task)
    view = _with_beside(view_of(recipe), reading)
    train = labelled(CropDataset(cache, parts.train, view, data.augment, seed), "train", recipe)
    held = None
    if len(parts.validate):
        held = labelled(CropDataset(cache, parts.validate, view), "validate", recipe)
    objective = objectives.build(
        recipe.objective.name,
        _options(recipe, parts, runs),
        _weights(recipe, cache, train.rows),
    )
    check_loss_names(recipe, objective)
    check_batch(recipe, network)
    test = CropDataset(cache, parts.test, view)
    check_taught(recipe, reading, objective)
    for part in (train, held, test):
        learns = "landmarks" in getattr(objective, "needs", ()) and part is not test
        if part is not None and (learns or reading.points):
            check_points(part, recipe)
    if fresh:
        start(network, source_of(recipe, fold, runs))
    monitor, smaller = _monitor(recipe, held is not None)
    experiment = Experiment(
        network=network,
        objective=cast(Objective, objective),
        train=Loaded(
            train, data.batch, recipe.trainer, shuffle=True, chances=chances_of(recipe, train)
        ),
        validate=None
        if held is None
        else Loaded(held, data.test_batch, recipe.trainer, shuffle=False),
        meters=[
            TaskMeter(recipe, names),
            *(BesideMeter(task, view) for task in reading.beside),
            *([PointsMeter()] if "landmarks" in reading.extras else []),
        ],
        optim=recipe.optim,
        schedule=recipe.schedule,
        trainer=recipe.trainer,
        monitor=monitor,
        smaller=smaller,
        weights=recipe.objective.weights,
        identity=identity_of(recipe, cache, parts, objective),
        recipe=Recipe,
    )
    if data.task == "expression":
        view = replace(view, classes=classes_of(cache))
    card = card_of(recipe, parts, reading, view)
    return Assembled(recipe, cache, parts, experiment, card.to_json(), card=card, test=test)


def identity_of(
    recipe: Recipe, cache: Cache, parts: Split, objective: nn.Module
) -> dict[str, object]:
    """What a run is, as JSON: another one does not go on in its folder."""
    found: dict[str, object] = {
        "recipe": json.loads(to_json(recipe)),
        "fold": parts.fold,
        "data": cache.digest,
        "split": parts.digest,
    }
    taught = getattr(objective, "digest", "")
    return found | ({"teacher": taught} if taught else {})


def _options(recipe: Recipe, parts: Split, runs: Path) -> Mapping[str, Any]:
    """Options of the objective; a teacher is put in the place of where it is."""
    options = recipe.objective.options
    if TEACHER not in options:
        return options
    source = placed(str(options[TEACHER]), parts.fold, runs)
    return {**options, TEACHER: teacher_of(recipe, source, parts), "task": recipe.data.task}


def _check_tested(recipe: Recipe) -> None:
    """Refuse labels without a test part, and no labels where figures are asked for."""
    if not recipe.labelled:
        raise InputError(
            f"{recipe.name} learns from pictures without labels; there is nothing to assemble for "
            "a test: use mien.training.unlabelled"
        )
    if recipe.data.protocol == "whole":
        raise InputError(
            f"{recipe.name} would be tested on nothing: the protocol whole is for learning without "
            "labels; choose another with data.protocol"
        )


def check_loss_names(recipe: Recipe, objective: nn.Module) -> None:
    """Refuse factors of losses that there are not."""
    there = getattr(objective, "losses", None)
    strange = sorted(set(recipe.objective.weights) - set(there or ()))
    if there is not None and strange:
        raise no_such_loss(strange, there)


def check_taught(recipe: Recipe, reading: Reading, objective: nn.Module) -> None:
    """Refuse a network with heads that would be written as they were drawn."""
    silent = [one for one in reading.beside if one not in getattr(objective, "teaches", ())]
    if silent:
        raise InputError(
            f"{recipe.model.name} reads {' and '.join(silent)} beside {recipe.data.task}, and the "
            f"objective {recipe.objective.name} does not teach that; set objective.name=combined, "
            "or choose the network student"
        )


def check_batch(recipe: Recipe, network: nn.Module) -> None:
    """Refuse batches of one picture where batch normalisation learns."""
    if recipe.data.batch > 1:
        return
    network.train()
    if any(isinstance(one, _BatchNorm) and one.training for one in network.modules()):
        raise InputError(
            "data.batch is 1, and the network has batch normalisation, which cannot learn from a "
            "single picture; expected 2 or more"
        )


def chances_of(recipe: Recipe, part: CropDataset) -> NDArray[np.float64] | None:
    """With which chance each picture is drawn; None: each once."""
    said = part.cache.index.expression
    if recipe.data.sampler != "balanced" or said is None:
        return None
    return even_chances(said.take(part.rows).value)


def view_of(recipe: Recipe) -> View:
    """What the network sees of a picture."""
    data = recipe.data
    return View(data.task, data.units, data.threshold, data.size, data.mean, data.std)


def _with_beside(view: View, reading: Reading) -> View:
    """The same with what the network says beside the task."""
    if not reading.beside:
        return view
    network: Any = reading.network
    return replace(view, detected=network.detected, classes=network.classes)


def card_of(recipe: Recipe, parts: Split, reading: Reading, view: View) -> ModelSpec:
    """The card of a fold's network."""
    data = recipe.data
    terms = DATASETS[data.name].terms if data.name in DATASETS else "not known"
    return ModelSpec(
        name=f"{recipe.name}-fold{parts.fold}",
        task=data.task,
        reads="crop",
        units=data.units,
        sides=("",) * len(data.units),
        detected=view.detected,
        classes=view.classes,
        size=data.size,
        aligned=data.aligned if data.aligned != data.size else 0,
        mean=data.mean,
        std=data.std,
        template=data.template,
        points=reading.points,
        outputs=reading.outputs,
        trained_on=f"{parts.data}, {parts.protocol}, fold {parts.fold} of {parts.folds}",
        paper=recipe.paper,
        licence=f"bound by the terms of its training data: {terms}",
    )


def _weights(recipe: Recipe, cache: Cache, rows: Rows) -> UnitWeights | None:
    """Weights of the units from the training part."""
    data = recipe.data
    if data.weights == "none":
        return None
    index = cache.index
    labels = index.occurrence
    if labels is None and index.intensity is not None:
        labels = index.intensity.present(data.threshold)
    if data.task == "expression" or labels is None:
        raise InputError("data.weights are those of action units; set data.weights=none")
    found = WEIGHTS[data.weights](labels.take(rows).of(data.units))
    return unit_weights(data.weights, found)


def _monitor(recipe: Recipe, held: bool) -> tuple[str, bool]:
    """The figure that chooses the epoch, and whether less of it is better."""
    figures = METRICS[recipe.data.task]
    name = recipe.trainer.monitor or next(iter(figures))
    # What needs every prediction is only had at the end.
    there = [one for one, about in figures.items() if about.of is not None]
    if name != LOSS and name not in there:
        raise InputError(
            f"trainer.monitor is {name!r}, expected one of {', '.join((*there, LOSS))}"
        )
    if not held:
        return "", False
    return name, name == LOSS or not figures[name].high
