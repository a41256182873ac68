"""mien neutral: a person's neutral face into a file, for other recordings of the same person."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.asked import End, Every, Start

__all__ = ["neutral"]


def neutral(  # noqa: PLR0913 - one parameter for each option
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Videos and pictures of one person; of several, the mean.", show_default=False
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="File to write, such as anna.neutral."),
    ],
    at: Annotated[
        str | None,
        typer.Option(help="Take this moment of a video, such as 3.2s; else its quietest part."),
    ] = None,
    every: Every = None,
    start: Start = None,
    end: End = None,
    face: Annotated[
        int | None, typer.Option(help="Number of the face, where a video shows several.")
    ] = None,
    default: Annotated[
        str,
        typer.Option(help="How it will be used: picture (serves mesh too), or mesh."),
    ] = "picture",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing.")] = False,
) -> None:
    """Keep a person's neutral face in a file, for `--neutral FILE` of analyze and live."""
    from mien.analysis.judgement import POOR
    from mien.analysis.networks import Networks
    from mien.analysis.neutralfile import write_neutral
    from mien.analysis.neutralsource import neutral_of_sources
    from mien.analysis.options import Options
    from mien.files import check_place
    from mien.video.moments import read_seconds
    from mien.video.sources import expand
    from mien.weights.store import open_store

    if at is not None:
        read_seconds(at, "at")
    options = Options.of("auto" if at is None else at, every, start, end)
    found = expand(sources)
    _keep_apart(found, output)
    check_place(output)
    networks = Networks(open_store(say=lambda line: typer.echo(line, err=True)), default)
    made, seen = neutral_of_sources(found, networks, options, face)
    write_neutral(made, output, networks.describer)
    if quiet:
        return
    for one in seen:
        typer.echo(
            f"{Path(one.source).name}: face {one.face}, {one.neutral.frames} "
            f"frame{'s' * (one.neutral.frames != 1)}, quality {one.neutral.quality:.2f}",
            err=True,
        )
        for problem in one.neutral.problems:
            typer.echo(f"note: {problem}", err=True)
    if made.quality < POOR:
        typer.echo(
            f"{output} is written, but its quality is {made.quality:.2f}: hardly a neutral face; "
            "record some seconds of rest instead",
            err=True,
        )
        return
    typer.echo(f"{output} is written: use it with --neutral {output}", err=True)


def _keep_apart(sources: list[str | Path], output: Path) -> None:
    """Refuse to write over a source."""
    from mien.errors import InputError
    from mien.files import same_file

    for source in sources:
        if isinstance(source, Path) and same_file(source, output):
            raise InputError(f"{output} is to be written and is also read; give it another name")
