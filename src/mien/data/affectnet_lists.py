"""AffectNet as it was first given out, in 2017: two lists of pictures with eleven classes.

Known from public readers of the set: ``training.csv`` and ``validation.csv`` hold a line for each
face with the columns of HEADS, and the picture ``689/737db2.jpg`` lies in
``Manually_Annotated_Images``. The box is in pixels of it. Landmarks, 68 as one cell with
semicolons, valence and arousal are not read. Copies differ in whether a list has its head line, and
in the folder that lists and pictures lie in. Classes 8 and 9, none and uncertain, are not known
here; lines of class 10 show no face and are passed over.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.folders import NOTED, last_number, listing_if_there, need, relative
from mien.data.joining import join
from mien.data.labels import STILL, Expressions, Index
from mien.data.table_files import Columns, read_columns
from mien.errors import InputError
from mien.values import Float32

__all__ = ["HEADS", "LISTS", "has_lists", "read_lists"]

LISTS = {"train": "training.csv", "test": "validation.csv"}
HEADS = (
    "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks",
    "expression", "valence", "arousal",
)  # fmt: skip
BOX = HEADS[1:5]
NO_FACE = 10

_LISTS = (".", "Manually_Annotated_file_lists", "Manually_Annotated/Manually_Annotated_file_lists")
_PICTURES = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images")


class _Lines(NamedTuple):
    """Lines of a list that are kept."""

    rows: NDArray[np.intp]
    path: list[str]
    """From the folder of the pictures."""
    value: NDArray[np.int64]
    """Number of the class."""


def has_lists(root: Path) -> bool:
    """Whether a folder is a copy in this form."""
    return bool(_lists(root))


def read_lists(root: Path, classes: Sequence[str], findings: Findings) -> Index:
    """The faces of both lists, those to learn from first; a copy may lack one of them.

    Args:
        root: the folder that holds the lists, or the folder of the lists, and the pictures.
        classes: names of the expressions, by their numbers; of higher ones nothing is known.
        findings: where to note what is wrong.

    Raises:
        InputError: the pictures are not there, a list lacks a column or says of no picture which
            expression it shows, or ``findings`` are strict and there is a fault.
    """
    pictures = need(root, _PICTURES, "folders with the pictures of the lists")
    where = relative(pictures, root)
    parts = [
        _part(root, where, (part, path), classes, findings) for part, path in _lists(root).items()
    ]
    index = join("affectnet", root, parts)
    if not len(index):
        raise InputError(f"{root} has no picture with a label; is the copy complete?")
    return index


def _lists(root: Path) -> dict[str, Path]:
    """The lists that are there, by their part."""
    folder = next((root / one for one in _LISTS if _any(root / one)), root)
    return {part: folder / name for part, name in LISTS.items() if (folder / name).is_file()}


def _any(folder: Path) -> bool:
    return any((folder / name).is_file() for name in LISTS.values())


def _part(
    root: Path, where: str, named: tuple[str, Path], classes: Sequence[str], findings: Findings
) -> Index:
    """The faces of one list."""
    part, path = named
    table = read_columns(path, findings, HEADS)
    if missing := [name for name in (HEADS[0], *BOX, "expression") if name not in table.cells]:
        raise InputError(
            f"{path} has no column {', '.join(missing)}, expected those of AffectNet's own lists: "
            f"{', '.join(HEADS)}"
        )
    kept = _kept(root / where, table, findings)
    count = len(kept.rows)
    paths = tuple(f"{where}/{name}" for name in kept.path)
    known = kept.value < len(classes)
    return Index(
        "affectnet",
        root,
        paths,
        np.full(count, STILL, np.int64),
        np.array([last_number(name) or 0 for name in paths], np.int64),
        paths,
        paths,
        expression=Expressions(tuple(classes), np.where(known, kept.value, 0), known),
        box=_boxes(table, findings)[kept.rows],
        part=(part,) * count,
    )


def _kept(pictures: Path, table: Columns, findings: Findings) -> _Lines:
    """Lines with a class and a picture that is there, which no line before them names."""
    value = table.integers("expression", findings)
    strange = value > NO_FACE
    table.note(
        strange, findings, "code out of range", f"has an expression that is not 0 to {NO_FACE}"
    )
    names = [name.replace("\\", "/") for name in table.texts(HEADS[0])]
    there: dict[str, set[str]] = {}
    good = (value >= 0) & ~strange
    missing = np.zeros(len(names), bool)
    twice = np.zeros(len(names), bool)
    seen: set[str] = set()
    for row in np.flatnonzero(good & (value != NO_FACE)).tolist():
        folder, _, name = names[row].rpartition("/")
        if folder not in there:
            there[folder] = set(listing_if_there(pictures / folder))
        missing[row] = name not in there[folder]
        twice[row] = names[row] in seen
        seen.add(names[row])
    for row in np.flatnonzero(missing)[:NOTED].tolist():
        findings.add("no picture", table.place(row), f"there is no {names[row] or 'name'}")
    table.note(
        missing & (np.cumsum(missing) > NOTED), findings, "no picture", "has no picture either"
    )
    table.note(twice & ~missing, findings, "duplicate", "names a picture that came before")
    left = ~good | missing | twice
    findings.left_out += int(left.sum())
    rows = np.flatnonzero(~left & (value != NO_FACE))
    return _Lines(rows, [names[row] for row in rows.tolist()], value[rows])


def _boxes(table: Columns, findings: Findings) -> Float32:
    """Faces in their pictures, float32 (n, 4); NaN where a line has none."""
    left, top, width, height = (table.numbers(name, findings) for name in BOX)
    box = np.stack([left, top, left + width, top + height], axis=1)
    box[~((width > 0) & (height > 0) & np.isfinite(left) & np.isfinite(top))] = np.nan
    return box
