"""Landmarks in the files that data sets bring: text, CSV or MATLAB, of a frame or of a sequence."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mien.data.findings import Findings
from mien.data.folders import text_of
from mien.data.framecodes import frame_lines
from mien.data.labels import Points
from mien.data.matfile import Value, read_mat
from mien.data.numbers import parse
from mien.errors import InputError
from mien.values import Float32

__all__ = ["COUNTS", "SUFFIXES", "points_of", "read_frame", "read_sequence"]

SUFFIXES = (".mat", ".txt", ".csv")
"""Of landmark files."""

COUNTS = (49, 66, 68)
"""Numbers of points that have a scheme."""


def read_frame(path: Path, findings: Findings, place: str) -> Float32 | None:
    """The landmarks of one frame: a line "x y" a point, or a MATLAB matrix of points and x, y.

    Returns:
        (p, 2) as they stand in the file; None if it is empty or bad, and that is noted.
    """
    if path.suffix.lower() == ".mat":
        variables = _mat(path, findings, place)
        if variables is None:
            return None
        found = next(
            (points for points in map(_as_points, variables.values()) if len(points)), None
        )
        if found is None:
            findings.add("bad line", place, "has no matrix of 49, 66 or 68 points")
        return found
    rows = parse(text_of(path).splitlines(), 2, findings, place)
    if len(rows.line) in COUNTS:
        return rows.value.astype(np.float32)
    if len(rows.line):
        findings.add(
            "bad line", place, f"has {len(rows.line)} good lines, expected 49, 66 or 68 points"
        )
    return None


def read_sequence(
    path: Path, numbers: Sequence[int], findings: Findings, place: str
) -> dict[int, Float32]:
    """The landmarks of the frames of a sequence.

    Args:
        path: text or CSV with a line x1 y1 x2 y2 ... a frame, before it the number of the frame or
            nothing; or MATLAB with a structure array, an element a frame.
        numbers: of the frames that have a picture, in order: without numbers in the file, its
            first entry belongs to the first of these.
        findings: where to note what is wrong; a file with another number of entries than pictures
            is left out as "frames differ".
        place: name of the file in findings.

    Returns:
        By frame number, (p, 2) as they stand in the file; frames without landmarks are missing.
    """
    if path.suffix.lower() == ".mat":
        variables = _mat(path, findings, place)
        entries = list(_entries(variables or {}))
        if variables is not None and not entries:
            findings.add("bad line", place, "has no structure with landmarks of each frame")
    else:
        named, entries = _lines(path, findings, place)
        if named is not None:
            return {n: points for n, points in zip(named, entries, strict=True) if len(points)}
    if entries and len(entries) != len(numbers):
        findings.add(
            "frames differ",
            place,
            f"has landmarks of {len(entries)} frames, the sequence has {len(numbers)} pictures",
        )
        return {}
    return {n: points for n, points in zip(numbers, entries, strict=False) if len(points)}


def points_of(found: dict[int, Float32], numbers: Sequence[int], first_pixel: int) -> Points | None:
    """The landmarks of some frames as a table; None if there are none at all.

    Args:
        found: (p, 2) by frame number.
        numbers: of the n frames.
        first_pixel: coordinates of the top left pixel in the file, 0 or 1.

    Raises:
        InputError: the frames have different numbers of points.
    """
    sizes = {len(points) for points in found.values()}
    if not sizes:
        return None
    if len(sizes) > 1:
        kinds = " and of ".join(map(str, sorted(sizes)))
        raise InputError(f"one sequence has landmarks of {kinds} points; use landmarks of one kind")
    count = sizes.pop()
    value = np.zeros((len(numbers), count, 2), np.float32)
    known = np.zeros(len(numbers), bool)
    for row, number in enumerate(numbers):
        points = found.get(number)
        if points is not None and points.any():
            value[row], known[row] = points - np.float32(first_pixel), True
    return Points(str(count), value, known)


def _mat(path: Path, findings: Findings, place: str) -> dict[str, Value] | None:
    """The variables of a MATLAB file; None if it is damaged, and that is noted."""
    try:
        return read_mat(path)
    except InputError as error:
        findings.add("bad line", place, str(error))
        return None


def _as_points(value: Value) -> Float32:
    """A matrix as (p, 2), p = 0 unless it has a number of points that has a scheme."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim == 2:
        for matrix in (value, value.T):
            if matrix.shape[0] in COUNTS and matrix.shape[1] == 2 and np.isfinite(matrix).all():
                return matrix.astype(np.float32)
    return np.zeros((0, 2), np.float32)


def _entries(variables: dict[str, Value]) -> Iterator[Float32]:
    """The points of each element of the first structure array or cell that has some."""
    for value in variables.values():
        if not isinstance(value, list):
            continue
        entries = [_element(one) for one in value]
        if any(len(points) for points in entries):
            yield from entries
            return


def _element(one: Value | dict[str, Value]) -> Float32:
    """The points of one frame: a matrix, or a structure with one."""
    values = one.values() if isinstance(one, dict) else [one]
    found = (points for points in map(_as_points, values) if len(points))
    return next(found, np.zeros((0, 2), np.float32))


def _lines(path: Path, findings: Findings, place: str) -> tuple[list[int] | None, list[Float32]]:
    """Frame numbers, if the file has them, and the points of each line of a text file."""
    lines = text_of(path).splitlines()
    every = np.array([n for n, text in enumerate(lines, 1) if text.strip()], np.int64)
    if not len(every):
        return None, []
    width = len(lines[every[0] - 1].replace(",", " ").split())
    if width // 2 not in COUNTS:
        findings.add(
            "bad line",
            f"{place}:{every[0]}",
            f"has {width} numbers, expected x and y of 49, 66 or 68 points, with or without the "
            "frame number before them",
        )
        return None, []
    if width % 2:
        rows = frame_lines(lines, width, findings, place)
        points = rows.value[:, 1:].astype(np.float32).reshape(len(rows.line), -1, 2)
        return rows.value[:, 0].astype(int).tolist(), _full(points)
    # without frame numbers a bad line must keep its place, or all that follow would be shifted
    rows = parse(lines, width, findings, place)
    points = np.zeros((len(every), width // 2, 2), np.float32)
    points[np.searchsorted(every, rows.line)] = rows.value.reshape(len(rows.line), -1, 2)
    return None, _full(points)


def _full(points: Float32) -> list[Float32]:
    """Each frame's points; none where all are zero."""
    nothing = np.zeros((0, 2), np.float32)
    return [one if one.any() else nothing for one in points]
