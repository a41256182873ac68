"""DISFA as it is given out: videos of the left camera or their frames, intensities, landmarks.

Mavadati et al., "DISFA: a spontaneous facial action intensity database", IEEE Transactions on
Affective Computing 4 (2013).

Known from public readers of the set: ``ActionUnit_Labels/SN001/SN001_au1.txt`` has lines
``frame,intensity``, frames from 1, intensities 0-5; 4845 lines a person, 4844 for SN010;
``Landmark_Points/SN001/tmp_frame_lm/SN001_0000_lm.mat``, of some persons ``l00001_lm.mat``, hold 66
points ``pts`` that count pixels from 1. Names with SN count frames from 0. For the others, and for
extracted frames, the copy itself says it: they count from 0 where there is a frame 0, else from 1.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

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
from mien.data.landmark_files import SUFFIXES, points_of, read_frame
from mien.data.matfile import write_mat
from mien.data.published import DISFA_PARTS
from mien.data.recording import Recording
from mien.data.writing import by_person, in_turn, new_folder
from mien.errors import InputError, UnreadableSource
from mien.face.landmarks import reduce
from mien.facs.coded import DISFA_INTENSITY
from mien.video.reader import open_source

__all__ = ["UNITS", "read", "write"]

UNITS = DISFA_INTENSITY

CODES = (0, 1, 2, 3, 4, 5)
FIRST_PIXEL = 1
RATE = 20
"""Frames per second of the set's videos."""

_LABELS = ("ActionUnit_Labels", "Labels")
_VIDEOS = ("Videos_LeftCamera", "Video_LeftCamera", "Videos", "videos", ".")
_FRAMES = ("Images/Left", "Images", "images", "Frames", "frames", "img", "Videos_LeftCamera", ".")
_LANDMARKS = ("Landmark_Points", "Landmarks", "landmarks")
_SUFFIXES = (".avi", ".mp4", ".mkv", ".mov")
_PERSON = re.compile(r"SN\d{3}")
_UNIT_FILE = re.compile(r"(SN\d{3})_au(\d+)\.txt", re.IGNORECASE)


class _Pictures(NamedTuple):
    """The pictures of one person."""

    video: Path | None
    folder: Path | None
    """With extracted frames."""
    names: dict[int, str]
    """By the number in the name of the frame."""


def read(root: Path, findings: Findings) -> Index:
    """All labelled frames of a copy: of a person's extracted frames if there are some, else videos.

    Args:
        root: the folder with ``ActionUnit_Labels``, ``Videos_LeftCamera`` (or ``SN001/0.png`` and
            so on, in ``Images`` or beside) and, if you have it, ``Landmark_Points``.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of DISFA, or ``findings`` are strict and there is a fault.
    """
    labels = need(root, _LABELS, "the intensities SN001/SN001_au1.txt and so on")
    pictures = _all_pictures(root, findings)
    if not pictures:
        raise InputError(
            f"{root} has neither videos {_VIDEOS[0]}/LeftVideoSN001_comp.avi and so on nor frames "
            "SN001/0.png and so on; is the copy complete?"
        )
    first = _first_frame(pictures, root, findings)
    landmarks = find(root, _LANDMARKS)
    parts = []
    persons = {name for name in folders(labels) if _PERSON.fullmatch(name)}
    for person in sorted(persons | pictures.keys()):
        files = _label_files(labels / person, person, root, findings) if person in persons else []
        part = _person(root, person, pictures.get(person), (files, first), findings)
        if part is not None:
            parts.append(_with_landmarks(part, landmarks, person, findings))
    index = join("disfa", root, parts)
    if not len(index):
        raise InputError(f"{root} has no picture with labels; is the copy complete?")
    return replace(index, intensity=known_units(index.intensity))


