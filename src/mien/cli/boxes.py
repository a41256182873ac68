"""mien datasets boxes: sets with YOLO labels made from portraits, for detectors to learn from."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mien.cli.datasets import DATA, Data, Quiet

__all__ = ["boxes"]

BoxKind = Literal["faces", "awake"]


def boxes(  # noqa: PLR0913 - one parameter for each option
    kind: Annotated[
        BoxKind,
        typer.Argument(
            help="awake: faces with open eyes and, by planting AU43, closed ones; faces: "
            "portraits, and faces pasted on other grounds, to start a detector from.",
            show_default=False,
        ),
    ],
    portraits: Annotated[Path, typer.Option(help="Folder of portraits.", show_default=False)],
    out: Annotated[Path, typer.Option(help="New folder of the set.", show_default=False)],
    train: Annotated[int, typer.Option(min=1, help="Pictures to learn from.")] = 28,
    val: Annotated[int, typer.Option(min=0, help="Pictures to choose the epoch by.")] = 8,
    test: Annotated[int, typer.Option(min=0, help="Pictures to test with.")] = 4,
    seed: Annotated[int, typer.Option(help="The same number gives the same set.")] = 0,
    data: Data = DATA,
    quiet: Quiet = False,
) -> None:
    """Make a set with boxes from portraits: pictures, YOLO labels and a data.yaml.

    A portrait belongs to one part, by the name of its file, in every set made of it. The face model
    is needed for awake.
    """
    from mien.cli.progress import counting, showing_progress
    from mien.data.boxset import make_boxes
    from mien.data.finding import open_finder

    with showing_progress(quiet, "pictures") as show:
        made = make_boxes(
            kind,
            out,
            pictures={"train": train, "val": val, "test": test},
            source=portraits,
            data=data,
            find=open_finder(),
            seed=seed,
            progress=counting(show, out),
        )
    typer.echo(f"{made} names the classes and the pictures")
    typer.echo(f"learn from it with: mien train yolo-faces --data {made}")
