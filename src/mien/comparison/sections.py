"""Sections of a comparison's page, each with what its figures belong to: scores in all forms."""

from html import escape
from typing import Protocol

from mien.comparison.compare import Compared, Versus
from mien.comparison.drawing import letter, letters_of, spread_of, strip
from mien.evaluation.landmarks import TITLES as LANDMARKS
from mien.evaluation.metrics import METRICS, Task
from mien.evaluation.predictions import Name
from mien.evaluation.scoretable import cell, title
from mien.evaluation.tables import Beside
from mien.results.html import table

__all__ = ["Origin", "named", "pairs", "published", "scores", "soft", "source", "units", "verdict"]


class Origin(Protocol):
    """What figures belong to."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why they are too good, or not comparable."""

    @property
    def command(self) -> str:
        """Gives them again."""

    def line(self) -> str:
        """Data, part, version in a sentence."""


def source(about: Origin) -> str:
    """What the figures above it belong to, and how to get them again."""
    warned = "".join(f' <b class="weak">{escape(line)}</b>' for line in about.warnings)
    return (
        f'<p class="from">{escape(about.line())}{warned} <code>{escape(about.command)}</code></p>'
    )


def soft(text: str) -> str:
    """A sentence in small print."""
    return f'<p class="soft">{escape(text)}</p>'


def named(at: int, name: str) -> str:
    """A network by its letter and name."""
    return f'<span class="who">{letter(at)} {escape(name)}</span>'


def scores(compared: Compared) -> str:
    """Means over the units that all have, of every metric."""
    task, shown = compared.about.task, compared.metric
    metrics = [name for name in METRICS[task] if name in compared.standings[0].table.mean]
    ends: list[float | None] = []
    for one in compared.standings:
        ends += [one.table.mean[shown], *one.table.mean_interval.get(shown, ())]
    span = spread_of(ends)
    kind = METRICS[task][shown]
    first = [
        [
            named(at, one.entrant.name),
            strip(at, one.table.mean[shown], one.table.mean_interval.get(shown), span),
            escape(cell(one.table.mean[shown], one.table.mean_interval.get(shown))),
        ]
        for at, one in enumerate(compared.standings)
    ]
    every = [
        [
            escape(
                METRICS[task][name].title
                + ("" if METRICS[task][name].high else " (less is better)")
            ),
            *(
                escape(cell(one.table.mean[name], one.table.mean_interval.get(name)))
                for one in compared.standings
            ),
        ]
        for name in metrics
    ]
    caution = compared.standings[0].table.caution
    over = ", ".join(map(title, compared.standings[0].table.units))
    kinds = "classes" if task == "expression" else "units that all of them have"
    letters = [letter(at) for at in range(len(compared.standings))]
    return (
        "<h2>Scores</h2>"
        + soft(
            f"Means over the {kinds} ({over}), on the same pictures. In brackets: 95 % intervals "
            f"by drawing persons, each with all pictures. {caution} The rail goes from "
            f"{span[0]:.3f} to {span[1]:.3f}."
        )
        + table(["network", "", escape(kind.title)], first)
        + table(["", *letters], every)
        + source(compared.about)
    )


def units(compared: Compared) -> str:
    """Every unit of any of the networks: the metric that is compared, then the others folded up."""
    task = compared.about.task
    first = compared.standings[0].table
    shown = [name for name in METRICS[task] if not METRICS[task][name].overall]
    if compared.metric in shown:
        shown = [compared.metric, *(name for name in shown if name != compared.metric)]
    every: dict[Name, tuple[int, int]] = {}
    for one in compared.standings:
        every |= {name: count for name, count in one.whole.counts.items() if name not in every}
    parts = [_units(compared, shown[0], every)]
    parts += [
        f"<details><summary>{escape(METRICS[task][name].title)}</summary>"
        f"{_units(compared, name, every)}</details>"
        for name in shown[1:]
    ]
    what = "class" if task == "expression" else "unit"
    left = [title(name) for name in every if name not in first.units]
    told = f" Not in the means, for not all networks have them: {', '.join(left)}." if left else ""
    return (
        f"<h2>Each {what}</h2>"
        + soft(f"A dash: the network does not have it, or the figure does not exist.{told}")
        + "".join(parts)
        + source(compared.about)
    )


