"""Pictures of your own with a table: a folder with labels.csv or labels.parquet, or the table.

Columns; only ``path`` is needed, and one that says something:

* ``path``: picture, or video, from the folder of the table;
* ``subject``: the person; without the column each picture counts as a person of its own;
* ``sequence``: the recording, ``number``: of the frame in it;
* ``frame``: of the video, from 0; beside pictures the same as ``number``;
* ``AU12`` ...: intensity 0-5; ``AU12_p`` or ``AU12_present``: occurrence, 0 or 1;
* ``expression``: name of the class;
* ``x0``, ``y0``, ``x1``, ``y1``: the face that is meant, in pixels;
* ``part``: a division such as train and test.

An empty cell (or nan, NA, null, none) is unknown.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.folders import NOTED, PICTURES, listing_if_there, note_many
from mien.data.labels import STILL, Expressions, Index, Labels
from mien.data.recording import Recording
from mien.data.table_files import Columns, find_table, read_columns
from mien.data.table_writing import BOX, write_recordings
from mien.errors import InputError
from mien.values import Float32

__all__ = ["CLASSES", "read", "write"]

CLASSES = (
    "neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise",
)  # fmt: skip
"""Expressions that come first among the classes, in this order; others follow by the alphabet."""

OTHERS = ("path", "subject", "sequence", "number", "frame", "expression", "part", *BOX)
_UNIT = re.compile(r"AU0*(\d{1,2})(_p|_present)?")
_MOST = 5.0


def read(root: Path, findings: Findings) -> Index:
    """Read a table and look for its pictures.

    Args:
        root: the folder that holds it, or the file; paths start from its folder.
        findings: rows without a picture, with the wrong number of cells or twice the same picture
            are left out; a label out of range is unknown.

    Raises:
        InputError: there is no table, it lacks a column that is needed, or findings are strict.
    """
    path = find_table(root)
    table = read_columns(path, findings)
    units = _units(path, table)
    paths = np.array([text.replace("\\", "/") for text in _needed(path, table)], object)
    frame = _frames(table, findings)
    labels = {
        kind: _labels(table, columns, kind, findings) for kind, columns in units.items() if columns
    }
    subject, kept = _subjects(table, paths, findings)
    kept &= _pictures(path.parent, table, paths, findings) & (frame >= STILL)
    kept &= _first(table, paths, frame, kept, findings)
    index = Index(
        "table",
        path.parent,
        tuple(paths),
        frame,
        _order(table, frame, subject, findings),
        subject,
        _sequences(table, paths, frame, subject),
        labels.get("occurrence"),
        labels.get("intensity"),
        _expressions(table),
        None,
        _boxes(table, findings),
        tuple(table.texts("part")) if "part" in table.cells else None,
    )
    findings.left_out += int((~kept).sum())
    _note_unused(path, table, units, findings)
    return index.take(np.flatnonzero(kept))


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Write recordings as a folder of pictures with labels.csv.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    write_recordings(root, recordings)


def _units(path: Path, table: Columns) -> dict[str, dict[int, str]]:
    """The columns of intensity and occurrence by unit.

    Raises:
        InputError: there is nothing to learn from, or a unit has two columns.
    """
    found: dict[str, dict[int, str]] = {"intensity": {}, "occurrence": {}}
    for name in table.cells:
        if match := _UNIT.fullmatch(name):
            columns = found["occurrence" if match[2] else "intensity"]
            unit = int(match[1])
            if unit in columns:
                raise InputError(f"{path} has {columns[unit]} and {name}; leave one of them out")
            columns[unit] = name
    if not any(found.values()) and "expression" not in table.cells:
        raise InputError(
            f"{path} has no column of labels (it has {_list(table.cells)}), expected some of AU12 "
            "(intensity 0-5), AU12_p (occurrence 0 or 1), expression"
        )
    return {kind: dict(sorted(columns.items())) for kind, columns in found.items()}


def _needed(path: Path, table: Columns) -> list[str]:
    if "path" not in table.cells:
        raise InputError(
            f"{path} has no column path (it has {_list(table.cells)}), expected the place of each "
            "picture in it, from the folder of the table"
        )
    return table.texts("path")


def _labels(table: Columns, columns: dict[int, str], kind: str, findings: Findings) -> Labels:
    value = np.stack([table.numbers(name, findings) for name in columns.values()], axis=1)
    known = np.isfinite(value)
    for column, name in enumerate(columns.values()):
        cells = value[:, column]
        good = (cells >= 0) & (cells <= _MOST) if kind == "intensity" else np.isin(cells, (0, 1))
        expected = "0 to 5" if kind == "intensity" else "0 or 1"
        wrong = known[:, column] & ~good
        for other in np.unique(cells[wrong])[:NOTED].tolist():
            table.note(
                cells == np.float32(other), findings, "code out of range",
                f"{name} is {other:g}, expected {expected}, or an empty cell if it is not known",
            )  # fmt: skip
            wrong &= cells != np.float32(other)
        table.note(wrong, findings, "code out of range", f"{name} is out of range here too")
        known[:, column] &= good
    return Labels(tuple(columns), np.where(known, value, np.float32(0)), known)


def _frames(table: Columns, findings: Findings) -> NDArray[np.int64]:
    """Frame of a video; STILL for a picture, and less for a row that cannot be used."""
    if "frame" not in table.cells:
        return np.full(len(table.line), STILL, np.int64)
    video = np.array([Path(text).suffix.lower() not in PICTURES for text in table.texts("path")])
    frame = np.full(len(table.line), STILL, np.int64)
    if video.any():
        rows = np.flatnonzero(video)
        cells = {"frame": [table.cells["frame"][row] for row in rows.tolist()]}
        told = Columns(table.name, cells, table.line[rows], table.comma)
        numbers = told.integers("frame", findings)
        frame[rows] = np.where(numbers < 0, STILL - 1, numbers)
    return frame


def _order(
    table: Columns, frame: NDArray[np.int64], subject: tuple[str, ...], findings: Findings
) -> NDArray[np.int64]:
    """Number of each frame in its sequence: as told, or of the video, or in the order of rows."""
    if "number" in table.cells:
        return np.maximum(table.integers("number", findings), 0)
    count: dict[str, int] = {}
    keys = table.texts("sequence") if "sequence" in table.cells else subject
    out = np.zeros(len(frame), np.int64)
    for row, key in enumerate(keys):
        out[row] = count.get(key, 0)
        count[key] = int(out[row]) + 1
    if "frame" in table.cells:
        told = table.numbers("frame", Findings())
        whole = (told >= 0) & (told == np.floor(told))
        out[whole] = told[whole].astype(np.int64)
    return out


def _subjects(
    table: Columns, paths: NDArray[np.object_], findings: Findings
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The persons, and which rows have one."""
    if "subject" not in table.cells:
        findings.add(
            "no subject", table.name, "has no column subject: each picture counts as a person of "
            "its own, so that the same person may be learned from and tested on",
        )  # fmt: skip
        return tuple(paths), np.ones(len(paths), bool)
    subject = table.texts("subject")
    told = np.array([bool(text) for text in subject])
    table.note(~told, findings, "bad line", "has no subject")
    return tuple(subject), told


