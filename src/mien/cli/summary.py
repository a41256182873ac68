"""What a table says, in a few lines for the screen."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mien.facs.emotions import NEUTRAL
from mien.facs.units import UNITS

if TYPE_CHECKING:
    from arro3.core import RecordBatch

    from mien.analysis.networks import Networks

__all__ = ["Summary"]

WORTH_SHOWING = 0.5
"""Intensity under which a unit is not listed."""

MOST_FACES = 12
"""Faces listed; the rest is counted."""


@dataclass
class _Person:
    """What is remembered of one face of one source."""

    rows: int = 0
    total: dict[str, float] = field(default_factory=dict)
    peak: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Highest value of each unit, and when."""
    emotions: dict[str, int] = field(default_factory=dict)
    neutral: str = ""


class Summary:
    """Takes the table batch by batch and remembers what a person would ask first."""

    def __init__(self) -> None:
        self._people: dict[tuple[str, int], _Person] = {}

    def add(self, batch: "RecordBatch") -> None:
        """Take a batch of the AU table."""
        columns = {
            name: batch.column(name).to_pylist()
            for name in batch.schema.names
            if name in ("source", "time", "face", "emotion", "neutral") or _is_unit(name)
        }
        units = [name for name in columns if _is_unit(name)]
        for row, face in enumerate(columns["face"]):
            if face is None:
                continue
            person = self._people.setdefault((columns["source"][row], face), _Person())
            time = columns["time"][row]
            person.rows += 1
            person.neutral = columns["neutral"][row]
            for unit in units:
                value = columns[unit][row]
                if value is not None:
                    person.total[unit] = person.total.get(unit, 0.0) + value
                    person.peak[unit] = max(person.peak.get(unit, (-1.0, 0.0)), (value, time))
            emotion = columns["emotion"][row]
            if emotion is not None:
                person.emotions[emotion] = person.emotions.get(emotion, 0) + 1

    def text(self, networks: "Networks") -> str:
        """The summary, ready to be shown."""
        lines: list[str] = []
        for (source, face), person in list(self._people.items())[:MOST_FACES]:
            spec = (networks.single if person.neutral == "none" else networks.difference).spec
            trust = {f"AU{unit}": how for unit, how in spec.reliability}
            lines += _lines(f"{Path(source).name}, face {face}", person, trust)
        if (more := len(self._people) - MOST_FACES) > 0:
            lines.append(f"... and {more} more faces; -o writes them all to a table.")
        return "\n".join(lines or ["No face was found."])


def _is_unit(name: str) -> bool:
    """Whether a column is a unit as a whole: AU12, not AU12_L."""
    return name.startswith("AU") and name[2:].isdecimal()


def _lines(title: str, person: _Person, trust: Mapping[str, str]) -> list[str]:
    """One face: the strongest units first, with their peak in a clip."""
    against = {"none": "single frame, no neutral"}.get(person.neutral, f"neutral: {person.neutral}")
    lines = [f"{title} ({against}){_feeling(person)}"]
    strongest = sorted(person.peak.items(), key=lambda item: -item[1][0])
    for name, (peak, time) in strongest:
        if peak < WORTH_SHOWING:
            break
        unit = UNITS[int(name[2:])].name
        line = f"  {name:<5} {unit:<22} {peak:4.1f}  {_bar(peak):<20}"
        if person.rows > 1:
            mean = person.total[name] / person.rows
            line += f"  peak at {time:.2f} s, mean {mean:.1f}"
        lines.append(f"{line}  {trust.get(name, '')}".rstrip())
    if len(lines) == 1:
        lines.append("  no action unit above a trace")
    return lines


def _bar(value: float) -> str:
    """A bar for a value 0-5, in characters that the screen knows."""
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#" * round(4 * value)
    return "█" * round(4 * value)


def _feeling(person: _Person) -> str:
    """What the face resembles, most of the time."""
    if not person.emotions:
        return ""
    name, count = max(person.emotions.items(), key=lambda item: item[1])
    share = f" in {100 * count / person.rows:.0f} % of the frames" if person.rows > 1 else ""
    what = "no emotion stands out" if name == NEUTRAL else f"resembles {name}"
    return f": {what}{share}"
