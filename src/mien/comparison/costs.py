"""What networks cost, as float32 and in 8 bits: parameters, operations, size, time, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.comparison.counting import count
from mien.comparison.ground import Stand
from mien.comparison.memory import memory_of
from mien.evaluation.timing import Timed, seconds_per_crop
from mien.runtime import BATCH, Predictor
from mien.training.exporting import probe_of

__all__ = ["Cost", "costs_of"]


@dataclass(frozen=True)
class Cost:
    """One file."""

    precision: str
    size: int
    """Bytes."""
    parameters: int
    operations: int
    """Multiply-adds for one face, see `mien.comparison.counting`."""
    seconds: float
    """CPU time per face on one thread, batches of BATCH, the quickest of several rounds."""
    memory: float | None
    """Megabytes, see `mien.comparison.memory`."""
    uncounted: tuple[str, ...] = ()
    """Operators that multiply and are not among the operations."""


def costs_of(stands: Sequence[Stand], smalls: Sequence[Path | None]) -> list[list[Cost]]:
    """The costs of each network as it is, and in 8 bits where that file is there.

    All of them take turns on the first pictures of the comparison, so that whatever else the
    machine does meets all of them.

    Args:
        stands: the networks in one fold.
        smalls: for each the same in 8 bits, or None.
    """
    files = [
        (place, stand, file)
        for place, (stand, small) in enumerate(zip(stands, smalls, strict=True))
        for file in (stand.subject.file, small)
        if file is not None
    ]
    timed = [_timed(stand, file) for _, stand, file in files]
    seconds = seconds_per_crop(timed)
    costs: list[list[Cost]] = [[] for _ in stands]
    for (place, stand, file), one, spent in zip(files, timed, seconds, strict=True):
        counted = count(file, probe_of(stand.subject.predictor.spec))
        costs[place].append(
            Cost(
                one.predictor.spec.precision,
                file.stat().st_size,
                counted.parameters,
                counted.operations,
                spent,
                memory_of(file),
                counted.uncounted,
            )
        )
    return costs


def _timed(stand: Stand, file: Path) -> Timed:
    """A network on one thread with the first pictures; fewer are shown again."""
    rows = np.resize(stand.rows, BATCH)
    images = np.stack([stand.cache.image(int(row)) for row in rows])
    points = stand.cache.landmarks[rows] if stand.subject.predictor.spec.points else None
    return Timed(Predictor(file), images, points)
