"""mien train: a recipe on a data set, one fold or all of them, into run folders."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.detectors import BOXES, list_detectors, train_detector
from mien.cli.endings import INTERRUPTED
from mien.cli.preparing import number_of, prepared, ready
from mien.cli.shipped import MESH, PICTURE, SHIPPED, Shipping, train_shipped
from mien.cli.stages import Wanted, train_stages
from mien.cli.telling import heard, tell
from mien.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from mien.training.recipe import Recipe

__all__ = ["train"]


def train(  # noqa: PLR0913 - one parameter for each option
    recipe: Annotated[
        str | None, typer.Argument(help="Name of the recipe, see --list.", show_default=False)
    ] = None,
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="What mien datasets prepare made, or the folder of a copy of the set; of "
            "yolo-...: a data.yaml.",
        ),
    ] = Path("data"),
    fold: Annotated[str, typer.Option(help="Number of the fold, from 1, or all.")] = "1",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting: optim.rate=1e-4. May be given often."),
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("runs"),
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of going on.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Name the recipes, and end.")] = False,
    every: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Train the stages that the recipe starts from too, and write one table. --data is "
            "then a folder with one for each data set, and --set NAME:... of one stage.",
        ),
    ] = False,
    instead: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NAME=SOURCE",
            help="With --all: a run folder or weights in the place of a stage; NAME= leaves it "
            "out. May be given often.",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Of meshunits: name of one network; else both.")
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Of pictureunits: table of what another network reads from the portraits."
        ),
    ] = None,
) -> None:
    """Train a network; a run that was stopped goes on. Needs the extra 'train'.

    The run folder RUNS/RECIPE/foldK gets the settings, the figures of each epoch, the best weights,
    predictions and report of the test part, and the network as model.onnx.
    """
    if show:
        _list()
        return
    if recipe is None:
        raise InputError("name a recipe to train; mien train --list names them all")
    try:
        if every:
            wanted = Wanted(data, fold, runs, settings or [], instead or [], restart, quiet)
            train_stages(recipe, wanted)
        elif instead:
            raise InputError("--from is for the stages of --all; use --set model.start=SOURCE")
        elif recipe in SHIPPED:
            if fold != "1":
                raise InputError(f"{recipe} has no folds; leave --fold away")
            way = Shipping(data, runs, only, teacher, tuple(settings or ()), restart, quiet)
            train_shipped(recipe, way)
        elif only is not None:
            raise InputError(f"--only is for {MESH}; {recipe} trains one network")
        elif teacher is not None:
            raise InputError(f"--teacher is for {PICTURE}; {recipe} learns from its labels")
        elif recipe.startswith(BOXES):
            if fold != "1":
                raise InputError(f"{recipe} has no folds; leave --fold away")
            train_detector(recipe, data, runs, settings or [], restart=restart, quiet=quiet)
        else:
            _train(_recipe(recipe, settings or []), data, fold, runs, restart, quiet)
    except KeyboardInterrupt:
        again = " without --restart" if restart else ""
        typer.echo(f"mien: stopped; the same command{again} goes on after the last whole epoch",
                   err=True)  # fmt: skip
        raise SystemExit(INTERRUPTED) from None


def _train(recipe: "Recipe", data: Path, fold: str, runs: Path, restart: bool, quiet: bool) -> None:
    """Train one fold of a recipe, or all."""
    number = number_of(fold)
    found = ready(recipe, data, number)
    try:
        from mien.training.onefold import Way
        from mien.training.run import train as train_recipe
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error
    cache = found or prepared(recipe, data, runs, quiet)
    bar = not quiet and sys.stderr.isatty()
    told = None if quiet else tell
    with heard(quiet):
        report = train_recipe(recipe, number, cache, runs, Way(restart, bar, told))
    if report is not None:
        typer.echo(f"{report} is written")


def _recipe(name: str, settings: list[str]) -> "Recipe":
    """A recipe of the registry with some settings changed."""
    from difflib import get_close_matches

    from mien.recipes import RECIPES
    from mien.training.overrides import override

    if name not in RECIPES:
        near = get_close_matches(name, [*RECIPES, *SHIPPED], 1)
        hint = f"did you mean {near[0]}?" if near else "mien train --list names them all"
        raise InputError(f"there is no recipe {name!r}; {hint}")
    return override(RECIPES[name](), settings)


def _list() -> None:
    """Name every recipe, with what it trains on what."""
    from mien.recipes import RECIPES

    for name, make in RECIPES.items():
        recipe = make()
        data = recipe.data
        units = f"AU {', '.join(map(str, data.units))}" if data.units else data.task
        units = units if recipe.labelled else "no labels"
        typer.echo(f"{name:<28} {recipe.model.name} on {data.name} ({data.protocol}): {units}")
    list_detectors()
    for name, what in SHIPPED.items():
        typer.echo(f"{name:<28} the networks that mien ships: {what}")
