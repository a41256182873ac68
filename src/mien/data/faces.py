"""A folder of pictures of faces, whatever their names: nothing is said of them.

To learn from without labels, as masked auto-encoders do. Pictures may lie in folders below it, at
any depth; names that begin with a dot are passed over. Who is on a picture is not known: each
picture is its own subject.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import PICTURES, check_root, relative
from mien.data.labels import STILL, Index
from mien.data.recording import Recording
from mien.data.writing import by_person, new_folder, write_picture
from mien.errors import InputError

__all__ = ["read", "write"]


def read(root: Path, findings: Findings) -> Index:
    """All pictures of a folder and of the folders below it, in the order of their paths.

    Args:
        root: the folder.
        findings: where to note what is wrong; here nothing can be.

    Raises:
        InputError: the folder is missing, cannot be read, or holds no picture.
    """
    del findings
    paths = sorted(_pictures(check_root(root)))
    if not paths:
        raise InputError(
            f"{root} holds no picture, expected some in it or in folders below it: "
            f"{', '.join(sorted(PICTURES))}"
        )
    return Index(
        "faces",
        root,
        tuple(paths),
        np.full(len(paths), STILL, np.int64),
        np.arange(len(paths), dtype=np.int64),
        tuple(paths),
        tuple(paths),
    )


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Write all frames, a folder for each person.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    names = [f"{person:05}" for person in range(100_000)]
    with new_folder(root) as folder:
        for person, own in by_person(recordings, names).items():
            (folder / person).mkdir()
            images = [image for recording in own for image in recording.images]
            for number, image in enumerate(images):
                write_picture(folder / person / f"{number:05}.jpg", image)


def _pictures(root: Path) -> list[str]:
    """Paths of the pictures below a folder, relative to it."""

    def stop(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read ({error.strerror or error})") from error

    found: list[str] = []
    for place, folders, names in os.walk(root, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            relative(Path(place, name), root)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURES
        ]
    return found
