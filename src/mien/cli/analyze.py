"""mien analyze: sources in, a table out, three lines at the end."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.asked import Default, End, Every, Expression, Faces, Neutral, Start

__all__ = ["analyze"]

MOST_NOTES = 6
"""Notes shown of one source; the report has them all."""


def analyze(  # noqa: PLR0913 - one parameter for each option
    sources: Annotated[
        list[str],
        typer.Argument(help="Pictures, videos, folders, globs, or camera:0.", show_default=False),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Table to write: .parquet, .arrow, .csv or .jsonl. "
            "Without it, a summary is shown.",
        ),
    ] = None,
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
            help="Also ask this network, a file or run folder of mien export or mien train; "
            "may be given again.",
        ),
    ] = None,
    expression: Expression = None,
    default: Default = "picture",
    detector: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.onnx",
            help="Find the faces with this detector, a file or run folder of mien train yolo-..., "
            "and tell the class of each.",
        ),
    ] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(help="Also write a copy with mesh, boxes, numbers and AU bars drawn in."),
    ] = None,
    mesh: Annotated[
        Path | None, typer.Option(help="Also write the 478 landmarks, as a second table.")
    ] = None,
    layout: Annotated[
        str,
        typer.Option(help="Names of the table's columns: mien, or openface (those of OpenFace 2)."),
    ] = "mien",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Read action units, emotions, head pose, gaze and blinks from faces."""
    from mien.analysis.networks import Networks
    from mien.analysis.options import Options
    from mien.analysis.pipeline import Outputs, analyze_to_files
    from mien.cli.progress import showing_progress
    from mien.cli.summary import Summary
    from mien.errors import InputError
    from mien.weights.store import open_store

    if layout != "mien" and output is None:
        raise InputError("--layout names the columns of a file; name the file with --output")
    options = Options.of(neutral, every, start, end, faces)
    store = open_store(say=lambda line: typer.echo(line, err=True))
    networks = Networks(store, default).with_models(model or (), expression=expression)
    networks = networks.with_detector(detector)
    summary = Summary() if output is None and not quiet else None
    with showing_progress(quiet) as progress:
        report = analyze_to_files(
            list(sources),
            options,
            Outputs(output, mesh, annotate, layout),
            networks,
            progress=progress,
            on_batch=None if summary is None else summary.add,
        )
    if summary is not None:
        typer.echo(summary.text(networks, report))
    unread = [source for source in report.sources if source.kind == "unreadable"]
    if not quiet:
        for source in report.sources:
            name = Path(source.source).name
            for note in source.notes[:MOST_NOTES]:
                typer.echo(f"note: {note if name in note else f'{name}: {note}'}", err=True)
            if (more := len(source.notes) - MOST_NOTES) > 0:
                typer.echo(f"note: {name}: {more} more notes in the report", err=True)
        for line in report.lines():
            typer.echo(line, err=True)
    if unread:
        many = f"{len(unread)} of {len(report.sources)} sources"
        typer.echo(f"mien: {many} could not be read; the table holds the others", err=True)
        sys.exit(1)
