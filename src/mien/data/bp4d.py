"""BP4D-Spontaneous as it is given out: pictures per task, AU_OCC and AU_INT codes, landmarks.

Zhang et al., "BP4D-Spontaneous: a high-resolution spontaneous 3D dynamic facial expression
database", Image and Vision Computing 32 (2014).

Known from public readers of the set: ``AU_OCC/F001_T1.csv`` has a header 0, 1, 2, ... whose first
column is the frame and whose others are named by action unit, with codes 0, 1 and 9 (unknown);
``AU_INT/AU06/F001_T1_AU06.csv`` has lines ``frame,intensity`` with 0-5 and 9 and no header;
pictures are ``F001/T1/2440.jpg`` with the frame as in the codes; 49 landmarks count pixels from 1.
From common knowledge, not checked against a copy: ``2DFeatures/F001_T1.mat`` is a structure array
with one element a picture. Text and CSV files are read too, see `mien.data.landmark_files`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import (
    PICTURES,
    find,
    folders,
    listing,
    need,
    numbered,
    ranges,
    relative,
    text_of,
)
from mien.data.framecodes import Coded, UnitFile, coded, frame_lines, labels_at
from mien.data.joining import join, known_units
from mien.data.labels import STILL, Index, Points
from mien.data.landmark_files import SUFFIXES, points_of, read_frame, read_sequence
from mien.data.published import BP4D_PARTS
from mien.data.recording import Recording
from mien.data.writing import by_person, in_turn, new_folder, write_picture
from mien.errors import InputError
from mien.face.landmarks import reduce
from mien.facs.coded import BP4D
from mien.facs.units import ACTIVE, UNITS

__all__ = ["INTENSITY", "OCCURRENCE", "read", "write"]

OCCURRENCE = BP4D
"""The units of the published protocols; others are coded in part of the set."""

INTENSITY = (6, 10, 12, 14, 17)

UNKNOWN = 9
FIRST_PIXEL = 1

_OCC = ("AUCoding/AU_OCC", "AU_OCC", "AUCoding/AUCoding/AU_OCC")
_INT = ("AUCoding/AU_INT", "AU_INT", "AUCoding/AUCoding/AU_INT")
_PICTURES = ("Sequences(2D)", "2D+3D", "Sequences", "2D", "images")
_LANDMARKS = ("2DFeatures", "Landmarks", "landmarks", "Features(2D)")
_SUBJECT = re.compile(r"[FM]\d{3}")
_TASK = re.compile(r"T\d+")
_CODED = re.compile(r"([FM]\d{3}_T\d+)(?:_AU(\d+))?\.(?i:csv)")
_FRAME = ("", "frame", "Frame")
_UNIT = re.compile(r"(?:AU)?([0-9]{1,3})")


class _Copy(NamedTuple):
    """Where the parts of a copy are."""

    root: Path
    occurrence: dict[str, Path]
    """By "F001_T1"."""
    intensity: dict[str, dict[int, Path]]
    """By "F001_T1", then by unit."""
    pictures: Path
    landmarks: Path | None
    findings: Findings


def read(root: Path, findings: Findings) -> Index:
    """All coded pictures of a copy.

    Args:
        root: the folder with ``AUCoding`` (or ``AU_OCC``), ``Sequences(2D)`` (or ``2D+3D``, or the
            folders of the persons themselves) and, if you have it, ``2DFeatures``.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of BP4D, or ``findings`` are strict and there is a fault.
    """
    copy = _look(root, findings)
    keys = sorted({*copy.occurrence, *copy.intensity, *_with_pictures(copy)})
    parts = [part for key in keys if (part := _sequence(copy, key)) is not None]
    index = join("bp4d", root, parts)
    if not len(index):
        raise InputError(f"{root} has no picture with codes; is the copy complete?")
    return replace(
        index,
        occurrence=known_units(index.occurrence),
        intensity=known_units(index.intensity),
    )


def _look(root: Path, findings: Findings) -> _Copy:
    """Find the folders and list the label files."""
    codes = need(root, _OCC, "the occurrence codes F001_T1.csv, F001_T2.csv, ...")
    return _Copy(
        root,
        _by_key(codes, root, findings),
        _intensities(find(root, _INT), root, findings),
        _picture_folder(root),
        find(root, _LANDMARKS),
        findings,
    )


def _by_key(folder: Path, root: Path, findings: Findings) -> dict[str, Path]:
    """Label files by "F001_T1"; others are strays."""
    found: dict[str, Path] = {}
    for name in listing(folder):
        match = _CODED.fullmatch(name)
        if match and not match[2]:
            found[match[1]] = folder / name
        else:
            findings.add("stray", relative(folder / name, root), "is no file F001_T1.csv")
    return found


def _intensities(folder: Path | None, root: Path, findings: Findings) -> dict[str, dict[int, Path]]:
    """Intensity files by sequence and by the unit in the name of the file."""
    found: dict[str, dict[int, Path]] = {}
    if folder is None:
        return found
    for part in folders(folder):
        unit = int(part[2:]) if re.fullmatch(r"AU\d+", part) else None
        for name in listing(folder / part):
            match = _CODED.fullmatch(name)
            if match and match[2] and int(match[2]) == unit and unit in UNITS:
                found.setdefault(match[1], {})[unit] = folder / part / name
            else:
                place = relative(folder / part / name, root)
                findings.add("stray", place, f"is no file F001_T1_{part}.csv; it is not read")
    return found


def _picture_folder(root: Path) -> Path:
    """The folder with the folders of the persons."""
    for name in (*_PICTURES, "."):
        folder = root / name
        if folder.is_dir():
            if any(_SUBJECT.fullmatch(person) for person in folders(folder)):
                return folder
            if name != "." and listing(folder, [".zip"]):
                raise InputError(f"{folder} holds zip archives; unpack them first")
    raise InputError(
        f"{root} has no pictures, expected {_PICTURES[0]}/F001/T1/2440.jpg and so on "
        f"(or {', '.join(_PICTURES[1:])}); is the copy complete?"
    )


def _with_pictures(copy: _Copy) -> Iterable[str]:
    """The sequences that have a folder of pictures, as "F001_T1"."""
    for person in folders(copy.pictures):
        if _SUBJECT.fullmatch(person):
            for task in folders(copy.pictures / person):
                if _TASK.fullmatch(task):
                    yield f"{person}_{task}"


def _sequence(copy: _Copy, key: str) -> Index | None:
    """The coded pictures of one sequence; None if it has none."""
    person, task = key.split("_")
    name, findings = f"{person}/{task}", copy.findings
    folder = copy.pictures / person / task
    pictures = numbered(folder, PICTURES, copy.root, findings) if folder.is_dir() else {}
    occurrence = _occurrence(copy, key)
    intensity = _intensity(copy, key)
    known = {number for file in (*occurrence, *intensity) for number in file.frame.tolist()}
    if missing := known - pictures.keys():
        what = f"frames {ranges(missing)} are coded and have no picture"
        findings.add("no picture", name, what, len(missing))
        findings.left_out += len(missing)
    if extra := pictures.keys() - known:
        what = f"{len(extra)} pictures are not coded: {ranges(extra)}"
        findings.add("no label", name, what, len(extra))
    frames = sorted(known & pictures.keys())
    if not frames:
        if not occurrence and key in copy.occurrence:  # its header is bad
            findings.left_out += len(pictures)
        return None
    where = relative(folder, copy.root)
    number = np.array(frames, np.int64)
    return Index(
        "bp4d",
        copy.root,
        tuple(f"{where}/{pictures[frame]}" for frame in frames),
        np.full(len(frames), STILL, np.int64),
        number,
        (person,) * len(frames),
        (name,) * len(frames),
        labels_at(number, occurrence),
        labels_at(number, intensity),
        points=_landmarks(copy, key, list(pictures), frames),
    )


def _occurrence(copy: _Copy, key: str) -> list[Coded]:
    """The codes of an AU_OCC file; none if there is no file, or its header is bad."""
    path = copy.occurrence.get(key)
    if path is None:
        return []
    place = relative(path, copy.root)
    lines = text_of(path).splitlines()
    header = [cell.strip().strip('"') for cell in lines[0].split(",")] if lines else []
    named = [int(match[1]) for cell in header[1:] if (match := _UNIT.fullmatch(cell))]
    once = len(set(named)) == len(header) - 1 > 0
    if not once or header[0].strip("0") not in _FRAME:
        came = lines[0][:40] if lines else ""
        what = f"{came!r}, expected the header 0,1,2,..., each unit once"
        copy.findings.add("bad line", f"{place}:1", what)
        return []
    columns = {unit: n for n, unit in enumerate(named, 1) if unit in UNITS}
    rows = frame_lines(lines[1:], len(header), copy.findings, place, 1)
    return [coded(rows, UnitFile(columns, (0, 1, UNKNOWN), UNKNOWN), copy.findings, place)]


def _intensity(copy: _Copy, key: str) -> list[Coded]:
    """The codes of the AU_INT files of a sequence."""
    found: list[Coded] = []
    for unit, path in sorted(copy.intensity.get(key, {}).items()):
        place = relative(path, copy.root)
        lines = text_of(path).splitlines()
        head = [cell.strip() for cell in lines[0].split(",")] if lines else []
        skip = int(head == ["0", str(unit)] or bool(head and re.search(r"[A-Za-z]", head[0])))
        rows = frame_lines(lines[skip:], 2, copy.findings, place, skip)
        file = UnitFile({unit: 1}, (0, 1, 2, 3, 4, 5, UNKNOWN), UNKNOWN)
        found.append(coded(rows, file, copy.findings, place))
    return found


def _landmarks(copy: _Copy, key: str, pictures: list[int], frames: list[int]) -> Points | None:
    """The landmarks of some frames: of one file a sequence, or of one file a frame."""
    if copy.landmarks is None:
        return None
    findings, name = copy.findings, key.replace("_", "/")
    files = [copy.landmarks / f"{key}{suffix}" for suffix in SUFFIXES]
    path = next((path for path in files if path.is_file()), None)
    if path is not None:
        found = read_sequence(path, pictures, findings, relative(path, copy.root))
    elif (folder := copy.landmarks / name).is_dir():
        files_of = numbered(folder, SUFFIXES, copy.root, findings)
        found = {}
        for number in frames:
            if number in files_of:
                path = folder / files_of[number]
                points = read_frame(path, findings, relative(path, copy.root))
                found |= {} if points is None else {number: points}
    else:
        found = {}
    points_here = points_of(found, frames, FIRST_PIXEL)
    known = np.zeros(len(frames), bool) if points_here is None else points_here.known
    if missing := np.array(frames)[~known].tolist():
        what = f"{len(missing)} coded pictures have none: {ranges(missing)}"
        findings.add("no landmarks", name, what, len(missing))
    return points_here


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of BP4D; the first three persons are of different folds.

    A unit is present from intensity 1 on. Landmarks are written as CSV, 49 points.

    Args:
        root: the folder to be.
        recordings: each is a task; frames are numbered from 1.

    Raises:
        InputError: the folder holds something or cannot be written to, or there are more than 41
            persons.
    """
    persons = by_person(recordings, in_turn(BP4D_PARTS))
    with new_folder(root) as folder:
        for name in (_OCC[0], _LANDMARKS[0], *(f"{_INT[0]}/AU{unit:02}" for unit in INTENSITY)):
            (folder / name).mkdir(parents=True)
        for person, own in persons.items():
            for task, recording in enumerate(own, 1):
                _write_task(folder, person, f"T{task}", recording)


