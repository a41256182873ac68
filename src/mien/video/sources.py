"""What to read: files, folders, globs and cameras, as one list."""

import os
import re
import stat
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path

from mien.errors import InputError, UnreadableSource

__all__ = [
    "BARE_JPEGS",
    "CAMERA",
    "PICTURES",
    "VIDEOS",
    "check_file",
    "check_name",
    "expand",
    "is_camera",
    "path_of",
]

CAMERA = "camera:"
"""Start of a source that is a camera: ``camera:0``, ``camera:1``, ``camera:/dev/video2``."""

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
    | {".heic", ".heif", ".avif"}
)
BARE_JPEGS = frozenset({".mjpeg", ".mjpg"})
"""Suffixes of videos that are JPEGs one after the other, without a container."""
VIDEOS = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"}
    | {".wmv", ".flv", ".3gp", ".ogv", ".mxf", ".h264", ".264", ".h265", ".hevc", ".vob"}
    | BARE_JPEGS
)
"""Suffixes taken from a folder. A file that is named itself may have any: its content decides."""


def is_camera(source: str | Path) -> bool:
    """Whether a source is a camera and not a file."""
    return isinstance(source, str) and source.startswith(CAMERA)


def path_of(source: str | Path) -> Path:
    """The path of a file, with the home folder in place of ``~``."""
    return Path(os.path.expanduser(source))  # noqa: PTH111 - Path stumbles on names such as ~$a.jpg


def check_name(source: object) -> str | Path:
    """The same source, if it is a name at all.

    Raises:
        InputError: it is none, as a picture that is no file but an array.
    """
    if isinstance(source, str | Path) and source != "":
        return source
    what = repr(source) if isinstance(source, str) else f"a {type(source).__name__}"
    hint = "; mien.find_faces reads a picture as an array" if hasattr(source, "ndim") else ""
    raise InputError(
        f"{what} came as a source, expected the name of a file or a folder, a glob, "
        f"or camera:0{hint}"
    )


def check_file(path: Path) -> None:
    """Refuse, without opening it, what is no plain file: opening a pipe may wait for ever.

    Raises:
        UnreadableSource: it is missing, may not be looked at, or is a folder, a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error
    if stat.S_ISDIR(mode):
        raise UnreadableSource(f"{path} is a folder; expected one file")
    if not stat.S_ISREG(mode):
        number = re.fullmatch(r"/dev/video(\d+)", str(path))
        camera = CAMERA + (number[1] if number else "0")
        raise UnreadableSource(f"{path} is a device or a pipe; expected a file, or {camera}")


def expand(sources: str | Path | Iterable[str | Path]) -> list[str | Path]:
    """The files and cameras that are meant, each once.

    A file stands for itself; a folder for the pictures and videos in it (not in its folders, not
    hidden ones), in natural order; a glob such as ``clips/**/*.mp4`` for its matches likewise. A
    file that is named twice, by whatever way to it, comes once, by its first name.

    Args:
        sources: one source or several.

    Returns:
        Paths of files, and cameras as the text they came in.

    Raises:
        UnreadableSource: a source does not exist, may not be looked at, is a pipe or a device, or
            holds no picture and no video.
        InputError: what came is neither text nor path.
    """
    several: list[object] = [sources]
    if isinstance(sources, Iterable) and not isinstance(sources, str | bytes):
        several = list(sources) if getattr(sources, "ndim", 1) == 1 else several
    if not several:
        raise UnreadableSource(
            "no source came, expected a picture, a video, a folder, a glob or camera:0"
        )
    found: dict[str, str | Path] = {}
    for source in several:
        for one in _expand_safely(source):
            found.setdefault(str(one) if is_camera(one) else os.path.realpath(one), one)
    return list(found.values())


def _expand_safely(source: object) -> list[str | Path]:
    """The files and cameras meant by one source, whatever it is."""
    name = check_name(source)
    try:
        return _expand_one(name)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise _cannot_open(name, error) from error


def _cannot_open(source: object, error: OSError | ValueError) -> UnreadableSource:
    """The error to raise when the system refuses."""
    reason = getattr(error, "strerror", None) or error
    return UnreadableSource(f"{source} cannot be opened: {reason}")


def _expand_one(source: str | Path) -> list[str | Path]:
    """The files and cameras meant by one source."""
    if is_camera(source):
        return [source]
    path = path_of(source)
    if path.is_dir():
        return list(_media(path.iterdir(), f"the folder {path}"))
    if path.exists():
        check_file(path)
        return [path]
    if has_magic(str(path)):
        matches = [Path(match) for match in glob(str(path), recursive=True)]  # noqa: PTH207
        return list(_media(matches, f"the glob {path}"))
    raise UnreadableSource(
        f"{path} does not exist; expected a picture, a video, a folder, a glob or camera:0"
    )


def _media(paths: Iterable[Path], origin: str) -> list[Path]:
    """The pictures and videos among ``paths``, in natural order."""
    media = [
        path
        for path in paths
        if path.suffix.lower() in PICTURES | VIDEOS
        and not path.name.startswith(".")
        and path.is_file()
    ]
    if not media:
        raise UnreadableSource(
            f"{origin} holds no picture and no video; expected files such as .jpg, .png, .mp4 or "
            ".mkv (name a file itself if its suffix is another)"
        )
    return sorted(media, key=_natural)


def _natural(path: Path) -> tuple[tuple[int, int, str], ...]:
    """A key that puts clip2 before clip10."""
    parts = re.findall(r"\d+|\D+", str(path))
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p.lower()) for p in parts)
