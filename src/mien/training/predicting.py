"""What a trained network says of the test part, and how predictions of a fold are read again."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader

from mien.data.labels import take
from mien.data.loading import CropDataset
from mien.data.parquetfile import read_table
from mien.data.sample import Batch
from mien.errors import InputError
from mien.evaluation.landmarks import known_errors
from mien.evaluation.predictions import Predictions
from mien.evaluation.predictions_file import ERROR
from mien.models.reading import OUTPUTS, Reading, Task
from mien.results.table import class_column
from mien.training.recipe import Recipe

__all__ = ["check_points", "predict", "read_predictions"]


_Said = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
"""What was said, what is so, and where that is known."""


def predict(network: nn.Module, recipe: Recipe, part: CropDataset) -> dict[str, Predictions]:
    """What a network says of pictures, beside what is so: of each task that it reads.

    Args:
        network: trained; it is moved to the device that it is run on, and back.
        recipe: its task and settings.
        part: the pictures.

    Raises:
        InputError: the network reads landmarks, and some pictures have none.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reading = Reading(network, recipe.data.task).eval().to(device)
    said: dict[Task, list[_Said]] = {task: [] for task in (recipe.data.task, *reading.beside)}
    found = []
    if reading.points:
        check_points(part, recipe)
    batches: DataLoader[Batch] = DataLoader(
        part,
        batch_size=recipe.data.test_batch,
        num_workers=recipe.trainer.workers,
        collate_fn=_as_it_is,  # type: ignore[arg-type] # the data set gives whole batches
    )
    with torch.no_grad():
        for batch in batches:
            given = [batch.image] + ([batch.landmarks] if reading.points else [])
            answers = dict(
                zip(reading.outputs, reading(*(one.to(device) for one in given)), strict=True)
            )
            if "landmarks" in answers:
                found.append(answers["landmarks"].float().cpu().numpy())
            labels = {recipe.data.task: (batch.target, batch.known), **(batch.beside or {})}
            for task, rows in said.items():
                numbers = answers[OUTPUTS[task]].float().cpu().numpy()
                rows.append((numbers, *(one.numpy() for one in labels[task])))
    network.cpu()
    people = take(part.cache.index.subject, part.rows)
    errors = known_errors(np.concatenate(found), part.landmarks()) if found else None
    each: dict[str, Predictions] = {}
    for task, rows in said.items():
        numbers, truth, known = (np.concatenate(column) for column in zip(*rows, strict=True))
        each[task] = Predictions(
            task,
            _names(task, recipe, part),
            numbers,
            truth,
            known,
            None if "" in people else people,
            errors=errors if task == recipe.data.task else None,
        )
    return each


def _names(task: Task, recipe: Recipe, part: CropDataset) -> tuple[int, ...] | tuple[str, ...]:
    """Units or classes of a task."""
    if task == recipe.data.task:
        classes = part.cache.index.expression
        return classes.classes if task == "expression" and classes else recipe.data.units
    return part.view.classes if task == "expression" else part.view.detected


def check_points(part: CropDataset, recipe: Recipe) -> None:
    """Refuse pictures without the landmarks that a network reads or learns from.

    Raises:
        InputError: some have none.
    """
    lacking = int((~np.isfinite(part.landmarks()).all(axis=(1, 2))).sum())
    if lacking:
        raise InputError(
            f"{recipe.name} needs the landmarks of each face, and {lacking} of {len(part)} "
            f"pictures of {recipe.data.name} have none; prepare it from pictures in which a face "
            "is found, or leave these out of the set"
        )


def read_predictions(path: Path, recipe: Recipe, classes: tuple[str, ...] = ()) -> Predictions:
    """Predictions that `mien.evaluation.predictions_file.write_predictions` wrote for a fold.

    Args:
        path: the Parquet file.
        recipe: that of the run.
        classes: names of the classes, for expressions.

    Raises:
        InputError: the file is missing, damaged, or lacks a column.
    """
    task = recipe.data.task
    if not path.is_file():
        raise InputError(f"{path} does not exist; train the fold first")
    table = read_table(path, "file of predictions")
    try:
        columns = {name: table[name].to_pylist() for name in table.schema.names}
        people = tuple(str(one) for one in columns["subject"])
        if task == "expression":
            names = [class_column(name).name for name in classes]
            said = np.array([columns[name] for name in names], np.float32).T
            so = columns["expression_label"]
            known = np.array([one is not None for one in so], bool)
            truth = np.array([classes.index(one) if one else 0 for one in so], np.int64)
        else:
            end = "_p" if task == "occurrence" else ""
            units = recipe.data.units
            said = np.array([columns[f"AU{unit}{end}"] for unit in units], np.float32).T
            labels = np.array([columns[f"AU{unit}_label"] for unit in units], np.float32).T
            known = ~np.isnan(labels)
            truth = np.where(known, labels, 0)
        errors = columns.get(ERROR.name)
    except Exception as error:
        raise InputError(f"{path} cannot be read ({error}); train the fold anew") from error
    return Predictions(
        task,
        classes if task == "expression" else recipe.data.units,
        said,
        truth,
        known,
        None if "" in people else people,
        errors=None if errors is None else np.array(errors, np.float64),
    )


def _as_it_is(batch: Batch) -> Batch:
    """The data set makes batches itself."""
    return batch
