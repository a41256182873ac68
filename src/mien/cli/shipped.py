"""Training the networks that mien ships: no folds, and examples of our own making."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer

from mien.cli.telling import tell
from mien.errors import InputError, MissingExtra

__all__ = ["MESH", "PICTURE", "SHIPPED", "Shipping", "train_shipped"]

MESH, PICTURE = "meshunits", "pictureunits"
SHIPPED = {
    MESH: "units from the mesh, alone and minus the neutral",
    PICTURE: "units from a small crop, brought together with those of the mesh",
}
"""Names of the recipes, and what they train."""


@dataclass(frozen=True)
class Shipping:
    """What was asked for."""

    data: Path
    runs: Path
    only: str | None
    teacher: Path | None
    settings: tuple[str, ...]
    restart: bool
    quiet: bool

    @property
    def tell(self) -> "Callable[[dict[str, float]], None] | None":
        """What shows the line of an epoch."""
        return None if self.quiet else partial(tell, 0)


def train_shipped(recipe: str, way: Shipping) -> None:
    """Train the networks of a recipe.

    Raises:
        InputError: an option is for the other recipe, or a setting does not exist.
        MissingExtra: there is no torch.
        UnreadableSource: the data have not been made.
    """
    if recipe == MESH and way.teacher is not None:
        raise InputError(f"--teacher is for {PICTURE}; {MESH} needs none")
    if recipe == PICTURE and way.only is not None:
        raise InputError(f"--only is for {MESH}; {PICTURE} trains one network")
    try:
        (_mesh if recipe == MESH else _picture)(way)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "train networks") from error


def _mesh(way: Shipping) -> None:
    """Units from the mesh: both networks, or one."""
    from mien.recipes.meshunits import RECIPES
    from mien.training.learn import learn, read
    from mien.training.overrides import override
    from mien.training.runfolder import clear

    if way.only is not None and way.only not in RECIPES:
        raise InputError(f"there is no recipe {way.only!r}; there are {', '.join(RECIPES)}")
    for name, recipe in RECIPES.items():
        if way.only in (None, name):
            folder = way.runs / name
            if way.restart:
                for one in (folder, *folder.glob("network-*")):
                    clear(one)
            changed = override(recipe, list(way.settings))
            made = learn(changed, read(changed, way.data), folder, way.tell)
            typer.echo(f"{made} is written")


def _picture(way: Shipping) -> None:
    """Units from a crop, and how they go together with those of the mesh."""
    from mien.recipes.pictureunits import picture
    from mien.training.overrides import override
    from mien.training.picturelearn import fit_network, read
    from mien.training.pictureship import read_exams, ship
    from mien.training.runfolder import clear
    from mien.weights.store import model_path

    recipe = override(picture(), list(way.settings))
    folder = way.runs / recipe.name
    if way.restart:
        for one in (folder, folder / "flat", folder / "cooled"):
            clear(one)
    exams = read_exams(way.data)
    network = fit_network(recipe, read(way.data, way.teacher), folder, way.tell)
    mesh = model_path("au-mesh"), model_path("au-mesh-difference")
    for made in ship(recipe, network, exams, folder, mesh):
        typer.echo(f"{made} is written")
