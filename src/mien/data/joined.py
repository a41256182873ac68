"""Several data sets in one folder, each in a folder of its name, as one set with gaps.

``joined/disfa``, ``joined/bp4d`` and ``joined/affectnet`` say intensity, presence and expression of
different pictures: what one set does not say is not known of its pictures. For networks that say
all three from one pass. Persons keep their names, so that two sets with the same person, such as a
set and a table made of it, never have that person on both sides. Landmarks, which differ from set
to set, are left out: faces are aligned by the mesh, or taken whole.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.data import DATASETS, data_set
from mien.data.affectnet import CLASSES
from mien.data.findings import Findings
from mien.data.folders import check_root
from mien.data.joining import join
from mien.data.labels import Expressions, Index
from mien.data.recording import Recording
from mien.data.writing import new_folder
from mien.errors import InputError

__all__ = ["PARTS", "read", "write"]

NAME = "joined"
PARTS = ("affectnet", "bp4d", "disfa")
"""What an example is made of."""


def read(root: Path, findings: Findings) -> Index:
    """The pictures of every set in the folder, in the order of the sets' names.

    Args:
        root: holds a folder for each set, by its name in `mien.data.DATASETS`; others are not read.
        findings: where to note what is wrong; places are led by the name of the set.

    Raises:
        InputError: there is no such folder, a set is not in its format, or ``findings`` are strict
            and there is a fault.
    """
    check_root(root)
    names = sorted(one.name for one in root.iterdir() if one.is_dir() and one.name in DATASETS)
    if not names:
        raise InputError(
            f"{root} holds no copy of a data set, expected folders with the names of some, such as "
            f"{', '.join(PARTS)}; put a copy of each there, or a link to it"
        )
    parts = []
    for name in names:
        own = _Placed(findings, name)
        parts.append(_part(name, root, data_set(name).read(root / name, own)))
        findings.left_out += own.left_out
    return join(NAME, root, _of_same_classes(parts))


def write(root: Path, recordings: Sequence[Recording]) -> None:
    """Make a folder with a set of each kind; each has its share of the persons.

    Args:
        root: the folder to be.
        recordings: what was recorded of whom.

    Raises:
        InputError: there are fewer persons than sets, or the folder holds something or cannot be
            written to.
    """
    persons = sorted({one.person for one in recordings})
    if len(persons) < len(PARTS):
        raise InputError(
            f"there are recordings of {len(persons)} persons, expected at least {len(PARTS)}: one "
            "for each set"
        )
    with new_folder(root) as folder:
        for number, name in enumerate(PARTS):
            mine = set(persons[number :: len(PARTS)])
            data_set(name).write(folder / name, [one for one in recordings if one.person in mine])


class _Placed(Findings):
    """Findings of one set, passed on with its name before their places."""

    def __init__(self, whole: Findings, name: str) -> None:
        super().__init__()
        self._whole, self._name = whole, name

    def add(self, kind: str, place: str, what: str, count: int = 1) -> None:
        """Pass a finding on."""
        self._whole.add(kind, f"{self._name}/{place}", what, count)


def _part(name: str, root: Path, index: Index) -> Index:
    """The pictures of one set from the common folder."""
    return replace(
        index,
        name=NAME,
        root=root,
        path=tuple(f"{name}/{path}" for path in index.path),
        sequence=tuple(f"{name}/{one}" for one in index.sequence),
        points=None,
        part=None,
    )


def _of_same_classes(parts: Sequence[Index]) -> list[Index]:
    """The same with one list of expressions: AffectNet's, and others by the alphabet."""
    said = {one for part in parts if part.expression for one in part.expression.classes}
    classes = (*(one for one in CLASSES if one in said), *sorted(said - set(CLASSES)))
    found = []
    for part in parts:
        if (one := part.expression) is not None:
            place = np.array([classes.index(name) for name in one.classes], np.int64)
            value = np.where(one.known, place[one.value], 0)
            part = replace(part, expression=Expressions(classes, value, one.known))
        found.append(part)
    return found
