"""Opens the page in the browser without showing its address to other users of the machine."""

import os
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path

__all__ = ["opened"]


@contextmanager
def opened(address: str, *, wanted: bool) -> Iterator[None]:
    """Open the page; what stands on a command line can be read by everybody, so a file leads there.

    The file can be read by its owner only, and is removed at the end.

    Args:
        address: of the page, with its token.
        wanted: whether to open it at all.
    """
    if not wanted:
        yield
        return
    handle, name = tempfile.mkstemp(prefix="mien-", suffix=".html")  # made with mode 0600
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(
                '<!doctype html><meta charset="utf-8"><title>mien annotate</title>'
                f'<meta http-equiv="refresh" content="0; url={escape(address)}">'
                f'<a href="{escape(address)}">mien annotate</a>'
            )
        with suppress(webbrowser.Error):
            webbrowser.open(path.as_uri())
        yield
    finally:
        with suppress(OSError):
            path.unlink()
