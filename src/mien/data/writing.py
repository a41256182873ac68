"""What the writers of all formats share: a new folder, names for persons, and pictures."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

from PIL import Image as Picture

from mien.data.recording import Recording
from mien.errors import InputError
from mien.files import cannot_write, whole_file
from mien.values import Float32, Image

__all__ = ["by_person", "check_new", "in_turn", "new_folder", "stills", "write_picture"]

QUALITY = 95
NUMBERS = tuple(str(person) for person in range(100_000))
"""Names of persons in sets that do not name them."""


@contextmanager
def new_folder(root: Path) -> Iterator[Path]:
    """Give a temporary folder; it becomes ``root`` when all went well, else nothing is left.

    Args:
        root: the folder to be; what holds something is never written over.

    Raises:
        InputError: ``root`` is a file, holds something, or cannot be made or written to.
    """
    check_new(root)
    partial = root.with_name(f".{root.name}.{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        yield partial
        if root.exists():
            root.rmdir()
        partial.rename(root)
    except OSError as error:
        raise cannot_write(root, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_new(root: Path) -> None:
    """Make sure that a folder is empty or missing.

    Raises:
        InputError: it is a file, or holds something.
    """
    if root.exists() and not (root.is_dir() and next(root.iterdir(), None) is None):
        raise InputError(f"{root} is there already and not empty; write to a new folder")


def by_person(
    recordings: Sequence[Recording], names: Sequence[str] = NUMBERS
) -> dict[str, list[Recording]]:
    """The recordings of each person under a name, persons in the order of their numbers.

    Args:
        recordings: of all persons.
        names: for the persons; those of the set, or numbers from 0.

    Raises:
        InputError: there are more persons than names, or none.
    """
    persons = sorted({recording.person for recording in recordings})
    if not 0 < len(persons) <= len(names):
        raise InputError(
            f"there are recordings of {len(persons)} persons, expected 1 to {len(names)}"
        )
    return {
        name: [recording for recording in recordings if recording.person == person]
        for person, name in zip(persons, names, strict=False)
    }


def stills(
    recordings: Sequence[Recording], classes: Sequence[str]
) -> list[tuple[Image, Float32, str]]:
    """Picture, landmarks and expression of the frames that become pictures of a set of stills.

    The last frame of each recording, and the first as neutral where no unit is at work in it.

    Args:
        recordings: of one person.
        classes: expressions that the set knows; recordings of others give their neutral frame only.
    """
    found: list[tuple[Image, Float32, str]] = []
    for one in recordings:
        if one.expression in classes:
            found.append((one.images[-1], one.points[-1], one.expression))
        if len(one.images) > 1 and not one.intensity[0].any():
            found.append((one.images[0], one.points[0], "neutral"))
    return found


def in_turn(parts: Sequence[Sequence[str]]) -> list[str]:
    """Names out of each part in turn: the first persons then are of different folds.

    >>> in_turn([["a", "b"], ["c"]])
    ['a', 'c', 'b']
    """
    return [name for row in zip_longest(*parts) for name in row if name is not None]


def write_picture(path: Path, image: Image) -> None:
    """Write a picture of a set, with the folders that lead to it; it appears when it is complete.

    The suffix says the kind: .png as it is, .jpg nearly so. What `mien.video.writer` writes is to
    be looked at, and smaller.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            # a PNG has neither, and is written as it is
            Picture.fromarray(image).save(partial, quality=QUALITY, subsampling=0)
    except OSError as error:
        raise cannot_write(path, error) from error
