"""AffectNet with eight expressions: pictures and small arrays as since 2021, or the first lists.

Mollahosseini, Hasani, Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal
Computing in the Wild", IEEE Transactions on Affective Computing 10(1), 2019.

Known from public readers of the set: ``train_set/images/17.jpg`` is the face, and beside the folder
``train_set/annotations/17_exp.npy`` holds the number of its class, as a text, ``17_val.npy``,
``17_aro.npy`` and ``17_lnd.npy`` valence, arousal and landmarks, which are not read here. The 3,999
pictures of ``val_set`` are tested on: the set's own test part was never given out. Classes count
from 0; the older form of the set has 8 none, 9 uncertain and 10 no face as well, which are not
known here. Who is on a picture is not known: each picture is its own subject. A copy with the lists
of 2017 is read by `mien.data.affectnet_lists`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.data.affectnet_lists import has_lists, read_lists
from mien.data.arrayfile import DAMAGE
from mien.data.findings import Findings
from mien.data.folders import PICTURES, last_number, listing, need, note_many, relative
from mien.data.labels import STILL, Expressions, Index
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, stills, write_picture
from mien.errors import InputError

__all__ = ["CLASSES", "SEVEN", "read", "read_seven", "write"]

CLASSES = (
    "neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt",
)  # fmt: skip
"""Expressions by their numbers in the set."""
SEVEN = CLASSES[:7]
"""Those of publications with seven classes: without contempt."""
UNSAID = range(len(CLASSES), 11)
"""None, uncertain, no face."""

PARTS = {"train": "train_set", "test": "val_set"}
_IMAGES, _LABELS = "images", "annotations"
_END = "_exp.npy"


class _Row(NamedTuple):
    """A picture with its label."""

    path: str
    part: str
    number: int
    """Of the class, from 0."""
    known: bool


def read(root: Path, findings: Findings) -> Index:
    """The pictures of a copy, those to learn from first; a copy may lack one of the two sets.

    Args:
        root: the folder that holds ``train_set`` and ``val_set``, or the lists.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of AffectNet, or ``findings`` are strict and there is a
            fault.
    """
    if not any((root / name).is_dir() for name in PARTS.values()) and has_lists(root):
        return read_lists(root, CLASSES, findings)
    need(root, tuple(PARTS.values()), f"the folders {_IMAGES} and {_LABELS}")
    rows: list[_Row] = []
    for part, name in PARTS.items():
        if (root / name).is_dir():
            rows += _rows(root, part, findings)
    if not rows:
        raise InputError(f"{root} has no picture with a label; is the copy complete?")
    paths = tuple(row.path for row in rows)
    return Index(
        "affectnet",
        root,
        paths,
        np.full(len(rows), STILL, np.int64),
        np.array([last_number(path) or 0 for path in paths], np.int64),
        paths,
        paths,
        expression=Expressions(
            CLASSES,
            np.array([row.number for row in rows], np.int64),
            np.array([row.known for row in rows], bool),
        ),
        part=tuple(row.part for row in rows),
    )


def read_seven(root: Path, findings: Findings) -> Index:
    """The same with seven classes: what contempt shows is not known.

    Args:
        root: as of `read`.
        findings: where to note what is wrong.

    Raises:
        InputError: as `read`.
    """
    index = read(root, findings)
    said = index.expression
    if said is None:  # pragma: no cover - read gives them
        return index
    known = said.known & (said.value < len(SEVEN))
    seven = Expressions(SEVEN, np.where(known, said.value, 0), known)
    return replace(index, name="affectnet-seven", expression=seven)


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of AffectNet: the last frame of each recording.

    The first frame too, as neutral, where no unit is at work in it. Every third person is in
    ``val_set``.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    persons = by_person(recordings)
    with new_folder(root) as folder:
        for name in PARTS.values():
            (folder / name / _IMAGES).mkdir(parents=True)
            (folder / name / _LABELS).mkdir()
        count = 0
        for person, own in persons.items():
            base = folder / PARTS["test" if int(person) % 3 == 2 else "train"]
            for image, _, expression in stills(own, CLASSES):
                write_picture(base / _IMAGES / f"{count}.jpg", image)
                number = np.array(str(CLASSES.index(expression)))
                np.save(base / _LABELS / f"{count}{_END}", number)
                count += 1


def _rows(root: Path, part: str, findings: Findings) -> list[_Row]:
    """The labelled pictures of one of the two sets, in the order of their numbers."""
    base = root / PARTS[part]
    images = need(base, (_IMAGES,), "0.jpg and so on")
    labels = need(base, (_LABELS,), f"0{_END} and so on")
    said = {name.removesuffix(_END) for name in listing(labels, (_END,))}
    files = {name.rpartition(".")[0]: name for name in listing(images, PICTURES)}
    where = relative(images, root)
    if missing := sorted(said - files.keys(), key=_order):
        note_many(findings, "no picture", relative(labels, root), missing, "has no picture")
        findings.left_out += len(missing)
    if silent := sorted(files.keys() - said, key=_order):
        note_many(findings, "no label", where, [files[stem] for stem in silent], f"has no {_END}")
    rows = []
    for stem in sorted(files.keys() & said, key=_order):
        number = _label(labels / f"{stem}{_END}", root, findings)
        if number is None:
            findings.left_out += 1
            continue
        known = number < len(CLASSES)
        rows.append(_Row(f"{where}/{files[stem]}", part, number if known else 0, known))
    return rows


def _label(path: Path, root: Path, findings: Findings) -> int | None:
    """The number of the class in a file; None if it is none, and that is noted."""
    place = relative(path, root)
    try:
        with path.open("rb") as file:  # of this one format; np.load would open archives too
            text = str(np.lib.format.read_array(file, allow_pickle=False).item())
    except DAMAGE as error:
        findings.add("bad line", place, f"cannot be read as one number ({error})")
        return None
    if not text.isdecimal() or int(text) > UNSAID[-1]:
        findings.add("code out of range", place, f"class {text[:20]!r}, expected 0 to 7")
        return None
    return int(text)


def _order(stem: str) -> tuple[int, str]:
    """Stems by their numbers: 2 before 10."""
    return (int(stem) if stem.isdecimal() else -1, stem)