def _all_pictures(root: Path, findings: Findings) -> dict[str, _Pictures]:
    """Videos and frame folders by person; those of the right camera are left out."""
    found: dict[str, _Pictures] = {}
    for place in dict.fromkeys(root / name for name in _VIDEOS if (root / name).is_dir()):
        for name in listing(place, _SUFFIXES):
            person = _PERSON.search(name)
            if person and "right" not in name.lower():
                found.setdefault(person[0], _Pictures(place / name, None, {}))
    for place in (root / name for name in _FRAMES if (root / name).is_dir()):
        for name in folders(place):
            person = _PERSON.search(name)
            if not person or "right" in name.lower() or _has_frames(found.get(person[0])):
                continue
            if names := numbered(place / name, PICTURES, root, findings):
                found[person[0]] = _Pictures(None, place / name, names)
    return found


def _has_frames(pictures: _Pictures | None) -> bool:
    return pictures is not None and pictures.folder is not None


def _first_frame(pictures: dict[str, _Pictures], root: Path, findings: Findings) -> int:
    """The number that the first of a person's extracted frames has in its name, 0 or 1."""
    lowest = {name: min(one.names) for name, one in pictures.items() if one.names}
    first = min(1, min(lowest.values(), default=0))
    for name, low in lowest.items():
        folder = pictures[name].folder
        if first == 0 and low == 1 and folder is not None:
            findings.add(
                "frames differ",
                relative(folder, root),
                "frames begin with 1, those of other persons with 0; 0 is taken as the first of "
                "all, so these are taken to lack their first",
            )
    return first


def _label_files(folder: Path, person: str, root: Path, findings: Findings) -> list[Coded]:
    """The label files of a person, each of the unit in its own name, units in rising order."""
    found: dict[int, Coded] = {}
    for name in listing(folder):
        match, place = _UNIT_FILE.fullmatch(name), relative(folder / name, root)
        if match is None or int(match[2]) not in UNITS:
            findings.add("stray", place, f"is no file {person}_au1.txt; it is not read")
        elif match[1].upper() != person:
            findings.add("frames differ", place, f"is named after another person than {person}")
        else:
            unit = int(match[2])
            rows = frame_lines(text_of(folder / name).splitlines(), 2, findings, place)
            found[unit] = coded(rows, UnitFile({unit: 1}, CODES, None), findings, place)
    for unit in sorted(set(UNITS) - found.keys()):
        place = relative(folder / f"{person}_au{unit}.txt", root)
        findings.add("no label", place, "is missing; the unit is not known for this person")
    return [found[unit] for unit in sorted(found)]


def _person(
    root: Path,
    person: str,
    pictures: _Pictures | None,
    labels: tuple[list[Coded], int],
    findings: Findings,
) -> Index | None:
    """The labelled frames of one person; None if there are none."""
    files, first = labels
    _compare(person, files, findings)
    known = {number for file in files for number in file.frame.tolist()}
    there = _frames_there(pictures, known, first, findings) if pictures else set()
    if missing := known - there:
        what = f"frames {ranges(missing)} have labels and no picture"
        findings.add("no picture", person, what, len(missing))
        findings.left_out += len(missing)
    if extra := there - known:
        what = f"{len(extra)} pictures have no label: {ranges(extra)}"
        findings.add("no label", person, what, len(extra))
    number = np.array(sorted(known & there), np.int64)
    if pictures is None or not len(number):
        return None
    if pictures.folder is not None:
        where = relative(pictures.folder, root)
        path = tuple(f"{where}/{pictures.names[n - 1 + first]}" for n in number.tolist())
        frame = np.full(len(number), STILL, np.int64)
    else:
        path = (relative(pictures.video or root, root),) * len(number)
        frame = number - 1
    return Index(
        "disfa",
        root,
        path,
        frame,
        number,
        (person,) * len(number),
        (person,) * len(number),
        intensity=labels_at(number, files),
    )


def _compare(person: str, files: list[Coded], findings: Findings) -> None:
    """The files of a person must have the same frames."""
    for file in files[1:]:
        if not np.array_equal(np.sort(file.frame), np.sort(files[0].frame)):
            findings.add(
                "frames differ",
                person,
                f"AU{file.units[0]} has labels of {len(file.frame)} frames, AU{files[0].units[0]} "
                f"of {len(files[0].frame)}; expected the same frames",
            )


