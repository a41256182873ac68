"""What a user may choose about an analysis, checked and in plain units."""

from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path

from mien.analysis.choice import NeutralChoice
from mien.errors import InputError
from mien.video.moments import read_seconds

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """How sources are read."""

    neutral: NeutralChoice = field(default_factory=NeutralChoice)
    every: float | None = None
    """Seconds between analysed frames; None: all frames."""
    start: float | None = None
    """Seconds; earlier frames are left out."""
    end: float | None = None
    """Seconds; frames from here on are left out."""
    max_faces: int | None = None
    """Follow at most so many faces, the largest; None: all."""

    @classmethod
    def of(
        cls,
        neutral: str | Path = "auto",
        every: str | float | None = None,
        start: str | float | None = None,
        end: str | float | None = None,
        max_faces: int | None = None,
    ) -> "Options":
        """Options as people type them.

        Raises:
            InputError: one of them cannot be read.
        """
        seconds = {
            name: None if value is None else read_seconds(value, name)
            for name, value in (("every", every), ("start", start), ("end", end))
        }
        if max_faces is not None and (not _is_whole(max_faces) or max_faces < 1):
            raise InputError(
                f"the most faces to follow (--faces, max_faces) is {max_faces!r}, "
                "expected a whole number from 1 on"
            )
        most = None if max_faces is None else int(max_faces)
        return cls(NeutralChoice.parse(str(neutral)), max_faces=most, **seconds)

    def facts(self) -> dict[str, object]:
        """The options as plain values for reports."""
        chosen = self.neutral
        detail = chosen.path if chosen.path is not None else chosen.time
        return {
            "neutral": chosen.source if detail is None else f"{chosen.source} {detail}",
            "every": self.every,
            "start": self.start,
            "end": self.end,
            "max_faces": self.max_faces,
        }


def _is_whole(value: object) -> bool:
    """Whether it is a whole number, Python's or numpy's."""
    return isinstance(value, Integral) and not isinstance(value, bool)