def _write_task(root: Path, person: str, task: str, recording: Recording) -> None:
    """One sequence with its codes and landmarks."""
    folder = root / _PICTURES[0] / person / task
    folder.mkdir(parents=True)
    intensity = np.rint(recording.intensity).astype(int)
    grades = dict(zip(recording.units, intensity.T.tolist(), strict=True))
    frames = range(1, len(recording.images) + 1)
    absent = [0] * len(frames)
    header = range(100)
    coded = {*OCCURRENCE, *recording.units}
    columns = [
        [int(grade >= ACTIVE) for grade in grades.get(unit, absent)]
        if unit in coded
        else [UNKNOWN] * len(frames)
        for unit in header[1:]
    ]
    lines = [",".join(map(str, header))]
    lines += [",".join(map(str, row)) for row in zip(frames, *columns, strict=True)]
    (root / _OCC[0] / f"{person}_{task}.csv").write_text("\n".join(lines) + "\n")
    for unit in INTENSITY:
        rows = zip(frames, grades.get(unit, absent), strict=True)
        text = "".join(f"{frame},{grade}\n" for frame, grade in rows)
        (root / _INT[0] / f"AU{unit:02}" / f"{person}_{task}_AU{unit:02}.csv").write_text(text)
    points = reduce(recording.points, "68", "49") + FIRST_PIXEL
    rows_of = [
        ",".join([str(frame), *(f"{number:.4f}" for number in one.ravel().tolist())])
        for frame, one in zip(frames, points, strict=True)
    ]
    (root / _LANDMARKS[0] / f"{person}_{task}.csv").write_text("\n".join(rows_of) + "\n")
    for frame, image in zip(frames, recording.images, strict=True):
        write_picture(folder / f"{frame}.jpg", image)
