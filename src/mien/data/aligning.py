"""Rows of an index to aligned pictures, in one process of several."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from mien.data.finding import Pick, open_picker
from mien.data.labels import STILL, Index
from mien.data.shards import Entry, write_shard
from mien.errors import InputError, MissingExtra, ShapeError, UnreadableSource
from mien.face.affine import transform
from mien.face.align import TEMPLATES, crop, crop_box, crop_points
from mien.face.landmarks import eye_centres, landmarks, reduce
from mien.values import Crop, Float32, Image
from mien.video.reader import open_source, read_picture

__all__ = ["How", "Job", "Piece", "align", "eye_distance", "needs_mesh"]


@dataclass(frozen=True)
class How:
    """How pictures are aligned and kept."""

    template: str
    """One of `mien.face.align.TEMPLATES`."""
    aligned: int
    """Side of the aligned picture."""
    quality: int
    """Of the JPEG files; 0: PNG."""
    pick: Pick | None
    """Finds the mesh of the face that is meant; None: the face models do."""


@dataclass(frozen=True, eq=False)
class Piece:
    """The rows of one shard."""

    number: int
    """Of the shard."""
    key: str
    """Digest of all that it is made from."""
    rows: tuple[int, ...]
    """Numbers of the rows in the index."""


@dataclass(frozen=True, eq=False)
class Job:
    """What one process reads in one go: pictures, or frames of one video in ascending order."""

    pieces: tuple[Piece, ...]
    index: Index
    """The rows of all pieces, without labels."""


class _Skip(Exception):
    """A row of which no picture can be made: why, in a word and in a sentence."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(kind, what)
        self.kind, self.what = kind, what


def needs_mesh(how: How, index: Index) -> bool:
    """Whether the mesh of any row is looked for."""
    if TEMPLATES[how.template].bare:
        return False
    points = index.points
    if points is None or points.scheme not in TEMPLATES[how.template].schemes:
        return True
    return not bool(points.known.all())


def align(job: Job, how: How, folder: Path, tell: Callable[[int], None]) -> None:
    """Make the shards of a job.

    Args:
        job: what is read.
        how: how it is aligned.
        folder: where shards are kept.
        tell: called with 1 after each row; what it raises ends the job.

    Raises:
        InputError: the disk refuses.
        WeightsError: the face models are needed and cannot be had.
    """
    entries = _entries(job, how)
    for piece in job.pieces:
        made = []
        for _ in piece.rows:
            made.append(next(entries))
            tell(1)
        write_shard(folder, piece.number, piece.key, made)


def eye_distance(points: Float32) -> float:
    """Distance between the centres of the eyes of 49 landmarks, in their pixels."""
    right, left = eye_centres(points)
    return float(np.linalg.norm(right - left))


def _entries(job: Job, how: How) -> Iterator[Entry]:
    """What becomes of the rows of a job, one after the other."""
    rows = [row for piece in job.pieces for row in piece.rows]
    for place, image in enumerate(_images(job.index)):
        row, path = rows[place], job.index.path[place]
        frame = int(job.index.frame[place])
        try:
            if isinstance(image, _Skip):
                raise image
            made, points = _cut(image, job.index, place, how)
        except _Skip as skip:
            yield Entry(row, path, frame, skip.kind, skip.what)
            continue
        moved = transform(points, made.matrix).astype(np.float32)
        data = _encoded(made.image, how.quality)
        yield Entry(row, path, frame, "", "", data, made.matrix, moved, eye_distance(moved))


def _cut(image: Image, index: Index, place: int, how: How) -> tuple[Crop, Float32]:
    """The aligned picture of a row, and its 49 landmarks in pixels of the frame."""
    template = TEMPLATES[how.template]
    points, box = _points(index, place), _box(index, place)
    own = None if points is None or index.points is None else (points, index.points.scheme)
    try:
        if template.bare:
            made = crop_box(image, box, how.aligned)
            return made, reduce(*own, "49") if own else np.full((49, 2), np.nan, np.float32)
        if own and own[1] in template.schemes:
            return crop_points(image, *own, how.template, how.aligned), reduce(*own, "49")
        mesh = _mesh(image, _around(points) if box is None else box, how)
        made = crop(image, mesh, how.template, how.aligned)
        return made, reduce(*own, "49") if own else landmarks(mesh, "49")
    except ShapeError as error:
        raise _Skip("landmarks outside", str(error)) from error


def _points(index: Index, place: int) -> Float32 | None:
    """Landmarks of a row that the set brings."""
    if index.points is None or not index.points.known[place]:
        return None
    return np.asarray(index.points.value[place], np.float32)


def _box(index: Index, place: int) -> tuple[float, float, float, float] | None:
    """Box of the face of a row that the set brings."""
    if index.box is None or not np.isfinite(index.box[place]).all():
        return None
    x0, y0, x1, y1 = index.box[place].tolist()
    return x0, y0, x1, y1


def _around(points: Float32 | None) -> tuple[float, float, float, float] | None:
    """The box around landmarks."""
    if points is None:
        return None
    (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return x0, y0, x1, y1


def _mesh(image: Image, box: tuple[float, float, float, float] | None, how: How) -> Float32:
    """The mesh of the face that is meant."""
    pick = how.pick or _models()
    mesh = pick(image, box)
    if mesh is None:
        where = "" if box is None else " where the data set says there is one"
        raise _Skip("no face", f"no face was found{where}")
    return mesh


@cache
def _models() -> Pick:
    """The face models, opened once in each process."""
    return open_picker()


def _images(index: Index) -> Iterator[Image | _Skip]:
    """The pictures of rows in their order; frames of one video are in ascending order."""
    if len(index) and index.frame[0] != STILL:
        yield from _frames(index.root / index.path[0], index.frame.tolist())
        return
    for path in index.path:
        try:
            yield read_picture(index.root / path)
        except UnreadableSource as error:
            kind = "unreadable picture" if (index.root / path).exists() else "no picture"
            yield _Skip(kind, str(error))
        except MissingExtra as error:  # it cannot travel between processes
            raise InputError(str(error)) from error


def _frames(path: Path, wanted: list[int]) -> Iterator[Image | _Skip]:
    """Some frames of a video, decoded once; a frame may be wanted several times."""
    place = 0
    what = ""
    last = -1
    try:
        with open_source(path) as source:
            for frame in source:
                last = frame.index
                while place < len(wanted) and wanted[place] < frame.index:
                    yield _Skip("no picture", f"frame {wanted[place]} cannot be decoded")
                    place += 1
                while place < len(wanted) and wanted[place] == frame.index:
                    yield frame.image
                    place += 1
                if place == len(wanted):
                    return
    except UnreadableSource as error:
        what = str(error)
    kind = "unreadable picture" if what and path.exists() else "no picture"
    for number in wanted[place:]:
        yield _Skip(kind, what or f"{path.name} has no frame {number}; its last is {last}")


def _encoded(image: Image, quality: int) -> bytes:
    """A picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture = Picture.fromarray(image)
    if quality:
        picture.save(buffer, "JPEG", quality=quality, subsampling=0)
    else:
        picture.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
