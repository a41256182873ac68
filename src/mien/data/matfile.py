"""Numbers in MATLAB files of versions 5 to 7, as landmarks of BP4D and DISFA come.

After "MATLAB MAT-File Format" (The MathWorks). Only what landmark files hold is read: matrices of
real numbers, and structures and cells of them.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

__all__ = ["read_mat", "write_mat"]

Value = NDArray[Any] | list["Value"] | list[dict[str, "Value"]] | None
"""A matrix; the elements of a cell, or of a structure array, column by column; None: other."""

HEADER = 128
MATRIX, COMPRESSED = 14, 15
CELL, STRUCT, CHARACTERS, FIRST_NUMERIC, LAST_NUMERIC = 1, 2, 4, 6, 15
TYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
"""Number of a data type of the file to that of numpy."""


def read_mat(path: Path) -> dict[str, Value]:
    """The variables of a file, by name.

    Returns:
        Matrices as arrays of the shape that they have in MATLAB, structure arrays as a list of
        dicts, cells as a list; texts, functions and objects as None.

    Raises:
        InputError: it cannot be read, or is of version 7.3.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
    if data[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in data[:24]:
        raise InputError(
            f"{path} is a MATLAB file of version 7.3, expected version 5 to 7; "
            "save it again in MATLAB with -v7"
        )
    mark = data[126:128]
    if len(data) < HEADER or mark not in (b"IM", b"MI"):
        raise InputError(f"{path} is no MATLAB file, or is damaged; copy it again")
    order = "<" if mark == b"IM" else ">"
    variables: dict[str, Value] = {}
    try:
        for kind, body in _elements(data[HEADER:], order):
            if kind == COMPRESSED:
                kind, body = next(_elements(zlib.decompress(body), order))
            if kind == MATRIX:
                name, value = _matrix(body, order)
                variables[name] = value
    except (
        struct.error, ValueError, KeyError, StopIteration, zlib.error, MemoryError, RecursionError,
    ) as error:  # fmt: skip
        raise InputError(f"{path} is a damaged MATLAB file ({error}); copy it again") from error
    return variables


def write_mat(path: Path, name: str, matrix: NDArray[np.float64]) -> None:
    """Write one matrix (m, n) as a file of version 5."""
    body = (
        _element(6, struct.pack("<II", FIRST_NUMERIC, 0))
        + _element(5, struct.pack("<ii", *matrix.shape))
        + _element(1, name.encode("ascii"))
        + _element(9, np.asarray(matrix, "<f8").tobytes("F"))
    )
    text = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    path.write_bytes(text + _element(MATRIX, body))


def _element(kind: int, data: bytes) -> bytes:
    """A tag with its data, filled up to eight bytes."""
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and data of one element after the other."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(order + "II", data, at)
        if kind >> 16:  # a small element: four bytes or fewer, in the tag itself
            kind, size = kind & 0xFFFF, kind >> 16
            yield kind, data[at + 4 : at + 4 + size]
            at += 8
            continue
        if at + 8 + size > len(data):
            raise ValueError("it ends too early")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + (0 if kind == COMPRESSED else -size % 8)


def _matrix(body: bytes, order: str) -> tuple[str, Value]:
    """Name and value of a variable, of a field, or of an element of a cell."""
    if not body:
        return "", np.zeros((0, 0))
    parts = _elements(body, order)
    kind = struct.unpack_from(order + "I", next(parts)[1])[0] & 0xFF
    shape = np.frombuffer(next(parts)[1], order + "i4")
    name = next(parts)[1].decode("latin-1")
    if FIRST_NUMERIC <= kind <= LAST_NUMERIC:
        return name, _numbers(*next(parts), shape, order)
    if kind == CELL:
        return name, [_matrix(data, order)[1] for _, data in parts]
    if kind == STRUCT:
        return name, _structure(parts, int(shape.prod()), order)
    return name, None


def _numbers(kind: int, data: bytes, shape: NDArray[Any], order: str) -> NDArray[Any]:
    """A matrix of real numbers; the file may keep them in a smaller type than MATLAB had."""
    return np.frombuffer(data, order + TYPES[kind]).reshape(shape, order="F")


def _structure(
    parts: Iterator[tuple[int, bytes]], count: int, order: str
) -> list[dict[str, Value]]:
    """The elements of a structure array."""
    length = struct.unpack(order + "i", next(parts)[1])[0]
    text = next(parts)[1]
    names = [
        text[at : at + length].split(b"\0")[0].decode("latin-1")
        for at in range(0, len(text), length)
    ]
    return [{name: _matrix(next(parts)[1], order)[1] for name in names} for _ in range(count)]
