"""A data set aligned once: pictures in shards, with labels, landmarks, eye distances beside them.

A cache is a folder: ``settings.json`` says what it is made from, ``shards/`` holds the pictures,
``index.parquet`` the labels, ``skipped.parquet`` what was left out and why, ``rows.npy`` where each
picture lies and its numbers; ``cache.json`` is written last.
"""

import io
import json
import mmap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.data.aligning import How, needs_mesh
from mien.data.arrayfile import DAMAGE
from mien.data.cachefacts import content_digest, rows_of, weights
from mien.data.finding import Pick
from mien.data.index_files import read_index, write_index
from mien.data.labels import Index
from mien.data.planning import SETTINGS, Plan, held, jobs_of, make_plan, settle
from mien.data.pool import run
from mien.data.shards import (
    ROW,
    Entry,
    Shard,
    picture_path,
    read_entries,
    read_shard,
    write_entries,
)
from mien.errors import InputError
from mien.face.align import TEMPLATES
from mien.files import cannot_write, write_whole
from mien.values import Float32, Image

__all__ = ["QUALITY", "Cache", "open_cache", "prepare"]

QUALITY = 95
"""Of JPEG files, with colours at full resolution."""

Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""

_INFO, _INDEX, _ROWS, _SKIPPED, _SHARDS = (
    "cache.json",
    "index.parquet",
    "rows.npy",
    "skipped.parquet",
    "shards",
)


