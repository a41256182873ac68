"""mien live: a camera, or a video at its own pace, read while it is seen."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.asked import Default, End, Every, Expression, Faces, Neutral, Start

__all__ = ["live"]


def live(  # noqa: PLR0913 - one parameter for each option
    source: Annotated[
        str, typer.Argument(help="camera:0, or a video, played at its own pace.")
    ] = "camera:0",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            "--out",
            help="JSON lines, one for each frame read: a .jsonl file, or - for standard output.",
        ),
    ] = None,
    headless: Annotated[
        bool,
        typer.Option(
            "--headless", help="No window; the lines go to standard output if nowhere else."
        ),
    ] = False,
    neutral: Neutral = "auto",
    every: Every = None,
    start: Start = None,
    end: End = None,
    faces: Faces = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            metavar="FILE.onnx",
            help="Also ask this network, as in mien analyze. Where FILE.int8.onnx lies beside it, "
            "the one that serves better here is taken.",
        ),
    ] = None,
    expression: Expression = None,
    default: Default = "picture",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:
    """Show faces with their action units and emotions as they are seen.

    Only the newest frame is ever read, so what is shown is never old. Q or Escape in the window, or
    Ctrl-C, end it; a camera that is unplugged is waited for.
    """
    from mien.analysis.networks import Networks
    from mien.analysis.options import Options
    from mien.analysis.stopping import patient
    from mien.analysis.stream import FrameReader
    from mien.live.cards import Trust
    from mien.live.lines import STANDARD, open_lines
    from mien.live.run import Display, watch
    from mien.live.window import Window
    from mien.video.playing import play
    from mien.weights.store import open_store

    def say(line: str) -> None:
        if not quiet:
            typer.echo(line, err=True)

    options = Options.of(neutral, every, start, end, faces)
    store = open_store(say=lambda line: typer.echo(line, err=True))
    networks = Networks(store, default).with_models(model or (), say, expression)
    reader = FrameReader(source, networks, options)
    with ExitStack() as stack:
        lines = STANDARD if output is None and headless else output
        written: list[Display] = []
        if lines is not None:
            written.append(stack.enter_context(open_lines(lines)))
        stop = stack.enter_context(patient())
        playing = stack.enter_context(
            play(source, start=options.start, end=options.end, every=options.every, say=say)
        )
        shown: list[Display] = []
        if not headless:
            window = Window(f"mien live: {source}", playing.source.size, Trust(networks))
            shown.append(stack.enter_context(window))
        tally = watch(playing, reader, [*shown, *written], stop, say)
    for note in playing.source.notes:
        say(f"note: {note}")
    if playing.error:
        say(f"note: {source} broke off: {playing.error}")
    say(tally.line(source, playing.dropped))
