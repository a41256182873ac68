"""How networks are asked: what of, and when a score or a label means yes."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.evaluation.metrics import Task

__all__ = ["How", "Progress"]

Progress = Callable[[str, int, int], None]
"""Told of which network how many pictures are done, of how many."""


@dataclass(frozen=True)
class How:
    """What is asked, how labels and scores become yes or no, and who is told of the progress."""

    task: Task
    present: float
    """Intensity from which a unit is present, where labels are intensities."""
    threshold: float
    """Probability from which it is said to be."""
    shown: float
    """Intensity from which the default networks say so."""
    progress: Progress | None = None
