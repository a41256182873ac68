"""A comparison for the screen: each network, its units, and what tells networks apart."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mien.cli.scores import columns

if TYPE_CHECKING:
    from mien.comparison.compare import Compared
    from mien.comparison.costs import Cost

__all__ = ["comparison_lines", "cost_cells", "cost_heads"]


def comparison_lines(compared: "Compared") -> list[str]:
    """What was measured on, each network with its costs, each unit, every pair, the command."""
    lines = [compared.about.line(), *columns(list(_networks(compared))), ""]
    lines += [*columns(list(_units(compared))), ""]
    if compared.pairs:
        lines += [*_pairs(compared), ""]
    return [*lines, f"again: {compared.about.command}"]


def _networks(compared: "Compared") -> Iterator[list[str]]:
    """A row for each network."""
    from mien.comparison.drawing import letters_of
    from mien.evaluation.metrics import METRICS
    from mien.evaluation.scoretable import cell

    name = compared.metric
    heads = ["", METRICS[compared.about.task][name].title]
    if any(one.costs for one in compared.standings):
        heads += cost_heads("face")
    yield heads
    letters = letters_of(len(compared.standings))
    for letter, one in zip(letters, compared.standings, strict=True):
        row = [
            f"{letter} {one.entrant.name}",
            cell(one.table.mean[name], one.table.mean_interval.get(name)),
        ]
        yield row + cost_cells(one.costs)


def cost_heads(of: str) -> list[str]:
    """The heads above `cost_cells`; times are for one face or one picture."""
    return ["parameters", "multiply-adds", "file", f"ms/{of}", f"int8 ms/{of}", "memory"]


def cost_cells(costs: Sequence["Cost"]) -> list[str]:
    """What a network costs, and how long it takes in 8 bits; nothing where nothing was measured."""
    if not costs:
        return []
    whole, *small = costs
    return [
        f"{whole.parameters / 1e6:.2f} M",
        f"{whole.operations / 1e9:.3f} G",
        f"{whole.size / 1e6:.1f} MB",
        f"{1000 * whole.seconds:.2f}",
        f"{1000 * small[0].seconds:.2f}" if small else "–",
        "–" if whole.memory is None else f"{whole.memory:.0f} MB",
    ]


def _units(compared: "Compared") -> Iterator[list[str]]:
    """A row for each unit that all have, and their mean."""
    from mien.comparison.drawing import letters_of
    from mien.evaluation.scoretable import cell, title

    name = compared.metric
    tables = [one.table for one in compared.standings]
    yield ["", *letters_of(len(tables)), "shown in", "known in"]
    for unit, counts in tables[0].counts.items():
        figures = [cell(one.units[unit].get(name)) for one in tables]
        yield [title(unit), *figures, *map(str, counts)]
    yield ["mean", *(cell(one.mean[name]) for one in tables), "", ""]


def _pairs(compared: "Compared") -> Iterator[str]:
    """A line for each pair."""
    from mien.comparison.drawing import letters_of
    from mien.comparison.sections import verdict
    from mien.evaluation.metrics import METRICS

    letters = letters_of(len(compared.standings))
    kind = METRICS[compared.about.task][compared.metric].title
    for one in compared.pairs:
        low, high = one.by.interval.mean
        yield (
            f"{kind} {letters[one.first]} - {letters[one.second]}: {one.by.mean:+.3f} "
            f"[{low:+.3f}, {high:+.3f}], 95 % by drawing persons, paired: "
            f"{verdict(one, compared)}"
        )
    if caution := compared.standings[0].table.caution:
        yield caution
