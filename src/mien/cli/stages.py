"""mien train RECIPE --all: the stages that a recipe starts from, in order, and one table."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from mien.cli.preparing import number_of, prepared, ready
from mien.cli.telling import heard, tell
from mien.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from mien.data.cache import Cache
    from mien.training.recipe import Recipe

__all__ = ["Wanted", "train_stages"]


class Wanted(NamedTuple):
    """What is asked for."""

    data: Path
    """Holds a folder for each data set, by its name: what mien datasets prepare made, or a copy."""
    fold: str
    runs: Path
    settings: Sequence[str]
    instead: Sequence[str]
    restart: bool
    quiet: bool


def train_stages(name: str, wanted: Wanted) -> None:
    """Train all stages of a recipe."""
    from mien.recipes import CHAINS, RECIPES
    from mien.training.overrides import override

    if name not in CHAINS:
        raise InputError(f"{name} is one stage; --all is for {', '.join(CHAINS)}")
    names = CHAINS[name]
    recipes = [override(RECIPES[one](), _settings_of(one, names, wanted.settings)) for one in names]
    try:
        from mien.training.chain import instead_of, run_chain
        from mien.training.onefold import Way
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error
    recipes = instead_of(recipes, dict(map(_pair, wanted.instead)))
    number = number_of(wanted.fold)
    # before the first of them is trained, for days perhaps
    found = [ready(one, _place(one, wanted), None if _is_whole(one) else number) for one in recipes]
    stages: list[tuple[Recipe, Cache]] = []
    for one, cache in zip(recipes, found, strict=True):
        place = _place(one, wanted)
        stages.append((one, cache or prepared(one, place, wanted.runs, wanted.quiet)))
    way = Way(
        wanted.restart,
        not wanted.quiet and sys.stderr.isatty(),
        None if wanted.quiet else tell,
    )
    with heard(wanted.quiet):
        table = run_chain(stages, number, wanted.runs, way, lambda line: typer.echo(line, err=True))
    if table is not None:
        typer.echo(table.read_text(encoding="utf-8"))
        typer.echo(f"{table} is written")


def _place(recipe: "Recipe", wanted: Wanted) -> Path:
    """The folder of a stage's data set."""
    place = wanted.data / recipe.data.name
    if not place.is_dir():
        raise InputError(
            f"{recipe.name} needs {recipe.data.name}, and there is no {place}; --data is a folder "
            "with one for each data set. To leave the stage out, or to take a checkpoint in its "
            f"place: --from {recipe.name}= or --from {recipe.name}=FILE"
        )
    return place


def _is_whole(recipe: "Recipe") -> bool:
    """Whether a stage has one fold, whatever is asked for."""
    from mien.data.protocols import PROTOCOLS

    return PROTOCOLS[recipe.data.protocol].folds == 1


def _settings_of(name: str, names: Sequence[str], settings: Sequence[str]) -> list[str]:
    """The changes that are of a stage: those of its name, and those of no name."""
    own = []
    for change in settings:
        stage, colon, rest = change.partition(":")
        if not colon or "=" in stage:
            own.append(change)
        elif stage == name:
            own.append(rest)
        elif stage not in names:
            raise InputError(f"--set {change} names no stage; there are {', '.join(names)}")
    return own


def _pair(text: str) -> tuple[str, str]:
    """A stage, and what takes its place."""
    name, equals, source = text.partition("=")
    if not equals:
        raise InputError(
            f"--from {text}: expected NAME=SOURCE, a run folder or a file of weights in the place "
            "of a stage, or NAME= to leave it out"
        )
    return name, source
