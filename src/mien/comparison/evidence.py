"""More sections of a comparison's page: costs, losses, units together, disagreements."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from mien.comparison.compare import Compared
from mien.comparison.costs import Cost
from mien.comparison.drawing import letter, letters_of, matrix, speeds
from mien.comparison.learning import Learned, plots_of
from mien.comparison.sections import Origin, named, soft, source
from mien.evaluation.disagreement import Apart, Dispute
from mien.evaluation.metrics import METRICS
from mien.evaluation.scoretable import cell, title
from mien.results.html import table
from mien.results.plot import Axes, on_page

__all__ = [
    "COSTS", "Disagreement", "cost_rows", "costs", "differences", "learning", "relations", "wide",
]  # fmt: skip

COSTS = ("network", "weights", "parameters", "multiply-adds", "file")
"""Heads of a table of costs, before those of time, memory and the metric."""


@dataclass(frozen=True)
class Disagreement:
    """Where networks are apart, as it is shown."""

    count: int
    """Of networks."""
    apart: Sequence[Apart]
    disputes: Sequence[Dispute]
    people: Sequence[str] | None
    """(n,): the person in each picture; None where nobody knows them."""
    told: str = ""
    """What the networks say of a picture, in a sentence."""


def costs(compared: Compared, processor: str) -> str:
    """What the networks cost, and their metric against their time."""
    if not compared.standings[0].costs:
        return ""
    name = METRICS[compared.about.task][compared.metric].title
    rows = [
        row
        for at, one in enumerate(compared.standings)
        for row in cost_rows(
            named(at, one.entrant.name), one.costs, (one.table.mean[compared.metric], one.small)
        )
    ]
    left = sorted({kind for one in compared.standings for c in one.costs for kind in c.uncounted})
    uncounted = f" Not counted, though they multiply: {', '.join(left)}." if left else ""
    return (
        "<h2>What they cost</h2>"
        + soft(
            "A second row in 8 bits where model.int8.onnx lies beside the network (mien export RUN "
            "--precision int8 --data PREPARED makes it). Parameters are the numbers in the file's "
            "tables of weights, batch norms inside their convolutions. Multiply-adds are those of "
            "convolutions and matrix products for one face, a multiply-add counting once, with the "
            f"shapes of a real run.{uncounted} CPU time is that of one thread on batches of 8 "
            "faces of this comparison, all networks in turns, the quickest of five rounds, on "
            f"{processor}. {_found(compared)}Memory is what a process of its own grows by, at its "
            "peak, when it opens the file and reads 8 faces."
        )
        + table([*COSTS, "CPU per face", "memory", name], rows)
        + wide(speeds(compared))
        + soft("Dots as they are with 95 % intervals, rings in 8 bits; time goes by factors.")
        + source(compared.about)
    )


def cost_rows(
    who: str, every: Sequence[Cost], figures: Sequence[float | None]
) -> Iterator[list[str]]:
    """A row for each file of a network: as it is, then in 8 bits.

    Args:
        who: the network, as HTML.
        every: its files.
        figures: the metric of each.
    """
    for number, (cost, figure) in enumerate(zip(every, figures, strict=False)):
        yield [
            "" if number else who,
            cost.precision,
            f"{cost.parameters / 1e6:.2f} M",
            f"{cost.operations / 1e9:.3f} G",
            f"{cost.size / 1e6:.1f} MB",
            f"{1000 * cost.seconds:.2f} ms",
            "–" if cost.memory is None else f"{cost.memory:.0f} MB",
            cell(figure),
        ]


def wide(plot: Axes) -> str:
    """A plot by itself."""
    return f'<div class="plots">{on_page(plot).replace("plot", "plot wide", 1)}</div>'


def _found(compared: Compared) -> str:
    """What the default networks need before, where they are among those that are compared."""
    spent = [cost.finding for one in compared.standings for cost in one.costs if cost.finding]
    if not spent:
        return ""
    return (
        "Finding the face and its mesh is in none of these figures, for pictures that are aligned "
        f"have it behind them; here it takes {1000 * spent[0]:.2f} ms a picture. "
    )


def learning(names: Sequence[str], learned: Sequence[Learned]) -> str:
    """The losses of every epoch.

    Args:
        names: of all networks.
        learned: how those learned whose runs are known.
    """
    shown = [one for one in learned if one.lines]
    if not learned:
        return ""
    letters = letters_of(len(names))
    drawn = "".join(on_page(one) for one in plots_of(shown, letters))
    rows = "".join(
        f'<p class="from">{letter(one.place)} {escape(one.about)} '
        f"<code>{escape(one.command)}</code></p>"
        for one in learned
    )
    there = {one.place for one in learned if one.lines}
    silent = [name for at, name in enumerate(names) if at not in there]
    told = f" No figures of the epochs of: {', '.join(silent)}." if silent else ""
    return (
        "<h2>How they learned</h2>"
        + soft(
            "Every term of the loss, epoch by epoch: solid in training, dashed on the held-out "
            "part, a large dot at the epoch whose weights the network has. Terms of one name may "
            f"be weighted otherwise in another recipe.{told}"
        )
        + f'<div class="plots">{drawn}</div>'
        + rows
    )


def relations(compared: Compared) -> str:
    """Which units go together."""
    if not compared.together:
        return ""
    parts, rows = [], []
    for at, (one, found) in enumerate(zip(compared.standings, compared.together, strict=True)):
        caption = f"{letters_of(at + 1)[at]}, {one.entrant.name}"
        parts.append(matrix(found, caption))
        both = [pair.phi for pair in found.pairs if None not in pair.phi]
        gaps = [abs(said - so) for so, said in both if so is not None and said is not None]
        mean = cell(sum(gaps) / len(gaps)) if gaps else "–"
        rows.append([named(at, one.entrant.name), mean, f"{len(gaps)} of {len(found.pairs)}"])
    kind = "phi" if compared.about.task == "occurrence" else "Pearson's correlation"
    return (
        "<h2>Units together</h2>"
        + soft(
            f"How every two units are correlated ({kind}) on these pictures: in the labels above "
            "the diagonal, as the network says below it. Blue together, orange apart; the fuller, "
            "the stronger. A network whose lower half is fuller than the upper one says units "
            "together more than they are."
        )
        + f'<div class="plots">{"".join(parts)}</div>'
        + table(["network", "mean distance from the labels", "pairs that have both"], rows)
        + source(compared.about)
    )


def differences(found: Disagreement, shown: Iterable[str], about: Origin) -> str:
    """Where the networks are furthest apart; with pictures if there are any."""
    split = found.apart[0].split is not None
    rows = [
        [
            f"<b>{escape(title(one.name))}</b>",
            f"{one.spread:.3f}",
            *([f"{100 * (one.split or 0):.1f} %"] if split else []),
        ]
        for one in found.apart
    ]
    heads = ["", "mean spread", *(["said otherwise in"] if split else [])]
    letters = [letter(at) for at in range(found.count)]
    listed = []
    for number, one in enumerate(found.disputes, 1):
        listed.append(
            [
                f"{number}",
                *([] if found.people is None else [escape(found.people[one.row])]),
                escape(title(one.name)),
                "–" if one.truth is None else f"{round(one.truth, 2):g}",
                *(f"{value:.2f}" for value in one.said),
                f"{one.spread:.2f}",
            ]
        )
    pictures = "".join(shown)
    person = [] if found.people is None else ["person"]
    return (
        "<h2>Where they disagree</h2>"
        + soft(
            f"{found.told}Spread: the largest minus the smallest of what the networks say of a "
            "picture."
        )
        + table(heads, rows)
        + soft(
            "The pictures on which they are furthest apart, each once, with what it is about. "
            "disagreements.csv names the files."
        )
        + table(["", *person, "of", "label", *letters, "spread"], listed)
        + pictures
        + source(about)
    )
