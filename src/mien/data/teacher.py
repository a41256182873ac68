"""What another network reads from portraits, as a table: a level to hold units at.

One line a portrait: its file's name, then any of the 38 columns (AU4_L, AU17), 0-1. An empty cell
is unknown.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.expressions import COLUMNS, OUTPUTS
from mien.data.folders import text_of
from mien.data.numbers import number
from mien.errors import InputError, UnreadableSource
from mien.values import Float32

__all__ = ["read"]

NAME = "file"
"""Column of the file's name."""


def read(path: Path, names: Sequence[str]) -> Float32:
    """Read what a teacher says of portraits.

    Args:
        path: CSV with the column "file" and columns of units.
        names: of the portraits' files, in order.

    Returns:
        float32 (portraits, 38), NaN where nothing is said.

    Raises:
        UnreadableSource: the file is not there.
        InputError: it cannot be read, a column is no unit's, or a cell is no number from 0 to 1.
    """
    if not path.is_file():
        raise UnreadableSource(f"there is no file {path}; name a table of a teacher")
    out = np.full((len(names), OUTPUTS), np.nan, np.float32)
    rows = {name: row for row, name in enumerate(names)}
    table = csv.DictReader(text_of(path).splitlines(keepends=True))
    columns = [name for name in table.fieldnames or () if name != NAME]
    strange = sorted(set(columns) - set(COLUMNS))
    if strange or NAME not in (table.fieldnames or ()):
        raise InputError(
            f"{path} has the columns {', '.join(table.fieldnames or ['none'])}; expected "
            f"{NAME}, and units such as {COLUMNS[4]}"
        )
    for line in table:
        if (row := rows.get(line[NAME])) is None:
            continue
        for name in columns:
            out[row, COLUMNS.index(name)] = _level(line[name], path, table.line_num)
    return out


def _level(text: str | None, path: Path, line: int) -> float:
    """One cell."""
    if not text:
        return math.nan
    try:
        level = number(text)
    except ValueError:
        level = math.inf
    if not 0 <= level <= 1:
        raise InputError(f"{path}, line {line}: got {text!r}, expected a number from 0 to 1")
    return level