def _sequences(
    table: Columns, paths: NDArray[np.object_], frame: NDArray[np.int64], subject: tuple[str, ...]
) -> tuple[str, ...]:
    """The recordings; a name that two persons share is told apart by theirs."""
    if "sequence" not in table.cells:
        still = frame == STILL
        rows = zip(still.tolist(), paths, subject, strict=True)
        return tuple(person if one else path for one, path, person in rows)
    names = [text or person for text, person in zip(table.texts("sequence"), subject, strict=True)]
    pairs = set(zip(subject, names, strict=True))
    if len(pairs) == len(set(names)):
        return tuple(names)
    return tuple(f"{person}/{name}" for person, name in zip(subject, names, strict=True))


def _expressions(table: Columns) -> Expressions | None:
    if "expression" not in table.cells:
        return None
    names = table.texts("expression")
    there = set(names) - {""}
    classes = (*(name for name in CLASSES if name in there), *sorted(there - set(CLASSES)))
    number = {name: place for place, name in enumerate(classes)}
    value = np.array([number.get(name, -1) for name in names], np.int64)
    return Expressions(classes, np.maximum(value, 0), value >= 0)


def _boxes(table: Columns, findings: Findings) -> Float32 | None:
    there = [name for name in BOX if name in table.cells]
    if not there:
        return None
    if len(there) < len(BOX):
        raise InputError(f"{table.name} has {_list(there)} only, expected x0, y0, x1 and y1")
    box = np.stack([table.numbers(name, findings) for name in BOX], axis=1)
    whole = np.isfinite(box).all(axis=1)
    right = whole & (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1])
    none = np.isnan(box).all(axis=1)
    table.note(~right & ~none, findings, "bad line", "has a box that is none, expected x0 < x1 "
               "and y0 < y1, or four empty cells")  # fmt: skip
    return np.where(right[:, None], box, np.float32(np.nan))


