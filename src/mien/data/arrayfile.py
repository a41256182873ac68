"""Arrays by name in one file (.npz): written whole or not at all, and read as what they were."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import UnreadableSource
from mien.files import whole_file

__all__ = ["DAMAGE", "columns", "damage_told", "read", "read_named", "write"]

DAMAGE = (
    KeyError, ValueError, EOFError, OSError, MemoryError, TokenError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a damaged file of numpy's raises: its head is read as Python, and says the size."""


def columns(record: Any) -> dict[str, NDArray[Any]]:  # noqa: ANN401 - any dataclass of arrays
    """The arrays of a dataclass by the names of its fields."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, compressed.

    Raises:
        InputError: the disk refuses.
    """
    with whole_file(path) as part:
        np.savez_compressed(part, **arrays)  # type: ignore[arg-type] # its stub knows no dicts


def read(path: Path, kind: type, command: str) -> dict[str, NDArray[Any]]:
    """Read the arrays that a dataclass has fields for.

    Args:
        path: the file.
        kind: the dataclass.
        command: of `mien datasets`, which makes such files, with its options but ``--data``.

    Raises:
        UnreadableSource: it is not there, or is no such file.
    """
    cure = f"make it with: mien datasets {command} --data {path.parent}"
    return read_named(path, [field.name for field in fields(kind)], cure)


def read_named(path: Path, names: Sequence[str], cure: str) -> dict[str, NDArray[Any]]:
    """Read the arrays of these names.

    Args:
        path: the file.
        names: of arrays.
        cure: what to do where it cannot be read.

    Raises:
        UnreadableSource: it is not there, or is no such file.
    """
    if not path.is_file():
        raise UnreadableSource(f"{path} is not there; {cure}")
    with damage_told(path, cure), path.open("rb") as opened, np.load(opened) as file:
        return {name: file[name] for name in names}


@contextmanager
def damage_told(path: Path, cure: str) -> Iterator[None]:
    """Turn what numpy says of a damaged file into a sentence.

    Raises:
        UnreadableSource: it is damaged.
    """
    try:
        yield
    except DAMAGE as error:
        raise UnreadableSource(f"{path} is damaged ({error}); {cure}") from error
