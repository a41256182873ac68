"""mien animate: a photograph's face moves by action units."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.animation.events import Event

__all__ = ["animate"]


def animate(  # noqa: PLR0913 - one for each option
    photo: Annotated[Path, typer.Argument(help="A picture with a face.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="A clip (.mp4, .mkv, .webm), or a picture at full height.",
            show_default=False,
        ),
    ],
    au: Annotated[
        list[str],
        typer.Option(
            "--au",
            metavar="UNIT=0-5,...",
            show_default=False,
            help="What moves: 12=4,6=3, or one side: 12L=3. Give it again for another movement.",
        ),
    ],
    at: Annotated[
        list[float] | None,
        typer.Option("--at", metavar="SECONDS", help="When it begins, once for each --au. [1]"),
    ] = None,
    for_: Annotated[
        list[float] | None,
        typer.Option("--for", metavar="SECONDS", help="How long, once or for each --au. [2]"),
    ] = None,
    ramp: Annotated[
        float, typer.Option("--ramp", metavar="SECONDS", help="How long it rises, and falls.")
    ] = 0.4,
    length: Annotated[
        float | None,
        typer.Option("--length", metavar="SECONDS", help="Of the clip. [a second after the last]"),
    ] = None,
    rate: Annotated[float, typer.Option("--rate", help="Frames per second.")] = 30.0,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="PIXELS", help="Longest side. [that of the photo]"),
    ] = None,
    face: Annotated[int, typer.Option("--face", help="Which face: 0 is the largest.")] = 0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress, no names of files.")
    ] = False,
) -> None:
    """Move a photograph's face by action units.

    What it planted is written beside a clip: clip.mp4.planted.csv, clip.mp4.planted.json.

    mien animate photo.jpg -o clip.mp4 --au 12=4,6=3 --at 1 --for 2 --au 43=5 --at 4 --for 0.3
    """
    from mien.analysis.stream import find_faces
    from mien.animation import animate as room
    from mien.animation.events import Script
    from mien.cli.progress import showing_progress
    from mien.video.pictures import read_picture

    room.check_output(output, photo)
    events = _events(au, at or [1.0], for_ or [2.0], ramp)
    last = max(event.end for event in events)
    script = Script(events, last + 1.0 if length is None else length, rate)
    if last > script.length:
        typer.echo(
            f"mien: the clip ends at {script.length:g} s, before the last movement", err=True
        )
    image = room.resize(read_picture(photo), size)
    faces = find_faces(image)
    if len(faces) > 1:
        typer.echo(f"mien: {len(faces)} faces, number {face} moves (--face)", err=True)
    chosen = room.choose(faces, face, photo.name)
    frames = len(script.times)
    with showing_progress(quiet) as progress:

        def tell(index: int) -> None:
            if progress is not None:
                progress(str(output), index + 1, (index + 1) / frames)

        files = room.animate(image, chosen, script, output, tell)
    if not quiet:
        for path in files:
            typer.echo(str(path))


def _events(
    units: list[str], starts: list[float], durations: list[float], ramp: float
) -> "list[Event]":
    """The movements: the first --au with the first --at and --for, and so on."""
    from mien.animation.events import Event
    from mien.errors import InputError
    from mien.facs.units import parse_intensities

    for name, values in (("--at", starts), ("--for", durations)):
        if len(values) not in (1, len(units)):
            raise InputError(
                f"{name} is given {len(values)} times for {len(units)} times --au; "
                f"give it once for all, or once for each"
            )
    return [
        Event(
            parse_intensities(text),
            starts[index % len(starts)],
            durations[index % len(durations)],
            ramp,
        )
        for index, text in enumerate(units)
    ]
