"""mien explain: what a network looked at, drawn on a picture or video."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.explain.view import View
    from mien.runtime import Predictor

__all__ = ["explain"]


def explain(  # noqa: PLR0913 - one parameter for each option
    source: Annotated[str, typer.Argument(help="A picture or a video.", show_default=False)],
    model: Annotated[
        Path,
        typer.Option(
            "--model",
            metavar="RUN|FILE.onnx",
            help="A run folder, or a network with maps or relations.",
            show_default=False,
        ),
    ],
    au: Annotated[str, typer.Option("--au", help="Units that are drawn, such as 2,7. [all]")] = "",
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
    every: Annotated[
        str | None, typer.Option(help="One frame per span of time, such as 0.2s.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin here: 12.5, 90s or 1:30.")] = None,
    end: Annotated[str | None, typer.Option(help="Stop here.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Draw where a network looked for each action unit, on any picture or video with a face.

    One panel for each unit, and one with the landmarks of the network beside those of the mesh; or,
    with --graph, how the units are related in this face. Of several faces the largest is shown.
    """
    from mien.analysis.networks import Networks
    from mien.cli.progress import showing_progress
    from mien.explain.run import Span
    from mien.explain.run import explain as draw
    from mien.runtime import Predictor, crop_threads, find_model
    from mien.weights.store import open_store

    predictor = Predictor(find_model(model), crop_threads())
    view = _view(predictor, au, stretch=stretch, graph=graph)
    networks = Networks(open_store(say=lambda line: typer.echo(line, err=True)))
    out = output or _beside(Path(source))
    with showing_progress(quiet) as show:

        def tell(done: int, share: float | None) -> None:
            if show is not None:
                show(source, done, share)

        span = Span(start, end, every)
        done = draw(source, predictor, view, out, networks, span=span, progress=tell)
    if done.faceless:
        typer.echo(f"note: {done.faceless} of {done.frames} frames show no face", err=True)
    typer.echo(str(done.path))


def _view(predictor: "Predictor", au: str, *, stretch: bool, graph: bool) -> "View":
    """How the network is shown."""
    from mien.errors import InputError
    from mien.explain.graph import GraphView
    from mien.explain.maps import MapsView

    units = _units(au)
    if graph and stretch:
        raise InputError("--stretch is for attention maps; leave it out, or leave out --graph")
    if graph and len(units) == 1:
        raise InputError(f"--au {au} names one unit, and a relation is between two; name more")
    if graph:
        return GraphView(predictor.spec, units)
    return MapsView(predictor.spec, units, stretch=stretch)


def _units(text: str) -> tuple[int, ...]:
    """Numbers of units as people type them: 2,7 or AU2,AU7.

    Raises:
        InputError: something in it is no number.
    """
    from mien.errors import InputError

    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return tuple(int(name.upper().removeprefix("AU")) for name in names)
    except ValueError:
        raise InputError(f"--au is {text!r}; expected numbers of units, such as 2,7") from None


def _beside(source: Path) -> Path:
    """The file to be, beside the source."""
    from mien.errors import UnreadableSource
    from mien.video.pictures import is_picture

    try:
        suffix = ".png" if is_picture(source) else ".mp4"
    except UnreadableSource:
        suffix = ".png"  # the source is told of when it is opened
    return source.with_name(f"{source.stem}.explained{suffix}")
