"""The pictures and videos of an index as files: which do not open, their sizes, which are the same.

Headers and ends of all are read; what is inside them is decoded elsewhere.
"""

import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from mien.data.labels import STILL, Index
from mien.errors import InputError
from mien.video.pictures import ORIENTATION, read_picture
from mien.video.reader import open_source

__all__ = ["FileFacts", "Progress", "look", "same_bytes", "sizes"]

Progress = Callable[[str, int, float | None], None]
"""Told the name of the step, how many pictures it has done, and the share of it that is done."""

ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}
"""What must stand near the end of a whole file."""
LYING = 5
"""Orientation of EXIF from which on the picture lies on its side."""
END_BYTES = 4096
THREADS = 4
"""Files opened at once: disks and networks answer several questions at a time."""
TELL_EVERY = 200


class FileFacts(NamedTuple):
    """What is known of one file without decoding it."""

    size: tuple[int, int] = (0, 0)
    """Width and height in pixels, upright; 0 if it cannot be opened."""
    frames: int | None = 1
    """Frames of a video by its header, None if it does not say."""
    key: bytes = b""
    """The same for files that may be the same: from length, beginning and end."""
    kind: str = ""
    """Kind of finding if something is wrong."""
    what: str = ""
    """What is wrong, in words."""


def look(index: Index, progress: Progress | None = None) -> dict[str, FileFacts]:
    """Read header and end of every file of an index, each once.

    Returns:
        What is known of each ``path`` of the index.
    """
    still = {path: bool(frame == STILL) for path, frame in zip(index.path, index.frame.tolist(),
                                                               strict=True)}  # fmt: skip
    facts: dict[str, FileFacts] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(lambda item: _facts(index.root / item[0], item[1]), still.items())
        for number, (path, one) in enumerate(zip(still, found, strict=True), 1):
            facts[path] = one
            if progress is not None and (number % TELL_EVERY == 0 or number == len(still)):
                progress("files", number, number / len(still))
    return facts


def same_bytes(root: Path, facts: dict[str, FileFacts]) -> list[list[str]]:
    """Groups of files that are the same byte by byte; only those that look alike are read."""
    alike = _groups((one.key, path) for path, one in facts.items() if one.key)
    same: list[list[str]] = []
    for paths in alike:
        same += _groups((_hash(root / path), path) for path in paths)
    return same


def sizes(index: Index, facts: dict[str, FileFacts]) -> NDArray[np.int64]:
    """Width and height of the picture of each row, (n, 2)."""
    return np.array([facts[path].size for path in index.path], np.int64).reshape(-1, 2)


def _facts(path: Path, still: bool) -> FileFacts:
    """Look at one file."""
    try:
        if not path.is_file():
            return FileFacts(kind="no picture", what="there is no such file")
        return _picture(path) if still else _video(path)
    except OSError as error:
        return FileFacts(kind="unreadable picture", what=error.strerror or str(error))
    except InputError as error:
        return FileFacts(kind="unreadable picture", what=_reason(error, path))


def _picture(path: Path) -> FileFacts:
    """Header and end of a picture; it is decoded where its end is missing."""
    key, tail = _ends(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with PIL.Image.open(path) as picture:
                width, height = picture.size
                # a PNG is decoded to find its EXIF block, which stands at its end if anywhere
                turned = picture.format != "PNG" and picture.getexif().get(ORIENTATION, 1) >= LYING
                end = ENDS.get(picture.format or "", b"")
        except Exception:  # noqa: BLE001 - damage raises whatever the plugin stumbles on
            height, width = read_picture(path).shape[:2]
            return FileFacts((width, height), key=key)
    if end not in tail:
        read_picture(path)
    return FileFacts((height, width) if turned else (width, height), key=key)


def _video(path: Path) -> FileFacts:
    """Header of a video, and whether its first frame can be decoded."""
    with open_source(path) as video:
        return FileFacts(video.size, video.frames_in_container, _ends(path)[0])


def _ends(path: Path) -> tuple[bytes, bytes]:
    """A key of length, beginning and end of a file; and the end."""
    length = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(END_BYTES)
        file.seek(max(0, length - END_BYTES))
        tail = file.read(END_BYTES)
    return blake2b(length.to_bytes(8, "big") + head + tail, digest_size=16).digest(), tail


def _hash(path: Path) -> bytes:
    """Of all bytes of a file; its own name if it can no longer be read."""
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return str(path).encode("utf-8", "surrogateescape")
    return digest.digest()


def _groups(pairs: Iterable[tuple[bytes, str]]) -> list[list[str]]:
    """Names that share a key, where there are several."""
    groups: dict[bytes, list[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _reason(error: InputError, path: Path) -> str:
    """What went wrong, without the name of the file, which is said beside it."""
    return " ".join(str(error).replace(str(path), "it").replace(path.name, "it").split())
