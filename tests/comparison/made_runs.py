"""Runs on the coloured pictures whose networks say what the red of a picture says."""

import json
from dataclasses import replace

import numpy as np

from mien.data.protocols import split
from mien.data.splits import write_split
from mien.training.recipe import Data, Expected, Model, Recipe
from mien.training.runfolder import ENVIRONMENT, METRICS, RECIPE, RUN, SPLIT
from mien.training.settings import to_json
from tests.crop_networks import card, write

PUBLISHED = Expected("a paper, 2020", "f1", 0.75, {4: 0.5}, "another protocol")
PARALLEL = np.array([[1.0, -1.0], [0.0, 0.0], [0.0, 0.0]])
"""The first unit by red, the second by its lack."""


def run_of(folder, cache, weights=PARALLEL, *, fold=2, name="red", units=(4, 12), **more):
    """The folder of a fold of three; ``more``: task, data, protocol, epochs, bias, threshold."""
    folder.mkdir(parents=True)
    task = more.get("task", "occurrence")
    spec = card(task, units=units, template="whole", name=f"{name}-fold{fold}")
    if task == "expression":
        spec = card(task, classes=more["classes"], template="whole", name=name)
    write(folder / "model.onnx", spec, weights, more.get("bias"))
    data = Data(
        more.get("data", "table"),
        task,
        () if task == "expression" else units,
        template="whole",
        aligned=20,
        size=16,
        threshold=more.get("threshold", 3.0),
        protocol=more.get("protocol", "subject-folds"),
        folds=3,
    )
    recipe = Recipe(name, Model("resnet18"), data, expected=more.get("expected", ()))
    (folder / RECIPE).write_text(to_json(recipe))
    parts = split(cache.index, data.protocol, fold, folds=3, held=0.2)
    if "data" in more:
        parts = replace(parts, data=more["data"])
    write_split(parts, folder / SPLIT)
    values = {"fold": fold, "data": cache.digest, "split": parts.digest, "card": ""}
    (folder / RUN).write_text(json.dumps(values))
    versions = {"packages": {"mien": "0.0.9"}, "commit": "abcdef0123456789"}
    (folder / ENVIRONMENT).write_text(json.dumps(versions))
    lines = more.get("epochs", [])
    (folder / METRICS).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def rows_of(cache, fold=2):
    """The test part of a fold."""
    return split(cache.index, "subject-folds", fold, folds=3, held=0.2).test
