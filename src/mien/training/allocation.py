"""Memory that training has used once is used again, not given back and asked for anew.

The maps of a batch are tens of megabytes each. glibc gets blocks of that size from the system one
by one, and the system clears every page of them: a tenth of the time of a step on a processor.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["memory_kept"]

TRIM, MAP = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h."""
KEPT = {MAP: 2**30, TRIM: 2**31 - 1}
"""Blocks below a gigabyte come from the heap, and the heap does not shrink."""
USUAL = {MAP: 2**25, TRIM: 2**26}
"""Where glibc's own adjustment ends: the largest blocks it takes from the heap, and twice that."""


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep freed memory while it lasts, then give it back; does nothing where glibc is not.

    Of the first thread of the process, in which training runs: glibc maps large blocks of others.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    _set(libc, KEPT)
    try:
        yield
    finally:
        _set(libc, USUAL)
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library of this process, if it is glibc."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") and hasattr(libc, "mallopt") else None


def _set(libc: ctypes.CDLL, options: dict[int, int]) -> None:
    for option, value in options.items():
        libc.mallopt(option, value)
