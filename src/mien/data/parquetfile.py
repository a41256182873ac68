"""Parquet files, looked at before they are read: the library panics at some that are damaged."""

from pathlib import Path

from arro3.core import Table
from arro3.io import read_parquet

from mien.errors import InputError

__all__ = ["is_whole", "read_table"]

MARK = b"PAR1"
"""What a file begins and ends with."""
LENGTH = 4
"""Bytes of the number, before the last mark, of those that describe the columns."""


def is_whole(head: bytes, tail: bytes, length: int) -> bool:
    """Whether a file can be one that was written to its end.

    Args:
        head: its first four bytes.
        tail: its last eight.
        length: of the file.
    """
    described = int.from_bytes(tail[:LENGTH], "little")
    around = 2 * len(MARK) + LENGTH
    return head == tail[LENGTH:] == MARK and 0 < described <= length - around


def read_table(path: Path, what: str = "Parquet file") -> Table:
    """Read a file.

    Args:
        path: the file.
        what: it should be, for the error.

    Raises:
        InputError: it is missing, damaged or something else.
    """
    try:
        with path.open("rb") as file:
            head, length = file.read(len(MARK)), file.seek(0, 2)
            file.seek(max(0, length - len(MARK) - LENGTH))
            tail = file.read()
    except OSError as error:
        raise InputError(
            f"{path} is no {what} ({error.strerror or error}); make it anew"
        ) from error
    if not is_whole(head, tail, length):
        raise InputError(f"{path} is no {what}, or is cut short; make it anew")
    try:
        return read_parquet(path).read_all()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise InputError(f"{path} is no {what}, or is damaged ({error}); make it anew") from error
