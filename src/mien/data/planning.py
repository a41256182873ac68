"""Which rows go into which shard, and whether a folder that was begun can be gone on with."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import numpy as np

from mien.data.aligning import How, Job, Piece
from mien.data.labels import STILL, Index
from mien.errors import InputError
from mien.files import as_text, cannot_write, write_whole
from mien.weights.catalog import read_catalog

__all__ = ["SETTINGS", "Plan", "held", "jobs_of", "make_plan", "settle"]

SETTINGS = "settings.json"
LOCK = ".lock"
VERSION = 1
SHARD = 1000
"""Rows of a shard."""
FEWEST, AT_LEAST = 50, 16
"""Smaller sets are divided into so many shards, so that all processes have work, but not into
shards of fewer rows than 50."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is to be made."""

    settings: dict[str, Any]
    """Everything that the pictures depend on, as JSON."""
    pieces: tuple[Piece, ...]


def make_plan(index: Index, how: How, meshes: bool) -> Plan:
    """Divide the rows into shards: pictures in their order, then videos, one after the other.

    Args:
        index: what is prepared.
        how: how it is aligned.
        meshes: whether meshes are looked for.
    """
    sizes = _sizes(index)
    settings = {
        "version": VERSION,
        "data set": index.name,
        "template": how.template,
        "size": how.aligned,
        "quality": how.quality,
        "face model": _model(how) if meshes else "none",
        "number of pictures": len(index),
        "pictures": _digest(zip(index.path, index.frame.tolist(), strict=True)),
        "size of the files": _digest(sizes),
        "landmarks": _digest(_landmarks(index)),
        "boxes": _digest(() if index.box is None else [index.box.tobytes()]),
    }
    whole = _digest([json.dumps(settings, sort_keys=True)])
    groups = _groups(index)
    pieces = (
        Piece(number, _digest([whole, number, rows]), tuple(rows))
        for number, rows in enumerate(groups)
    )
    return Plan(settings, tuple(pieces))


def jobs_of(index: Index, pieces: Sequence[Piece]) -> list[Job]:
    """Pieces as jobs: each of pictures is one, those of one video are one together."""
    bare = replace(index, occurrence=None, intensity=None, expression=None)

    def source(piece: Piece) -> tuple[str, int]:
        first = piece.rows[0]
        still = bool(index.frame[first] == STILL)
        return ("", piece.number) if still else (index.path[first], STILL)

    jobs = []
    for _, group in groupby(pieces, key=source):
        mine = tuple(group)
        rows = np.array([row for piece in mine for row in piece.rows], np.intp)
        jobs.append(Job(mine, bare.take(rows)))
    return jobs


def settle(folder: Path, plan: Plan) -> None:
    """Begin a folder, or find that it was begun with the same plan.

    Raises:
        InputError: it was begun with another plan, is not ours, or cannot be written to.
    """
    path = folder / SETTINGS
    try:
        found = json.loads(path.read_bytes()) if path.exists() else None
        if not isinstance(found, dict | None):
            raise ValueError("no settings")
        strangers = [one.name for one in folder.iterdir() if one.name != LOCK]
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}); delete the folder or name another one"
        ) from error
    if found is None:
        if strangers:
            raise InputError(
                f"{folder} holds other things, such as {min(strangers)}; name a new folder"
            )
        write_whole(path, json.dumps(plan.settings, indent=1).encode() + b"\n")
        return
    differences = [
        _difference(name, found.get(name), wanted)
        for name, wanted in plan.settings.items()
        if found.get(name) != wanted
    ]
    if differences:
        raise InputError(
            f"{folder} was begun with something else: {'; '.join(differences)}; name another "
            "folder, or delete this one"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it lacks, against other processes that prepare it.

    The system lets go of it when this process ends, however it ends.

    Raises:
        InputError: another process holds it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("ab")
    except OSError as error:
        raise cannot_write(folder, error) from error
    with file:
        if not _locked(file):
            raise InputError(
                f"another process is preparing {folder}; wait for it, or name another folder"
            )
        yield


def _locked(file: IO[bytes]) -> bool:
    """Take the lock of a file; False if another process has it. Disks without locks let it pass."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _difference(name: str, found: object, wanted: object) -> str:
    """How a setting differs; digests say nothing to anybody."""
    if isinstance(wanted, str) and len(wanted) == 64:
        return f"the {name} differ"
    return f"the {name} was {found}, now {wanted}"


def _model(how: How) -> str:
    """What finds meshes, by name."""
    if how.pick is None:
        network = read_catalog().network("face-mesh")
        return f"{network.name} {network.sha256[:12]}"
    kind = type(how.pick)
    return str(getattr(how.pick, "__qualname__", kind.__qualname__))


def _groups(index: Index) -> list[list[int]]:
    """The rows of each shard."""
    most = min(SHARD, max(FEWEST, -(-len(index) // AT_LEAST)))
    stills: list[int] = []
    videos: dict[str, list[int]] = {}
    for row, (path, frame) in enumerate(zip(index.path, index.frame.tolist(), strict=True)):
        (stills if frame == STILL else videos.setdefault(path, [])).append(row)
    runs = [stills]
    runs += [sorted(rows, key=lambda row: int(index.frame[row])) for rows in videos.values()]
    return [run[first : first + most] for run in runs for first in range(0, len(run), most)]


def _sizes(index: Index) -> list[int]:
    """Bytes of the file of each row; -1 if there is none."""
    known: dict[str, int] = {}
    for path in index.path:
        if path not in known:
            try:
                known[path] = (index.root / path).stat().st_size
            except OSError:
                known[path] = -1
    return [known[path] for path in index.path]


def _landmarks(index: Index) -> list[bytes]:
    """The landmarks of an index as bytes."""
    points = index.points
    if points is None:
        return []
    return [points.scheme.encode(), points.value.tobytes(), points.known.tobytes()]


def _digest(parts: Any) -> str:  # noqa: ANN401 - anything that can be written out
    """SHA-256 of some values."""
    sum_ = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else as_text(part).encode()
        sum_.update(len(data).to_bytes(8, "little"))
        sum_.update(data)
    return sum_.hexdigest()
