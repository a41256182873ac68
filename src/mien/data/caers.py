"""CAER-S: stills of television series in seven expressions, a folder for each.

Lee, Kim, Kim, Park, Sohn, "Context-Aware Emotion Recognition Networks", ICCV 2019.

Known from public readers of the set: ``train/Anger/0001.png``, ``test/Anger/0001.png``, classes in
the order of their folders' names. The authors of POSTER V2 name the testing part ``valid``; where a
copy has both, that one is for validation. Who is on a picture is not known: each picture is its own
subject.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import (
    PICTURES,
    check_root,
    folders,
    last_number,
    listing,
    need,
    note_many,
    relative,
)
from mien.data.labels import STILL, Expressions, Index
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, stills, write_picture
from mien.errors import InputError

__all__ = ["CLASSES", "FOLDERS", "read", "write"]

FOLDERS = ("Anger", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
"""Folders of the classes, in the order of their numbers."""
CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The same, as they are called elsewhere here."""

TRAIN = "train"
HELD = ("valid", "val", "validation")
"""Names of a part that is for testing if there is no other, else for validation."""
TEST = "test"


def read(root: Path, findings: Findings) -> Index:
    """All pictures of a copy.

    Args:
        root: the folder that holds ``train`` and ``test``.
        findings: where to note what is wrong.

    Raises:
        InputError: the folder is no copy of CAER-S, or ``findings`` are strict and there is a
            fault.
    """
    check_root(root)
    need(root, (TRAIN,), "folders of expressions such as Anger")
    paths: list[str] = []
    values: list[int] = []
    parts: list[str] = []
    for part, name in _parts(root, findings):
        for number, folder in _classes(root / name, root, findings):
            names = listing(folder, PICTURES)
            paths += [f"{relative(folder, root)}/{one}" for one in names]
            values += [number] * len(names)
            parts += [part] * len(names)
    if not paths:
        raise InputError(f"{root} has no picture in its folders of expressions, expected e.g. "
                         f"{TRAIN}/{FOLDERS[0]}/0001.png; is the copy complete?")  # fmt: skip
    own = tuple(path.rpartition(".")[0] for path in paths)
    return Index(
        "caers",
        root,
        tuple(paths),
        np.full(len(paths), STILL, np.int64),
        np.array([last_number(path.rpartition("/")[2]) or 0 for path in paths], np.int64),
        own,
        own,
        expression=Expressions(CLASSES, np.array(values, np.int64), np.ones(len(paths), bool)),
        part=tuple(parts),
    )


def _parts(root: Path, findings: Findings) -> Iterator[tuple[str, str]]:
    """Each part that is there with its folders."""
    there = _spelled(root, (TRAIN, *HELD, TEST), root, findings)
    held = [name for known in HELD for name in there.get(known, ())]
    for part, names in (
        (TRAIN, there[TRAIN]),
        ("validate" if TEST in there else TEST, held),
        (TEST, there.get(TEST, ())),
    ):
        yield from ((part, name) for name in names)


def _classes(part: Path, root: Path, findings: Findings) -> Iterator[tuple[int, Path]]:
    """Each class that is there with its folders; what is no class is noted."""
    known = {name.lower(): number for number, name in enumerate(FOLDERS)}
    there = _spelled(part, known, root, findings)
    if strange := [name for key, names in there.items() if key not in known for name in names]:
        listed = ", ".join(FOLDERS)
        note_many(
            findings,
            "code out of range",
            relative(part, root),
            strange,
            f"is no class of CAER-S, expected {listed}",
        )
    if missing := [name for name in known if name not in there]:
        note_many(
            findings,
            "no picture",
            relative(part, root),
            [FOLDERS[known[name]] for name in missing],
            "is missing: there are no pictures of this class",
        )
    for key in sorted(there.keys() & known.keys()):
        yield from ((known[key], part / name) for name in there[key])


def _spelled(
    folder: Path, known: Collection[str], root: Path, findings: Findings
) -> dict[str, list[str]]:
    """The folders in a folder by their names in small letters; two of one known name are noted."""
    there: dict[str, list[str]] = {}
    for name in folders(folder):
        there.setdefault(name.lower(), []).append(name)
    for first, *more in (names for key, names in there.items() if key in known):
        for name in more:
            what = f"is the same name as {first}, and both are read; make one folder of them"
            findings.add("duplicate", relative(folder / name, root), what)
    return there


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder in the format of CAER-S: the last frame of each recording as it is.

    The first frame too, as neutral, where no unit is at work in it. Every third person is in the
    test part. CAER-S has no contempt: such recordings give their neutral frame only.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    persons = by_person(recordings)
    with new_folder(root) as folder:
        count: dict[tuple[str, str], int] = {}
        for part in (TRAIN, TEST):
            for name in FOLDERS:
                (folder / part / name).mkdir(parents=True)
        for person, own in persons.items():
            part = TEST if int(person) % 3 == 2 else TRAIN
            for image, _, expression in stills(own, CLASSES):
                name = FOLDERS[CLASSES.index(expression)]
                count[part, name] = number = count.get((part, name), 0) + 1
                write_picture(folder / part / name / f"{number:04}.png", image)
