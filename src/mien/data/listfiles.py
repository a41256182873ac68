"""The files of a list of aligned pictures: which belong together, and what their lines say."""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import check_root, listing, note_many, relative, text_of
from mien.data.labels import Labels, Points
from mien.data.numbers import Rows, check_codes, parse
from mien.errors import InputError
from mien.face.landmarks import eye_centres
from mien.facs.coded import BP4D, DISFA

__all__ = [
    "UNITS_BY_COLUMNS",
    "UNKNOWN",
    "ListFiles",
    "NamedPictures",
    "find_lists",
    "read_labels",
    "read_names",
    "read_points",
]

UNITS_BY_COLUMNS = {len(units): units for units in (BP4D, DISFA)}
"""Units of a set by the number of its columns."""

CODES = (0, 1, 9, -1)
UNKNOWN = (9, -1)
"""9 in the lists of JAA-Net, -1 in those of OpenGraphAU."""

POINTS = 49

_FOLDERS = (".", "list", "lists", "data/list", "data/lists")
_PATHS = re.compile(r"(.+?)(_img)?_path(_.*)?\.txt")


class ListFiles(NamedTuple):
    """The files of one list."""

    name: str
    path: Path
    labels: Path
    land: Path
    biocular: Path
    weight: Path


class NamedPictures(NamedTuple):
    """The pictures of one list."""

    files: ListFiles
    path: list[str]
    """By line; empty where the line is."""


def find_lists(root: Path) -> list[ListFiles]:
    """The lists of a copy, in the first folder that has some."""
    check_root(root)
    for place in (root / name for name in _FOLDERS if (root / name).is_dir()):
        found = [
            _files(place, match)
            for name in listing(place, (".txt",))
            if (match := _PATHS.fullmatch(name))
        ]
        if found:
            return found
    raise InputError(
        f"{root} has no list, expected files such as BP4D_part1_path.txt or "
        "BP4D_train_img_path_fold1.txt in it or in its folder list"
    )


def _files(place: Path, match: re.Match[str]) -> ListFiles:
    """The files that belong to one of paths."""
    stem, graph, tail = match[1], match[2], match[3] or ""
    if graph:
        weight = re.sub(r"_(train|test|val)$", "", stem)
        weights = [place / f"{name}_weight{tail}.txt" for name in (stem, weight)]
        weight_file = next((path for path in weights if path.is_file()), weights[0])
        labels = place / f"{stem}_label{tail}.txt"
    else:
        weight_file = place / f"{stem}_weight{tail}.txt"
        labels = place / f"{stem}_AUoccur{tail}.txt"
        if not labels.is_file() and (place / f"{stem}_label{tail}.txt").is_file():
            labels = place / f"{stem}_label{tail}.txt"
    if not labels.is_file():
        raise InputError(
            f"{place / match[0]} has no labels beside it, expected {labels.name}; is the copy "
            "complete?"
        )
    land, biocular = (place / f"{stem}_{kind}{tail}.txt" for kind in ("land", "biocular"))
    return ListFiles(f"{stem}{tail}", place / match[0], labels, land, biocular, weight_file)


def _lines(path: Path) -> list[str]:
    """The lines of a file, without empty ones at its end."""
    return text_of(path).rstrip().splitlines()


def read_names(files: ListFiles) -> NamedPictures:
    """The paths of a list."""
    return NamedPictures(files, [line.strip().replace("\\", "/") for line in _lines(files.path)])


def _units(files: ListFiles, columns: int) -> tuple[int, ...]:
    """The units of the columns of a list."""
    for name in (f"{files.name}_units.txt", "units.txt"):
        path = files.path.with_name(name)
        if path.is_file():
            words = text_of(path).replace(",", " ").split()
            if len(words) != columns or not all(map(str.isdecimal, words)):
                raise InputError(
                    f"{path} has {' '.join(words)[:60]!r}, expected {columns} numbers of units, "
                    f"one for each column of {files.labels.name}"
                )
            return tuple(map(int, words))
    if columns not in UNITS_BY_COLUMNS:
        raise InputError(
            f"{files.labels} has {columns} columns, expected 12 (BP4D) or 8 (DISFA); write the "
            f"numbers of its units into {files.labels.with_name('units.txt')}"
        )
    return UNITS_BY_COLUMNS[columns]


def read_labels(root: Path, names: NamedPictures, findings: Findings) -> Labels:
    """The labels of every line of a list; what is not as it should be is not known."""
    path, place = names.files.labels, relative(names.files.labels, root)
    lines = _lines(path)
    columns = len(lines[0].split()) if lines else 0
    units = _units(names.files, columns)
    value = np.zeros((len(names.path), columns), np.float32)
    known = np.zeros(value.shape, bool)
    if _as_long(root, names, path, len(lines), findings):
        rows = parse(lines, columns, findings, place)
        at = rows.line - 1
        for column, unit in enumerate(units):
            good = check_codes(rows, column, CODES, findings, place, f"AU{unit}")
            known[at, column] = good & ~np.isin(rows.value[:, column], UNKNOWN)
        value[at] = rows.value
    return Labels(units, np.where(known, value, np.float32(0)), known)


def _as_long(root: Path, names: NamedPictures, path: Path, count: int, findings: Findings) -> bool:
    """Whether a file has a line for each picture; if not, none of its lines can be trusted."""
    wanted = len(names.path)
    if count == wanted:
        return True
    place = f"{relative(path, root)}:{min(count, wanted) + 1}"
    findings.add(
        "frames differ", place, f"has {count} lines, {names.files.path.name} has {wanted}; left out"
    )
    return False


def read_points(root: Path, names: NamedPictures, findings: Findings) -> Points | None:
    """The landmarks of every line of a list; None if it has none."""
    path = names.files.land
    if not path.is_file():
        return None
    lines = _lines(path)
    value = np.zeros((len(names.path), POINTS, 2), np.float32)
    known = np.zeros(len(names.path), bool)
    if _as_long(root, names, path, len(lines), findings):
        rows = parse(lines, 2 * POINTS, findings, relative(path, root))
        at = rows.line - 1
        value[at] = rows.value.reshape(-1, POINTS, 2)
        known[at] = rows.value.any(axis=1)
        _compare_eyes(root, names, rows, findings)
    return Points(str(POINTS), value, known)


def _compare_eyes(root: Path, names: NamedPictures, rows: Rows, findings: Findings) -> None:
    """The given distances between the eyes must be those of the landmarks in the same lines."""
    path = names.files.biocular
    if not path.is_file():
        return
    place = relative(path, root)
    lines = _lines(path)
    if not _as_long(root, names, path, len(lines), findings):
        return
    given = parse(lines, 1, findings, place)
    points = rows.value.reshape(-1, POINTS, 2)
    right, left = eye_centres(points)
    across = left - right
    _, of_points, of_given = np.intersect1d(rows.line, given.line, return_indices=True)
    square = (across**2).sum(axis=1)[of_points]
    wrong = np.abs(given.value[of_given, 0] - square) > 0.01 * square + 0.01
    places = [f"{place}:{line}" for line in rows.line[of_points][wrong].tolist()]
    what = (
        f"is not the squared distance between the eyes in the same line of {names.files.land.name}"
    )
    note_many(findings, "frames differ", "", places, what)
