"""Moments as lines of JSON, one for each frame that was read."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mien.errors import InputError
from mien.files import as_text, whole_file
from mien.live.moment import Moment

__all__ = ["STANDARD", "Lines", "line_of", "open_lines"]

STANDARD = "-"
"""Name of an output that means the standard output."""

SUFFIXES = (".jsonl", ".ndjson")

OF_FRAME = frozenset({"source", "frame", "time"})
"""Columns of the AU table that are said once for all faces of a frame."""


class Lines:
    """A display that writes a line for each frame, at once.

    Args:
        file: is written to and flushed.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.is_open = True

    def show(self, moment: Moment) -> None:
        """Write a line; whoever reads them may go, and that ends the run."""
        try:
            self._file.write(line_of(moment) + "\n")
            self._file.flush()
        except BrokenPipeError:
            self.is_open = False
            if self._file is sys.stdout:  # Python would flush it once more when it ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def wait(self, notice: str) -> None:
        """There is nothing to write."""


@contextmanager
def open_lines(path: str) -> Iterator[Lines]:
    """Lines to a file, which has its name when the run has ended, or to the standard output.

    Whoever ends the program ends the run: the lines up to then are kept.

    Args:
        path: of the file, or ``-``.

    Raises:
        InputError: the name is not that of a file of lines, or it cannot be written.
    """
    if path == STANDARD:
        yield Lines(sys.stdout)
        return
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(
            f"mien live writes JSON lines, and {path} is no such file; name it .jsonl, or write "
            "- for the standard output (mien analyze makes tables)"
        )
    ended: BaseException | None = None
    with whole_file(Path(path)) as partial, partial.open("w", encoding="utf-8") as file:
        try:
            yield Lines(file)
        except (KeyboardInterrupt, SystemExit) as end:
            ended = end
    if ended is not None:
        raise ended


def line_of(moment: Moment) -> str:
    """One frame as JSON, without a line's end.

    ``delay`` is the age of the frame at this very moment, so make the line when it is sent.
    """
    frame = moment.reading.frame
    faces = [
        {name: _short(value) for name, value in row.items() if name not in OF_FRAME}
        for row in moment.reading.rows
    ]
    values = {
        "source": as_text(moment.source),
        "frame": frame.index,
        "time": round(frame.time, 6),
        "captured": round(moment.captured, 6),
        "delay": round(moment.age, 6),
        "dropped": moment.dropped,
        "rate": _short(moment.rate),
        "faces": faces,
    }
    return json.dumps(values, allow_nan=False)  # in letters that every screen and pipe has


def _short(value: object) -> object:
    """A number to four digits after the point."""
    return round(value, 4) if isinstance(value, float) else value
