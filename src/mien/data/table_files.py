"""A table of pictures as it lies on disk: CSV or Parquet, to columns that know their lines."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.folders import NOTED, text_of
from mien.data.numbers import number
from mien.data.parquetfile import read_table
from mien.errors import InputError
from mien.values import Float32

__all__ = ["NAMES", "Columns", "find_table", "read_columns"]

NAMES = ("labels.csv", "labels.parquet")
"""How the table in a folder is called."""

UNKNOWN = frozenset({"", "nan", "na", "n/a", "null", "none"})
"""What an empty cell may hold, in small letters."""

Cell = str | int | float | bool | None


class Columns(NamedTuple):
    """The cells of a table by column."""

    name: str
    """Of the file, for findings."""
    cells: Mapping[str, Sequence[Cell]]
    line: NDArray[np.int64]
    """(n,): number of the line in the file, from 1; of the row in a Parquet file."""
    comma: bool
    """Whether numbers are written with a decimal comma."""

    def place(self, row: int) -> str:
        """File and line of a row, for findings."""
        return f"{self.name}:{self.line[row]}"

    def texts(self, column: str) -> list[str]:
        """The cells of a column as text without blanks around it; an empty one is ""."""
        told = {cell: _text(cell) for cell in set(self.cells[column])}
        return [told[cell] for cell in self.cells[column]]

    def numbers(self, column: str, findings: Findings) -> Float32:
        """The cells of a column as numbers, float32 (n,); NaN where it is empty.

        A cell that is no finite number is noted as "bad line", and is NaN.
        """
        return self._numbers(column, findings).astype(np.float32)

    def integers(self, column: str, findings: Findings) -> NDArray[np.int64]:
        """The cells of a column as whole numbers from 0, int64 (n,); -1 where there is none.

        A cell that is none, an empty one too, is noted as "bad line".
        """
        value = self._numbers(column, findings)
        whole = (value >= 0) & (value == np.floor(value)) & (value < 2**53)
        self.note(np.isnan(value), findings, "bad line", f"has no {column}")
        self.note(
            ~whole & ~np.isnan(value), findings, "bad line", f"has a {column} that is no "
            "whole number from 0",
        )  # fmt: skip
        return np.where(whole, value, -1).astype(np.int64)

    def note(self, where: NDArray[np.bool_], findings: Findings, kind: str, what: str) -> None:
        """Note a fault of some rows: at the first, with their number."""
        rows = np.flatnonzero(where)
        if len(rows):
            more = f" ({len(rows)} lines like this)" if len(rows) > 1 else ""
            findings.add(kind, self.place(int(rows[0])), what + more, len(rows))

    def _numbers(self, column: str, findings: Findings) -> NDArray[np.float64]:
        cells = self.cells[column]
        told = {cell: _number(cell, self.comma) for cell in set(cells)}
        wrong = np.array([told[cell] is None for cell in cells], bool)
        for row in np.flatnonzero(wrong)[:NOTED].tolist():
            what = f"{column} is {_short(cells[row])}, expected a number"
            findings.add("bad line", self.place(row), what)
        wrong &= np.cumsum(wrong) > NOTED
        self.note(wrong, findings, "bad line", f"{column} is no number here either")
        values = [np.nan if (value := told[cell]) is None else value for cell in cells]
        return np.array(values, np.float64)


def find_table(root: Path) -> Path:
    """The table of a set: ``root`` itself, or the table in the folder ``root``.

    Raises:
        InputError: there is none, or it cannot be said which.
    """
    if root.is_file():
        if root.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet"):
            raise InputError(f"{root} has the suffix {root.suffix!r}; a table is .csv or .parquet")
        return root
    if not root.is_dir():
        raise InputError(
            f"{root} does not exist; expected a folder with {' or '.join(NAMES)}, or the table"
        )
    there = [root / name for name in NAMES if (root / name).is_file()]
    there = there or sorted([*root.glob("*.csv"), *root.glob("*.parquet")])
    if not there:
        raise InputError(
            f"{root} holds no table of pictures; expected {' or '.join(NAMES)} there, or give the "
            "file itself"
        )
    if len(there) > 1:
        found = ", ".join(path.name for path in there)
        raise InputError(
            f"{root} holds {found}, expected one table of pictures there; name it "
            f"{' or '.join(NAMES)}, or give the file itself"
        )
    return there[0]


def read_columns(path: Path, findings: Findings, heads: Sequence[str] = ()) -> Columns:
    """Read a table.

    Args:
        path: the file; one with a suffix other than .parquet is text, separated by commas,
            semicolons (then numbers may have a decimal comma) or tabs.
        findings: lines with too many or too few cells are noted as "bad line" and left out.
        heads: names of the columns, of text with commas whose head line may be missing.

    Raises:
        InputError: it cannot be read, or two columns have the same name.
    """
    columns = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path, findings, heads)
    if not len(columns.line):
        raise InputError(f"{path} has no line of data, expected one for each picture")
    return columns


def _csv(path: Path, findings: Findings, heads: Sequence[str]) -> Columns:
    text = text_of(path)
    if "\0" in text:
        raise InputError(
            f"{path} is no text in UTF-8 (a table from a spreadsheet may be UTF-16); save it as "
            "CSV in UTF-8"
        )
    lines = text.splitlines(keepends=True)
    if heads and lines and heads[0] not in lines[0]:
        lines.insert(0, ",".join(heads) + "\n")
    head = lines[0] if lines else ""
    mark = max(",;\t", key=head.count)
    rows: list[list[str]] = []
    numbers: list[int] = []
    reader = csv.reader(lines, delimiter=mark, strict=True)
    before = 0
    try:
        for row in reader:
            if row and any(row):
                rows.append(row)
                numbers.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{path.name}:{before + 1} cannot be read ({error}); is a quotation mark open there?"
        ) from error
    if not rows:
        raise InputError(f"{path} is empty, expected a head line with the names of columns")
    names = _heads(path, [name.strip() for name in rows[0]])
    whole = np.array([len(row) == len(names) for row in rows])
    line = np.array(numbers, np.int64)
    wrong = np.flatnonzero(~whole)
    for place in wrong[:NOTED].tolist():
        what = f"has {len(rows[place])} cells, expected {len(names)} as in the head line"
        findings.add("bad line", f"{path.name}:{line[place]}", what)
    if more := len(wrong[NOTED:]):
        place = f"{path.name}:{line[wrong[NOTED]]}"
        findings.add("bad line", place, f"and {more} more like these", more)
    findings.left_out += len(wrong)
    good = [row for row in rows[1:] if len(row) == len(names)]
    columns = zip(*good, strict=True) if good else iter([()] * len(names))
    cells: dict[str, Sequence[Cell]] = dict(zip(names, columns, strict=True))
    return Columns(path.name, cells, line[1:][whole[1:]], mark == ";")


def _parquet(path: Path) -> Columns:
    table = read_table(path)
    names = _heads(path, table.column_names)
    cells: dict[str, Sequence[Cell]] = {
        name: [_plain(cell) for cell in table[name].to_pylist()] for name in names
    }
    return Columns(path.name, cells, np.arange(table.num_rows) + 1, comma=False)


def _plain(cell: object) -> Cell:
    """A cell as it is; a list or a structure, which says nothing here, as text."""
    return str(cell) if isinstance(cell, list | dict) else cast(Cell, cell)


def _heads(path: Path, names: list[str]) -> list[str]:
    """The names of the columns.

    Raises:
        InputError: two are the same.
    """
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InputError(f"{path} has the column {', '.join(twice)} twice; leave one out")
    return names


def _text(cell: Cell) -> str:
    text = "" if cell is None or cell != cell else str(cell).strip()
    return "" if text.lower() in UNKNOWN else text


def _number(cell: Cell, comma: bool) -> float | None:
    """The number in a cell, NaN in an empty one; None if it is neither."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in UNKNOWN):
        return np.nan
    try:
        if isinstance(cell, str):
            value = number(cell.replace(",", ".") if comma else cell)
        else:
            value = float(cell)
    except (TypeError, ValueError):
        return None
    return None if np.isinf(value) else value


def _short(cell: Cell) -> str:
    text = str(cell)
    return repr(text if len(text) <= 30 else f"{text[:27]}...")
