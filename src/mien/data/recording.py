"""A recorded sequence of one person with all that can be said of it: what example sets are made of.

Each data set's ``write`` turns recordings into files in its exact format; its ``read`` turns such
files into an `Index`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mien.errors import ShapeError
from mien.values import Float32, Image

__all__ = ["Recording"]


@dataclass(frozen=True, eq=False)
class Recording:
    """n frames of one person."""

    person: int
    """Number of the person, from 0; each data set has its own names for persons."""
    images: Sequence[Image]
    """n pictures of one size."""
    points: Float32
    """(n, 68, 2): landmarks of the scheme "68" in pixels."""
    units: tuple[int, ...]
    intensity: Float32
    """(n, k), 0-5, of each of ``units``; other units are absent."""
    expression: str = "neutral"
    """At the last frame: neutral, anger, contempt, disgust, fear, happiness, sadness, surprise."""

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.points.shape != (count, 68, 2) or self.intensity.shape != (count, len(self.units)):
            raise ShapeError(
                f"{count} pictures with landmarks of shape {self.points.shape} and intensities of "
                f"shape {self.intensity.shape}; expected ({count}, 68, 2) and "
                f"({count}, {len(self.units)})"
            )
