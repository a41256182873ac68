"""RAF-DB, its basic part, as it is given out: pictures of seven expressions, aligned and original.

Li, Deng, Du, "Reliable crowdsourcing and deep locality-preserving learning for expression
recognition in the wild", CVPR 2017.

Known from public readers of the set: ``EmoLabel/list_patition_label.txt`` has lines
``train_00001.jpg 5`` with classes 1-7; ``Image/aligned/train_00001_aligned.jpg`` is the picture,
100 x 100, ``Image/original/train_00001.jpg`` where it came from, and
``Annotation/boundingbox/train_00001_boundingbox.txt`` x0 y0 x1 y1 in the original. The order of the
classes agrees with the published numbers of test pictures, 329 74 160 1185 478 162 680.
Who is on a picture is not known: each picture is its own subject.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import Findings
from mien.data.folders import (
    PICTURES,
    find,
    last_number,
    listing,
    need,
    note_many,
    relative,
    text_of,
)
from mien.data.labels import STILL, Expressions, Index
from mien.data.numbers import parse
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, stills, write_picture
from mien.errors import InputError
from mien.face.affine import warp
from mien.values import Float32, Image

__all__ = ["CLASSES", "read", "read_original", "write"]

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""Expressions; their numbers in the set count from 1."""

PARTS = ("train", "test")

SIDE = 100
"""Of the aligned pictures, in pixels."""

_LISTS = ("EmoLabel", "basic/EmoLabel")
_LIST = "list_patition_label.txt"
_BASIC = "basic"
_ALIGNED = "Image/aligned"
_ORIGINAL = "Image/original"
_BOXES = "Annotation/boundingbox"
_NUMBER = re.compile(r"-?[0-9]{1,9}")


class _Line(NamedTuple):
    """A good line of the list."""

    place: str
    stem: str
    """train_00001"""
    number: int
    """Of the class, from 0."""
    known: bool


def read(root: Path, findings: Findings) -> Index:
    """The aligned pictures of a copy.

    Args:
        root: the folder ``basic``, or that above it.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of RAF-DB, or ``findings`` are strict and there is a
            fault.
    """
    base = _base(root)
    folder = need(base, (_ALIGNED,), "train_00001_aligned.jpg and so on")
    return _index("rafdb", root, base, folder, findings)


def read_original(root: Path, findings: Findings) -> Index:
    """The original pictures of a copy with the boxes of the faces that are meant.

    Args:
        root: the folder ``basic``, or that above it.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of RAF-DB, or ``findings`` are strict and there is a
            fault.
    """
    base = _base(root)
    folder = need(base, (_ORIGINAL,), "train_00001.jpg and so on")
    return _index("rafdb-original", root, base, folder, findings)


def _base(root: Path) -> Path:
    """The folder ``basic``."""
    folder = need(root, _LISTS, f"the list {_LIST}")
    if not (folder / _LIST).is_file():
        raise InputError(f"{folder} has no file {_LIST}; is the copy complete?")
    return folder.parent


def _index(name: str, root: Path, base: Path, folder: Path, findings: Findings) -> Index:
    """The pictures of a folder that are in the list."""
    files = {_stem(file): file for file in listing(folder, PICTURES)}
    lines = _lines(base / "EmoLabel" / _LIST, root, findings)
    where = relative(folder, root)
    if missing := [line for line in lines if line.stem not in files]:
        note_many(findings, "no picture", "", [line.place for line in missing], "has no picture")
        findings.left_out += len(missing)
    if extra := sorted(files.keys() - {line.stem for line in lines}):
        note_many(findings, "no label", where, [files[stem] for stem in extra], "is not listed")
    lines = [line for line in lines if line.stem in files]
    if not lines:
        raise InputError(f"{root} has no picture with a label; is the copy complete?")
    boxes = None
    if name == "rafdb-original":
        boxes = _boxes(find(base, (_BOXES,)), [line.stem for line in lines], root, findings)
    subject = tuple(line.stem for line in lines)
    return Index(
        name,
        root,
        tuple(f"{where}/{files[line.stem]}" for line in lines),
        np.full(len(lines), STILL, np.int64),
        np.array([last_number(line.stem) or 0 for line in lines], np.int64),
        subject,
        subject,
        expression=Expressions(
            CLASSES,
            np.array([line.number for line in lines], np.int64),
            np.array([line.known for line in lines]),
        ),
        box=boxes,
        part=tuple(line.stem.partition("_")[0] for line in lines),
    )


