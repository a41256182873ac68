"""Commands of the learning half: make the data, train the shipped networks."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["datasets", "train"]

datasets = typer.Typer(no_args_is_help=True, help="Make the data that networks learn from.")
train = typer.Typer(no_args_is_help=True, help="Train networks; needs the extra 'train'.")
prepare = typer.Typer(no_args_is_help=True, help="Bring public data into our form.")
datasets.add_typer(prepare, name="prepare")

Data = Annotated[Path, typer.Option("--data", help="Folder that holds all data of the training.")]
DATA = Path("data")


@datasets.callback()
def _datasets() -> None:
    """Make the data that networks learn from."""


@train.callback()
def _train() -> None:
    """Train networks."""


@prepare.command("ict")
def prepare_ict(
    source: Annotated[Path, typer.Option("--source", help="A checkout of ICT-VGL/ICT-FaceKit.")],
    data: Data = DATA,
) -> None:
    """Read the public face model (MIT), and cut it down to the points of the mesh."""
    from mien.data import ict

    ict.prepare(source, data)
    typer.echo(f"{data / ict.HEAD_FILE}, {data / ict.MESH_FILE} and the model's licence are ready")


@datasets.command("render")
def render(
    data: Data = DATA,
    persons: Annotated[int, typer.Option(min=1, help="Six pictures of each.")] = 1900,
) -> None:
    """Render heads and keep the meshes found on them: 0.07 s of CPU time per picture."""
    from mien.data import finding, head, ict, rendered
    from mien.evaluation.units import RENDERED_FOLDER

    folder = data / RENDERED_FOLDER
    rendered.make(head.load(data), ict.load(data), finding.open_finder(), range(persons), folder)
    typer.echo(f"{len(rendered.read(folder).person)} meshes of rendered heads in {folder}")


@datasets.command("plant")
def plant(
    portraits: Annotated[Path, typer.Option("--portraits", help="Folder of portraits.")],
    data: Data = DATA,
    rounds: Annotated[int, typer.Option(min=1, help="Groups of six per portrait.")] = 2,
) -> None:
    """Warp portraits by planted units and keep the meshes found on them: 0.06 s per picture."""
    from mien.data import finding, ict
    from mien.data import portraits as planted
    from mien.evaluation.units import EVALUATION_FILE

    find, model = finding.open_finder(), ict.load(data)
    kept, others = planted.split(planted.read(portraits, find))
    planted.write(planted.evaluation(kept, model, find), data / EVALUATION_FILE)
    for number in range(rounds):
        path = data / f"planted-groups-{number + 1}.npz"
        planted.write(planted.groups(others, model, find, number + 1), path)
    typer.echo(f"planted on {len(kept)} portraits to evaluate and {len(others)} to learn from")


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
