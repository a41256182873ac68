"""What networks cost, as float32 and in 8 bits: parameters, operations, size, time, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.comparison.counting import count
from mien.comparison.ground import Stand
from mien.comparison.looks import Finding
from mien.comparison.memory import memory_of
from mien.comparison.shipped import Shipped
from mien.evaluation.timing import Timed, seconds_per_crop
from mien.files import digest_of
from mien.runtime import BATCH, Predictor
from mien.training.exporting import probe_of

__all__ = ["Cost", "costs_of"]


@dataclass(frozen=True)
class Cost:
    """One file, or all of the default networks."""

    precision: str
    digest: str
    """SHA-256 of the file, or of all."""
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
    finding: float | None = None
    """Of the default networks: CPU time for finding a face and its mesh, which is in no figure,
    for pictures that are aligned have it behind them."""


def costs_of(stands: Sequence[Stand], smalls: Sequence[Path | None]) -> list[list[Cost]]:
    """The costs of each network as it is, and in 8 bits where that file is there.

    All of them take turns on the first pictures of the comparison, so that whatever else the
    machine does meets all of them.

    Args:
        stands: the networks in one fold.
        smalls: for each the same in 8 bits, or None.
    """
    files = [
        (place, _File(stand, file))
        for place, (stand, small) in enumerate(zip(stands, smalls, strict=True))
        for file in _files(stand, small)
    ]
    seconds = seconds_per_crop([timed for _, one in files for timed in one.timed])
    spent = iter(seconds)
    costs: list[list[Cost]] = [[] for _ in stands]
    for place, one in files:
        costs[place].append(one.cost([next(spent) for _ in one.timed]))
    return costs


def _files(stand: Stand, small: Path | None) -> list[Path | None]:
    """The files of a network; None stands for all of those of the default networks."""
    if isinstance(stand.subject, Shipped):
        return [None]
    return [stand.subject.file] if small is None else [stand.subject.file, small]


class _File:
    """A network as it is weighed."""

    def __init__(self, stand: Stand, file: Path | None) -> None:
        self._subject, self._file = stand.subject, file
        rows = np.resize(stand.rows, BATCH)  # fewer are shown again
        subject = stand.subject
        if isinstance(subject, Shipped):
            reads, images = subject.at_hand(stand.cache, rows)
            self.timed = [Timed(reads, images), Timed(Finding(subject.looks.finder), images)]
            return
        images = np.stack([stand.cache.image(int(row)) for row in rows])
        points = stand.cache.landmarks[rows] if subject.spec.points else None
        self._predictor = Predictor(file or subject.file)
        self.timed = [Timed(self._predictor, images, points)]

    def cost(self, seconds: Sequence[float]) -> Cost:
        """All of it, with the time that was measured."""
        subject = self._subject
        if isinstance(subject, Shipped):
            weighed = [(path, count(path, probe_of(spec))) for path, spec in subject.parts.values()]
            precision, memory = subject.precision, memory_of(subject.name)
        else:
            file = self._file or subject.file
            weighed = [(file, count(file, probe_of(subject.spec)))]
            precision, memory = self._predictor.spec.precision, memory_of(str(file.resolve()))
        return Cost(
            precision,
            " ".join(digest_of(path) for path, _ in weighed),
            sum(path.stat().st_size for path, _ in weighed),
            sum(one.parameters for _, one in weighed),
            sum(one.operations for _, one in weighed),
            seconds[0],
            memory,
            tuple(sorted({kind for _, one in weighed for kind in one.uncounted})),
            seconds[1] if len(seconds) > 1 else None,
        )
