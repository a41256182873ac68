"""mien train yolo-...: a detector on pictures with boxes."""

import sys
from functools import partial
from pathlib import Path

import typer

from mien.cli.telling import heard, tell
from mien.errors import InputError, MissingExtra

__all__ = ["BOXES", "list_detectors", "train_detector"]

BOXES = "yolo-"
"""What the recipes of detectors begin with; they learn from a data.yaml."""


def train_detector(
    name: str, data: Path, runs: Path, settings: list[str], *, restart: bool, quiet: bool
) -> None:
    """Train a detector on pictures with boxes.

    Raises:
        InputError: there is no such recipe, or see `mien.training.boxlearn.learn_boxes`.
        MissingExtra: the learning half is not installed.
    """
    from mien.recipes.yolo import RECIPES
    from mien.training.overrides import override

    if name not in RECIPES:
        known = ", ".join(RECIPES)
        raise InputError(f"there is no recipe {name!r}; of detectors there are {known}")
    recipe = override(RECIPES[name](), settings)
    try:
        from mien.training.boxlearn import learn_boxes
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error
    bar = not quiet and sys.stderr.isatty()
    told = None if quiet else partial(tell, 0)
    with heard(quiet):
        report = learn_boxes(recipe, data, runs, restart=restart, bar=bar, tell=told)
    if report is not None:
        typer.echo(f"{report} is written")


def list_detectors() -> None:
    """Name every recipe of a detector."""
    from mien.recipes.yolo import RECIPES

    for name, make in RECIPES.items():
        recipe = make()
        size = recipe.data.size
        typer.echo(f"{name:<28} {recipe.model.name} on a data.yaml: boxes, {size} pixels")
