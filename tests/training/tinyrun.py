"""A run folder as training leaves it, with a tiny network in it."""

import json
from dataclasses import replace

import numpy as np

from mien.data.protocols import split
from mien.data.splits import write_split
from mien.training.recipe import Data, Expected, Model, Recipe
from mien.training.runfolder import RECIPE, RUN, SPLIT
from mien.training.settings import to_json
from tests.crop_networks import card, write

PUBLISHED = Expected("a paper, 2020", "f1", 0.75, {4: 0.5}, "another protocol")
SETTINGS = Recipe(
    "tiny",
    Model("resnet18"),
    Data("table", units=(4, 12), template="whole", aligned=20, size=16, threshold=3.0),
    expected=(PUBLISHED,),
)
WEIGHTS = np.array([[1.0, -1.0], [0.0, 0.0], [0.0, 0.0]])


def run_folder(folder, cache, **more):
    """Fold 2 of three of a prepared set; ``more`` changes its split."""
    folder.mkdir(parents=True)
    write(folder / "model.onnx", card(units=(4, 12), template="whole"), WEIGHTS)
    (folder / RECIPE).write_text(to_json(SETTINGS))
    parts = split(cache.index, "subject-folds", 2, folds=3, held=0.2)
    write_split(replace(parts, **more), folder / SPLIT)
    values = {"fold": 2, "data": cache.digest, "split": parts.digest, "card": ""}
    (folder / RUN).write_text(json.dumps(values))
    return folder
