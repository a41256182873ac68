"""What the page of a comparison draws: intervals on a rail, accuracy against speed, matrices."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from mien.comparison.compare import Compared
from mien.evaluation.metrics import METRICS
from mien.evaluation.scoretable import title
from mien.evaluation.together import Pair, Together
from mien.results.plot import COLOURS, Axes, Curve

__all__ = ["Fast", "against_time", "letter", "letters_of", "matrix", "speeds", "strip"]

CELL = 18
"""Side of a cell of a matrix, in units of the drawing."""
ROOM = 38
"""For the names of its rows and columns."""


def letters_of(count: int) -> list[str]:
    """A letter for each network, numbers from the 27th on.

    >>> letters_of(3)
    ['A', 'B', 'C']
    """
    return [chr(ord("A") + at) if at < 26 else str(at + 1) for at in range(count)]


def letter(at: int) -> str:
    """The letter of a network in its colour."""
    return f'<span class="letter s{at % COLOURS}">{letters_of(at + 1)[at]}</span>'


def strip(
    at: int,
    figure: float | None,
    bounds: tuple[float | None, float | None] | None,
    span: tuple[float, float],
) -> str:
    """A figure and its interval on a rail from one end of ``span`` to the other."""
    if figure is None or span[1] <= span[0]:
        return ""

    def across(value: float) -> float:
        return 100 * (value - span[0]) / (span[1] - span[0])

    parts = ['<line class="rail" x1="0" x2="100" y1="8" y2="8"/>']
    low, high = bounds or (None, None)
    if low is not None and high is not None:
        parts.append(f'<line x1="{across(low):.1f}" x2="{across(high):.1f}" y1="8" y2="8"/>')
    parts.append(f'<line x1="{across(figure):.1f}" x2="{across(figure):.1f}" y1="2" y2="14"/>')
    return (
        f'<svg class="strip s{at % COLOURS}" viewBox="0 0 100 16" preserveAspectRatio="none" '
        f'role="img" aria-label="{figure:.3f}">{"".join(parts)}</svg>'
    )


def speeds(compared: Compared) -> Axes:
    """The metric against CPU time per face: dots as they are, rings in 8 bits."""
    name = compared.metric
    kind = METRICS[compared.about.task][name]
    every = [
        Fast(
            one.entrant.name,
            one.table.mean[name],
            one.table.mean_interval.get(name, (None, None)),
            one.small,
            [cost.seconds for cost in one.costs],
        )
        for one in compared.standings
    ]
    title = kind.title + ("" if kind.high else " (less is better)")
    return against_time(every, title, "ms of CPU time per face")


class Fast(NamedTuple):
    """A network among others by its time."""

    name: str
    figure: float | None
    bounds: tuple[float | None, float | None]
    """Interval of the figure."""
    small: float | None
    """The figure in 8 bits."""
    seconds: Sequence[float]
    """As it is, then in 8 bits; none where it was not measured."""


def against_time(every: Sequence[Fast], title: str, across: str) -> Axes:
    """A figure against time. A dot has the interval of its network; of 8 bits there is none."""
    curves = []
    for at, one in enumerate(every):
        if not one.seconds or one.figure is None:
            continue
        mark, first = letters_of(at + 1)[at], 1000 * one.seconds[0]
        label = f"{mark}, {one.name}: {one.figure:.3f} at {first:.2f} ms"
        low, high = one.bounds
        whiskers = ((low, high),) if low is not None and high is not None else ()
        dot = [(first, one.figure)]
        curves.append(Curve(dot, at, label, mark, joined=False, whiskers=whiskers))
        if len(one.seconds) > 1 and one.small is not None:
            second = 1000 * one.seconds[1]
            label = f"{mark} in 8 bits: {one.small:.3f} at {second:.2f} ms"
            curves.append(
                Curve([(second, one.small)], at, label, f"{mark}8", joined=False, hollow=True)
            )
    return Axes(title, curves, across, powers=True)


def matrix(one: Together, caption: str) -> str:
    """How units go together: in the labels at the upper right, as predicted at the lower left."""
    names = list(dict.fromkeys(unit for pair in one.pairs for unit in pair.units))
    side = ROOM + CELL * len(names)
    parts = []
    for place, name in enumerate(names):
        middle = ROOM + CELL * (place + 0.5)
        text = escape(title(name))
        parts.append(
            f'<text x="{ROOM - 4}" y="{middle + 3:g}" text-anchor="end">{text}</text>'
            f'<text transform="translate({middle + 3:g} {ROOM - 4}) rotate(-90)">{text}</text>'
        )
    for pair in one.pairs:
        a, b = (names.index(unit) for unit in pair.units)
        parts += [_cell(b, a, pair, 0), _cell(a, b, pair, 1)]
    return (
        f'<figure class="together"><svg viewBox="0 0 {side} {side}" role="img" '
        f'aria-label="{escape(caption)}">{"".join(parts)}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _cell(column: int, row: int, pair: Pair, of: int) -> str:
    """One cell: the stronger the correlation, the fuller."""
    value = pair.phi[of]
    x, y = ROOM + CELL * column, ROOM + CELL * row
    place = f'x="{x}" y="{y}" width="{CELL}" height="{CELL}"'
    named = " + ".join(map(title, pair.units))
    said = "does not exist" if value is None else f"{value:+.2f}"
    told = f"{named}, {'predicted' if of else 'labels'}: {said}"
    fill = ""
    if value is not None:
        kind = "plus" if value >= 0 else "minus"
        fill = f'<rect class="{kind}" {place} fill-opacity="{min(abs(value), 1):.2f}"/>'
    return f'<g><title>{escape(told)}</title>{fill}<rect class="cell" {place}/></g>'


def spread_of(values: Sequence[float | None]) -> tuple[float, float]:
    """Smallest and largest of the numbers that exist, with a little room."""
    there = [one for one in values if one is not None]
    if not there:
        return 0.0, 0.0
    room = 0.04 * (max(there) - min(there)) or 0.01
    return min(there) - room, max(there) + room
