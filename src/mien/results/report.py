"""What a run did with each source: as JSON beside the table, and as three lines for the screen."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mien.files import as_text, name_of, write_whole

__all__ = ["RunReport", "SourceReport", "report_path", "write_report"]


@dataclass(frozen=True)
class SourceReport:
    """What became of one picture, video or camera."""

    source: str
    """Path, or name of the camera."""
    kind: str
    """picture, video or camera"""
    frames_in_container: int | None = None
    """Frames that the file holds; None if it cannot be known."""
    decoded: int = 0
    """Frames that were decoded."""
    analysed: int = 0
    """Frames whose faces were read; each has its row or rows in the table."""
    without_face: int = 0
    """Of these, frames in which no face was found."""
    skipped: int = 0
    """Frames decoded but left out by ``every``."""
    outside: int = 0
    """Frames decoded on the way that lie outside ``start`` and ``end``."""
    estimated_times: int = 0
    """Frames without a sound time stamp, whose time was estimated."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Frames that were lost, by reason."""
    faces: int = 0
    """People that were followed: numbers in the column ``face``."""
    first_time: float | None = None
    """Time of the first analysed frame in seconds."""
    last_time: float | None = None
    """Time of the last analysed frame in seconds."""
    neutral: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """By face: which neutral was used (``source``), how good it is (``quality``, 0-1), and why."""
    notes: Sequence[str] = ()
    """What was odd, each in a sentence."""


@dataclass(frozen=True)
class RunReport:
    """What one run did."""

    sources: tuple[SourceReport, ...]
    """In the order in which they were read."""
    version: str
    """Of mien."""
    networks: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each model file by name."""
    options: Mapping[str, object] = field(default_factory=dict)
    """As they were given or are by default."""
    wall_seconds: float = 0.0
    """From start to end."""
    cpu_seconds: float = 0.0
    """Of all threads."""
    outputs: tuple[str, ...] = ()
    """Files that were written."""

    def to_json(self) -> str:
        """The whole report, indented."""
        return json.dumps(_plain(asdict(self)), indent=2, allow_nan=False, default=str) + "\n"

    def lines(self) -> tuple[str, str, str]:
        """The report in three lines: frames, faces, time."""
        return (self._frames(), self._faces(), self._time())

    def _sum(self, name: str) -> int:
        """A count over all sources."""
        return sum(getattr(source, name) for source in self.sources)

    def _frames(self) -> str:
        """What became of the frames."""
        read = [source for source in self.sources if source.kind != "unreadable"]
        known = [source.frames_in_container for source in read]
        held = "unknown" if None in known else str(sum(number or 0 for number in known))
        parts = [
            f"{held} in the container",
            f"{self._sum('decoded')} decoded",
            f"{self._sum('analysed')} analysed",
        ]
        if skipped := self._sum("skipped"):
            parts.append(f"{skipped} skipped by --every")
        if outside := self._sum("outside"):
            parts.append(f"{outside} outside --start and --end")
        parts.append(self._dropped())
        many = f" of {len(self.sources)} sources" if len(self.sources) > 1 else ""
        return f"Frames{many}: {', '.join(parts)}."

    def _dropped(self) -> str:
        """What was lost, and why."""
        reasons: dict[str, int] = {}
        for source in self.sources:
            for reason, number in source.dropped.items():
                reasons[reason] = reasons.get(reason, 0) + number
        if not reasons:
            return "none dropped"
        listed = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
        return f"{sum(reasons.values())} dropped ({listed})"

    def _faces(self) -> str:
        """Who was seen, and against which neutral."""
        faces = self._sum("faces")
        line = f"Faces: {faces}, {self._sum('without_face')} frames without a face"
        used = [choice for source in self.sources for choice in source.neutral.values()]
        if not used:
            return f"{line}; no neutral used."
        names = sorted({str(choice.get("source")) for choice in used})
        line += f"; neutral: {', '.join(names)}"
        taken = [choice for choice in used if choice.get("source") != "none"]
        graded = [q for q in (choice.get("quality") for choice in taken) if isinstance(q, float)]
        return f"{line}, quality {min(graded):.2f}." if graded else f"{line}."

    def _time(self) -> str:
        """How long it is, and how long it took."""
        spans = [
            source.last_time - source.first_time
            for source in self.sources
            if source.first_time is not None and source.last_time is not None
        ]
        analysed = self._sum("analysed")
        per_frame = f", {1000 * self.cpu_seconds / analysed:.1f} ms per frame" if analysed else ""
        notes = sum(len(source.notes) for source in self.sources)
        odd = f"; {notes} note{'s' * (notes > 1)} in the report" if notes else ""
        return (
            f"Time: {sum(spans):.2f} s of material in {self.wall_seconds:.1f} s "
            f"({self.cpu_seconds:.1f} s of CPU time{per_frame}){odd}."
        )


def _plain(value: object) -> object:
    """The same value without what JSON lacks: numbers that are not finite, names not in UTF-8."""
    if isinstance(value, Mapping):
        return {as_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str | Path):
        return as_text(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def report_path(output: Path) -> Path:
    """Where the report of a table stands: beside ``clip.parquet`` ``clip.parquet.report.json``.

    Raises:
        InputError: the table has no name.
    """
    return output.with_name(f"{name_of(output)}.report.json")


def write_report(report: RunReport, output: Path) -> Path:
    """Write the report beside a table.

    Args:
        report: what the run did.
        output: path of the table.

    Returns:
        Path of the report.

    Raises:
        InputError: the file cannot be written.
    """
    path = report_path(output)
    write_whole(path, report.to_json())
    return path
