"""Files that appear under their name only when they are complete."""

import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from mien.errors import InputError

__all__ = [
    "FULL",
    "as_text",
    "by_suffix",
    "cannot_write",
    "check_place",
    "digest_of",
    "name_of",
    "same_file",
    "whole_file",
    "write_whole",
]

_Entry = TypeVar("_Entry")

_NUMBERS = count()
"""Sets apart the temporary files of this process."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a full disk says."""
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary name in the folder of ``path``; move it to ``path`` when all went well.

    Whatever goes wrong inside, an interruption too, leaves nothing behind, and a file that was
    there before stays as it was. Errors from inside pass through as they are, but one of the disk
    while the file is written, which is told with its name.

    Args:
        path: the file to be.

    Raises:
        InputError: the folder is missing or cannot be written to, ``path`` is a folder, or the disk
            is full.
    """
    partial = _begun(path)
    try:
        try:
            yield partial
        except OSError as error:
            if error.errno in FULL or error.filename == str(partial):
                raise cannot_write(path, error) from error
            raise
        try:
            partial.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is there whole or not at all; text is UTF-8, its line ends as they are.

    Raises:
        InputError: as `whole_file`, or the disk refuses.
    """
    with whole_file(path) as partial:
        try:
            partial.write_bytes(content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise cannot_write(path, error) from error


def check_place(path: Path) -> None:
    """Make sure, before long work, that a file can be written; leaves nothing.

    Args:
        path: the file to be.

    Raises:
        InputError: as `whole_file`.
    """
    partial = _begun(path)
    with suppress(OSError):
        partial.unlink(missing_ok=True)


def _begun(path: Path) -> Path:
    """An empty file beside ``path``, to become it."""
    try:
        if path.is_dir():
            raise _is_folder(path)
        if not path.parent.is_dir():
            raise InputError(
                f"the folder {path.parent} does not exist; make it, or write elsewhere"
            )
    except OSError as error:
        raise cannot_write(path, error) from error
    _remove_stale(path)
    partial = path.with_name(f".{path.stem}.{os.getpid()}-{next(_NUMBERS)}.part{path.suffix}")
    try:
        partial.touch()
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise cannot_write(path, error) from error
    return partial


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cannot_write(path: Path, error: OSError) -> InputError:
    """The error to raise when the disk refuses."""
    reason = error.strerror or str(error)
    advice = "choose another folder"
    if error.errno in FULL:
        advice = "free some space or choose another folder"
    elif error.errno == errno.ENAMETOOLONG:
        advice = "give it a shorter name"
    elif error.errno in FORBIDDEN:
        advice = "choose a folder that you may write to"
    return InputError(f"{path} cannot be written ({reason}); {advice}")


def name_of(path: Path) -> str:
    """The name of a file to be, without its folder.

    Raises:
        InputError: the path ends in no name, as an empty one, which stands for the folder itself.
    """
    if not path.name:
        raise _is_folder(path)
    return path.name


def same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to the same file, which need not exist."""
    if os.path.realpath(first) == os.path.realpath(second):
        return True
    try:
        return first.samefile(second)
    except OSError:
        return False


def as_text(name: object) -> str:
    """A name as text that every file can hold: bytes that are no UTF-8 become replacement marks."""
    text = str(name)
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "replace")
    return text


def by_suffix(path: Path, table: Mapping[str, _Entry], what: str) -> _Entry:
    """The entry of ``table`` for the suffix of ``path``.

    Args:
        path: the file to be.
        table: suffixes, in small letters with their dot, to entries.
        what: what is to be written, to be named in the error.

    Raises:
        InputError: the table has no such suffix, or the path ends in no name.
    """
    name = name_of(path)
    try:
        return table[path.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{name} has the suffix {path.suffix!r}; {what} is written to {', '.join(table)}"
        ) from None


def _is_folder(path: Path) -> InputError:
    """The error to raise where a folder was named in the place of a file."""
    return InputError(f"{path} is a folder, expected the name of a file to write")


def _remove_stale(path: Path) -> None:
    """Remove what processes that no longer live left behind when they wrote the same file."""
    if os.name != "posix":
        return
    shape = re.compile(
        rf"\.{re.escape(path.stem)}\.(\d+)-\d+\.part{re.escape(path.suffix)}", re.DOTALL
    )
    with suppress(OSError):
        for other in path.parent.iterdir():
            match = shape.fullmatch(other.name)
            if match and not _lives(int(match[1])):
                other.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    """Whether a process of this number runs; one that ended and was not waited for does not."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    try:  # Linux: the state is the first word behind the name, which stands in brackets
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return state.rpartition(")")[2].split()[:1] != ["Z"]