def _units(compared: Compared, name: str, every: dict[Name, tuple[int, int]]) -> str:
    rows = []
    for unit, (there, known) in every.items():
        cells = [
            escape(
                cell(
                    one.whole.units.get(unit, {}).get(name),
                    one.whole.intervals.get(unit, {}).get(name),
                )
            )
            for one in compared.standings
        ]
        rows.append([f"<b>{escape(title(unit))}</b>", *cells, str(there), str(known)])
    means = [
        escape(cell(one.table.mean.get(name), one.table.mean_interval.get(name)))
        for one in compared.standings
    ]
    rows.append(["mean", *means, "", ""])
    heads = [letter(at) for at in range(len(compared.standings))]
    kind = METRICS[compared.about.task][name]
    return f"<h3>{escape(kind.title)}</h3>" + table(["", *heads, "shown in", "known in"], rows)


def pairs(compared: Compared) -> str:
    """Every two networks on the same drawn persons."""
    kind = METRICS[compared.about.task][compared.metric]
    if not compared.pairs:
        return f"<h2>Told apart by {escape(kind.title)}</h2>" + soft(
            "The persons are not known, or it is one: no interval can be drawn."
        )
    rows = [[_versus(one), _gap(one), verdict(one, compared)] for one in compared.pairs]
    wide = [[_versus(one), *_gaps(one)] for one in compared.pairs]
    names = [escape(title(name)) for name in compared.pairs[0].by.names]
    more = ""
    if len(compared.pairs[0].by.values) > 1:  # accuracy of classes is one figure for all
        more = "<details><summary>unit by unit</summary>" + table(["", *names], wide) + "</details>"
    many = ""
    if len(compared.pairs) > 1:
        many = (
            f" Of {len(compared.pairs)} pairs one in twenty is told apart by chance alone: take "
            "intervals whose end is near 0 for what they are."
        )
    low = "" if kind.high else " Less is better."
    return (
        f"<h2>Told apart by {escape(kind.title)}</h2>"
        + soft(
            "First minus second, both scored on the same drawn persons (paired bootstrap, 1000 "
            "draws, 95 %): much sharper than two intervals beside each other. If the interval does "
            f"not hold 0, these persons tell the two apart.{low}{many}"
        )
        + table(["pair", "difference", "so"], rows)
        + more
        + source(compared.about)
    )


def verdict(one: Versus, compared: Compared) -> str:
    """Which of the two is better, in words."""
    if not one.told_apart:
        return "not told apart"
    high = METRICS[compared.about.task][compared.metric].high
    better = one.first if (one.by.mean > 0) == high else one.second
    return f"{letters_of(better + 1)[better]} is better"


def _versus(one: Versus) -> str:
    return f"{letter(one.first)} − {letter(one.second)}"


def _gap(one: Versus) -> str:
    low, high = one.by.interval.mean
    return f"{one.by.mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def _gaps(one: Versus) -> list[str]:
    ends = zip(one.by.interval.low, one.by.interval.high, strict=True)
    return [
        f"{value:+.3f} [{low:+.3f}, {high:+.3f}]" if value == value else "–"
        for value, (low, high) in zip(one.by.values, ends, strict=True)
    ]


def published(compared: Compared) -> str:
    """Publications beside ours, each with its protocol."""
    parts = []
    for at, one in enumerate(compared.standings):
        if one.published is None:
            continue
        ours = one.published.ours
        parts.append(
            f"<h3>{named(at, one.entrant.name)}</h3>"
            f"<p>Ours: {escape(ours.facts())} Every unit of this network, its own test part.</p>"
            + "".join(_beside(publication, ours.task) for publication in one.published.published)
        )
    if not parts:
        return ""
    return (
        "<h2>Beside the papers</h2>"
        + soft(
            "Every published figure stands under the protocol of its publication, ours under the "
            "one that is named with it. Where these differ - one fold and the mean of three, other "
            "persons, an epoch chosen on the test part - the difference is no measure of the "
            "implementation."
        )
        + "".join(parts)
        + source(compared.about)
    )


def _beside(one: Beside, task: Task) -> str:
    kinds = METRICS[task]
    name = kinds[one.metric].title if one.metric in kinds else one.metric
    name = LANDMARKS.get(one.metric, name)
    pairs_ = [(title(unit), pair) for unit, pair in one.units.items()] + [("mean", one.mean)]
    rows = [
        [escape(unit), cell(ours), cell(theirs), _minus(ours, theirs)]
        for unit, (ours, theirs) in pairs_
    ]
    note = soft(one.note) if one.note else ""
    told = f"{one.source}; published under: {one.protocol or 'not said'}."
    heads = [escape(name), "ours", "published", "difference"]
    return f"<p>{escape(told)}</p>{table(heads, rows)}{note}"


def _minus(ours: float | None, theirs: float | None) -> str:
    return "–" if ours is None or theirs is None else f"{ours - theirs:+.3f}"
