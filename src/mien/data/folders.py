"""The folders of a copy of a data set: found under their known names, each listed once."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mien.data.findings import Findings
from mien.errors import InputError

__all__ = [
    "PICTURES",
    "check_root",
    "find",
    "folders",
    "last_number",
    "listing",
    "listing_if_there",
    "need",
    "note_many",
    "numbered",
    "ranges",
    "relative",
    "text_of",
]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
"""Suffixes of pictures."""

NOTED = 10
"""So many faults of one kind are noted one by one; what is more becomes one finding."""

_NUMBER = re.compile(r"\d+")
_DIGITS = 18
"""Of a number that 64 bits hold."""


def check_root(root: Path) -> Path:
    """The folder of a copy.

    Raises:
        InputError: it is missing, or is a file.
    """
    if not root.is_dir():
        kind = "is a file" if root.exists() else "does not exist"
        raise InputError(f"{root} {kind}; expected the folder of your copy of the data set")
    return root


def find(root: Path, names: Sequence[str]) -> Path | None:
    """The first of some sub-folders that is there; "." is ``root`` itself.

    Where it holds a folder of its own name, as an unpacked archive may, it is that one.
    """
    for name in names:
        if (root / name).is_dir():
            inner = root / name / Path(name).name
            return inner if inner.is_dir() else root / name
    return None


def need(root: Path, names: Sequence[str], holds: str) -> Path:
    """The first of some sub-folders that is there.

    Args:
        root: folder of the copy.
        names: the sub-folder under its known names, the usual one first.
        holds: what it holds, to be named in the error.

    Raises:
        InputError: none is there; where the folder above or below has it, that is said.
    """
    check_root(root)
    if found := find(root, names):
        return found
    places = [*(root / name for name in folders(root)), root.resolve().parent]
    near = next((place for place in places if find(place, names)), None)
    advice = f"did you mean {near}?" if near else "is the copy complete?"
    others = f" (or {', '.join(names[1:])})" if names[1:] else ""
    raise InputError(f"{root} has no folder {names[0]}{others}, expected {holds} there; {advice}")


def listing(folder: Path, suffixes: Iterable[str] = ()) -> list[str]:
    """Names of the files in a folder, sorted; names that begin with a dot are left out.

    Args:
        folder: listed once, nothing in it is opened.
        suffixes: in small letters with their dot; without them all files.
    """
    kinds = tuple(suffixes)
    with _scan(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if not entry.name.startswith(".")
            and (not kinds or entry.name.lower().endswith(kinds))
            and not entry.is_dir()
        )


def listing_if_there(folder: Path, suffixes: Iterable[str] = ()) -> list[str]:
    """`listing`; empty where there is no such folder, or its name is none that the disk knows."""
    try:
        there = folder.is_dir()
    except OSError:  # a name that is too long, as where a table says something else than a path
        there = False
    return listing(folder, suffixes) if there else []


def folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; names that begin with a dot are left out."""
    with _scan(folder) as entries:
        return sorted(
            entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()
        )


@contextmanager
def _scan(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder, in the order of the disk."""
    try:
        with os.scandir(folder) as entries:
            yield entries
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror or error})") from error


def last_number(name: str) -> int | None:
    """The last number in the name of a file, without its suffix; None if there is none.

    What 64 bits do not hold, such as a time stamp with all its parts, is no number of a frame.

    >>> last_number("S005_001_00000011.png")
    11
    """
    found = _NUMBER.findall(name.rpartition(".")[0] or name)
    return int(found[-1]) if found and len(found[-1]) <= _DIGITS else None


def numbered(
    folder: Path, suffixes: Iterable[str], root: Path, findings: Findings
) -> dict[int, str]:
    """Files of a folder by the last number in their names, in rising order.

    A file without a number is a stray; of two with the same number the first by name is kept.
    """
    found: dict[int, str] = {}
    for name in listing(folder, suffixes):
        number = last_number(name)
        if number is None:
            place = relative(folder / name, root)
            findings.add("stray", place, "has no frame number in its name")
        elif number in found:
            place = relative(folder / name, root)
            findings.add("duplicate", place, f"is frame {number}, as is {found[number]}")
        else:
            found[number] = name
    return dict(sorted(found.items()))


def note_many(
    findings: Findings, kind: str, folder: str, names: Iterable[object], what: str
) -> None:
    """Note the same fault of many files or frames: the first few one by one, then the rest as one.

    Args:
        findings: where to.
        kind: of finding.
        folder: what the names belong to, relative to the root.
        names: of the files, or numbers of the frames.
        what: what came and what was expected.
    """
    every = list(names)
    for name in every[:NOTED]:
        findings.add(kind, f"{folder}/{name}" if folder else str(name), what)
    if more := every[NOTED:]:
        findings.add(
            kind,
            folder or str(more[0]),
            f"{what}: {len(more)} more, {more[0]} to {more[-1]}",
            len(more),
        )


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in words, runs of them as ranges, of many the first few.

    >>> ranges([3, 4, 5, 9])
    '3-5, 9'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = [f"{low}-{high}" if high > low else f"{low}" for low, high in runs]
    return ", ".join(words if len(words) <= 6 else [*words[:5], f"and so on to {runs[-1][1]}"])


def relative(path: Path, root: Path) -> str:
    """A path as findings and indices name it: from the root, with forward slashes."""
    return path.relative_to(root).as_posix()


def text_of(path: Path) -> str:
    """A text file; bytes that are no text become replacement marks, to be found by line.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
