"""Shards: files of about a thousand aligned pictures, each with a Parquet table of its rows.

A shard is there whole or not at all. Its table says from what it was made, so that a later run
knows whether it can be kept.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from arro3.core import (
    Array,
    DataType,
    Field,
    RecordBatch,
    Schema,
    fixed_size_list_array,
    list_flatten,
)
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray

from mien.data.parquetfile import is_whole
from mien.errors import InputError
from mien.files import as_text, cannot_write, write_whole
from mien.values import Float32

__all__ = [
    "ROW",
    "Entry",
    "Shard",
    "picture_path",
    "read_entries",
    "read_shard",
    "write_entries",
    "write_shard",
]

ROW = np.dtype(
    [
        ("row", np.int64),
        ("shard", np.int32),
        ("length", np.int32),
        ("offset", np.int64),
        ("eyes", np.float32),
        ("matrix", np.float32, (2, 3)),
        ("landmarks", np.float32, (49, 2)),
    ]
)
"""A picture: number of its row in the index it was made from; where its bytes are; distance of the
eye centres, map of frame pixels to its own, and landmarks in its own pixels, NaN if not known."""

METADATA_KEY = b"mien.shard"
VERSION = 1
_NUMBERS = ("matrix", "landmarks")


@dataclass(frozen=True, eq=False)
class Entry:
    """What became of one row of the index."""

    row: int
    path: str
    frame: int
    kind: str = ""
    """Why there is no picture of it, in a word; empty if there is."""
    what: str = ""
    """The same in a sentence."""
    picture: bytes = b""
    """JPEG or PNG."""
    matrix: Float32 | None = None
    """(2, 3), frame pixels to those of the picture."""
    landmarks: Float32 | None = None
    """(49, 2) pixels of the picture; NaN if not known."""
    eyes: float = float("nan")


@dataclass(frozen=True, eq=False)
class Shard:
    """A shard that is there whole."""

    rows: NDArray[Any]
    """ROW of each picture that it holds."""
    skipped: tuple[Entry, ...]
    """Rows of which there is no picture."""
    digest: str
    """SHA-256 of the pictures' bytes."""


def picture_path(folder: Path, number: int) -> Path:
    """The file with the pictures of a shard."""
    return folder / f"{number:05d}.pictures"


def write_shard(folder: Path, number: int, key: str, entries: Sequence[Entry]) -> None:
    """Write the pictures of a shard, then its table, which makes it count.

    Args:
        folder: of all shards.
        number: of this one.
        key: digest of all that it is made from.
        entries: what became of its rows.

    Raises:
        InputError: the disk refuses; the shard is then not there.
    """
    table = _table_path(folder, number)
    try:
        table.unlink(missing_ok=True)  # an old table must not vouch for new pictures
    except OSError as error:
        raise cannot_write(table, error) from error
    data = b"".join(entry.picture for entry in entries)
    write_whole(picture_path(folder, number), data)
    facts = {"version": VERSION, "key": key, "digest": hashlib.sha256(data).hexdigest()}
    write_whole(table, _as_parquet(entries, facts))


def read_shard(folder: Path, number: int, key: str) -> Shard | None:
    """Read the table of a shard; None if it is not there whole, or was made from something else."""
    found = _read_table(_table_path(folder, number))
    if found is None:
        return None
    facts, columns = found
    if facts.get("version") != VERSION or facts.get("key") != key:
        return None
    rows = np.zeros(len(columns["row"]), ROW)
    rows["shard"] = number
    for name in ("row", "length", "offset", "eyes"):
        rows[name] = columns[name]
    for name in _NUMBERS:
        rows[name] = np.reshape(columns[name], (len(rows), *ROW[name].shape))
    made = np.array([not kind for kind in columns["kind"]], bool)
    try:
        size = picture_path(folder, number).stat().st_size
    except OSError:
        return None
    if size != int(rows["length"].sum()):
        return None
    return Shard(rows[made], _plain(columns, np.flatnonzero(~made)), str(facts["digest"]))


