"""Pictures with a table, written: the folder that `mien.data.table` reads."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from mien.data.folders import new_folder
from mien.data.recording import Recording
from mien.files import cannot_write, whole_file
from mien.values import Float32, Image

__all__ = ["unit_columns", "write_picture", "write_recordings", "write_table"]

QUALITY = 95
"""Of the JPEG pictures, 0-100; colours are not thinned out."""


def write_recordings(root: Path, recordings: Sequence[Recording]) -> None:
    """Write a folder of pictures with labels.csv; the table comes last, when all is there.

    Raises:
        InputError: the folder holds something or cannot be written to.
    """
    new_folder(root)
    rows: list[dict[str, object]] = []
    count: dict[int, int] = {}
    for recording in recordings:
        count[recording.person] = count.get(recording.person, 0) + 1
        subject, sequence = f"P{recording.person + 1:03d}", f"R{count[recording.person]}"
        for number, image in enumerate(recording.images):
            path = f"{subject}/{sequence}/{number:04d}.jpg"
            write_picture(root / path, image)
            last = number == len(recording.images) - 1
            rows.append(
                {"path": path, "subject": subject, "sequence": f"{subject}/{sequence}",
                 "number": number, "expression": recording.expression if last else ""}
                | unit_columns(recording.units, recording.intensity[number], occurrence=True)
                | _box(recording.points[number])
            )  # fmt: skip
    write_table(root / "labels.csv", rows)


def write_picture(path: Path, image: Image) -> None:
    """Write one picture, with the folders that lead to it; it appears when it is complete.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            Picture.fromarray(image).save(partial, quality=QUALITY, subsampling=0)
    except OSError as error:
        raise cannot_write(path, error) from error


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


def unit_columns(
    units: Sequence[int], intensity: Float32, *, occurrence: bool = False
) -> dict[str, object]:
    """The cells of one picture's units, by column.

    Args:
        units: their numbers.
        intensity: (k,), 0-5; NaN is unknown.
        occurrence: also say which are present, from intensity 1 (A) on.
    """
    cells: dict[str, object] = {}
    for unit, value in zip(units, intensity.tolist(), strict=True):
        cells[f"AU{unit}"] = "" if np.isnan(value) else f"{value:.4g}"
    if occurrence:
        for unit, value in zip(units, intensity.tolist(), strict=True):
            cells[f"AU{unit}_p"] = "" if np.isnan(value) else int(value >= 1)
    return cells


def _box(points: Float32) -> dict[str, object]:
    """The box around the landmarks."""
    corners = [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
    return {name: f"{value:.1f}" for name, value in zip(("x0", "y0", "x1", "y1"), corners,
                                                        strict=True)}  # fmt: skip
