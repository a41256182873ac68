"""Numbers in text that others wrote: one alone, and files of them as arrays.

Files are read quickly where every line is good, exactly where one is not.
"""

from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings

__all__ = ["Rows", "check_codes", "number", "parse"]


class Rows(NamedTuple):
    """The lines of a text file that are numbers."""

    value: NDArray[np.float64]
    """(n, k)"""
    line: NDArray[np.int64]
    """(n,): number of the line in the file, from 1."""

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Rows":
        """Only some lines."""
        return Rows(self.value[rows], self.line[rows])


def number(text: str) -> float:
    """The number that a text is, blanks around it aside.

    Python takes 1_0 for ten, and digits of any script; no table means that.

    >>> number(" -2.5e-1 ")
    -0.25

    Raises:
        ValueError: it is none; its text is what a finding says.
    """
    plain = text.strip()
    if plain.isascii() and "_" not in plain:
        with suppress(ValueError):
            return float(plain)
    raise ValueError(f"{text[:40]!r}, expected a number")


def parse(lines: list[str], width: int, findings: Findings, place: str, skip: int = 0) -> Rows:
    """The numbers of some lines, separated by blanks or commas; empty lines are passed over.

    Args:
        lines: of a text file.
        width: numbers in each line.
        findings: lines that are not so many finite numbers are noted as "bad line" and left out.
        place: name of the file in findings.
        skip: lines of the file that stood before these.

    Raises:
        InputError: findings are strict and a line is bad.
    """
    line = np.array([n for n, text in enumerate(lines, skip + 1) if text.strip()], np.int64)
    full = lines if len(line) == len(lines) else [text for text in lines if text.strip()]
    if not full:
        return Rows(np.zeros((0, width)), line)
    comma = "," in full[0]
    try:
        value = np.loadtxt(full, delimiter="," if comma else None, ndmin=2, comments=None)
    except ValueError:
        value = np.zeros((0, 0))
    if value.shape == (len(full), width) and np.isfinite(value).all():
        return Rows(value, line)
    return _one_by_one(full, line, width, findings, place)


def _one_by_one(
    lines: list[str], places: NDArray[np.int64], width: int, findings: Findings, place: str
) -> Rows:
    """The good lines; each bad one is noted."""
    good: list[list[float]] = []
    kept: list[int] = []
    for text, line in zip(lines, places.tolist(), strict=True):
        values = _numbers(text)
        if values is None or len(values) != width:
            came = text.strip()
            short = came if len(came) <= 40 else f"{came[:37]}..."
            count = "" if values is None else f" ({len(values)})"
            findings.add(
                "bad line", f"{place}:{line}", f"{short!r}, expected {width} numbers{count}"
            )
        else:
            good.append(values)
            kept.append(line)
    return Rows(np.array(good, np.float64).reshape(len(good), width), np.array(kept, np.int64))


def _numbers(text: str) -> list[float] | None:
    """The finite numbers of a line, None if it has something else."""
    cells = text.strip().removesuffix(",").split("," if "," in text else None)
    try:
        values = [number(cell) for cell in cells]
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def check_codes(
    rows: Rows, column: int, allowed: tuple[int, ...], findings: Findings, place: str, what: str
) -> NDArray[np.bool_]:
    """Which lines have one of the allowed codes in a column; each other code is noted once.

    Args:
        rows: of the file.
        column: with the codes.
        allowed: the codes of the format.
        findings: where to note "code out of range".
        place: name of the file in findings.
        what: what the code says, such as AU12.

    Returns:
        (n,)
    """
    code = rows.value[:, column]
    good = np.isin(code, allowed)
    for other in np.unique(code[~good]).tolist():
        lines = rows.line[code == other]
        more = f" ({len(lines)} lines have it)" if len(lines) > 1 else ""
        expected = ", ".join(map(str, allowed))
        findings.add(
            "code out of range",
            f"{place}:{lines[0]}",
            f"{what} is {other:g}, expected one of {expected}{more}",
            len(lines),
        )
    return good
