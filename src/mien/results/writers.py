"""Tables to files: Parquet, Arrow, CSV and JSON lines, chosen by suffix, a batch at a time."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import IO, cast

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_csv, write_ipc, write_ndjson, write_parquet

from mien.errors import InputError
from mien.files import by_suffix, cannot_write, whole_file
from mien.results.table import make_batch

__all__ = ["WRITERS", "Writer", "open_writer"]

Pour = Callable[[Schema, Iterator[RecordBatch], "Disk"], None]
"""Writes a stream of batches to a file."""

GROUP_BYTES = 8_000_000
"""Size of a row group of Parquet before compression: it waits in memory until it is full."""

PATIENCE = 0.2
"""Seconds between two looks at whether the writing thread still lives."""

FAREWELL = 10.0
"""Seconds that a writing thread gets to end when its file is given up."""


class Disk:
    """A file that remembers the first error and swallows what comes after it.

    The libraries that write tables abort the program when a write fails under them, so the error
    is kept here and raised where it can be dealt with.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write, unless something has failed before."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        if self.error is None:
            try:
                self._file.flush()
            except OSError as error:
                self.error = error

    def seek(self, offset: int, whence: int = 0) -> int:
        """Where the file stands; tables are written from start to end."""
        return self._file.seek(offset, whence)


class Writer:
    """Takes the rows of one table, a batch at a time. Made by `open_writer`.

    A thread of its own pulls them into the file, because the libraries that write tables pull;
    ``write`` waits when the disk is slower than the rows come, so memory stays flat.
    """

    rows: int = 0
    """Rows that were given up to now."""

    def __init__(self, path: Path, schema: Schema, pour: Pour, disk: Disk) -> None:
        self.path = path
        self.schema = schema
        self._pour = pour
        self._disk = disk
        self._queue: queue.Queue[RecordBatch | None] = queue.Queue(maxsize=2)
        self._given_up = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="mien-writer", daemon=True)
        self._thread.start()

    def write(self, batch: RecordBatch) -> None:
        """Add rows.

        Raises:
            InputError: the columns are not those of the table, or the disk refuses.
        """
        if batch.schema.names != self.schema.names:
            raise InputError(
                f"rows with the columns {', '.join(batch.schema.names)} came for "
                f"{self.path.name}, expected {', '.join(self.schema.names)}"
            )
        self._put(batch)
        self.rows += batch.num_rows

    def finish(self) -> None:
        """Wait until all is written.

        Raises:
            InputError: the disk refused.
        """
        self._put(None)
        self._thread.join()
        self._disk.flush()
        self._check()

    def give_up(self) -> None:
        """End the thread without caring for the file."""
        self._given_up = True
        with suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(FAREWELL)

    def _put(self, item: RecordBatch | None) -> None:
        """Hand over to the thread, waiting until it is ready; None ends the table."""
        while True:
            self._check()
            with suppress(queue.Full):
                self._queue.put(item, timeout=PATIENCE)
                return

    def _check(self) -> None:
        """Raise what went wrong in the thread."""
        if self._disk.error is not None:
            raise cannot_write(self.path, self._disk.error) from self._disk.error
        if self._failure is not None:
            raise InputError(f"{self.path} cannot be written: {self._failure}") from self._failure

    def _run(self) -> None:
        """Write until the rows end (in the thread)."""
        try:
            self._pour(self.schema, self._batches(), self._disk)
        except BaseException as error:  # noqa: BLE001 - raised again where the rows come from
            self._failure = error

    def _batches(self) -> Iterator[RecordBatch]:
        """The rows as they come; they end early when there is no sense in going on."""
        while not self._given_up and self._disk.error is None:
            batch = self._queue.get()
            if batch is None:
                return
            yield batch


