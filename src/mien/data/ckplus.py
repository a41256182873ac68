"""CK+ as it is given out: sequences from neutral to peak, FACS codes, landmarks and emotions.

Lucey et al., "The Extended Cohn-Kanade Dataset (CK+)", CVPR workshops 2010.

A row is the labelled frame of a sequence, its last. Files belong together by the key ``S005/001``,
and the number of the frame in their names must agree. A FACS file has a line ``unit intensity`` for
each unit that is present; a unit without a line is absent. Intensities are 1-5; 0 says that the
unit is present with an intensity that was not given: its occurrence is known, its intensity not.
Landmarks are taken as they stand: whether the set counts pixels from 0 or 1 is not documented.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import (
    PICTURES,
    find,
    folders,
    last_number,
    listing,
    need,
    numbered,
    relative,
    text_of,
)
from mien.data.joining import join
from mien.data.labels import STILL, Expressions, Index, Labels
from mien.data.landmark_files import points_of, read_frame
from mien.data.numbers import Rows, parse
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, write_picture
from mien.errors import InputError
from mien.facs.units import OTHER_CODES
from mien.facs.units import UNITS as ALL_UNITS

__all__ = ["CLASSES", "UNITS", "read", "write"]

UNITS = (
    *(1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28),
    *(29, 30, 31, 34, 38, 39, 43, 44, 45),
)
"""Units that occur in the whole set; a partial copy has the same columns."""

CLASSES = (
    *("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise"),
)
"""Expressions by their number in the set."""

_IMAGES = ("cohn-kanade-images", "extended-cohn-kanade-images/cohn-kanade-images", "images")
_FACS = ("FACS", "FACS_labels/FACS", "FACS_labels")
_LANDMARKS = ("Landmarks", "Landmarks/Landmarks", "landmarks")
_EMOTION = ("Emotion", "Emotion_labels/Emotion", "Emotion_labels")
_PERSON = re.compile(r"S\d{3}")
_TAKE = re.compile(r"\d{3}")
_PERSONS = tuple(f"S{number:03}" for number in range(5, 139))


class _Copy(NamedTuple):
    """Where the parts of a copy are."""

    root: Path
    images: Path
    facs: Path
    landmarks: Path | None
    emotion: Path | None
    findings: Findings

    def label(self, folder: Path | None, key: str, ending: str) -> Path | None:
        """The label file of a sequence; None if there is none."""
        if folder is None or not (folder / key).is_dir():
            return None
        names = [name for name in listing(folder / key) if name.lower().endswith(ending)]
        for name in names[1:]:
            place = relative(folder / key / name, self.root)
            self.findings.add("duplicate", place, f"is a second label of {key}, after {names[0]}")
        return folder / key / names[0] if names else None


def read(root: Path, findings: Findings) -> Index:
    """The labelled frame of each sequence of a copy.

    Args:
        root: the folder with ``cohn-kanade-images``, ``FACS`` and, if you have them, ``Landmarks``
            and ``Emotion``.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of CK+, or ``findings`` are strict and there is a fault.
    """
    copy = _Copy(
        root,
        need(root, _IMAGES, "the pictures S005/001/S005_001_00000011.png and so on"),
        need(root, _FACS, "the FACS codes S005/001/S005_001_00000011_facs.txt and so on"),
        find(root, _LANDMARKS),
        find(root, _EMOTION),
        findings,
    )
    keys = sorted({*_keys(copy.images), *_keys(copy.facs), *_keys(copy.emotion)})
    parts = [part for key in keys if (part := _sequence(copy, key)) is not None]
    if not parts:
        raise InputError(f"{root} has no picture with labels; is the copy complete?")
    return join("ckplus", root, parts)


def _keys(folder: Path | None) -> list[str]:
    """The sequences that have a folder, as "S005/001"."""
    return [
        f"{person}/{take}"
        for person in (folders(folder) if folder else [])
        if folder and _PERSON.fullmatch(person)
        for take in folders(folder / person)
        if _TAKE.fullmatch(take)
    ]


def _sequence(copy: _Copy, key: str) -> Index | None:
    """The labelled frame of a sequence; None if it has no label or no picture."""
    facs = copy.label(copy.facs, key, "_facs.txt")
    emotion = copy.label(copy.emotion, key, "_emotion.txt")
    folder, findings = copy.images / key, copy.findings
    pictures = numbered(folder, PICTURES, copy.root, findings) if folder.is_dir() else {}
    label = facs or emotion
    if label is None:
        if pictures:
            findings.add("no label", key, "has neither FACS codes nor an emotion")
        return None
    frame = _frame(copy, key, label, pictures)
    if frame is None:
        return None
    if facs and emotion and last_number(emotion.name) != last_number(facs.name):
        place = relative(emotion, copy.root)
        findings.add("frames differ", place, f"names another frame than {facs.name}; left out")
        emotion = None
    occurrence, intensity = _facs(copy, facs)
    where = relative(folder, copy.root)
    person = key.partition("/")[0]
    return Index(
        "ckplus",
        copy.root,
        (f"{where}/{pictures[frame]}",),
        np.array([STILL]),
        np.array([frame]),
        (person,),
        (key,),
        occurrence,
        intensity,
        _emotion(copy, emotion),
        points_of(_points(copy, key, frame), [frame], 0),
    )


def _frame(copy: _Copy, key: str, label: Path, pictures: dict[int, str]) -> int | None:
    """The number of the labelled frame; None if it has no picture."""
    named, place = last_number(label.name), relative(label, copy.root)
    last = max(pictures, default=None)
    if last is None or named not in pictures:
        copy.findings.add(
            "no picture", place, f"frame {named} of {key} has no picture (the last is {last})"
        )
        copy.findings.left_out += 1
        return None
    if named != last:
        copy.findings.add(
            "frames differ", place, f"labels frame {named}, expected the last of {key}, {last}"
        )
    return named


def _points(copy: _Copy, key: str, frame: int) -> dict[int, np.ndarray]:
    """The landmarks of a frame by its number, empty if there are none."""
    if copy.landmarks is None:
        return {}
    folder = copy.landmarks / key
    name = f"{key.replace('/', '_')}_{frame:08}_landmarks.txt"
    if not (folder / name).is_file():
        there = numbered(folder, (".txt",), copy.root, copy.findings) if folder.is_dir() else {}
        if frame not in there:
            copy.findings.add("no landmarks", key, f"frame {frame} has no landmarks")
            return {}
        name = there[frame]
    points = read_frame(folder / name, copy.findings, relative(folder / name, copy.root))
    return {} if points is None else {frame: points}


def _facs(copy: _Copy, path: Path | None) -> tuple[Labels, Labels]:
    """Occurrence and intensity of one frame."""
    occurrence = Labels(
        UNITS, np.zeros((1, len(UNITS)), np.float32), np.zeros((1, len(UNITS)), bool)
    )
    if path is None:
        return occurrence, occurrence
    place, findings = relative(path, copy.root), copy.findings
    rows = parse(text_of(path).splitlines(), 2, findings, place)
    if not len(rows.line):
        findings.add("bad line", f"{place}:1", "no line is good, expected a unit and its intensity")
        return occurrence, occurrence
    grades = _grades(rows, findings, place)
    units = tuple(sorted({*UNITS, *grades}))
    grade = np.array([[grades.get(unit, 0.0) for unit in units]], np.float32)
    listed = np.array([[unit in grades for unit in units]])
    good = ~listed | np.isin(grade, range(6))
    return (
        Labels(units, (listed & good).astype(np.float32), good),
        Labels(units, np.where(good, grade, np.float32(0)), good & ~(listed & (grade == 0))),
    )


def _grades(rows: Rows, findings: Findings, place: str) -> dict[int, float]:
    """Intensity by unit; one that is out of range is noted, and given as it stands."""
    grades: dict[int, float] = {}
    for (code, grade), line in zip(rows.value.tolist(), rows.line.tolist(), strict=True):
        where = f"{place}:{line}"
        if code in OTHER_CODES:
            continue
        if code not in ALL_UNITS:
            findings.add("code out of range", where, f"{code:g} is no action unit")
        elif int(code) in grades:
            findings.add("duplicate", where, f"AU{code:g} came in a line before")
        else:
            grades[int(code)] = grade
            if grade not in range(6):
                what = f"AU{code:g} has intensity {grade:g}, expected 0 to 5"
                findings.add("code out of range", where, what)
    return grades


def _emotion(copy: _Copy, path: Path | None) -> Expressions:
    """The expression of one frame."""
    nothing = Expressions(CLASSES, np.zeros(1, np.int64), np.zeros(1, bool))
    if path is None:
        return nothing
    place = relative(path, copy.root)
    rows = parse(text_of(path).splitlines(), 1, copy.findings, place)
    if len(rows.line) != 1 or rows.value[0, 0] not in range(len(CLASSES)):
        came = ", ".join(f"{value:g}" for value in rows.value[:, 0]) or "nothing"
        copy.findings.add("code out of range", f"{place}:1", f"{came}, expected one number 0 to 7")
        return nothing
    return Expressions(CLASSES, rows.value[:, 0].astype(np.int64), np.ones(1, bool))


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of CK+: frames as PNG, labels of the last frame.

    Args:
        root: the folder to be.
        recordings: each is a sequence; units are listed from intensity 1 on, and one that ends
            without any unit has no FACS file, only its emotion.

    Raises:
        InputError: the folder holds something or cannot be written to, or there are more than
            134 persons.
    """
    persons = by_person(recordings, _PERSONS)
    with new_folder(root) as folder:
        for person, own in persons.items():
            for take, recording in enumerate(own, 1):
                _write_sequence(folder, f"{person}/{take:03}", recording)


def _write_sequence(root: Path, key: str, recording: Recording) -> None:
    """One sequence with its labels."""
    images, facs, landmarks, emotion = (
        root / names[0] / key for names in (_IMAGES, _FACS, _LANDMARKS, _EMOTION)
    )
    for folder in (images, facs, landmarks, emotion):
        folder.mkdir(parents=True)
    stem = key.replace("/", "_")
    for frame, image in enumerate(recording.images, 1):
        write_picture(images / f"{stem}_{frame:08}.png", image)
        lines = (f"   {x:.7e}   {y:.7e}\n" for x, y in recording.points[frame - 1].tolist())
        (landmarks / f"{stem}_{frame:08}_landmarks.txt").write_text("".join(lines))
    peak = f"{stem}_{len(recording.images):08}"
    grades = zip(recording.units, np.rint(recording.intensity[-1]).tolist(), strict=True)
    lines = (f"   {unit:.7e}   {grade:.7e}\n" for unit, grade in sorted(grades) if grade >= 1)
    if text := "".join(lines):
        (facs / f"{peak}_facs.txt").write_text(text)
    number = CLASSES.index(recording.expression)
    (emotion / f"{peak}_emotion.txt").write_text(f"   {number:.7e}\n")
