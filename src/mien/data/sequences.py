"""Which pictures to look at: stretches of sequences in which something moves, and single ones."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Index
from mien.data.placing import inner, unit_of

__all__ = ["SHORTEST", "STRETCH", "Stretch", "choose", "spread"]

STRETCH = 50
"""Pictures of a sequence that are looked at."""
STEP = 2
"""Of a sequence that is longer every second picture, over twice the time: an expression comes and
goes within some seconds, and labels can be placed best where both are seen."""
SHORTEST = 12
"""Pictures under which a sequence says nothing of its timing."""
LABEL_WEIGHT = 0.02
"""Eye distances of movement that a change of a label by one level is worth in choosing."""

Rows = NDArray[np.intp]


class Stretch(NamedTuple):
    """A part of a sequence, and all the sequence has beside it."""

    sequence: str
    rows: Rows
    """Of the pictures that are looked at, by frame number."""
    around: Rows
    """Rows of the whole sequence, by frame number."""
    movement: float
    """How much happens in them by the data set itself: the more, the more can be told."""


def choose(index: Index, budget: int) -> list[Stretch]:
    """Stretches to look at, at most ``budget`` pictures in all.

    Of every sequence that is long enough the liveliest stretch; persons take turns, each beginning
    with the liveliest sequence.
    """
    moving = _movement(index)
    people: dict[str, list[Stretch]] = {}
    for sequence, rows in _sequences(index).items():
        if len(rows) >= SHORTEST:
            stretch = _liveliest(sequence, rows, moving)
            people.setdefault(index.subject[int(rows[0])], []).append(stretch)
    for own in people.values():
        own.sort(key=lambda one: -one.movement)
    chosen: list[Stretch] = []
    turns = (own[turn] for turn in range(max(map(len, people.values()), default=0))
             for own in people.values() if turn < len(own))  # fmt: skip
    for stretch in turns:
        if budget < SHORTEST:
            break
        stretch = stretch._replace(rows=stretch.rows[:budget])
        budget -= len(stretch.rows)
        chosen.append(stretch)
    return chosen


def spread(rows: Rows, count: int) -> Rows:
    """At most ``count`` of some rows, evenly spread."""
    if count <= 0:
        return rows[:0]
    places = np.linspace(0, len(rows) - 1, min(count, len(rows)))
    return rows[np.unique(np.rint(places).astype(np.intp))] if len(rows) else rows


def _sequences(index: Index) -> dict[str, Rows]:
    """Rows of each sequence by frame number."""
    places: dict[str, list[int]] = {}
    for row, name in enumerate(index.sequence):
        places.setdefault(name, []).append(row)
    return {
        name: np.array(some, np.intp)[np.argsort(index.number[some], kind="stable")]
        for name, some in places.items()
    }


def _liveliest(sequence: str, rows: Rows, moving: NDArray[np.float64]) -> Stretch:
    """The stretch of a sequence with the most movement."""
    step = STEP if len(rows) > STRETCH else 1
    length = min(STRETCH * step, len(rows))
    weights = np.hanning(length + 2)[1:-1]  # what happens shall lie in the middle
    gain = np.convolve(moving[rows], weights, "valid")
    start = int(gain.argmax())
    return Stretch(sequence, rows[start : start + length : step], rows, float(gain[start]))


def _movement(index: Index) -> NDArray[np.float64]:
    """How far each row lies from the one before it in its sequence, by landmarks and labels."""
    moving = np.zeros(len(index))
    for rows in _sequences(index).values():
        before, after = rows[:-1], rows[1:]
        close = index.number[after] - index.number[before] == 1
        for labels in (index.occurrence, index.intensity):
            if labels is not None:
                both = labels.known[before] & labels.known[after]
                steps = np.abs(labels.value[after] - labels.value[before]) * both
                moving[after] += LABEL_WEIGHT * steps.sum(axis=1) * close
        if index.points is not None:
            faces, known = inner(index.points), index.points.known
            way = np.linalg.norm(faces[after] - faces[before], axis=2).mean(axis=1)
            way = np.minimum(way / unit_of(faces[after]), 1.0)  # a jump is damage, not movement
            moving[after] += np.where(known[before] & known[after] & close, way, 0.0)
    return np.nan_to_num(moving)
