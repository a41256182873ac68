"""What a table says, in a few lines for the screen."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mien.facs.emotions import NEUTRAL
from mien.facs.units import UNITS, is_whole_unit

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

    from mien.analysis.networks import Networks
    from mien.results.report import RunReport

__all__ = ["Summary"]

WORTH_SHOWING = 0.5
"""Intensity under which a unit is not listed."""

LIKELY = 0.5
"""Probability from which a unit of an added network is listed."""

KEPT = ("source", "time", "face", "emotion", "neutral", "expression", "detected")
"""Columns that are looked at beside the units."""

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
    chances: dict[str, float] = field(default_factory=dict)
    """Highest probability of each unit by added networks."""
    expressions: dict[str, int] = field(default_factory=dict)
    """Rows of each expression by an added network."""
    detected: dict[str, int] = field(default_factory=dict)
    """Rows of each class by a detector of one's own."""


class Summary:
    """Takes the table batch by batch and remembers what a person would ask first."""

    def __init__(self) -> None:
        self._people: dict[tuple[str, int], _Person] = {}
        self._models: dict[str, str] = {}
        """The added network that gives a column."""
        self._trust: dict[str, str] = {}
        """How far that network's reading of a unit can be trusted."""

    def add(self, batch: "RecordBatch") -> None:
        """Take a batch of the AU table."""
        columns = {
            name: batch.column(name).to_pylist()
            for name in batch.schema.names
            if name in KEPT or is_whole_unit(name) or _is_chance(name)
        }
        self._note_models(batch.schema)
        units = [name for name in columns if is_whole_unit(name)]
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
            for name in self._models.keys() & columns.keys():
                if _is_chance(name) and (value := columns[name][row]) is not None:
                    person.chances[name] = max(person.chances.get(name, 0.0), value)
            for kind, counts in (
                ("emotion", person.emotions),
                ("expression", person.expressions),
                ("detected", person.detected),
            ):
                if (said := columns.get(kind, {row: None})[row]) is not None:
                    counts[said] = counts.get(said, 0) + 1

    def _note_models(self, schema: "Schema") -> None:
        """Which columns come from added networks."""
        for name in schema.names:
            facts = schema.field(name).metadata
            if b"model" in facts:
                self._models[name] = facts[b"model"].decode()
                self._trust[name] = facts.get(b"reliability", b"").decode()

    def text(self, networks: "Networks", report: "RunReport") -> str:
        """The summary, ready to be shown.

        Args:
            networks: that read.
            report: of the run, which knows the units that a doubtful neutral left to single frames.
        """
        lines: list[str] = []
        neutrals = {
            (one.source, int(face)): facts
            for one in report.sources
            for face, facts in one.neutral.items()
        }
        for (source, face), person in list(self._people.items())[:MOST_FACES]:
            units = neutrals.get((source, face), {}).get("single_frame_units")
            fallen_back = units if isinstance(units, list) else []
            read = networks.reliability(person.neutral, fallen_back)
            trust: dict[str, str] = {f"AU{unit}": how for unit, how in read.items()}
            trust |= {
                name: f"{self._trust[name]} by {model}".lstrip()
                for name, model in self._models.items()
            }
            lines += _lines(f"{Path(source).name}, face {face}", person, trust)
            lines += _by_models(person, self._models)
        if (more := len(self._people) - MOST_FACES) > 0:
            lines.append(f"... and {more} more faces; -o writes them all to a table.")
        return "\n".join(lines or ["No face was found."])


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


def _is_chance(name: str) -> bool:
    """Whether a column is a unit's probability: AU12_p."""
    return name.startswith("AU") and name[2:].partition("_")[0].isdecimal() and name.endswith("_p")


def _by_models(person: _Person, models: Mapping[str, str]) -> list[str]:
    """What added networks say of one face: units likely at some time, expressions."""
    lines = []
    for model in dict.fromkeys(models[name] for name in person.chances):
        mine = {name: value for name, value in person.chances.items() if models[name] == model}
        likely = sorted((-value, name) for name, value in mine.items() if value >= LIKELY)
        units = [f"{name.removesuffix('_p')} {-value:.2f}" for value, name in likely]
        lines.append(f"  by {model}: {', '.join(units) or 'no action unit is likely'}")
    if person.expressions:
        name, count = max(person.expressions.items(), key=lambda item: item[1])
        share = f" in {100 * count / person.rows:.0f} % of the frames" if person.rows > 1 else ""
        lines.append(f"  by {models['expression']}: {name}{share}")
    if person.detected:
        name, count = max(person.detected.items(), key=lambda item: item[1])
        share = f" in {100 * count / person.rows:.0f} % of the frames" if person.rows > 1 else ""
        lines.append(f"  by the detector: {name}{share}")
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
    if person.expressions:  # another network says something of it as well
        what += " by FACS rules"
    return f": {what}{share}"
