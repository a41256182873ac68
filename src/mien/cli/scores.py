"""A table of figures for the screen: columns that stand under each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mien.evaluation.scoretable import cell, title

if TYPE_CHECKING:
    from mien.evaluation.scoretable import ScoreTable

__all__ = ["columns", "score_lines"]


def score_lines(table: "ScoreTable") -> list[str]:
    """What it was measured on, each unit, the mean, and its intervals by person."""
    from mien.evaluation.metrics import METRICS

    metrics = [name for name in METRICS[table.task] if name in table.mean]
    rows = [["", *(METRICS[table.task][name].title for name in metrics), "shown in", "known in"]]
    for name, figures in table.units.items():
        counts = map(str, table.counts[name])
        rows.append([title(name), *(cell(figures.get(one)) for one in metrics), *counts])
    rows.append(["mean", *(cell(table.mean[one]) for one in metrics), "", ""])
    lines = [table.facts(), *columns(rows)]
    for name in metrics:
        if name in table.mean_interval:
            bounds = cell(table.mean[name], table.mean_interval[name])
            lines.append(f"{METRICS[table.task][name].title}: {bounds}, 95 % by drawing persons")
    return [*lines, *filter(None, [table.caution]), *table.notes]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of the same number of texts, the first at the left, the others under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return lines