@contextmanager
def open_writer(path: str | Path, schema: Schema) -> Iterator[Writer]:
    """Open a table file; its suffix says the kind.

    The file appears under its name only when the ``with`` block ends without an error. Parquet and
    Arrow keep unit and meaning of the columns and the facts of the run; CSV and JSON lines cannot.

    Args:
        path: .parquet, .arrow, .feather, .csv, .jsonl or .ndjson.
        schema: of the table.

    Raises:
        InputError: the suffix is unknown, or the file cannot be written.
    """
    path = Path(path)
    pour = by_suffix(path, WRITERS, "a table")
    with whole_file(path) as partial:
        file = _open(partial, path)
        try:
            writer = Writer(path, schema, pour, Disk(file))
            try:
                yield writer
                writer.finish()
            except BaseException:
                writer.give_up()
                raise
        finally:
            with suppress(OSError):
                file.close()


def _open(partial: Path, path: Path) -> IO[bytes]:
    """The temporary file, opened for writing."""
    try:
        return partial.open("wb")
    except OSError as error:
        raise cannot_write(path, error) from error


def _pour_parquet(schema: Schema, batches: Iterator[RecordBatch], disk: Disk) -> None:
    """Parquet, in row groups of a few megabytes."""
    rows = max(256, GROUP_BYTES // sum(map(_bytes_per_value, _fields(schema))))
    write_parquet(
        RecordBatchReader.from_batches(schema, batches),
        cast(IO[bytes], disk),
        compression="zstd(3)",
        max_row_group_size=rows,
    )


def _pour_arrow(schema: Schema, batches: Iterator[RecordBatch], disk: Disk) -> None:
    """Arrow's own file format."""
    reader = RecordBatchReader.from_batches(schema, batches)
    write_ipc(reader, cast(IO[bytes], disk), compression="zstd")


def _pour_csv(schema: Schema, batches: Iterator[RecordBatch], disk: Disk) -> None:
    """CSV with a line of names; null is empty, lists are spread over columns."""
    flat = Schema([part for field in _fields(schema) for part in _flat_fields(field)])
    empty = make_batch(flat, {})
    spread = (_spread(batch, flat) for batch in batches)
    write_csv(RecordBatchReader.from_batches(flat, chain([empty], spread)), cast(IO[bytes], disk))


def _pour_lines(schema: Schema, batches: Iterator[RecordBatch], disk: Disk) -> None:
    """One JSON object a line, with a null for everything that is missing."""
    reader = RecordBatchReader.from_batches(schema, batches)
    write_ndjson(reader, cast(IO[bytes], disk), explicit_nulls=True)


WRITERS: dict[str, Pour] = {
    ".parquet": _pour_parquet,
    ".arrow": _pour_arrow,
    ".feather": _pour_arrow,
    ".csv": _pour_csv,
    ".jsonl": _pour_lines,
    ".ndjson": _pour_lines,
}
"""Suffix of a table to what writes it."""


def _fields(schema: Schema) -> list[Field]:
    """The columns of a schema."""
    return [schema.field(name) for name in schema.names]


def _bytes_per_value(field: Field) -> int:
    """About what a value takes in memory."""
    return 4 * (field.type.list_size or 2)


def _flat_fields(field: Field) -> list[Field]:
    """A column as CSV has it: points become ``mesh_x0``, ``mesh_y0``, ``mesh_z0``, ``mesh_x1``."""
    size = field.type.list_size
    if size is None:
        return [field]
    return [
        Field(f"{field.name}_{'xyz'[place % 3]}{place // 3}", DataType.float32())
        for place in range(size)
    ]


def _spread(batch: RecordBatch, flat: Schema) -> RecordBatch:
    """A batch with its lists spread over columns."""
    arrays: list[Array] = []
    for name in batch.schema.names:
        column = batch[name]
        size = column.type.list_size
        if size is None:
            arrays.append(column)
            continue
        rows = [row or [None] * size for row in column.to_pylist()]
        parts = zip(*rows, strict=True) if rows else [()] * size
        arrays += [Array(values, DataType.float32()) for values in parts]
    return RecordBatch.from_arrays(arrays, schema=flat)
