"""What to read: files, folders, globs and cameras, as one list."""

import re
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path

from mien.errors import UnreadableSource

__all__ = ["CAMERA", "PICTURES", "VIDEOS", "expand", "is_camera"]

CAMERA = "camera:"
"""Start of a source that is a camera: ``camera:0``, ``camera:1``, ``camera:/dev/video2``."""

PICTURES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"}
    | {".heic", ".heif", ".avif"}
)
VIDEOS = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"}
    | {".wmv", ".flv", ".3gp", ".ogv", ".mxf", ".h264", ".264", ".h265", ".hevc", ".mjpeg", ".vob"}
)
"""Suffixes taken from a folder. A file that is named itself may have any: its content decides."""


def is_camera(source: str | Path) -> bool:
    """Whether a source is a camera and not a file."""
    return isinstance(source, str) and source.startswith(CAMERA)


def expand(sources: str | Path | Iterable[str | Path]) -> list[str | Path]:
    """The files and cameras that are meant, each once.

    A file stands for itself; a folder for the pictures and videos in it (not in its folders, not
    hidden ones), in natural order; a glob such as ``clips/**/*.mp4`` for its matches likewise.

    Args:
        sources: one source or several.

    Returns:
        Paths of files, and cameras as the text they came in.

    Raises:
        UnreadableSource: a source does not exist, or holds no picture and no video.
    """
    several = [sources] if isinstance(sources, str | Path) else list(sources)
    if not several:
        raise UnreadableSource(
            "no source came, expected a picture, a video, a folder, a glob or camera:0"
        )
    found: list[str | Path] = []
    for source in several:
        found += _expand_one(source)
    return list(dict.fromkeys(found))


def _expand_one(source: str | Path) -> list[str | Path]:
    """The files and cameras meant by one source."""
    if is_camera(source):
        return [source]
    path = Path(source).expanduser()
    if path.is_dir():
        return list(_media(path.iterdir(), f"the folder {path}"))
    if path.exists():
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
