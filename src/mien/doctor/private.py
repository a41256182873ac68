"""Texts without what names a person or a place: paths, addresses, the user, the machine."""

import getpass
import os
import platform
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["impersonal", "places"]

ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"]+", re.IGNORECASE)
LEFT = re.compile(r"(?<![\w.~<>/\\-])(?:[A-Za-z]:[\\/]|\\\\|/)(?=[^\s/\\])[^\s'\":;,()]+")
"""A path that begins at the root of a disk, as far as the next space or mark."""
QUOTED = re.compile(r"(['\"])(?:[A-Za-z]:[\\/]|\\\\|/)[^'\"\n]+\1")
"""One in quotes may hold spaces."""
KEPT = frozenset({"mien", "python", "pip", "onnx", "face", "user", "root", "linux"})
"""Names of users and machines that say nothing and are words of ours."""


def places() -> dict[str, str]:
    """Folders of this machine by what they are called instead; longer ones come first."""
    named = {
        "<cache>": os.environ.get("MIEN_HOME", ""),
        "<face models>": os.environ.get("MIEN_FACE_MODELS", ""),
        "<here>": os.getcwd(),  # noqa: PTH109 - as text, like the others
        "<python>": sys.prefix,
        "<python base>": sys.base_prefix,
        "<temporary>": tempfile.gettempdir(),
        "~": _home(),
        "<mien>": str(Path(__file__).parents[1]),
    }
    spelled = {
        spelling: name
        for name, folder in named.items()
        if folder
        for spelling in (folder, os.path.expanduser(folder), os.path.realpath(folder))  # noqa: PTH111 - as text
    }
    return dict(sorted(spelled.items(), key=lambda pair: -len(pair[0])))


def impersonal(text: str, known: Mapping[str, str] | None = None) -> str:
    """A text with places, addresses, and the names of the user and the machine taken out.

    Args:
        text: such as the sentence of an error.
        known: folders by what to call them; None: those of this machine.
    """
    for folder, name in (places() if known is None else known).items():
        if len(folder) > 1:  # not the root of the disk
            text = re.sub(rf"{re.escape(folder)}(?![\w.-])[^\s'\":;,()]*", name, text)
    text = ADDRESS.sub("<address>", text)
    text = QUOTED.sub("<path>", text)
    text = LEFT.sub("<path>", text)
    for name, instead in ((_user(), "<user>"), (platform.node(), "<machine>")):
        for part in (name, name.partition(".")[0]):  # the longer first
            if len(part) > 1 and part.lower() not in KEPT:
                text = re.sub(
                    rf"(?<!\w){re.escape(part)}(?!\w)", instead, text, flags=re.IGNORECASE
                )
    return text


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError:  # there is none
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a number without a name
        return ""
