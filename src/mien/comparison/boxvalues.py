"""Detectors side by side, as values: what was chosen, where figures come from, what came of it."""

from dataclasses import dataclass, field

import numpy as np

from mien.comparison.boxasking import Said
from mien.comparison.costs import Cost
from mien.comparison.detectors import Detector
from mien.data.yolo import BoxedPictures
from mien.errors import InputError
from mien.evaluation.bootstrap import Interval
from mien.evaluation.boxbootstrap import FIGURES
from mien.evaluation.boxtable import BoxTable
from mien.evaluation.detection import Boxes
from mien.evaluation.disagreement import Apart, Dispute
from mien.evaluation.paired import Floats

__all__ = ["TITLES", "BoxAbout", "BoxChoice", "BoxCompared", "BoxPair", "BoxStanding"]

TITLES = {"map50": "mAP50", "map50_95": "mAP50-95", "precision": "P", "recall": "R"}
"""What figures are called in tables."""


@dataclass(frozen=True)
class BoxChoice:
    """What detectors are compared by."""

    metric: str = "map50"
    """One of FIGURES."""
    anyway: bool = False
    """Compare though pictures of the training part are among those compared on."""
    cost: bool = True
    """Measure what they cost."""

    def __post_init__(self) -> None:
        if self.metric not in FIGURES:
            raise InputError(
                f"{self.metric!r} is no metric of detectors; there are {', '.join(FIGURES)}"
            )


@dataclass(frozen=True)
class BoxAbout:
    """Where figures come from."""

    data: str
    """Name of the folder of the data.yaml."""
    digest: str
    """Of pictures and boxes of all parts."""
    part: str
    pictures: int
    sources: int
    """Pictures that these were made from."""
    instances: int
    """True boxes."""
    version: str
    command: str
    warnings: tuple[str, ...] = ()

    def line(self) -> str:
        """The same in a sentence, without the command."""
        made = "" if self.sources == self.pictures else f" made from {self.sources}"
        return (
            f"{self.data}, the set's own part {self.part}, {self.pictures} pictures{made} with "
            f"{self.instances} boxes, mien {self.version}."
        )

    def columns(self) -> dict[str, object]:
        """The same for the rows of a table."""
        return {
            "data": self.data, "data_digest": self.digest, "protocol": "the set's own parts",
            "part": self.part, "pictures": self.pictures, "version": self.version,
            "warnings": " ".join(self.warnings), "command": self.command,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class BoxStanding:
    """One detector."""

    entrant: Detector
    table: BoxTable
    intervals: dict[str, Interval]
    """By FIGURES: of each class, and of their mean."""
    costs: tuple[Cost, ...] = ()
    """As it is, then in 8 bits if that is there."""
    small: float | None = None
    """The metric in 8 bits."""

    def figure(self, name: str) -> float | None:
        """A figure of all classes; None where it does not exist."""
        value = float(getattr(self.table.rows[0], name))
        return None if np.isnan(value) else value

    def bounds(self, name: str) -> tuple[float | None, float | None]:
        """Interval of a figure of all classes."""
        if name not in self.intervals:
            return None, None
        low, high = self.intervals[name].mean
        return (None, None) if np.isnan(low) else (low, high)


@dataclass(frozen=True)
class BoxPair:
    """Two detectors: the first minus the second, on the same drawn pictures."""

    first: int
    second: int
    values: Floats
    """(c,)."""
    mean: float
    interval: Interval

    @property
    def better(self) -> int | None:
        """Which of them is told to be better; None where neither is."""
        low, high = self.interval.mean
        return self.first if low > 0 else self.second if high < 0 else None


@dataclass(frozen=True, eq=False)
class BoxCompared:
    """All that came of it."""

    about: BoxAbout
    metric: str
    names: tuple[str, ...]
    """Of the classes."""
    standings: tuple[BoxStanding, ...]
    pairs: tuple[BoxPair, ...]
    """Every two; none where all pictures were made from one."""
    apart: tuple[Apart, ...]
    disputes: tuple[Dispute, ...]
    part: BoxedPictures
    said: tuple[Said, ...] = field(repr=False)
    true: tuple[Boxes, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