def _stem(name: str) -> str:
    """train_00001 of train_00001_aligned.jpg and of train_00001.jpg."""
    return name.rpartition(".")[0].removesuffix("_aligned")


def _lines(path: Path, root: Path, findings: Findings) -> list[_Line]:
    """The good lines of the list, in its order."""
    name = relative(path, root)
    found: dict[str, _Line] = {}
    for count, text in enumerate(text_of(path).splitlines(), 1):
        words, place = text.split(), f"{name}:{count}"
        if not words:
            continue
        stem = _stem(words[0])
        good = len(words) == 2 and _NUMBER.fullmatch(words[1])
        if not good or stem.partition("_")[0] not in PARTS:
            what = f"{text.strip()[:40]!r}, expected a line such as train_00001.jpg 5"
            findings.add("bad line", place, what)
            findings.left_out += 1
        elif stem in found:
            findings.add("duplicate", place, f"{stem} came before, {found[stem].place}")
        else:
            number = int(words[1])
            known = 1 <= number <= len(CLASSES)
            if not known:
                findings.add("code out of range", place, f"class {number}, expected 1 to 7")
            found[stem] = _Line(place, stem, number - 1 if known else 0, known)
    return list(found.values())


def _boxes(folder: Path | None, stems: list[str], root: Path, findings: Findings) -> Float32:
    """x0 y0 x1 y1 of the face of each picture, NaN where there is none."""
    boxes = np.full((len(stems), 4), np.nan, np.float32)
    there = set(listing(folder, (".txt",))) if folder else set()
    missing: list[str] = []
    for row, stem in enumerate(stems):
        name = f"{stem}_boundingbox.txt"
        if folder is None or name not in there:
            missing.append(stem)
            continue
        place = relative(folder / name, root)
        box = _box(folder / name, findings, place)
        if box is not None:
            boxes[row] = box
    if missing:
        note_many(findings, "no landmarks", "", missing, "has no box of its face")
    return boxes


def _box(path: Path, findings: Findings, place: str) -> NDArray[np.float64] | None:
    """One box; None if it is bad, and that is noted."""
    rows = parse([" ".join(text_of(path).split())], 4, findings, place)
    if not len(rows.line):
        if not text_of(path).strip():
            findings.add("bad line", f"{place}:1", "the file is empty, expected x0 y0 x1 y1")
        return None
    x0, y0, x1, y1 = rows.value[0]
    if x1 <= x0 or y1 <= y0:
        findings.add("bad line", f"{place}:1", "the box is empty, expected x0 y0 x1 y1")
        return None
    box: NDArray[np.float64] = rows.value[0]
    return box


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of RAF-DB: the last frame of each recording, aligned and not.

    The first frame too, as neutral, where no unit is at work in it. Every third person is in the
    test part. RAF-DB has no contempt: such recordings give their neutral frame only.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    persons = by_person(recordings)
    lines: list[str] = []
    with new_folder(root) as folder:
        for name in (_ALIGNED, _ORIGINAL, _BOXES, "EmoLabel"):
            (folder / _BASIC / name).mkdir(parents=True)
        count = dict.fromkeys(PARTS, 0)
        for person, own in persons.items():
            part = PARTS[int(person) % 3 == 2]
            for image, points, expression in stills(own, CLASSES):
                count[part] += 1
                stem = f"{part}_{count[part]:05}"
                _write_picture(folder / _BASIC, stem, image, points)
                lines.append(f"{stem}.jpg {CLASSES.index(expression) + 1}\n")
        (folder / _BASIC / "EmoLabel" / _LIST).write_text("".join(lines))


def _write_picture(base: Path, stem: str, image: Image, points: Float32) -> None:
    """One picture: as it is, cut out at 100 x 100, and the box of its face."""
    write_picture(base / _ORIGINAL / f"{stem}.jpg", image)
    (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    text = f"{x0:.6f} {y0:.6f} {x1:.6f} {y1:.6f} \n"
    (base / _BOXES / f"{stem}_boundingbox.txt").write_text(text)
    aligned = warp(image, _square(x0, y0, x1, y1), SIDE)
    write_picture(base / _ALIGNED / f"{stem}_aligned.jpg", aligned)


def _square(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float64]:
    """(2, 3): a square around the box, a tenth larger, to a picture of the set."""
    side = 1.1 * max(x1 - x0, y1 - y0, 1.0)
    scale = SIDE / side
    left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
    return np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
