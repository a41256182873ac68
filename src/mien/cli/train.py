"""mien train: a recipe on a data set, one fold or all of them, into run folders."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.endings import INTERRUPTED
from mien.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from mien.data.cache import Cache
    from mien.training.recipe import Recipe

__all__ = ["train"]

MESH = "meshunits"
"""The networks that mien ships; their examples lie in memory, and there are no folds."""
ALL = "all"


def train(  # noqa: PLR0913 - one parameter for each option
    recipe: Annotated[
        str | None, typer.Argument(help="Name of the recipe, see --list.", show_default=False)
    ] = None,
    data: Annotated[
        Path,
        typer.Option(
            "--data", help="What mien datasets prepare made, or the folder of a copy of the set."
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
    only: Annotated[
        str | None, typer.Option(help="Of meshunits: name of one network; else both.")
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
        if recipe == MESH:
            if fold != "1":
                raise InputError(f"{MESH} has no folds; leave --fold away")
            _train_mesh(data, runs, only, settings or [], restart=restart, quiet=quiet)
        elif only is not None:
            raise InputError(f"--only is for {MESH}; {recipe} trains one network")
        else:
            _train(_recipe(recipe, settings or []), data, fold, runs, restart, quiet)
    except KeyboardInterrupt:
        again = " without --restart" if restart else ""
        typer.echo(f"mien: stopped; the same command{again} goes on after the last whole epoch",
                   err=True)  # fmt: skip
        raise SystemExit(INTERRUPTED) from None


def _train(recipe: "Recipe", data: Path, fold: str, runs: Path, restart: bool, quiet: bool) -> None:
    """Train one fold of a recipe, or all."""
    number = _number(fold)
    ready = _ready(recipe, data, number)
    try:
        from mien.training.onefold import Way
        from mien.training.run import train as train_recipe
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error
    cache = ready or _prepared(recipe, data, runs, quiet)
    bar = not quiet and sys.stderr.isatty()
    tell = None if quiet else _tell
    with _heard(quiet):
        report = train_recipe(recipe, number, cache, runs, Way(restart, bar, tell))
    if report is not None:
        typer.echo(f"{report} is written")


def _train_mesh(
    data: Path, runs: Path, only: str | None, settings: list[str], *, restart: bool, quiet: bool
) -> None:
    """Train the networks that mien ships: units from the mesh, alone and minus the neutral."""
    try:
        from mien.recipes.meshunits import RECIPES
        from mien.training.learn import learn, read
        from mien.training.overrides import override
        from mien.training.runfolder import clear
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error
    if only is not None and only not in RECIPES:
        raise InputError(f"there is no recipe {only!r}; there are {', '.join(RECIPES)}")
    for name, recipe in RECIPES.items():
        if only in (None, name):
            if restart:
                for folder in (runs / name, *(runs / name).glob("network-*")):
                    clear(folder)
            changed = override(recipe, settings)
            made = learn(
                changed, read(changed, data), runs / name, None if quiet else partial(_tell, 0)
            )
            typer.echo(f"{made} is written")


def _recipe(name: str, settings: list[str]) -> "Recipe":
    """A recipe of the registry with some settings changed."""
    from difflib import get_close_matches

    from mien.recipes import RECIPES
    from mien.training.overrides import override

    if name not in RECIPES:
        near = get_close_matches(name, [*RECIPES, MESH], 1)
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
    typer.echo(f"{MESH:<28} the networks that mien ships, from meshes of synthetic faces")


def _number(fold: str) -> int | None:
    """The number of a fold; None for all of them."""
    if fold == ALL:
        return None
    if not fold.isdecimal() or int(fold) < 1:
        raise InputError(f"--fold is {fold!r}, expected a number from 1, or {ALL}")
    return int(fold)


def _ready(recipe: "Recipe", data: Path, number: int | None) -> "Cache | None":
    """The prepared data set; None of a copy that has to be prepared first.

    Refuses what does not fit, before the slow learning half is loaded.
    """
    from mien.data import data_set
    from mien.training.fitting import check_data, check_fold

    if not data.is_dir():
        raise InputError(
            f"{data} is no folder; give --data what mien datasets prepare made, or your copy of "
            f"{recipe.data.name}"
        )
    data_set(recipe.data.name)
    if not (data / "cache.json").exists():
        return None
    from mien.data.cache import open_cache

    cache = open_cache(data)
    check_data(recipe, cache)
    check_fold(recipe, cache, number)
    return cache


def _prepared(recipe: "Recipe", data: Path, runs: Path, quiet: bool) -> "Cache":
    """A copy of the set, prepared beside the runs."""
    from mien.cli.progress import showing_progress
    from mien.data import read
    from mien.data.cache import prepare

    one = recipe.data
    folder = runs / "prepared" / f"{one.name}-{one.template}-{one.aligned}"
    index = read(one.name, data)
    folder.mkdir(parents=True, exist_ok=True)
    with showing_progress(quiet) as show:

        def tell(done: int, of: int) -> None:
            if show is not None:
                show(str(folder), done, done / max(of, 1))

        workers = max(1, recipe.trainer.workers)
        return prepare(index, folder, one.template, one.aligned, workers=workers, progress=tell)


@contextmanager
def _heard(quiet: bool) -> Iterator[None]:
    """Show what is fetched of the weights that are started from, and what is left out."""
    logger = logging.getLogger("mien.models.starting")
    handler = _Echo()
    level = logger.level
    if not quiet:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Echo(logging.Handler):
    """Writes to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        typer.echo(record.getMessage(), err=True)


def _tell(fold: int, line: Mapping[str, float]) -> None:
    """One line for each epoch: its number, losses, and the figures over all units."""
    head = f"fold {fold}, " if fold else ""
    held = "validate."
    figures = [
        f"{name.removeprefix(held)} {value:.4g}"
        for name, value in line.items()
        # one figure for each unit, and each part of the loss, are in metrics.jsonl
        if name.startswith(held) and "/" not in name and f"train.{name[len(held) :]}" not in line
    ]
    told = f"; held out: {', '.join(figures)}" if figures else ""
    loss, seconds = line["train.loss"], line["seconds"]
    typer.echo(f"{head}epoch {line['epoch']}: loss {loss:.4g}{told}; {seconds:.0f} s", err=True)
