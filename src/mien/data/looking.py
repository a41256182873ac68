"""Decode some pictures of an index and find the mesh of the face that is meant on each."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import STILL, Index
from mien.data.picturefiles import TELL_EVERY, THREADS, Progress
from mien.data.rendered import Find
from mien.errors import InputError
from mien.values import Float32, Image
from mien.video.pictures import read_picture
from mien.video.reader import open_source

__all__ = ["faults", "images", "meshes"]

MARGIN = 0.5
"""Sides of a face's box that are shown around it when only this face is meant."""
LEAD = 2.0
"""Seconds before the wanted frame of a video at which decoding begins."""

Rows = NDArray[np.intp]
Read = tuple[int, Image | InputError]


def images(index: Index, rows: Rows) -> Iterator[Read]:
    """The pictures of some rows, file by file, each with its row; an error where there is none."""
    by_path: dict[str, list[int]] = {}
    for row in rows.tolist():
        by_path.setdefault(index.path[row], []).append(row)
    for path, some in by_path.items():
        if index.frame[some[0]] == STILL:
            yield from _still(index.root / path, some)
        else:
            yield from _video(index.root / path, {int(index.frame[row]): row for row in some})


def faults(
    index: Index, rows: Rows, progress: Progress | None = None
) -> Iterator[tuple[int, InputError | None]]:
    """Decode the pictures of some rows in full: what is wrong with each, None if nothing is."""

    def try_one(row: int) -> list[tuple[int, InputError | None]]:
        return [(row, _error(image)) for _, image in _still(index.root / index.path[row], [row])]

    still = index.frame[rows] == STILL
    with ThreadPoolExecutor(THREADS) as pool:
        done = chain(
            chain.from_iterable(pool.map(try_one, rows[still].tolist())),
            ((row, _error(image)) for row, image in images(index, rows[~still])),
        )
        for number, one in enumerate(done, 1):
            yield one
            if progress is not None and (number % TELL_EVERY == 0 or number == len(rows)):
                progress("pictures", number, number / len(rows))


def meshes(
    index: Index, rows: Rows, find: Find, progress: Progress | None = None
) -> Iterator[tuple[int, Float32 | InputError | None]]:
    """The mesh found on each of some pictures: (478, 3) pixels, None without a face, or an error.

    Where the index has a box the face in it is meant, else the largest of the picture.
    """
    for number, (row, image) in enumerate(images(index, rows), 1):
        if isinstance(image, InputError):
            yield row, image
        else:
            yield row, _mesh(image, None if index.box is None else index.box[row], find)
        if progress is not None:
            progress("faces", number, number / len(rows))


def _mesh(image: Image, box: Float32 | None, find: Find) -> Float32 | None:
    """The mesh in a picture, or in the part around a box."""
    if box is None or not np.isfinite(box).all():
        return find(image, True)
    height, width = image.shape[:2]
    margin = MARGIN * max(box[2] - box[0], box[3] - box[1])
    x0, y0 = (max(0, int(low - margin)) for low in box[:2])
    x1, y1 = min(width, int(box[2] + margin) + 1), min(height, int(box[3] + margin) + 1)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    mesh = find(np.ascontiguousarray(image[y0:y1, x0:x1]), True)
    return None if mesh is None else mesh + np.array([x0, y0, 0], np.float32)


def _error(image: Image | InputError) -> InputError | None:
    return image if isinstance(image, InputError) else None


def _still(path: Path, rows: list[int]) -> Iterator[Read]:
    """One picture, for every row that names it."""
    found: Image | InputError
    try:
        found = read_picture(path)
    except InputError as error:
        found = error
    except OSError as error:
        found = InputError(error.strerror or str(error))
    for row in rows:
        yield row, found


def _video(path: Path, rows: dict[int, int]) -> Iterator[Read]:
    """Frames of a video by their numbers."""
    missing = dict(rows)
    try:
        for number, image in _frames(path, min(rows), max(rows)):
            if number in missing:
                yield missing.pop(number), image
        error = InputError("the video has no such frame, or it cannot be decoded")
    except InputError as raised:
        error = raised
    except OSError as raised:
        error = InputError(raised.strerror or str(raised))
    for row in missing.values():
        yield row, error


def _frames(path: Path, first: int, last: int) -> Iterator[tuple[int, Image]]:
    """Frames of a video from shortly before ``first`` to ``last``; from its start if need be."""
    with open_source(path) as video:
        start = first / video.rate - LEAD if video.rate else 0.0
    for moment in (start, 0.0) if start > 0 else (0.0,):
        with open_source(path, start=moment or None) as video:
            for place, frame in enumerate(video):
                if place == 0 and moment and frame.index > first:
                    break  # its frames are not evenly spaced
                if frame.index > last:
                    return
                yield frame.index, frame.image
            else:
                if not moment or video.counts.yielded:
                    return
