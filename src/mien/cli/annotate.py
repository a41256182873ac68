"""mien annotate: boxes and classes for pictures of one's own, on a local page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.labelling.server import Server
    from mien.labelling.shown import Find

__all__ = ["annotate"]


def annotate(  # noqa: PLR0913 - one parameter for each option
    folder: Annotated[
        Path, typer.Argument(help="Of the pictures; they are never changed.", show_default=False)
    ],
    classes: Annotated[
        str, typer.Option(help="Names, such as awake,sleep. [those of before]", show_default=False)
    ] = "",
    goal: Annotated[int, typer.Option(min=1, help="Pictures wanted of each class.")] = 20,
    val: Annotated[
        float | None, typer.Option(help="Share of each class that is held out. [0.2]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of what is held out. [0]")] = None,
    faces: Annotated[
        bool, typer.Option("--faces/--no-faces", help="Begin with the faces that are found.")
    ] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page. [any]")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Draw or confirm boxes and pick their classes on a local page; writes YOLO labels.

    The page is for this machine only and needs no network. All is saved at every change: the labels
    of each picture, train.txt, val.txt and data.yaml. The same command goes on where it was.
    Ctrl-C or the button Done ends it.
    """
    from mien.labelling.server import Server, Settings
    from mien.labelling.shown import Viewer
    from mien.labelling.work import Work

    names = [name.strip() for name in classes.split(",")] if classes else []
    work = Work(folder, names, share=val, seed=seed)
    with Server(work, Viewer(_finder() if faces else None), Settings(goal), port) as server:
        typer.echo(f"{len(work.places)} pictures; label them on this page, Ctrl-C ends it:")
        typer.echo(server.address)
        _serve(server, browser)
    _tell(server)


def _finder() -> "Find":
    """Finds faces with the models of the house."""
    from functools import partial

    from mien.analysis.networks import Networks
    from mien.face.tracker import find_faces
    from mien.weights.store import open_store

    networks = Networks(open_store(say=lambda line: typer.echo(line, err=True)))
    return partial(find_faces, detector=networks.detector, fitter=networks.fitter)


def _serve(server: "Server", browser: bool) -> None:
    """Serve until it is done."""
    from mien.labelling.opening import opened

    try:
        with opened(server.address, wanted=browser):
            server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        typer.echo("", err=True)


def _tell(server: "Server") -> None:
    """How far the work is, and what comes next."""
    from mien.labelling.places import YAML

    work, tally = server.work, server.work.tally()
    for number, name in enumerate(work.names):
        left = max(0, server.settings.goal - tally.pictures[number])
        typer.echo(
            f"{name}: {tally.pictures[number]} pictures, {tally.boxes[number]} boxes, {left} left"
        )
    finished = tally.train + tally.val
    typer.echo(
        f"{finished} of {len(work.places)} pictures are finished: {tally.train} to train with, "
        f"{tally.val} held out"
    )
    if finished:
        typer.echo(f"train with: mien train yolo-faces --data {work.root / YAML}")