def write_entries(path: Path, entries: Sequence[Entry]) -> None:
    """Write rows that were left out, with the reason of each.

    Raises:
        InputError: the disk refuses.
    """
    write_whole(path, _parquet(_texts_and_rows(entries), {}))


def read_entries(path: Path) -> tuple[Entry, ...]:
    """Read what `write_entries` wrote.

    Raises:
        InputError: it cannot be read.
    """
    found = _read_table(path)
    if found is None:
        raise InputError(f"{path} is damaged or missing; prepare the data set again")
    return _plain(found[1], np.arange(len(found[1]["row"])))


def _plain(columns: dict[str, Any], places: NDArray[np.intp]) -> tuple[Entry, ...]:
    """Some rows of a table without their pictures."""
    return tuple(
        Entry(
            int(columns["row"][place]),
            columns["path"][place],
            int(columns["frame"][place]),
            columns["kind"][place],
            columns["what"][place],
        )
        for place in places.tolist()
    )


def _table_path(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.parquet"


def _as_parquet(entries: Sequence[Entry], facts: dict[str, object]) -> bytes:
    """The rows of a shard as the bytes of a Parquet file."""
    lengths = np.array([len(entry.picture) for entry in entries], np.int64)
    numbers = {
        name: np.full((len(entries), *ROW[name].shape), np.nan, np.float32) for name in _NUMBERS
    }
    for place, entry in enumerate(entries):
        for name, values in numbers.items():
            if (value := getattr(entry, name)) is not None:
                values[place] = value
    columns = {
        **_texts_and_rows(entries),
        "offset": Array.from_numpy(np.cumsum(lengths) - lengths),
        "length": Array.from_numpy(lengths),
        "eyes": Array.from_numpy(np.array([entry.eyes for entry in entries], np.float32)),
        **{name: _lists(values.reshape(len(entries), -1)) for name, values in numbers.items()},
    }
    return _parquet(columns, facts)


def _texts_and_rows(entries: Sequence[Entry]) -> dict[str, Array]:
    """Which rows they are, and what became of them."""
    return {
        "row": Array([entry.row for entry in entries], DataType.int64()),
        "path": Array([as_text(entry.path) for entry in entries], DataType.utf8()),
        "frame": Array([entry.frame for entry in entries], DataType.int64()),
        "kind": Array([entry.kind for entry in entries], DataType.utf8()),
        "what": Array([as_text(entry.what) for entry in entries], DataType.utf8()),
    }


def _parquet(columns: dict[str, Array], facts: dict[str, object]) -> bytes:
    """Columns as the bytes of a Parquet file."""
    fields = [Field(name, column.type, nullable=False) for name, column in columns.items()]
    schema = Schema(fields, metadata={METADATA_KEY: json.dumps(facts).encode()})
    buffer = io.BytesIO()
    batch = RecordBatch.from_arrays(list(columns.values()), schema=schema)
    write_parquet(batch, buffer, compression="zstd(3)")
    return buffer.getvalue()


def _lists(values: Float32) -> Array:
    """(n, size) numbers as a column of lists."""
    size = values.shape[1]
    kind = DataType.list(Field("item", DataType.float32()), size)
    return fixed_size_list_array(Array.from_numpy(values.ravel()), size, type=kind)


def _read_table(path: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Facts and columns of the table of a shard; None if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if not is_whole(data[:4], data[-8:], len(data)):
        return None
    try:
        table = read_parquet(io.BytesIO(data)).read_all().combine_chunks()
        facts = json.loads(table.schema.metadata[METADATA_KEY])
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the shard is made anew
        return None
    columns: dict[str, Any] = {}
    for name in table.schema.names:
        column = table[name].chunk(0) if table.num_rows else None
        if column is None:
            columns[name] = []
        elif column.type.list_size is not None:
            columns[name] = np.asarray(list_flatten(column).to_numpy())
        elif name in ("path", "kind", "what"):
            columns[name] = column.to_pylist()
        else:
            columns[name] = np.asarray(column.to_numpy())
    return facts, columns
