"""What a check of a data set found: counts, findings, rates, shifts, and the rows to keep."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.data.findings import KINDS, REMARKS, Finding
from mien.data.rates import Rates
from mien.files import as_text, write_whole

__all__ = ["Looked", "Of", "Report", "Shift", "Verdict", "write_report"]

Of = Literal["landmarks", "occurrence", "intensity"]
Verdict = Literal["in step", "shifted", "too weak"]


@dataclass(frozen=True)
class Looked:
    """How much was looked at, so that nobody takes a sample for the whole."""

    files: int = 0
    """Pictures and videos whose header and end were read."""
    decoded: int = 0
    """Pictures decoded in full."""
    faces: int = 0
    """Pictures in which a face was looked for; 0 where the face models were not used."""
    found: int = 0
    """Of these, pictures with a face."""


@dataclass(frozen=True)
class Shift:
    """Whether landmarks or labels are in step with the pictures, over one sequence or all."""

    of: Of
    sequence: str
    """Name of the sequence; empty: all that were looked at, together."""
    frames: int
    """n: what the set says of frame i + n fits the picture of frame i best."""
    fit: float
    """Share of the movement in the pictures that is explained at n, at most 1."""
    fit_as_is: float
    """The same as the set is, without any shift."""
    pictures: int
    """Pictures compared."""
    verdict: Verdict
    first: str = ""
    """The first of these pictures."""

    @property
    def kind(self) -> str:
        """The kind of finding it is if it is one."""
        return "landmarks shifted" if self.of == "landmarks" else "labels shifted"

    def __str__(self) -> str:
        what = self.of if self.of == "landmarks" else f"{self.of} labels"
        place = self.sequence or "all sequences together"
        shares = f"{self.fit_as_is:.0%} of the movement explained as they are"
        if self.verdict == "too weak":
            return f"{what}, {place}: too little to go by ({shares}, {self.pictures} pictures)"
        if self.verdict == "in step":
            seen = f"({shares}, {self.pictures} pictures)"
            return f"{what}, {place}: in step to within two frames {seen}"
        late = "late" if self.frames > 0 else "early"
        about = "" if self.of == "landmarks" else "about "
        return (
            f"{what}, {place}: {about}{abs(self.frames)} frames {late}: those of frame "
            f"i{self.frames:+d} fit the picture of frame i ({shares}, {self.fit:.0%} when moved, "
            f"{self.pictures} pictures)"
        )


@dataclass(frozen=True, eq=False)
class Report:
    """All that a check found."""

    name: str
    root: Path
    pictures: int
    findings: tuple[Finding, ...]
    good: NDArray[np.intp]
    """Rows of the index that nothing speaks against, in order."""
    looked: Looked
    rates: Rates
    shifts: tuple[Shift, ...] = ()
    notes: tuple[str, ...] = ()
    """What is odd and no fault, and what could not be looked at, each in a sentence."""
    left_out: int = 0
    """Labelled pictures that are not in the index because of a fault, found while it was read."""
    partly: int = 0
    """Of the rows to keep, those that lack labels that other pictures have."""
    unlabelled: int = 0
    """Of the rows to keep, those without any label."""
    counts: Mapping[str, int] = field(init=False)
    """What was found of each kind, in the order of KINDS: pictures, lines or files."""

    def __post_init__(self) -> None:
        of = {finding.kind for finding in self.findings}
        counts = {
            kind: sum(finding.count for finding in self.findings if finding.kind == kind)
            for kind in KINDS
            if kind in of
        }
        object.__setattr__(self, "counts", counts)

    @property
    def clean(self) -> bool:
        """Whether nothing was found but remarks."""
        return all(kind in REMARKS for kind in self.counts)

    @property
    def untold(self) -> tuple[str, ...]:
        """What could not be told to be in step with the pictures; empty where nothing moves."""
        if all(count < 2 for count in self.rates.sequences.values()):
            return ()
        together = [shift for shift in self.shifts if not shift.sequence]
        if not together:
            return ("labels", "landmarks")
        return tuple(
            shift.of if shift.of == "landmarks" else f"{shift.of} labels"
            for shift in together
            if shift.verdict == "too weak"
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON knows it."""
        return {
            "name": self.name,
            "root": as_text(self.root),
            "clean": self.clean,
            "pictures": self.pictures,
            "kept": len(self.good),
            "left_out": self.left_out,
            "partly": self.partly,
            "unlabelled": self.unlabelled,
            "counts": dict(self.counts),
            "looked": vars(self.looked),
            "shifts": [vars(shift) for shift in self.shifts],
            "rates": self.rates.to_dict(),
            "notes": list(self.notes),
            "findings": [
                {
                    "kind": one.kind,
                    "place": as_text(one.place),
                    "what": as_text(one.what),
                    "count": one.count,
                }
                for one in self.findings
            ],
        }


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, json.dumps(report.to_dict(), indent=1) + "\n")