def _pictures(
    folder: Path, table: Columns, paths: NDArray[np.object_], findings: Findings
) -> NDArray[np.bool_]:
    """Which rows have their picture; pictures beside them without a row are noted."""
    named = np.array([bool(path) for path in paths])
    table.note(~named, findings, "bad line", "has no path")
    there: dict[str, set[str]] = {}
    for parent in {str(path).rpartition("/")[0] for path in paths[named]}:
        there[parent] = set(listing_if_there(folder / parent))
    found = named.copy()
    wanted: dict[str, set[str]] = {}
    for row in np.flatnonzero(named).tolist():
        parent, _, name = str(paths[row]).rpartition("/")
        found[row] = name in there[parent] or (name[:1] == "." and (folder / paths[row]).is_file())
        wanted.setdefault(parent, set()).add(name)
    for row in np.flatnonzero(named & ~found).tolist()[:NOTED]:
        findings.add("no picture", table.place(row), f"there is no {paths[row]}")
    table.note(_from(named & ~found, NOTED), findings, "no picture", "has no picture either")
    for parent, names in sorted(there.items()):
        left = [name for name in sorted(names - wanted.get(parent, set()))
                if Path(name).suffix.lower() in PICTURES]  # fmt: skip
        note_many(findings, "no label", parent, left, "is not in the table")
    return found


def _from(where: NDArray[np.bool_], first: int) -> NDArray[np.bool_]:
    """All of the rows but the first few."""
    return np.asarray(where & (np.cumsum(where) > first))


def _first(
    table: Columns,
    paths: NDArray[np.object_],
    frame: NDArray[np.int64],
    kept: NDArray[np.bool_],
    findings: Findings,
) -> NDArray[np.bool_]:
    """Which rows are the first with their picture."""
    before: dict[tuple[str, int], int] = {}
    first = np.ones(len(paths), bool)
    for row, key in enumerate(zip(paths, frame.tolist(), strict=True)):
        if kept[row] and before.setdefault(key, row) != row:
            first[row] = False
            what = f"{key[0]} came before, in line {table.line[before[key]]}"
            findings.add("duplicate", table.place(row), what)
    return first


def _note_unused(
    path: Path, table: Columns, units: dict[str, dict[int, str]], findings: Findings
) -> None:
    known = {*OTHERS, *(name for columns in units.values() for name in columns.values())}
    if others := [name for name in table.cells if name not in known]:
        findings.add("not used", path.name, f"has columns without a meaning here: {_list(others)}")


def _list(names: Iterable[str]) -> str:
    """Some names, not too many, for a message."""
    every = [name or '""' for name in names]
    more = f" and {len(every) - 12} more" if len(every) > 12 else ""
    return ", ".join(every[:12]) + more
