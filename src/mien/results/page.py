"""One page that shows a run: curves over time, strongest units, what was done; self-contained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from arro3.core import Table

from mien.errors import InputError
from mien.files import write_whole
from mien.results.courses import Course, courses_of, section
from mien.results.html import Grid, boxes, document, picture, pictures
from mien.results.table import read_facts
from mien.results.timeline import Band

__all__ = ["Page", "write_page"]

FACES = 4
"""Faces that are shown; the others are in the table."""

FOOTER = (
    "Intensities are estimates from 0 to 5 by networks that learned from a face model; they were "
    "not checked against faces coded by people. Left and right are the person's."
)

KINDS = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True)
class Page:
    """What the page shows besides the table."""

    title: str
    report: Mapping[str, Any] = field(default_factory=dict)
    """The run report as it stands in its JSON file."""
    bands: Sequence[Band] = ()
    """Stretches of time to be marked, such as planted movements."""
    grids: Sequence[Grid] = ()
    """Further tables, after the curves."""
    pictures: Sequence[tuple[str, Path]] = ()
    """Captions and files of pictures that are put into the page."""


def write_page(path: str | Path, table: Table, page: Page) -> None:
    """Write the page as one HTML file that needs nothing else: no scripts, no links.

    Args:
        path: the file, .html.
        table: an AU table.
        page: what is shown besides.

    Raises:
        InputError: the suffix is not .html, a picture is of another kind or cannot be read, or
            writing fails.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{path.name} has the suffix {path.suffix!r}; a page is written to .html")
    write_whole(path, _page(table, page))


def _page(table: Table, page: Page) -> str:
    courses = courses_of(table)
    parts = [_facts(table, page, courses), _pictures(page)]
    parts += [section(course, page.bands) for course in courses[:FACES]]
    if len(courses) > FACES:
        parts.append(f'<p class="soft">{len(courses) - FACES} more faces are in the table.</p>')
    parts += [one.drawn() for one in page.grids]
    parts.append(_run(page.report, read_facts(table.schema)))
    return document(page.title, "".join(parts), FOOTER)


def _facts(table: Table, page: Page, courses: Sequence[Course]) -> str:
    """The numbers that a reader asks for first."""
    frames = len(set(zip(*(table.column(n).to_pylist() for n in ("source", "frame")), strict=True)))
    seconds = max((course.times[-1] - course.times[0] for course in courses), default=0.0)
    items = [("frames", f"{frames}"), ("faces", f"{len(courses)}")]
    if seconds:
        items.append(("length", f"{seconds:.1f} s"))
    for source in page.report.get("sources", ()):
        items.append(("frames without a face", str(source.get("without_face", 0))))
        for face, neutral in source.get("neutral", {}).items():
            quality = neutral.get("quality")
            grade = f", quality {quality:.2f}" if isinstance(quality, float) else ""
            items.append((f"neutral of face {face}", f"{neutral.get('source')}{grade}"))
    notes = "".join(
        f'<p class="note">{escape(note)}</p>'
        for source in page.report.get("sources", ())
        for note in source.get("notes", ())
    )
    return f"{boxes(items[:8])}{notes}"


def _pictures(page: Page) -> str:
    """Pictures as part of the page itself."""
    shown = []
    for caption, path in page.pictures:
        if path.suffix.lower() not in KINDS:
            raise InputError(f"{path.name} cannot stand in a page; {', '.join(KINDS)} can")
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror or error})") from error
        shown.append(picture(data, KINDS[path.suffix.lower()], caption))
    return pictures(shown)


def _run(report: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """What was done with what."""
    lines = []
    for source in report.get("sources", ()):
        counts = [f"{source.get(name)} {name}" for name in ("decoded", "analysed")]
        held = source.get("frames_in_container")
        dropped = sum(source.get("dropped", {}).values())
        lines.append(
            f"{Path(str(source.get('source'))).name}: "
            f"{'unknown' if held is None else held} frames in the container, "
            f"{', '.join(counts)}, {dropped} dropped."
        )
    if report:
        wall, cpu = report.get("wall_seconds", 0.0), report.get("cpu_seconds", 0.0)
        lines.append(
            f"It took {wall:.1f} s ({cpu:.1f} s of CPU time), mien {report.get('version')}."
        )
    networks = facts.get("networks", {})
    hashes = "".join(
        f"<tr><td>{escape(str(name))}</td><td><code>{escape(str(value))}</code></td></tr>"
        for name, value in networks.items()
    )
    models = (
        f'<details><summary>Networks and their SHA-256</summary><div class="scroll"><table>{hashes}'
        "</table></div></details>"
        if hashes
        else ""
    )
    text = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f"<h2>The run</h2>{text}{models}" if text or models else ""
