"""The run folder: what a run leaves behind, file by file, and how it is read again."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mien.errors import InputError
from mien.files import write_whole
from mien.spec import ModelSpec
from mien.training.recipe import Recipe
from mien.training.settings import from_json

__all__ = [
    "BEST",
    "ENVIRONMENT",
    "EPOCHS",
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
    "clear",
    "fold_folder",
    "read_recipe",
    "read_run",
    "units_of",
    "write_text",
]

RECIPE = "recipe.json"
RUN = "run.json"
"""Fold, data and split of the run, by their digests, and the card of its network."""
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
EPOCHS = "epochs.svg"
"""The figures of all epochs as curves; the report shows it."""
MODEL = "model.onnx"
TENSORBOARD = "tensorboard"
FILES = (
    LAST, BEST, RECIPE, RUN, ENVIRONMENT, SPLIT, METRICS, METRICS_TABLE, PREDICTIONS, REPORT,
    REPORT_JSON, EPOCHS, MODEL,
)  # fmt: skip
"""All but TensorBoard's; the checkpoints first, so that a half cleared folder is no run."""


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


def read_run(folder: Path) -> dict[str, Any]:
    """Fold, digests and card of a run, as `RUN` has them.

    Raises:
        InputError: this is no run folder, or the file is damaged.
    """
    path = folder / RUN
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: found[name] for name in ("fold", "data", "split", "card")}
    except FileNotFoundError:
        raise InputError(f"{folder} is no folder of one fold of a run: it has no {RUN}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}); train the fold anew") from error


def units_of(folder: Path) -> tuple[int, ...]:
    """Units of a run's network, as its card names them; none where this is no run of units."""
    try:
        card = json.loads((folder / RUN).read_text(encoding="utf-8"))["card"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()  # weights of others, or a run that is refused where it is read
    return ModelSpec.from_json(card).units if card else ()


def write_text(path: Path, content: str | Mapping[str, Any]) -> None:
    """Write a file of the run folder, whole or not at all; a mapping is written as JSON.

    Raises:
        InputError: the disk refuses.
    """
    text = content if isinstance(content, str) else json.dumps(content, indent=1) + "\n"
    write_whole(path, text)


def clear(folder: Path) -> None:
    """Remove what an earlier run left in a folder, and nothing else."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / TENSORBOARD, ignore_errors=True)
