"""Curves of action units over time as inline SVG: one lane per unit, one time axis for all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

__all__ = ["Band", "axis", "lane", "marks", "ticks"]

WIDTH, TOP = 1000.0, 5.0
"""Units of the drawing across, and intensity at its upper edge."""

MOST_POINTS = 600
"""Points of a curve: longer ones are thinned to the highest of each part."""

Value = float | None


@dataclass(frozen=True)
class Band:
    """A stretch of time that is marked in every lane."""

    label: str
    start: float
    end: float


def lane(times: Sequence[float], values: Sequence[Value], bands: Sequence[Band], label: str) -> str:
    """Draw one unit over time, 0 at the bottom and 5 at the top.

    Args:
        times: seconds of the rows, rising.
        values: intensity of each, None where it is unknown: the curve has a gap there.
        bands: marked in the background.
        label: what the picture shows, for readers who do not see it.
    """
    across = _across(times)
    runs = _runs([(across(time), value) for time, value in _thin(times, values)])
    lines = "".join(f'<path class="curve" d="M{_points(run)}"/>' for run in runs)
    under = "".join(
        f'<path class="under" d="M{run[0][0]:.1f},100 L{_points(run)} L{run[-1][0]:.1f},100Z"/>'
        for run in runs
    )
    grid = f'<line class="grid" x1="0" x2="{WIDTH:.0f}" y1="50" y2="50"/>'
    return _svg("lane", 100, label, _bands(times, bands, 100) + grid + under + lines)


def ticks(times: Sequence[float], there: Sequence[bool], bands: Sequence[Band], label: str) -> str:
    """Draw the stretches in which something is there, such as a blink, as bars."""
    across = _across(times)
    edges = [*map(across, times)]
    step = (edges[-1] - edges[0]) / max(len(edges) - 1, 1)
    bars = "".join(
        f'<rect class="tick" x="{edges[first]:.1f}" y="20" height="60" '
        f'width="{max(edges[last] - edges[first] + step, 2):.1f}"/>'
        for first, last in _stretches(there)
    )
    return _svg("lane thin", 100, label, _bands(times, bands, 100) + bars)


def axis(times: Sequence[float]) -> str:
    """Write the seconds under the lanes."""
    start, end = times[0], times[-1]
    step = _round_step((end - start) / 6)
    inner = [step * n for n in range(math.ceil(start / step), math.floor(end / step) + 1)]
    wanted = [start, *(t for t in inner if start + step / 2 < t < end - step / 2), end]
    across = _across(times)
    labels = "".join(
        f'<span style="left:{across(time) / WIDTH * 100:.2f}%">{_clock(time, step)}</span>'
        for time in wanted
    )
    return f'<div class="scale axis">{labels}</div>'


def marks(times: Sequence[float], bands: Sequence[Band]) -> str:
    """Write the names of the bands over the lanes, on as many lines as they need."""
    across = _across(times)
    ends: list[float] = []
    labels = []
    for band in sorted(bands, key=lambda band: band.start):
        left = max(across(band.start) / WIDTH * 100, 0)
        width = 2.0 + 1.8 * len(band.label)  # per cent, on a narrow page
        place = f"left:{left:.2f}%" if left + width < 100 else "right:0"
        left = min(left, 100 - width)
        row = next((row for row, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + width]
        labels.append(f'<span style="{place};top:{1.25 * row:.2f}em">{escape(band.label)}</span>')
    return f'<div class="marks" style="height:{1.25 * len(ends):.2f}em">{"".join(labels)}</div>'


def _across(times: Sequence[float]) -> Callable[[float], float]:
    """Seconds to units of the drawing."""
    start, length = times[0], max(times[-1] - times[0], 1e-9)
    return lambda time: (time - start) / length * WIDTH


def _svg(name: str, height: int, label: str, content: str) -> str:
    return (
        f'<svg class="{name}" viewBox="0 0 {WIDTH:.0f} {height}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>{content}</svg>'
    )


def _bands(times: Sequence[float], bands: Sequence[Band], height: int) -> str:
    across = _across(times)
    drawn = []
    for band in bands:
        left, right = (min(max(across(at), 0), WIDTH) for at in (band.start, band.end))
        drawn.append(
            f'<rect class="band" x="{left:.1f}" y="0" width="{right - left:.1f}" '
            f'height="{height}"/><line class="edge" x1="{left:.1f}" x2="{left:.1f}" y1="0" '
            f'y2="{height}"/>'
        )
    return "".join(drawn)


def _thin(times: Sequence[float], values: Sequence[Value]) -> list[tuple[float, Value]]:
    """At most MOST_POINTS points: of each part the highest, so that no short peak is lost."""
    size = math.ceil(len(times) / MOST_POINTS)
    if size <= 1:
        return list(zip(times, values, strict=True))
    parts = range(0, len(times), size)
    return [
        max(
            zip(times[start : start + size], values[start : start + size], strict=True),
            key=lambda point: -1.0 if point[1] is None else point[1],
        )
        for start in parts
    ]


def _runs(points: Sequence[tuple[float, Value]]) -> list[list[tuple[float, float]]]:
    """Points without gaps; a value at 5 or more is at the upper edge."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, 100 - min(max(value / TOP, 0), 1) * 100))
    return [run for run in runs if run]


def _points(run: Sequence[tuple[float, float]]) -> str:
    if len(run) == 1:
        run = [run[0], (run[0][0] + 1, run[0][1])]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in run)


def _stretches(there: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last index of each stretch of True."""
    edges = [False, *there, False]
    turns = [index for index, (a, b) in enumerate(pairwise(edges)) if a != b]
    return [(first, last - 1) for first, last in zip(turns[::2], turns[1::2], strict=True)]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten, or of a minute's parts."""
    for minute in (10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600):
        if 5 < step <= minute:
            return float(minute)
    power = 10.0 ** math.floor(math.log10(max(step, 1e-6)))
    return next(power * n for n in (1, 2, 5, 10) if step <= power * n * (1 + 1e-9))


def _clock(time: float, step: float) -> str:
    """Seconds, or minutes and seconds from a minute on."""
    if step >= 10:
        return f"{int(time) // 60}:{int(time) % 60:02d}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{time:.{digits}f} s"
