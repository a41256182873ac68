"""Aligned pictures with the text lists of the authors of JAA-Net and of ME-GraphAU.

For a list P, one line a picture and all in the same order: ``P_path.txt``, ``P_AUoccur.txt`` (0, 1,
9 unknown), ``P_land.txt`` (49 points x1 y1 x2 y2 ... in the aligned picture, from 0) and
``P_biocular.txt`` (the SQUARE of the distance between the eye centres there). ME-GraphAU has
``X_img_path_foldN.txt`` and ``X_label_foldN.txt`` alone. ``P_weight.txt`` is one line of weights.
The units are those of BP4D (12 columns) or DISFA (8 columns), or stand in ``units.txt``.
Parts and their unions may lie side by side: a picture in several lists is one row, of the smallest;
labels that are not known there are those of the next list that knows them.

Shao et al., "JÂA-Net", IJCV 2021; Luo et al., "ME-GraphAU", IJCAI 2022.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.folders import (
    PICTURES,
    last_number,
    listing_if_there,
    note_many,
    relative,
    text_of,
)
from mien.data.joining import join
from mien.data.labels import STILL, Index, Labels, Points
from mien.data.listfiles import (
    UNITS_BY_COLUMNS,
    NamedPictures,
    find_lists,
    read_labels,
    read_names,
    read_points,
)
from mien.data.numbers import parse
from mien.data.published import BP4D_PARTS
from mien.data.recording import Recording
from mien.data.writing import by_person, in_turn, new_folder, write_picture
from mien.errors import InputError
from mien.face.affine import transform, warp
from mien.face.align import jaanet_matrix
from mien.face.landmarks import eye_centres, reduce
from mien.facs.units import ACTIVE
from mien.values import Float32

__all__ = ["UNITS_BY_COLUMNS", "read", "read_weights", "write"]

SIDE = 200
BORDER = (128, 128, 128)

_IMAGES = ("imgs", "img", "images", ".")
_PERSON = re.compile(r"[FM]\d{3}|SN\d{3}")

_Place = tuple[int, int]
"""Number of a list and line in it, both from 0."""


def read(root: Path, findings: Findings) -> Index:
    """All pictures of all lists.

    Args:
        root: the folder with the lists (or with ``list`` in it) and the pictures that they name, in
            it or in ``imgs`` or ``img``.
        findings: where to note what is wrong.

    Raises:
        InputError: there is no list, none of its pictures, or the units are not known; or
            ``findings`` are strict and there is a fault.
    """
    named = [read_names(one) for one in find_lists(root)]
    named.sort(key=lambda names: len(names.path))
    base = _picture_folder(root, named)
    there, shared = _Pictures(base), _shared_folders(named)
    seen: dict[str, _Place] = {}
    every: list[Labels] = []
    new: list[NDArray[np.intp]] = []
    for number, names in enumerate(named):
        every.append(read_labels(root, names, findings))
        rows, again = _new_rows(root, number, names, (there, seen), findings)
        new.append(rows)
        for first in sorted({place for _, (place, _) in again}):
            pairs = np.array([(row, of) for row, (place, of) in again if place == first], np.intp)
            wrong = _fill(every[first], every[number], pairs)
            _note_other(root, (named[first], names), pairs[wrong, 0].tolist(), findings)
    parts = []
    for names, rows, labels in zip(named, new, every, strict=True):
        if len(rows):
            points = read_points(root, names, findings)
            parts.append(_index(root, (_way(base, root), shared), names, (rows, labels, points)))
    if not parts:
        raise InputError(f"{root} has no picture with labels; are the lists complete?")
    return join("lists", root, parts)


def read_weights(root: Path) -> dict[str, Float32]:
    """The weights of the action units that come with lists, by the name of the list.

    Args:
        root: as for ``read``.

    Raises:
        InputError: there is no list, or a file of weights has something else.
    """
    found: dict[str, Float32] = {}
    strict = Findings(strict=True)
    for one in find_lists(root):
        if one.weight.is_file():
            text = " ".join(text_of(one.weight).split())
            rows = parse([text], len(text.split()), strict, relative(one.weight, root))
            found[one.name] = rows.value[0].astype(np.float32)
    return found


class _Pictures:
    """Which pictures there are; each folder is listed once."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._folders: dict[str, frozenset[str]] = {}

    def __contains__(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        if folder not in self._folders:
            self._folders[folder] = frozenset(listing_if_there(self._base / folder, PICTURES))
        return name in self._folders[folder]


def _picture_folder(root: Path, named: list[NamedPictures]) -> Path:
    """The folder that the paths in the lists start from."""
    lists = named[0].files.path.parent
    around = [place for place in (root, lists, lists.parent) if place.is_relative_to(root)]
    places = [place / name for place in dict.fromkeys(around) for name in _IMAGES]
    some = [path for names in named for path in (*names.path[:20], *names.path[-20:]) if path]
    for place in places:
        if any((place / path).is_file() for path in some):
            return place
    first = some[0] if some else "pictures"
    raise InputError(
        f"{root} has none of the pictures that the lists name, such as {first}, expected them in "
        f"{root / 'imgs'} or {root / 'img'}"
    )


def _way(base: Path, root: Path) -> str:
    """The way from the root to the pictures, with a slash at its end; empty if there is none."""
    way = relative(base, root)
    return "" if way == "." else f"{way}/"


def _new_rows(
    root: Path,
    number: int,
    names: NamedPictures,
    before: tuple[_Pictures, dict[str, _Place]],
    findings: Findings,
) -> tuple[NDArray[np.intp], list[tuple[int, _Place]]]:
    """Lines whose pictures are there and in no list before; others with where they came first."""
    there, seen = before
    place = relative(names.files.path, root)
    new: list[int] = []
    again: list[tuple[int, _Place]] = []
    missing: list[str] = []
    for row, path in enumerate(names.path):
        if not path:
            what = "is empty, expected the path of a picture"
            findings.add("bad line", f"{place}:{row + 1}", what)
            findings.left_out += 1
            continue
        first = seen.setdefault(path, (number, row))
        if first[0] != number:
            again.append((row, first))
        elif first[1] != row:
            what = f"{path} came before in the same list"
            findings.add("duplicate", f"{place}:{row + 1}", what)
        elif path in there:
            new.append(row)
        else:
            missing.append(f"{place}:{row + 1}")
    note_many(findings, "no picture", "", missing, "names a picture that is not there")
    findings.left_out += len(missing)
    return np.array(new, np.intp), again


def _fill(first: Labels, other: Labels, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Take from another list what the first does not know of the same pictures.

    Args:
        first: where it is written.
        other: where it comes from.
        pairs: (m, 2), rows of the same picture in the other and in the first.

    Returns:
        (m,) bool, where both know a label and it is not the same.
    """
    there, here = pairs.T
    told = other.of(first.units)
    wrong = np.asarray(
        first.known[here] & told.known[there] & (first.value[here] != told.value[there])
    )
    more = told.known[there] & ~first.known[here]
    first.value[here] = np.where(more, told.value[there], first.value[here])
    first.known[here] |= more
    return np.asarray(wrong.any(axis=1))


def _note_other(
    root: Path, lists: tuple[NamedPictures, NamedPictures], rows: list[int], findings: Findings
) -> None:
    """Note lines whose pictures have other labels in a list before."""
    first, names = lists
    place = relative(names.files.path, root)
    for row in rows:
        what = f"{names.path[row]} has other labels here than in {first.files.name}"
        findings.add("duplicate", f"{place}:{row + 1}", what)


def _index(
    root: Path,
    where: tuple[str, int],
    names: NamedPictures,
    found: tuple[NDArray[np.intp], Labels, Points | None],
) -> Index:
    """Some lines of a list."""
    (way, shared), (rows, labels, points) = where, found
    paths = [names.path[row] for row in rows.tolist()]
    owners = [_owner(path, shared) for path in paths]
    return Index(
        "lists",
        root,
        tuple(f"{way}{path}" for path in paths),
        np.full(len(rows), STILL, np.int64),
        np.array([last_number(path.rpartition("/")[2]) or 0 for path in paths], np.int64),
        tuple(subject for subject, _ in owners),
        tuple(sequence for _, sequence in owners),
        labels.take(rows),
        points=None if points is None else points.take(rows),
        part=(names.files.name,) * len(rows),
    )


def _shared_folders(named: list[NamedPictures]) -> int:
    """How many folders stand at the beginning of all paths alike."""
    folders = {path.rpartition("/")[0] for names in named for path in names.path if path}
    first, last = (folder.split("/") for folder in (min(folders), max(folders)))
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))))


def _owner(path: str, shared: int) -> tuple[str, str]:
    """Subject and sequence: from the folder that names a person on, else the first that differs."""
    folders = path.split("/")[:-1]
    for place, folder in enumerate(folders):
        if match := _PERSON.search(folder):
            return match[0], "/".join([match[0], *folders[place + 1 :]])
    own = folders[shared:] or folders[-1:]
    return (own[0], "/".join(own)) if own else (path, path)


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make lists and aligned pictures as those of JAA-Net for BP4D: three parts and their pairs.

    A unit is present from intensity 1 on.

    Args:
        root: the folder to be.
        recordings: each is a task; persons are of the three parts in turn.

    Raises:
        InputError: the folder holds something or cannot be written to, or there are more than 41
            persons.
    """
    persons = by_person(recordings, in_turn(BP4D_PARTS))
    with new_folder(root) as folder:
        (folder / "list").mkdir()
        lines: dict[int, list[tuple[str, str, str, str]]] = {1: [], 2: [], 3: []}
        for person, own in persons.items():
            part = next(n for n, names in enumerate(BP4D_PARTS, 1) if person in names)
            for task, recording in enumerate(own, 1):
                lines[part] += _write_task(folder / "imgs", f"BP4D/{person}/T{task}", recording)
        for part, rows in lines.items():
            _write_list(folder / "list", f"BP4D_part{part}", rows)
        for first, second in ((1, 2), (1, 3), (2, 3)):
            name = f"BP4D_combine_{first}_{second}"
            _write_list(folder / "list", name, lines[first] + lines[second])


def _write_task(images: Path, where: str, recording: Recording) -> list[tuple[str, str, str, str]]:
    """The aligned pictures of a task; their lines of path, land, biocular and AUoccur."""
    (images / where).mkdir(parents=True)
    points = reduce(recording.points, "68", "49")
    grades = dict(zip(recording.units, recording.intensity.T, strict=True))
    found = []
    for row, image in enumerate(recording.images):
        matrix = jaanet_matrix(points[row], SIDE)
        aligned = transform(points[row], matrix)
        right, left = eye_centres(aligned)
        across = left - right
        path = f"{where}/{row + 1}.jpg"
        write_picture(images / path, warp(image, matrix, SIDE, BORDER))
        present = (
            int(unit in grades and np.rint(grades[unit][row]) >= ACTIVE)
            for unit in UNITS_BY_COLUMNS[12]
        )
        land = " ".join(f"{number:.6f}" for number in aligned.ravel().tolist())
        found.append((path, land, f"{(across**2).sum():.6f}", " ".join(map(str, present))))
    return found


def _write_list(folder: Path, name: str, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """The files of one list; none if it is empty."""
    columns = list(zip(*rows, strict=True))
    for kind, lines in zip(("path", "land", "biocular", "AUoccur"), columns, strict=False):
        (folder / f"{name}_{kind}.txt").write_text("".join(f"{line}\n" for line in lines))
    if columns:
        codes = np.array([line.split() for line in columns[3]], np.float64)
        inverse = 1 / np.maximum(codes.mean(axis=0), 1 / len(codes))
        weight = inverse / inverse.sum() * codes.shape[1]
        text = " ".join(f"{number:.6g}" for number in weight.tolist())
        (folder / f"{name}_weight.txt").write_text(f"{text}\n")
