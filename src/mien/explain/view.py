"""A way to show what a network saw in a face; one file of this room for each."""

from dataclasses import dataclass
from typing import Protocol

from mien.explain.faithful import Verdict
from mien.values import Float32, Image, Scores

__all__ = ["Seen", "View"]


@dataclass(frozen=True, eq=False)
class Seen:
    """One face as a network read it."""

    image: Image
    """uint8 (s, s, 3): the crop that went into the network."""
    points: Float32
    """(49, 2): the mesh's landmarks in pixels of the crop."""
    scores: Scores
    """What it says of this one face, n = 1."""
    maps: Float32 | None = None
    """(t, m, m): where it looked, for each of what is asked; None where nothing was."""
    verdicts: tuple[Verdict, ...] = ()
    """Whether each map tells what the network looks at; empty where that was not tested."""


class View(Protocol):
    """Draws one face; all its pictures have the same size, so that they make a video."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn, in pixels."""
        ...

    def draw(self, seen: Seen | None) -> Image:
        """A picture of one face, uint8 (height, width, 3); None: of a frame without a face."""
        ...
