"""The run folder: what a run leaves behind, file by file, and how it is read again."""

from pathlib import Path

from mien.errors import InputError
from mien.training.recipe import Recipe
from mien.training.settings import from_json

__all__ = [
    "BEST",
    "ENVIRONMENT",
    "LAST",
    "METRICS",
    "METRICS_TABLE",
    "MODEL",
    "PREDICTIONS",
    "RECIPE",
    "REPORT",
    "REPORT_JSON",
    "RUN",
    "SPLIT",
    "TENSORBOARD",
    "fold_folder",
    "read_recipe",
]

RECIPE = "recipe.json"
RUN = "run.json"
"""Fold and data of the run, by their digests."""
ENVIRONMENT = "environment.json"
SPLIT = "split.json"
METRICS = "metrics.jsonl"
METRICS_TABLE = "metrics.csv"
BEST = "best.ckpt"
"""Weights of the chosen epoch."""
LAST = "last.ckpt"
"""All that is needed to go on."""
PREDICTIONS = "predictions.parquet"
REPORT = "report.md"
REPORT_JSON = "report.json"
MODEL = "model.onnx"
TENSORBOARD = "tensorboard"


def fold_folder(runs: Path, recipe: str, fold: int) -> Path:
    """Where a fold of a recipe is kept."""
    return runs / recipe / f"fold{fold}"


def read_recipe(folder: Path) -> Recipe:
    """The recipe of a run.

    Raises:
        InputError: this is no run folder, or its recipe is damaged.
    """
    try:
        text = (folder / RECIPE).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{folder} is no run folder: it has no {RECIPE}") from None
    return from_json(Recipe, text, f"{folder / RECIPE}")
