"""Commands of the learning half: train the shipped networks."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["train"]

train = typer.Typer(no_args_is_help=True, help="Train networks; needs the extra 'train'.")

Data = Annotated[Path, typer.Option("--data", help="Folder that holds all data of the training.")]
DATA = Path("data")


@train.callback()
def _train() -> None:
    """Train networks."""


@train.command("meshunits")
def meshunits(
    data: Data = DATA,
    runs: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("runs"),
    only: Annotated[str | None, typer.Option(help="Name of one network; else both.")] = None,
) -> None:
    """Train the networks that mien ships: units from the mesh, alone and minus the neutral."""
    from mien.errors import InputError, MissingExtra

    try:
        from mien.recipes.meshunits import RECIPES
        from mien.training.learn import learn, read
    except ModuleNotFoundError as error:
        raise MissingExtra("torch", "train", "train networks") from error
    if only is not None and only not in RECIPES:
        raise InputError(f"there is no recipe {only!r}; there are {', '.join(RECIPES)}")
    for name, recipe in RECIPES.items():
        if only in (None, name):
            typer.echo(f"{learn(recipe, read(recipe, data), runs / name)} is written")
