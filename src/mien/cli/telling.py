"""What is told while a network is trained: what its weights are from, and a line for each epoch."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer

__all__ = ["heard", "tell"]

HEARD = "mien.models.starting", "mien.training.boxlearn"
"""Who tells what is fetched, left out and fitted."""


@contextmanager
def heard(quiet: bool) -> Iterator[None]:
    """Show what is fetched of the weights that are started from, and what is left out."""
    loggers = [logging.getLogger(name) for name in HEARD]
    levels = [one.level for one in loggers]
    handler = _Echo()
    for logger in loggers if not quiet else ():
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Echo(logging.Handler):
    """Writes to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        typer.echo(record.getMessage(), err=True)


def tell(fold: int, line: Mapping[str, float]) -> None:
    """One line for each epoch: its number, losses, and the figures over all units."""
    head = f"fold {fold}, " if fold else ""
    held = "validate."
    figures = [
        f"{name.removeprefix(held)} {value:.4g}"
        for name, value in line.items()
        # one figure for each unit, and each part of the loss, are in metrics.jsonl
        if name.startswith(held) and "/" not in name and f"train.{name[len(held) :]}" not in line
    ]
    if not figures and "validate.loss" in line:  # learned without labels
        figures = [f"loss {line['validate.loss']:.4g}"]
    told = f"; held out: {', '.join(figures)}" if figures else ""
    loss, seconds = line["train.loss"], line["seconds"]
    typer.echo(f"{head}epoch {line['epoch']}: loss {loss:.4g}{told}; {seconds:.0f} s", err=True)