class Cache:
    """Aligned pictures of a data set. Made by `prepare` and `open_cache`; it can be pickled.

    All arrays have a row for each picture and cannot be written to.
    """

    index: Index
    """Labels, persons and sequences of the pictures that could be aligned."""
    template: str
    """One of `mien.face.align.TEMPLATES`."""
    aligned: int
    """Side of the aligned pictures."""
    landmarks: Float32
    """(n, 49, 2) pixels of the aligned picture; NaN where they are not known."""
    eyes: Float32
    """(n,) distance of the eye centres in the same pixels, not squared."""
    matrix: Float32
    """(n, 2, 3), pixels of the frame to those of the aligned picture."""
    source: NDArray[np.int64]
    """(n,) number of the row in the index that was prepared."""
    digest: str
    """Of pictures, numbers and labels: the same wherever and by however many it was prepared."""
    facts: dict[str, Any]
    """What cache.json says: settings, rows left out by kind, weights of the units."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = _facts(folder)
        self.digest = str(self.facts["digest"])
        settings = self.facts["settings"]
        self.template, self.aligned = str(settings["template"]), int(settings["size"])
        self.index = read_index(folder / _INDEX)
        try:
            self._rows = np.load(folder / _ROWS, mmap_mode="r", allow_pickle=False)
        except DAMAGE as error:
            raise _damaged(folder, _ROWS) from error
        if self._rows.dtype != ROW or len(self._rows) != len(self.index):
            raise _damaged(folder, _ROWS)
        self.landmarks, self.eyes = self._rows["landmarks"], self._rows["eyes"]
        self.matrix, self.source = self._rows["matrix"], self._rows["row"]
        self._open: dict[int, mmap.mmap] = {}

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return f"Cache({str(self.folder)!r}, {len(self)} pictures, {self.template} {self.aligned})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.folder, self.digest)

    @property
    def skipped(self) -> tuple[Entry, ...]:
        """What was left out: row of the index that was prepared, file, frame, and why."""
        return read_entries(self.folder / _SKIPPED)

    def image(self, row: int) -> Image:
        """One aligned picture.

        Args:
            row: its number in ``index``.

        Returns:
            uint8 (aligned, aligned, 3), RGB.

        Raises:
            InputError: the file is damaged.
        """
        place = self._rows[row]
        shard, offset, length = int(place["shard"]), int(place["offset"]), int(place["length"])
        try:
            data = self._pictures(shard)[offset : offset + length]
            with Picture.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
                return np.asarray(picture)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, f"{_SHARDS}/{picture_path(Path(), shard)}") from error

    def _pictures(self, shard: int) -> mmap.mmap:
        """The pictures of a shard, mapped into memory when they are first asked for."""
        if shard not in self._open:
            with picture_path(self.folder / _SHARDS, shard).open("rb") as file:
                self._open[shard] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._open[shard]


def open_cache(folder: str | Path) -> Cache:
    """Open what `prepare` made.

    Raises:
        InputError: the folder holds no cache, an unfinished one, or a damaged one.
    """
    return Cache(Path(folder))


def prepare(  # noqa: PLR0913 - each is a choice of its own
    index: Index,
    folder: str | Path,
    template: str,
    aligned: int,
    *,
    workers: int = 1,
    find: Pick | None = None,
    quality: int = QUALITY,
    progress: Progress | None = None,
) -> Cache:
    """Align all pictures of a data set, once.

    The face is cut by the landmarks of the set where the template can be cut from them, else by the
    mesh of the face models: of the face in the set's box or around its landmarks, else the largest.
    A picture without a face, or that cannot be read, is left out and told of. Called again it goes
    on where it was stopped, however it was stopped; labels may have changed, pictures may not.

    Args:
        index: what is prepared.
        folder: where the cache is kept.
        template: one of `mien.face.align.TEMPLATES`.
        aligned: side of the aligned pictures.
        workers: processes. With more than one, a script calls this below
            ``if __name__ == "__main__":``, as always where Python starts processes.
        find: finds the mesh of the face that is meant; a function that can be pickled. None: the
            face models of mien.
        quality: of the JPEG files, 1 to 95; 0: PNG, without loss and four times as large.
        progress: told how many rows are done, of how many.

    Returns:
        The cache.

    Raises:
        InputError: the folder holds something else, another process prepares it, the disk refuses,
            or not a single picture could be aligned.
        WeightsError: the face models are needed and cannot be had.
    """
    folder = Path(folder)
    how = How(template, aligned, quality, find)
    _check(index, how)
    plan = make_plan(index, how, needs_mesh(how, index))
    if _is_ready(folder, index, plan):  # needs no lock: all processes of a training may ask at once
        _Tally(progress, len(index), len(index))
        return open_cache(folder)
    with held(folder):
        settle(folder, plan)
        shards = folder / _SHARDS
        try:
            shards.mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_write(shards, error) from error
        have = _have(shards, plan)
        missing = [piece for piece in plan.pieces if have[piece.number] is None]
        left = sum(len(piece.rows) for piece in missing)
        tell = _Tally(progress, len(index), len(index) - left)
        run(jobs_of(index, missing), how, shards, workers, tell.add)
        _finish(folder, index, plan, _whole(shards, _have(shards, plan)))
    return open_cache(folder)


def _have(folder: Path, plan: Plan) -> dict[int, Shard | None]:
    """The shards that are there whole, by their numbers."""
    return {piece.number: read_shard(folder, piece.number, piece.key) for piece in plan.pieces}


def _is_ready(folder: Path, index: Index, plan: Plan) -> bool:
    """Whether the cache is there whole, with these labels."""
    try:
        facts = _facts(folder)
    except InputError:
        return False
    have = [shard for shard in _have(folder / _SHARDS, plan).values() if shard is not None]
    if facts["settings"] != plan.settings or len(have) < len(plan.pieces):
        return False
    if not all((folder / name).exists() for name in (_INDEX, _ROWS, _SKIPPED)):
        return False
    kept = index.take(rows_of(have)["row"].astype(np.intp))
    return bool(facts["digest"] == content_digest(plan, have, kept))


class _Tally:
    """Counts rows for a progress bar."""

    def __init__(self, progress: Progress | None, total: int, done: int) -> None:
        self._progress, self._total, self._done = progress, total, done
        self.add(0)

    def add(self, rows: int) -> None:
        """Tell that so many more are done."""
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._total)


def _check(index: Index, how: How) -> None:
    """Raise InputError unless the choices make sense."""
    if how.template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise InputError(f"there is no template {how.template!r}; choose one of {known}")
    if how.aligned < 1:
        raise InputError(f"aligned pictures of {how.aligned} pixels were asked for; expected 1 up")
    if not 0 <= how.quality <= QUALITY:
        raise InputError(f"the quality is {how.quality}, expected 1 to {QUALITY}, or 0 for PNG")
    if not len(index):
        raise InputError(f"the index of {index.name} has no pictures; there is nothing to prepare")


def _whole(folder: Path, have: dict[int, Shard | None]) -> list[Shard]:
    """All shards, in the order of their numbers."""
    shards = [shard for shard in have.values() if shard is not None]
    if len(shards) < len(have):
        raise InputError(
            f"{folder} lost shards while they were made; look after the disk and call this again"
        )
    return shards


def _finish(folder: Path, index: Index, plan: Plan, shards: list[Shard]) -> None:
    """Write what is read when the cache is opened."""
    rows = rows_of(shards)
    skipped = sorted((one for shard in shards for one in shard.skipped), key=lambda one: one.row)
    if not len(rows):
        first = skipped[0]
        raise InputError(
            f"none of the {len(index)} pictures could be aligned; the first, {first.path}: "
            f"{first.what}"
        )
    kept = index.take(rows["row"].astype(np.intp))
    facts = {
        "settings": plan.settings,
        "digest": content_digest(plan, shards, kept),
        "pictures": len(rows),
        "left out": dict(sorted(Counter(one.kind for one in skipped).items())),
        "weights": weights(kept),
    }
    info = folder / _INFO
    try:
        info.unlink(missing_ok=True)  # what follows is another cache until it is written again
    except OSError as error:
        raise cannot_write(info, error) from error
    buffer = io.BytesIO()
    np.save(buffer, rows)
    write_whole(folder / _ROWS, buffer.getvalue())
    write_entries(folder / _SKIPPED, skipped)
    write_index(kept, folder / _INDEX)
    write_whole(info, json.dumps(facts, indent=1).encode() + b"\n")


def _facts(folder: Path) -> dict[str, Any]:
    """What cache.json says."""
    try:
        facts: dict[str, Any] = json.loads((folder / _INFO).read_bytes())
        settings = facts["settings"]
        whole = isinstance(settings, dict) and isinstance(settings["size"], int)
        if not whole or "template" not in settings or "digest" not in facts:
            raise KeyError(_INFO)
    except FileNotFoundError as error:
        state = "an unfinished cache" if (folder / SETTINGS).exists() else "no cache"
        raise InputError(
            f"{folder} holds {state}; prepare the data set with: mien datasets prepare"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, _INFO) from error
    return facts


def _damaged(folder: Path, name: str) -> InputError:
    """The error to raise when a file of a cache is not what was written."""
    return InputError(
        f"{folder / name} is damaged or missing; delete the folder and prepare the data set again"
    )


def _reopened(folder: Path, digest: str) -> Cache:
    """A cache in another process.

    Raises:
        InputError: it was prepared anew in the meantime.
    """
    cache = open_cache(folder)
    if cache.digest != digest:
        raise InputError(f"{folder} was prepared anew while it was read; start again")
    return cache