def _frames_there(pictures: _Pictures, known: set[int], first: int, findings: Findings) -> set[int]:
    """The numbers, as in the label files, of the frames of a person that there are."""
    if pictures.video is None:
        return {name + 1 - first for name in pictures.names}
    try:
        with open_source(pictures.video) as video:
            count = video.frames_in_container
    except UnreadableSource as error:
        findings.add("unreadable picture", pictures.video.name, str(error))
        return set()
    return known if count is None else set(range(1, count + 1))


def _with_landmarks(part: Index, folder: Path | None, person: str, findings: Findings) -> Index:
    """The frames of a person with their landmarks."""
    if folder is None:
        return part
    numbers = part.number.tolist()
    points = _landmarks(folder / person, part.root, numbers, findings)
    known = np.zeros(len(part), bool) if points is None else points.known
    if missing := part.number[~known].tolist():
        what = f"{len(missing)} labelled frames have none: {ranges(missing)}"
        findings.add("no landmarks", person, what, len(missing))
    return replace(part, points=points)


def _landmarks(folder: Path, root: Path, numbers: list[int], findings: Findings) -> Points | None:
    """The landmarks of some frames of a person, numbered as in the label files."""
    if not folder.is_dir():
        return None
    if not listing(folder, SUFFIXES):
        inner = folders(folder)
        folder = folder / inner[0] if inner else folder
    names = numbered(folder, SUFFIXES, root, findings)
    if not names:
        return None
    named = all(name.upper().startswith("SN") for name in names.values())
    first = 0 if named else min(1, min(names))
    found = {}
    for number in numbers:
        if name := names.get(number - 1 + first):
            points = read_frame(folder / name, findings, relative(folder / name, root))
            if points is not None:
                found[number] = points
    return points_of(found, numbers, FIRST_PIXEL)


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of DISFA, with videos; the first persons are of different folds.

    Args:
        root: the folder to be.
        recordings: those of one person follow each other in the person's video; their pictures
            must be of one size.

    Raises:
        InputError: the folder holds something or cannot be written to, or there are more than 27
            persons.
    """
    persons = by_person(recordings, in_turn(DISFA_PARTS))
    with new_folder(root) as folder:
        (folder / _VIDEOS[0]).mkdir()
        for person, own in persons.items():
            _write_labels(folder / _LABELS[0] / person, person, own)
            points = np.concatenate([recording.points for recording in own])
            place = folder / _LANDMARKS[0] / person / "tmp_frame_lm"
            place.mkdir(parents=True)
            for frame, one in enumerate(reduce(points, "68", "66")):
                matrix = one.astype(np.float64) + FIRST_PIXEL
                write_mat(place / f"{person}_{frame:04}_lm.mat", "pts", matrix)
            images = [image for recording in own for image in recording.images]
            _write_video(folder / _VIDEOS[0] / f"LeftVideo{person}_comp.avi", images)


def _write_labels(folder: Path, person: str, own: list[Recording]) -> None:
    """One file a unit."""
    folder.mkdir(parents=True)
    for unit in UNITS:
        grades: list[int] = []
        for recording in own:
            if unit in recording.units:
                column = recording.intensity[:, recording.units.index(unit)]
                grades += np.rint(column).astype(int).tolist()
            else:
                grades += [0] * len(recording.images)
        lines = (f"{frame},{grade}\n" for frame, grade in enumerate(grades, 1))
        (folder / f"{person}_au{unit}.txt").write_text("".join(lines))


def _write_video(path: Path, images: list[NDArray[np.uint8]]) -> None:
    """Frames as single JPEG pictures in an AVI, so that every frame can be found again."""
    height, width = images[0].shape[:2]
    with av.open(str(path), "w", format="avi") as container:
        stream: VideoStream = container.add_stream("mjpeg", rate=Fraction(RATE))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj444p"
        stream.options = {"qmin": "2", "qmax": "2"}
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
