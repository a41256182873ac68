"""How the figures of a run went, epoch by epoch: a table of Markdown and a plot as SVG."""

import math
from collections.abc import Sequence
from html import escape

from mien.evaluation.landmarks import TITLES
from mien.evaluation.metrics import METRICS, Task
from mien.evaluation.scoretable import cell, grid, plain
from mien.training.learner import Line

__all__ = ["columns", "plot", "table"]

METRICS_SHOWN = 2
"""Of the task: F1 and accuracy, PCC and CCC, accuracy and recall."""

WIDTH, HEIGHT = 300, 190
"""Of one plot, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 30
"""Margins around its curve."""
ACROSS = 2
TICKS = 3
INK, FAINT, CURVE, CHOSEN = "#1f2328", "#d0d7de", "#0969da", "#bc4c00"


def columns(lines: Sequence[Line], task: Task | None) -> dict[str, str]:
    """Which figures are shown: their names in the lines, and their titles.

    The loss of the training part; of the held-out part, if there is one, the first metrics of the
    task and, of networks that find landmarks, their mean error and failure rate; its loss where
    there is no task.
    """
    metrics = {} if task is None else METRICS[task]
    named = {name: metric.title for name, metric in list(metrics.items())[:METRICS_SHOWN]}
    if task is None:
        named = {"loss": "loss, held out"}
    wanted = {"train.loss": "loss"}
    wanted |= {f"validate.{name}": title for name, title in (named | TITLES).items()}
    return {name: title for name, title in wanted.items() if any(name in line for line in lines)}


def table(lines: Sequence[Line], task: Task | None, chosen: int) -> str:
    """A row for each epoch; the chosen one has a star."""
    shown = columns(lines, task)
    rows = [["epoch", *shown.values()]]
    for line in lines:
        epoch = int(line["epoch"])
        figures = [cell(plain(line.get(name, math.nan))) for name in shown]
        rows.append([f"{epoch} *" if epoch == chosen else str(epoch), *figures])
    return grid(rows)


def plot(lines: Sequence[Line], task: Task | None, chosen: int) -> str:
    """A curve for each figure over the epochs, as one SVG; the chosen epoch is marked."""
    shown = columns(lines, task)
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across * WIDTH}" '
        f'height="{down * HEIGHT}" font-family="sans-serif" font-size="11" fill="{INK}">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, (name, title) in enumerate(shown.items()):
        x, y = number % across * WIDTH, number // across * HEIGHT
        values = [line.get(name, math.nan) for line in lines]
        epochs = [int(line["epoch"]) for line in lines]
        inside = _one(title, epochs, values, chosen)
        parts.append(f'<g transform="translate({x} {y})">{inside}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _one(title: str, epochs: Sequence[int], values: Sequence[float], chosen: int) -> str:
    """One plot: title, lines at three heights, curve, chosen epoch."""
    there = [(epoch, one) for epoch, one in zip(epochs, values, strict=True) if math.isfinite(one)]
    parts = [f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>']
    if not there:
        return parts[0] + f'<text x="{LEFT}" y="{HEIGHT / 2:g}">does not exist</text>'
    low, high = min(one for _, one in there), max(one for _, one in there)
    if high == low:
        low, high = low - 0.5, high + 0.5
    first, last = min(epochs), max(max(epochs), min(epochs) + 1)

    def place(epoch: float, value: float) -> tuple[float, float]:
        x = LEFT + (epoch - first) / (last - first) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    for step in range(TICKS):
        value = low + (high - low) * step / (TICKS - 1)
        _, y = place(first, value)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    for epoch in (first, max(epochs)):
        x, _ = place(epoch, low)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{epoch}</text>')
    path = " ".join("{:.1f},{:.1f}".format(*place(*pair)) for pair in there)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{CURVE}" stroke-width="2"/>')
    for epoch, value in there:
        x, y = place(epoch, value)
        colour, radius = (CHOSEN, 4) if epoch == chosen else (CURVE, 2)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')
    return "".join(parts)
