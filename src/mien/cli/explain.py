"""mien explain: what a network looked at, drawn on a picture or video."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["explain"]


def explain(  # noqa: PLR0913 - one parameter for each option
    source: Annotated[str, typer.Argument(help="A picture or a video.", show_default=False)],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="RUN|FILE.onnx",
            help="A run folder, or a network of crops. [the default networks]",
            show_default=False,
        ),
    ] = None,
    au: Annotated[str, typer.Option("--au", help="Units that are asked, such as 2,7. [all]")] = "",
    expression: Annotated[
        str, typer.Option("--expression", "-e", help="Expressions that are asked.")
    ] = "",
    method: Annotated[
        str,
        typer.Option(
            "--method",
            help="attention, occlusion or gradcam. [attention where the network has maps, else "
            "occlusion]",
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Picture or video to write. [SOURCE.explained.png]"),
    ] = None,
    graph: Annotated[
        bool, typer.Option("--graph", help="Draw the relations between units instead of maps.")
    ] = False,
    stretch: Annotated[
        bool,
        typer.Option("--stretch", help="Colours from the lowest to the highest of each map."),
    ] = False,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Compare the maps with maps of chance.")
    ] = True,
    every: Annotated[
        str | None, typer.Option(help="One frame per span of time, such as 0.2s.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin here: 12.5, 90s or 1:30.")] = None,
    end: Annotated[str | None, typer.Option(help="Stop here.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Draw where a network looked for each action unit, on any picture or video with a face.

    One panel for each unit, and one with the landmarks of the network beside those of the mesh; or,
    with --graph, how the units are related in this face. Below each panel, and as a line, stands
    whether the map is better than maps of chance. Of several faces the largest is shown.
    """
    from mien.analysis.networks import Networks
    from mien.cli.explaining import Asked, judged
    from mien.cli.progress import showing_progress
    from mien.explain.run import Span
    from mien.explain.run import explain as draw
    from mien.video.sources import path_of
    from mien.weights.store import open_store

    store = open_store(say=lambda line: typer.echo(line, err=True))
    asked = Asked(model, au, expression, method, graph=graph, stretch=stretch, test=test)
    look, view = asked.open(store)
    out = _beside(path_of(source)) if output is None else output
    with showing_progress(quiet) as show:

        def tell(done: int, share: float | None) -> None:
            if show is not None:
                show(source, done, share)

        span = Span(start, end, every)
        done = draw(source, look, view, out, Networks(store), span=span, progress=tell)
    if done.faceless:
        typer.echo(f"note: {done.faceless} of {done.frames} frames show no face", err=True)
    for line in judged(done.verdicts):
        typer.echo(line)
    typer.echo(str(done.path))


def _beside(source: Path) -> Path:
    """The file to be, beside the source."""
    from mien.errors import UnreadableSource
    from mien.video.pictures import is_picture

    try:
        suffix = ".png" if is_picture(source) else ".mp4"
    except UnreadableSource:
        suffix = ".png"  # the source is told of when it is opened
    return source.parent / f"{source.stem}.explained{suffix}"
