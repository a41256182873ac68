"""What the first pass finds, one row per face per frame, and the temporary file it waits in.

The second pass needs the person's neutral and the whole course of the eyes, so the rows of a source
wait on disk between the two: memory stays flat however long the source is.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

__all__ = ["NOBODY", "Rows", "Spool"]

NOBODY = -1
"""Track of a row that stands for a frame without a face; it never leaves this room."""


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows as arrays of n. A frame without a face has one row, with track NOBODY and NaN."""

    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    track: NDArray[np.int32]
    score: NDArray[np.float32]
    box: NDArray[np.float32]
    """(n, 4)"""
    pose: NDArray[np.float32]
    """(n, 3) pitch, yaw, roll"""
    openness: NDArray[np.float32]
    """(n, 2) eye aspect ratio of the person's left and right eye"""
    gaze: NDArray[np.float32]
    """(n, 2) iris ratios along and across the eye axis"""
    single: NDArray[np.float32]
    """(n, k) intensities by the single-frame network"""
    features: NDArray[np.float16]
    """(n, 1410), or (n, 0) when no difference is asked for"""
    added: NDArray[np.float32]
    """(n, m) what added networks say, see `mien.analysis.added`; m is 0 where there are none"""
    classed: NDArray[np.float32]
    """(n, c) score of each class by a detector of one's own; c is 0 where there is none"""
    mesh: NDArray[np.float32]
    """(n, 478, 3), or (n, 0, 3) when the mesh is not needed again"""

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def present(self) -> NDArray[np.bool_]:
        """(n,) True where the row has a face."""
        return np.asarray(self.track != NOBODY)


class Spool:
    """Rows in a temporary file: append in the first pass, read back in the second.

    Raises:
        InputError: the disk that holds temporary files is full.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="mien-")  # noqa: SIM115 - closed in __exit__
        self._chunks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, rows: Rows) -> None:
        """Add a chunk of rows."""
        try:
            for item in fields(rows):
                np.lib.format.write_array(self._file, getattr(rows, item.name), allow_pickle=False)
        except OSError as error:
            raise InputError(
                f"the folder for temporary files ({tempfile.gettempdir()}) cannot be written: "
                f"{error.strerror}; free some space there or set TMPDIR to another disk "
                "(an hour of video with a neutral takes about 350 MB)"
            ) from error
        self._chunks += 1

    def __iter__(self) -> Iterator[Rows]:
        self._file.seek(0)
        names = [item.name for item in fields(Rows)]
        for _ in range(self._chunks):
            arrays = {
                name: np.lib.format.read_array(self._file, allow_pickle=False) for name in names
            }
            yield Rows(**arrays)
