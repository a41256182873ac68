"""Small plots as SVG: curves, points and whiskers over two axes; on a page, or a file of their own.

Colours are classes, so that a page can give those of day and night; a file brings its own.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["COLOURS", "Axes", "Curve", "as_file", "on_page"]

WIDTH, HEIGHT = 300, 190
"""Of one plot, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 30
"""Margins around its curves."""
ACROSS = 2
"""Plots beside each other in a file."""
TICKS = 3
LINE = 11
"""Height of a line of text."""
COLOURS = 8
"""Styles of curves that differ in colour."""

FILE_STYLE = """
text { fill: #1f2328; } .grid { stroke: #d0d7de; } .curve { fill: none; stroke-width: 2; }
.s0 { stroke: #0969da; } .dot { stroke: none; } .dot.s0 { fill: #0969da; }
.dot.chosen { fill: #bc4c00; }
""".strip()
"""Colours of a file: of one curve a plot."""


@dataclass(frozen=True)
class Curve:
    """One line of a plot, or single points."""

    points: Sequence[tuple[float, float]]
    """Across and up, in the order in which they are joined."""
    style: int = 0
    """Its colour, 0 to COLOURS - 1; higher ones begin anew."""
    label: str = ""
    """What it is, for readers who point at it or do not see it."""
    mark: str = ""
    """Letters beside its last point."""
    chosen: float | None = None
    """The point at this place across is marked."""
    joined: bool = True
    dashed: bool = False
    hollow: bool = False
    """Points are rings."""
    whiskers: Sequence[tuple[float, float]] = field(default=())
    """The two ends of the interval of each point, or none."""


@dataclass(frozen=True)
class Axes:
    """A plot: its title, what is across, and its curves."""

    title: str
    curves: Sequence[Curve]
    across: str = ""
    """What the numbers below are."""
    powers: bool = False
    """Across goes by factors, not by steps; all places are above 0."""

    def drawn(self) -> str:
        """Title, lines at three heights, curves: the inside of a group of 300 by 190 pixels."""
        head = f'<text x="{LEFT}" y="18" font-weight="bold">{escape(self.title)}</text>'
        xs = [x for one in self.curves for x, y in one.points if math.isfinite(y)]
        ys = [y for one in self.curves for x, y in one.points if math.isfinite(y)]
        if not ys:
            return head + f'<text x="{LEFT}" y="{HEIGHT / 2:g}">does not exist</text>'
        ys += [end for one in self.curves for ends in one.whiskers for end in ends]
        place = _placed(_span(xs, self.powers), _span(ys, False), self.powers)
        parts = [head, *_frame(xs, ys, place, self.across)]
        parts += [_curve(one, place) for one in self.curves]
        return "".join([*parts, *_marks(self.curves, place)])


def as_file(plots: Sequence[Axes]) -> str:
    """Plots beside and below each other as one SVG file."""
    across = min(ACROSS, len(plots))
    down = -(-len(plots) // across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across * WIDTH}" '
        f'height="{down * HEIGHT}" font-family="sans-serif" font-size="11">',
        f"<style>{FILE_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, one in enumerate(plots):
        x, y = number % across * WIDTH, number // across * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{one.drawn()}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def on_page(plot: Axes) -> str:
    """One plot as a part of a page."""
    told = "; ".join([plot.title, *(one.label for one in plot.curves if one.label)])
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT + 8}" role="img" '
        f'aria-label="{escape(told)}">{plot.drawn()}</svg>'
    )


_Place = Callable[[float, float], tuple[float, float]]


def _span(values: Sequence[float], powers: bool) -> tuple[float, float]:
    """First and last place of an axis; never the same."""
    low, high = min(values), max(values)
    if powers:
        return low / 1.25, high * 1.25
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _placed(xs: tuple[float, float], ys: tuple[float, float], powers: bool) -> _Place:
    """Values to pixels."""
    scale = math.log if powers else float
    first, last = map(scale, xs)
    low, high = ys

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (scale(x) - first) / (last - first) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM),
        )

    return place


def _frame(xs: Sequence[float], ys: Sequence[float], place: _Place, across: str) -> list[str]:
    """Lines at three heights with their values, and the ends of what is across."""
    parts = []
    low, high = _span(ys, False)
    for step in range(TICKS):
        value = low + (high - low) * step / (TICKS - 1)
        _, y = place(xs[0], value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    for value in sorted({min(xs), max(xs)}):
        x, _ = place(value, low)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{value:.4g}</text>')
    if across:
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(
            f'<text class="across" x="{middle:g}" y="{HEIGHT + 3}" text-anchor="middle">'
            f"{escape(across)}</text>"
        )
    return parts


def _curve(one: Curve, place: _Place) -> str:
    """A line through the points that exist, a dot at each, whiskers, and its letters."""
    name = f"s{one.style % COLOURS}"
    there = [(x, y) for x, y in one.points if math.isfinite(y)]
    parts = [f"<title>{escape(one.label)}</title>"] if one.label else []
    for (x, _), (low, high) in zip(one.points, one.whiskers, strict=bool(one.whiskers)):
        across, bottom = place(x, low)
        parts.append(
            f'<line class="whisker {name}" x1="{across:.1f}" x2="{across:.1f}" '
            f'y1="{bottom:.1f}" y2="{place(x, high)[1]:.1f}"/>'
        )
    if one.joined and there:
        path = " ".join("{:.1f},{:.1f}".format(*place(*pair)) for pair in there)
        dashed = " dashed" if one.dashed else ""
        parts.append(f'<polyline class="curve {name}{dashed}" points="{path}"/>')
    for pair in there:
        x, y = place(*pair)
        chosen = pair[0] == one.chosen
        kind = "dot chosen" if chosen else "ring" if one.hollow else "dot"
        size = 4 if chosen or not one.joined else 2
        parts.append(f'<circle class="{kind} {name}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>')
    return f"<g>{''.join(parts)}</g>"


def _marks(curves: Sequence[Curve], place: _Place) -> list[str]:
    """The letters of each curve beside its last point, below those that are there already."""
    taken: list[tuple[float, float]] = []
    parts = []
    for one in curves:
        there = [(x, y) for x, y in one.points if math.isfinite(y)]
        if not (one.mark and there):
            continue
        x, y = place(*there[-1])
        left = x > WIDTH - RIGHT - 16
        x, y = x - 7 if left else x + 7, y - 5
        while any(abs(x - a) < LINE and abs(y - b) < LINE for a, b in taken):
            y += LINE
        taken.append((x, y))
        parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{"end" if left else "start"}">'
            f"{escape(one.mark)}</text>"
        )
    return parts
