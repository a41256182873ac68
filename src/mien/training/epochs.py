"""The figures of a run's epochs: a line for each, and the files that hold them."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

from mien.errors import InputError
from mien.training.runfolder import METRICS, METRICS_TABLE, write_text

__all__ = ["Line", "read_metrics", "write_metrics"]

Line = dict[str, float]
"""Figures of one epoch by name, as a line of metrics.jsonl holds them."""


def write_metrics(folder: Path, lines: Sequence[Line]) -> None:
    """Write the figures of all epochs, as lines of JSON and as a table.

    A figure that does not exist is null there and empty here.

    Raises:
        InputError: the disk refuses.
    """
    plain = [
        {name: value if math.isfinite(value) else None for name, value in line.items()}
        for line in lines
    ]
    names = list(dict.fromkeys(name for line in plain for name in line))
    table = io.StringIO()
    writer = csv.DictWriter(table, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain)
    texts = {
        METRICS: "".join(json.dumps(line) + "\n" for line in plain),
        METRICS_TABLE: table.getvalue(),
    }
    for name, text in texts.items():
        write_text(folder / name, text)


def read_metrics(folder: Path) -> tuple[Line, ...]:
    """The figures of all epochs of a run; one that does not exist is NaN.

    Raises:
        InputError: the file is missing or damaged.
    """
    path = folder / METRICS
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return tuple(
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in rows
        )
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path} cannot be read ({error}); train the fold anew") from error
