"""Pictures with a table, written: the folder that `mien.data.table` reads."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mien.data.recording import Recording
from mien.data.writing import new_folder, write_picture
from mien.facs.units import ACTIVE
from mien.files import cannot_write, whole_file
from mien.values import Float32

__all__ = ["BOX", "unit_columns", "write_recordings", "write_table"]

BOX = ("x0", "y0", "x1", "y1")
"""Columns of the face that is meant."""


def write_recordings(root: Path, recordings: Sequence[Recording]) -> None:
    """Write a folder of pictures with labels.csv; the table comes last, when all is there.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    with new_folder(root) as folder:
        write_table(folder / "labels.csv", _rows(folder, recordings))


def _rows(folder: Path, recordings: Sequence[Recording]) -> Iterator[dict[str, object]]:
    """Write the pictures; their rows."""
    count: dict[int, int] = {}
    for recording in recordings:
        count[recording.person] = count.get(recording.person, 0) + 1
        subject, name = f"P{recording.person + 1:03d}", f"R{count[recording.person]}"
        for number, image in enumerate(recording.images):
            path = f"{subject}/{name}/{number:04d}.jpg"
            write_picture(folder / path, image)
            last = number == len(recording.images) - 1
            yield (
                {"path": path, "subject": subject, "sequence": f"{subject}/{name}"}
                | {"number": number, "expression": recording.expression if last else ""}
                | unit_columns(recording.units, recording.intensity[number])
                | _box(recording.points[number])
            )


def write_table(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table, with the columns that any of the rows has, in the order of their coming.

    Raises:
        InputError: it cannot be written.
    """
    every = list(rows)
    names = list(dict.fromkeys(name for row in every for name in row))
    with whole_file(path) as partial:
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(every)
        except OSError as error:
            raise cannot_write(path, error) from error


def unit_columns(units: Sequence[int], intensity: Float32) -> dict[str, object]:
    """The cells of one picture's units: intensity 0-5, and occurrence from 1 (A) on."""
    pairs = list(zip(units, intensity.tolist(), strict=True))
    strong: dict[str, object] = {f"AU{unit}": f"{value:.4g}" for unit, value in pairs}
    return strong | {f"AU{unit}_p": int(value >= ACTIVE) for unit, value in pairs}


def _box(points: Float32) -> dict[str, object]:
    """The box around the landmarks."""
    corners = [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
    return {name: f"{value:.1f}" for name, value in zip(BOX, corners, strict=True)}
