"""An index of pictures: of files alone, and of persons whose pictures are not there."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.labels import STILL, Index


def index_of(root: Path, paths: Sequence[str], frames: Sequence[int] | None = None) -> Index:
    """Files without labels, each a person and a sequence of its own."""
    names = tuple(f"P{row}" for row in range(len(paths)))
    frame = np.full(len(paths), STILL) if frames is None else np.array(frames)
    return Index("table", root, tuple(paths), frame, np.arange(len(paths)), names, names)


def made_index(
    counts: dict[str, int],
    *,
    name: str = "table",
    sequences: int = 2,
    part: Sequence[str] | None = None,
) -> Index:
    """Persons with a number of pictures each, which go round their sequences."""
    rows = [
        (who, f"{who}/T{n % sequences + 1}", n) for who, size in counts.items() for n in range(size)
    ]
    return Index(
        name,
        Path("nowhere"),
        tuple(f"{sequence}/{number:04}.jpg" for _, sequence, number in rows),
        np.full(len(rows), STILL, np.int64),
        np.array([number for _, _, number in rows], np.int64),
        tuple(who for who, _, _ in rows),
        tuple(sequence for _, sequence, _ in rows),
        part=None if part is None else tuple(part),
    )
