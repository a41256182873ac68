"""What is known of pictures: labels with a mask, and the index of a data set, one row a picture.

A label that is missing is ``known = False``: never 9, -1 or 0. Code numbers of data sets are
translated in the one function that reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.values import Float32

__all__ = ["STILL", "Expressions", "Index", "Labels", "Points", "take"]

STILL = -1
"""Frame of a row whose file is a picture."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Numbers for n pictures and k action units, some of them not known."""

    units: tuple[int, ...]
    """Numbers of the action units, in column order."""
    value: Float32
    """(n, k): 0 or 1 for occurrence, 0-5 for intensity; 0 where it is not known."""
    known: NDArray[np.bool_]
    """(n, k)."""

    def __post_init__(self) -> None:
        shape = (len(self.value), len(self.units))
        if self.value.shape != shape or self.known.shape != shape:
            raise ShapeError(
                f"labels of shape {self.value.shape}, mask of shape {self.known.shape}, "
                f"{len(self.units)} units; expected (n, {len(self.units)}) for both"
            )

    def of(self, units: Sequence[int]) -> "Labels":
        """The columns of some units, in their order; one without a column is not known."""
        value = np.zeros((len(self.value), len(units)), np.float32)
        known = np.zeros(value.shape, bool)
        for column, unit in enumerate(units):
            if unit in self.units:
                place = self.units.index(unit)
                value[:, column], known[:, column] = self.value[:, place], self.known[:, place]
        return Labels(tuple(units), value, known)

    def present(self, threshold: float) -> "Labels":
        """Intensities as occurrence: present from ``threshold`` on."""
        value = ((self.value >= threshold) & self.known).astype(np.float32)
        return Labels(self.units, value, self.known)

    def take(self, rows: NDArray[np.intp]) -> "Labels":
        """Only some pictures."""
        return Labels(self.units, self.value[rows], self.known[rows])


@dataclass(frozen=True, eq=False)
class Expressions:
    """The expression class of n pictures, some of them not known."""

    classes: tuple[str, ...]
    """Names of the classes, by number."""
    value: NDArray[np.int64]
    """(n,): number of the class; 0 where it is not known."""
    known: NDArray[np.bool_]
    """(n,)."""

    def take(self, rows: NDArray[np.intp]) -> "Expressions":
        """Only some pictures."""
        return Expressions(self.classes, self.value[rows], self.known[rows])


@dataclass(frozen=True, eq=False)
class Points:
    """The landmarks that a data set brings for n pictures, some of them missing."""

    scheme: str
    """"49", "66" or "68", see `mien.face.landmarks.SCHEMES`."""
    value: Float32
    """(n, p, 2) pixels of the picture, the centre of the top left pixel is (0, 0); 0 if missing."""
    known: NDArray[np.bool_]
    """(n,)."""

    def take(self, rows: NDArray[np.intp]) -> "Points":
        """Only some pictures."""
        return Points(self.scheme, self.value[rows], self.known[rows])


@dataclass(frozen=True, eq=False)
class Index:
    """n pictures of a data set with all that it says of them. What a set lacks is None."""

    name: str
    """Name of the data set in `mien.data.DATASETS`."""
    root: Path
    """The folder that ``path`` starts from."""
    path: tuple[str, ...]
    """(n): picture, or video, relative to ``root``, with forward slashes."""
    frame: NDArray[np.int64]
    """(n,): number of the frame in a video, from 0; STILL for a picture."""
    number: NDArray[np.int64]
    """(n,): number that the data set gives to the frame in its sequence, as in its label files."""
    subject: tuple[str, ...]
    """(n): the person."""
    sequence: tuple[str, ...]
    """(n): the recording, such as F001/T1; unique in the data set."""
    occurrence: Labels | None = None
    intensity: Labels | None = None
    expression: Expressions | None = None
    points: Points | None = None
    box: Float32 | None = None
    """(n, 4): x0, y0, x1, y1 of the face that is meant, in pixels; NaN where there is none."""
    part: tuple[str, ...] | None = None
    """(n): the set's own division, such as "train" and "test"."""

    def __len__(self) -> int:
        return len(self.path)

    def __post_init__(self) -> None:
        columns = (self.frame, self.number, self.subject, self.sequence, self.box, self.part)
        sizes = {len(column) for column in columns if column is not None}
        sizes |= {
            len(table.value)
            for table in (self.occurrence, self.intensity, self.expression, self.points)
            if table is not None
        }
        if sizes - {len(self.path)}:
            raise ShapeError(
                f"the index of {self.name} has {len(self.path)} pictures and columns of "
                f"{', '.join(map(str, sorted(sizes)))} rows; expected the same number"
            )

    def take(self, rows: NDArray[np.intp]) -> "Index":
        """Only some pictures, in the order asked for."""
        return Index(
            self.name,
            self.root,
            take(self.path, rows),
            self.frame[rows],
            self.number[rows],
            take(self.subject, rows),
            take(self.sequence, rows),
            None if self.occurrence is None else self.occurrence.take(rows),
            None if self.intensity is None else self.intensity.take(rows),
            None if self.expression is None else self.expression.take(rows),
            None if self.points is None else self.points.take(rows),
            None if self.box is None else self.box[rows],
            None if self.part is None else take(self.part, rows),
        )


def take(values: tuple[str, ...], rows: NDArray[np.intp]) -> tuple[str, ...]:
    """Some of the values, in the order asked for."""
    return tuple(values[int(row)] for row in rows)
