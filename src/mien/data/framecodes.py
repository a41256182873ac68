"""Files with the number of a frame and its codes in each line, and their codes as labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.labels import Labels
from mien.data.numbers import Rows, check_codes, parse

__all__ = ["Coded", "UnitFile", "coded", "frame_lines", "labels_at"]

_WHOLE = 2**53
"""From here on a float does not tell a number from the next."""


class Coded(NamedTuple):
    """The codes of one or more units, line by line of a file."""

    frame: NDArray[np.int64]
    """(n,): number of the frame, each once."""
    units: tuple[int, ...]
    value: NDArray[np.float64]
    """(n, k)"""
    known: NDArray[np.bool_]
    """(n, k)"""


class UnitFile(NamedTuple):
    """How a file is to be understood."""

    columns: dict[int, int]
    """Unit to column; column 0 is the frame."""
    allowed: tuple[int, ...]
    """The codes of the format, that for unknown among them."""
    unknown: int | None
    """The code for unknown, None if the format has none."""


def frame_lines(
    lines: list[str], width: int, findings: Findings, place: str, skip: int = 0
) -> Rows:
    """Lines of numbers that begin with the number of a frame, each frame once.

    Args:
        lines: of the file, without its head.
        width: numbers in each line.
        findings: where to note lines and frames that are left out.
        place: name of the file in findings.
        skip: lines of the head.
    """
    rows = parse(lines, width, findings, place, skip)
    frame = rows.value[:, 0]
    good = (frame >= 0) & (frame < _WHOLE) & (frame == np.round(frame))
    for row in np.flatnonzero(~good).tolist():
        findings.add("bad line", f"{place}:{rows.line[row]}", f"{frame[row]:g} is no frame number")
    return _each_once(rows.take(good), findings, place)


def _each_once(rows: Rows, findings: Findings, place: str) -> Rows:
    """The lines without those whose frame came before."""
    _, first = np.unique(rows.value[:, 0], return_index=True)
    for row in np.setdiff1d(np.arange(len(rows.line)), first).tolist():
        frame = f"frame {rows.value[row, 0]:g}"
        findings.add("duplicate", f"{place}:{rows.line[row]}", f"{frame} came in a line before")
    return rows.take(np.sort(first))


def coded(rows: Rows, file: UnitFile, findings: Findings, place: str) -> Coded:
    """The codes of the lines; those that the format does not know are noted, and are unknown."""
    columns = list(file.columns.values())
    value = rows.value[:, columns]
    known = np.zeros(value.shape, bool)
    for to, (unit, column) in enumerate(file.columns.items()):
        known[:, to] = check_codes(rows, column, file.allowed, findings, place, f"AU{unit}")
    if file.unknown is not None:
        known &= value != file.unknown
    return Coded(rows.value[:, 0].astype(np.int64), tuple(file.columns), value, known)


def labels_at(frames: NDArray[np.int64], files: list[Coded]) -> Labels | None:
    """The labels of some frames; None if no file has a unit.

    Args:
        frames: numbers of the n frames, each once.
        files: with different units.
    """
    units = tuple(unit for file in files for unit in file.units)
    if not units:
        return None
    value = np.zeros((len(frames), len(units)), np.float32)
    known = np.zeros(value.shape, bool)
    start = 0
    for file in files:
        columns = slice(start, start + len(file.units))
        _, to, take = np.intersect1d(frames, file.frame, return_indices=True)
        known[to, columns] = file.known[take]
        value[to, columns] = np.where(file.known[take], file.value[take], 0)
        start += len(file.units)
    return Labels(units, value, known)
