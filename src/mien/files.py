"""Files that appear under their name only when they are complete."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from mien.errors import InputError

__all__ = ["by_suffix", "cannot_write", "whole_file"]

_Entry = TypeVar("_Entry")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary name in the folder of ``path``; move it to ``path`` when all went well.

    Whatever goes wrong inside, an interruption too, leaves nothing behind, and a file that was
    there before stays as it was. Errors from inside pass through as they are.

    Args:
        path: the file to be.

    Raises:
        InputError: the folder is missing or cannot be written to, or ``path`` is a folder.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected the name of a file to write")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; make it, or write elsewhere")
    partial = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        try:
            partial.touch()
        except OSError as error:
            raise cannot_write(path, error) from error
        yield partial
        try:
            partial.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> InputError:
    """The error to raise when the disk refuses."""
    reason = error.strerror or str(error)
    return InputError(
        f"{path} cannot be written ({reason}); free some space or choose another folder"
    )


def by_suffix(path: Path, table: Mapping[str, _Entry], what: str) -> _Entry:
    """The entry of ``table`` for the suffix of ``path``.

    Args:
        path: the file to be.
        table: suffixes, in small letters with their dot, to entries.
        what: what is to be written, to be named in the error.

    Raises:
        InputError: the table has no such suffix.
    """
    try:
        return table[path.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{path.name} has the suffix {path.suffix!r}; {what} is written to {', '.join(table)}"
        ) from None
