"""The photograph of the golden test: scikit-image's "astronaut", by NASA, in the public domain."""

import importlib.util
from hashlib import sha256
from pathlib import Path

__all__ = ["NAME", "PHOTO", "find_photo"]

NAME = "astronaut"
PACKAGE = "skimage"
PHOTO = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
"""SHA-256 of the file that the golden values were read from."""


def find_photo() -> Path | None:
    """The photograph in scikit-image's package, which is not imported; None without it.

    A file of another content is not it: the values would not hold.
    """
    found = importlib.util.find_spec(PACKAGE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "data" / f"{NAME}.png"
        if path.is_file() and sha256(path.read_bytes()).hexdigest() == PHOTO:
            return path
    return None
