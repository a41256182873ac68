"""The faces of a table one by one: their course over time, and their part of the page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from arro3.core import Table

from mien.facs.units import UNITS, is_whole_unit
from mien.results.timeline import Band, axis, lane, marks, ticks

__all__ = ["Course", "courses_of", "section"]

LANES = 12
"""Units that get a lane: those with the highest peaks."""

WORTH = 0.5
"""Peak below which a unit is not listed, unless there are no others."""

CLASSES = {
    "dependable": "● dependable",
    "fair": "◐ fair",
    "weak": "○ weak",
}
"""Reliability classes; a sign beside the colour."""


@dataclass(frozen=True)
class Course:
    """One face of one source over time."""

    title: str
    times: list[float]
    columns: dict[str, list[Any]]
    trust: dict[str, str]

    @property
    def peaks(self) -> list[tuple[str, float, int]]:
        """Unit column, highest value and its row, the strongest first."""
        found = []
        for name, values in self.columns.items():
            known = [(value, row) for row, value in enumerate(values) if value is not None]
            if is_whole_unit(name) and known:
                value, row = max(known, key=lambda pair: pair[0])
                found.append((name, value, row))
        found.sort(key=lambda item: -item[1])
        return [item for item in found if item[1] >= WORTH] or found[:3]


def courses_of(table: Table) -> list[Course]:
    """The faces of a table, those with the most rows first."""
    names = [
        name
        for name in table.schema.names
        if name.startswith("AU") or name in ("emotion", "neutral")
    ]
    columns = {name: list(table.column(name).to_pylist()) for name in names}
    keys = ("source", "face", "frame", "time")
    sources, faces, frames, times = (table.column(name).to_pylist() for name in keys)
    moments: dict[str, dict[int, float]] = {}
    rows: dict[tuple[str, int], dict[int, int]] = {}
    for row, (source, face, frame) in enumerate(zip(sources, faces, frames, strict=True)):
        moments.setdefault(source, {})[frame] = times[row]
        if face is not None:
            rows.setdefault((source, face), {})[frame] = row
    trust = {name: _trust(table, name) for name in names}
    return [
        Course(
            f"{Path(source).name}, face {face}",
            list(moments[source].values()),
            {name: _along(values, here, moments[source]) for name, values in columns.items()},
            trust,
        )
        for (source, face), here in sorted(rows.items(), key=lambda item: -len(item[1]))
    ]


def _along(values: Sequence[Any], rows: Mapping[int, int], frames: Iterable[int]) -> list[Any]:
    """A column of one face over all frames of its source; None where the face is not seen."""
    return [values[rows[frame]] if frame in rows else None for frame in frames]


def _trust(table: Table, name: str) -> str:
    """Reliability class of a column; empty if it has none."""
    metadata = table.schema.field(name).metadata
    value = metadata.get(b"reliability", b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def section(course: Course, bands: Sequence[Band]) -> str:
    """Curves and strongest units of one face."""
    curves = _curves(course, bands) if len(course.times) > 1 else ""
    return f"<h2>{escape(course.title)}</h2>{curves}{_strongest(course)}"


def _curves(course: Course, bands: Sequence[Band]) -> str:
    times = course.times
    lanes = [f"<div></div>{marks(times, bands)}<div></div>"] if bands else []
    for name, peak, row in course.peaks[:LANES]:
        unit = UNITS[int(name[2:])].name
        label = f"{name}, {unit}: highest {peak:.1f} at {times[row]:.2f} seconds"
        lanes.append(
            f'<div class="name"><b>{name}</b><span>{escape(unit)}</span></div>'
            f"{lane(times, course.columns[name], bands, label)}"
            f'<div class="peak">{peak:.1f}</div>'
        )
    if "AU45_p" in course.columns:
        blinks = [bool(value) for value in course.columns["AU45_p"]]
        label = "AU45, blinks"
        lanes.append(
            f'<div class="name"><b>AU45</b><span>blink</span></div>'
            f"{ticks(times, blinks, bands, label)}<div></div>"
        )
    lanes.append(f"<div></div>{axis(times)}<div></div>")
    told = " Shaded: planted movements." if bands else ""
    return (
        '<p class="soft">Each lane goes from 0 to 5; the dotted line is 2.5, the number at the '
        f'right the highest value.{told}</p><div class="lanes">{"".join(lanes)}</div>'
    )


def _strongest(course: Course) -> str:
    """The strongest units with side and reliability."""
    clip = len(course.times) > 1
    moments = ["at", "mean"] if clip else []
    rows = "".join(_row(course, *peak) for peak in course.peaks)
    numbers = "".join(
        f'<th class="n">{title}</th>' for title in ["highest", "left", "right", *moments]
    )
    return (
        f'<div class="scroll"><table><thead><tr><th>unit</th><th class="wide"></th>{numbers}'
        f"<th>reliability</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(course: Course, name: str, peak: float, row: int) -> str:
    """One unit: its highest value with its sides there, when, and how far to trust it."""
    sides = [course.columns.get(f"{name}_{side}", [None] * (row + 1))[row] for side in "LR"]
    cells = [f"{peak:.1f}", *("" if side is None else f"{side:.1f}" for side in sides)]
    if len(course.times) > 1:
        known = [value for value in course.columns[name] if value is not None]
        cells += [f"{course.times[row]:.2f} s", f"{sum(known) / len(known):.1f}"]
    trust = course.trust.get(name, "")
    words = CLASSES.get(trust, escape(trust) or "not rated")
    return (
        f'<tr><td><b>{name}</b> <span class="wide">{escape(UNITS[int(name[2:])].name)}</span></td>'
        f'<td class="wide"><span class="bar" style="width:{peak * 1.4:.2f}rem"></span></td>'
        + "".join(f'<td class="n">{cell}</td>' for cell in cells)
        + f'<td class="{escape(trust)}">{words}</td></tr>'
    )
