"""The index of a data set as a Parquet file, readable by pandas, polars and R, and back again.

One row a picture. Labels and landmarks that are not known are NaN, an unknown expression is null.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from arro3.core import (
    Array,
    ChunkedArray,
    DataType,
    Field,
    RecordBatch,
    RecordBatchReader,
    Schema,
    Table,
    fixed_size_list_array,
    list_flatten,
)
from arro3.io import write_parquet
from numpy.typing import NDArray

from mien.data.labels import Expressions, Index, Labels, Points
from mien.data.parquetfile import read_table
from mien.errors import InputError
from mien.files import as_text, write_whole
from mien.values import Float32

__all__ = ["METADATA_KEY", "read_index", "write_index"]

METADATA_KEY = b"mien.index"
"""Key of the table metadata that says what the columns are, as JSON."""

VERSION = 1


def write_index(index: Index, path: str | Path) -> None:
    """Write an index; the file appears under its name only when it is complete.

    Args:
        index: of a data set.
        path: the file to be, by custom with the suffix .parquet.

    Raises:
        InputError: it cannot be written.
    """
    path = Path(path)
    columns = _columns(index)
    fields = [Field(name, array.type, nullable=True) for name, array in columns.items()]
    facts = {METADATA_KEY: json.dumps(_facts(index)).encode()}
    batch = RecordBatch.from_arrays(list(columns.values()), schema=Schema(fields, metadata=facts))
    memory = io.BytesIO()  # an error of the disk would end the program inside the library
    reader = RecordBatchReader.from_batches(batch.schema, [batch])
    write_parquet(reader, memory, compression="zstd(3)")
    write_whole(path, memory.getvalue())


def read_index(path: str | Path) -> Index:
    """Read an index that `write_index` wrote.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    path = Path(path)
    table = read_table(path, "index of a data set")
    facts = json.loads(table.schema.metadata.get(METADATA_KEY, b"{}"))
    if facts.get("version") != VERSION:
        raise InputError(f"{path} is no index of a data set, or of another version; make it anew")
    return Index(
        facts["name"],
        Path(facts["root"]),
        _texts(table["path"]),
        _integers(table["frame"]),
        _integers(table["number"]),
        _texts(table["subject"]),
        _texts(table["sequence"]),
        _read_labels(table, "occurrence", facts["occurrence"]),
        _read_labels(table, "intensity", facts["intensity"]),
        _read_expressions(table, facts["classes"]),
        _read_points(table, facts["points"]),
        _list(table["box"], 4) if facts["box"] else None,
        _texts(table["part"]) if facts["part"] else None,
    )


def _facts(index: Index) -> dict[str, Any]:
    """What the columns cannot say."""
    return {
        "version": VERSION,
        "name": index.name,
        "root": as_text(index.root),
        "occurrence": None if index.occurrence is None else index.occurrence.units,
        "intensity": None if index.intensity is None else index.intensity.units,
        "classes": None if index.expression is None else index.expression.classes,
        "points": None
        if index.points is None
        else (index.points.scheme, index.points.value.shape[1]),
        "box": index.box is not None,
        "part": index.part is not None,
    }


def _columns(index: Index) -> dict[str, Array]:
    """The index as Arrow columns, by name."""
    columns = {
        "path": _text_column(index.path),
        "frame": Array.from_numpy(np.ascontiguousarray(index.frame, np.int64)),
        "number": Array.from_numpy(np.ascontiguousarray(index.number, np.int64)),
        "subject": _text_column(index.subject),
        "sequence": _text_column(index.sequence),
    }
    if index.part is not None:
        columns["part"] = _text_column(index.part)
    for name, labels in (("occurrence", index.occurrence), ("intensity", index.intensity)):
        if labels is not None:
            known = np.where(labels.known, labels.value, np.float32(np.nan)).astype(np.float32)
            for unit, column in zip(labels.units, known.T, strict=True):
                columns[f"{name}_AU{unit}"] = Array.from_numpy(np.ascontiguousarray(column))
    if index.expression is not None:
        columns["expression"] = _expression_column(index.expression)
    if index.points is not None:
        flat = index.points.value.reshape(len(index), 2 * index.points.value.shape[1])
        columns["points"] = _list_column(flat, index.points.known)
    if index.box is not None:
        columns["box"] = _list_column(index.box, _finite(index.box))
    return columns


def _text_column(values: tuple[str, ...]) -> Array:
    return Array([as_text(value) for value in values], DataType.utf8())


def _expression_column(expression: Expressions) -> Array:
    names = [
        expression.classes[value] if known else None
        for value, known in zip(expression.value.tolist(), expression.known.tolist(), strict=True)
    ]
    return Array(names, DataType.utf8())


def _list_column(values: Float32, known: NDArray[np.bool_]) -> Array:
    """Rows of numbers; a row that is not known is NaN."""
    size = values.shape[1]
    kind = DataType.list(Field("item", DataType.float32()), size)
    flat = np.where(known[:, None], values, np.float32(np.nan)).astype(np.float32)
    return fixed_size_list_array(Array.from_numpy(flat.ravel()), size, type=kind)


def _texts(column: ChunkedArray) -> tuple[str, ...]:
    return tuple(column.to_pylist())


def _integers(column: ChunkedArray) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *(chunk.to_numpy() for chunk in column.chunks)])


def _floats(column: ChunkedArray) -> Float32:
    return np.concatenate([np.zeros(0, np.float32), *(chunk.to_numpy() for chunk in column.chunks)])


def _read_labels(table: Table, name: str, units: list[int] | None) -> Labels | None:
    if units is None:
        return None
    value = np.zeros((table.num_rows, len(units)), np.float32)
    for place, unit in enumerate(units):
        value[:, place] = _floats(table[f"{name}_AU{unit}"])
    known = np.isfinite(value)
    return Labels(tuple(units), np.where(known, value, np.float32(0)).astype(np.float32), known)


def _read_expressions(table: Table, classes: list[str] | None) -> Expressions | None:
    if classes is None:
        return None
    number = {name: place for place, name in enumerate(classes)}
    value = np.array([number.get(name, -1) for name in _texts(table["expression"])], np.int64)
    return Expressions(tuple(classes), np.maximum(value, 0), value >= 0)


def _read_points(table: Table, facts: tuple[str, int] | None) -> Points | None:
    if facts is None:
        return None
    scheme, count = facts
    value = _list(table["points"], 2 * count)
    known = _finite(value)
    value[~known] = 0
    return Points(scheme, value.reshape(-1, count, 2), known)


def _list(column: ChunkedArray, size: int) -> Float32:
    """(n, size) rows of numbers."""
    chunks = [np.asarray(list_flatten(chunk).to_numpy(), np.float32) for chunk in column.chunks]
    return np.concatenate([np.zeros(0, np.float32), *chunks]).reshape(-1, size)


def _finite(rows: Float32) -> NDArray[np.bool_]:
    """(n,): which rows have only numbers."""
    return np.asarray(np.isfinite(rows).all(axis=1))
