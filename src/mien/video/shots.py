"""What reading counts, and a frame before its pixels are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mien.values import Image

__all__ = ["DAMAGED", "LATE", "Counts", "Feed", "Kind", "Shot"]

Kind = Literal["picture", "video", "camera"]

DAMAGED = "damaged"
"""Why a frame was dropped: it cannot be decoded, or is missing from a file that ends early."""
LATE = "late"
"""Why a frame of a camera was dropped: a newer one was there before it could be taken."""


@dataclass
class Counts:
    """What became of the frames of a source, up to now.

    Every decoded frame is given, skipped or outside; a dropped one was never decoded, or was
    decoded by a camera that ran ahead.
    """

    decoded: int = 0
    """Frames that were decoded and could have been given."""
    yielded: int = 0
    """Frames that were given."""
    skipped: int = 0
    """Frames between two moments of ``every``."""
    outside: int = 0
    """Frames decoded on the way that lie before ``start`` or from ``end`` on."""
    estimated: int = 0
    """Frames without a sound time stamp, whose time was estimated."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Frames that were lost, by reason."""

    def set_dropped(self, reason: str, frames: int) -> None:
        """Set the number of frames lost for a reason; a reason without any is not listed."""
        if frames:
            self.dropped[reason] = frames


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame whose pixels wait until they are asked for: converting them costs time."""

    index: int
    """Number of the frame in the source, from 0."""
    time: float
    """Presentation time in seconds."""
    paint: Callable[[], Image] = field(repr=False)
    """Gives uint8 (h, w, 3), RGB, upright."""


class Feed(Protocol):
    """Where shots come from: a picture, a recording, a camera."""

    kind: Kind
    name: str
    size: tuple[int, int]
    begin: float
    duration: float | None
    frames_in_container: int | None
    rate: float | None
    counts: Counts
    notes: list[str]

    def shots(self, start: float | None) -> Iterator[Shot]:
        """The frames in the order they are shown; those before ``start`` may be left out."""
        ...

    def close(self) -> None:
        """Let go of file or device."""
        ...
