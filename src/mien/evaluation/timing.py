"""What a face costs: CPU time of networks that read the same number of crops in turns."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mien.values import Float32, Image

__all__ = ["ROUNDS", "Reads", "Timed", "seconds_in_turns", "seconds_per_crop"]

ROUNDS = 5
"""Times that each has its turn; the quickest counts."""


class Reads(Protocol):
    """What reads crops, as `mien.runtime.Predictor` does."""

    def score_crops(self, images: Image, points: Float32 | None = None) -> object:
        """Read them; what it says is not looked at."""
        ...


@dataclass(frozen=True, eq=False)
class Timed:
    """A network and what it reads."""

    predictor: Reads
    """On one thread, so that its CPU time is that of its own work."""
    images: Image
    """uint8 (n, s, s, 3) crops."""
    points: Float32 | None = None
    """(n, p, 2) landmarks, where it reads these too."""


def seconds_per_crop(networks: Sequence[Timed], rounds: int = ROUNDS) -> tuple[float, ...]:
    """CPU seconds per crop of each network; normalising the crops is part of it."""
    works = [partial(one.predictor.score_crops, one.images, one.points) for one in networks]
    spent = seconds_in_turns(works, rounds)
    return tuple(total / len(one.images) for total, one in zip(spent, networks, strict=True))


def seconds_in_turns(
    works: Sequence[Callable[[], object]], rounds: int = ROUNDS
) -> tuple[float, ...]:
    """CPU seconds of each piece of work, the quickest of several rounds.

    They take turns, so that whatever else the machine does at the time meets all of them. Time of
    the process is counted, not that of the clock.
    """
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            start = time.process_time()
            work()
            best[place] = min(best[place], time.process_time() - start)
    return tuple(best)
