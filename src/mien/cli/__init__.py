"""The command line: one app, a file for each group of commands, one line for each error."""

import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import (
    analyze,
    animate,
    annotate,
    boxes,
    compare,
    datasets,
    doctor,
    evaluate,
    explain,
    live,
    neutral,
    train,
    weights,
)
from mien.cli.endings import INTERRUPTED
from mien.errors import MienError
from mien.files import FULL

__all__ = ["app", "main"]

RESUMABLE = [["datasets", command] for command in ("prepare", "synthesize", "crops")]
"""Commands that go on where they were stopped; `mien train` says so itself."""

app = typer.Typer(
    name="mien",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads faces: action units, expressions, head pose, gaze and blinks.",
)
app.command("analyze")(analyze.analyze)
app.command("live")(live.live)
app.command("neutral")(neutral.neutral)
app.command("explain")(explain.explain)
app.command("animate")(animate.animate)
app.command("annotate")(annotate.annotate)
app.add_typer(weights.app, name="weights")
datasets.app.command("boxes")(boxes.boxes)
app.add_typer(datasets.app, name="datasets")
app.command("doctor")(doctor.doctor)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("export")(evaluate.export)
app.command("compare")(compare.compare)


def _version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mien {version('mien')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Options of all commands; ``--debug`` is read in ``main``."""


def main() -> None:
    """Run the command line: an error of ours is one line and exit code 2."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    _end_in_order()
    _find_words()
    try:
        code = app(arguments, prog_name="mien", standalone_mode=False)
    except (MienError, OSError) as error:
        if debug:
            raise
        typer.echo(f"mien: {_sentence(error)}", err=True)
        sys.exit(2)
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # a wrong option or argument, in the words of the command line's library
        sys.exit(2)
    if code == INTERRUPTED:
        typer.echo(f"mien: stopped; {_left(arguments)}", err=True)
    sys.exit(code)


def _sentence(error: MienError | OSError) -> str:
    """One line."""
    if isinstance(error, OSError) and not isinstance(error, MienError):
        reason = error.strerror or str(error)
        if error.errno in FULL:
            place = f"{error.filename} cannot be written" if error.filename else "the disk is full"
            return f"{place} ({reason}); free some space or choose another folder"
        if error.filename:
            return (
                f"{error.filename} cannot be opened or made ({reason}); look whether the place is "
                "right, or choose another"
            )
        return reason
    return " ".join(str(error).splitlines())


def _left(arguments: list[str]) -> str:
    """What a command that was stopped leaves."""
    if any(arguments[: len(command)] == command for command in RESUMABLE):
        return "the same command goes on where it was"
    return "nothing was written under its final name"


def _find_words() -> None:
    """Any name can be said: where there is no such letter it is escaped, where nobody listens not.

    Whoever closes an output, or starts the program without a console, has none at all.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _end_in_order() -> None:
    """A program that is told to end clears its temporary files away first."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and threading.current_thread() is threading.main_thread():
            signal.signal(number, lambda number, _: sys.exit(128 + number))
