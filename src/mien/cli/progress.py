"""How far a run is: a bar with the time left on a terminal, plain lines otherwise."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mien.analysis.run import Progress

__all__ = ["counting", "showing_progress"]

LINE_EVERY = 10.0
"""Seconds between two plain lines."""


@contextmanager
def showing_progress(quiet: bool, counted: str = "frames") -> "Iterator[Progress | None]":
    """Give a function to be told the progress, that shows it on standard error.

    Args:
        quiet: give None.
        counted: what is counted.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(counted) as progress:
            yield progress
    else:
        yield _Lines(counted)


def counting(show: "Progress | None", name: object) -> Callable[[int, int], None]:
    """What shows under a name how many of how many are done."""

    def tell(done: int, of: int) -> None:
        if show is not None:
            show(str(name), done, done / max(of, 1))

    return tell


@contextmanager
def _bar(counted: str) -> "Iterator[Progress]":
    """A bar with what is counted, speed and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[frames]} " + counted),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, frames=0)
        name = ""

        def tell(source: str, frames: int, share: float | None) -> None:
            nonlocal name, task
            if source != name:
                name = source
                bar.remove_task(task)  # a task keeps its total, and the next may have none
                task = bar.add_task(Path(source).name, total=None, frames=0)
            bar.update(
                task, completed=share or 0, total=None if share is None else 1, frames=frames
            )

        yield tell


class _Lines:
    """A line now and then, for logs."""

    def __init__(self, counted: str = "frames") -> None:
        self._counted = counted
        self._last = self._begun = time.monotonic()
        self._name = ""

    def __call__(self, source: str, frames: int, share: float | None) -> None:
        """Say how far the source is, if it is time to."""
        now = time.monotonic()
        if source != self._name:
            self._name, self._begun, self._last = source, now, now
        if now - self._last < LINE_EVERY:
            return
        self._last = now
        line = f"{Path(source).name}: {frames} {self._counted}"
        if share:
            left = (now - self._begun) * (1 - share) / share
            line += f", {100 * share:.0f} %, about {_span(left)} left"
        typer.echo(line, err=True)


def _span(seconds: float) -> str:
    """A span of time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
