"""mien compare of detectors: on the pictures of a data.yaml, as a table and as a page."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mien.cli.comparisons import cost_cells, cost_heads
from mien.cli.scores import columns
from mien.errors import InputError

if TYPE_CHECKING:
    from mien.comparison.boxvalues import BoxCompared
    from mien.training.boxrecipe import BoxRecipe

__all__ = ["Asked", "box_lines", "compare_detectors"]


@dataclass(frozen=True)
class Asked:
    """What was typed."""

    runs: Sequence[Path]
    on: Sequence[str]
    metric: str
    anyway: bool
    cost: bool
    out: Path | None
    pictures: bool
    quiet: bool

    def command(self) -> str:
        """What gives the same figures again."""
        words = ["mien", "compare", *map(str, self.runs), "--on", *self.on]
        if self.metric:
            words += ["--metric", self.metric]
        return shlex.join(words + ["--anyway"] * self.anyway + ["--no-cost"] * (not self.cost))


def compare_detectors(asked: Asked, strange: Sequence[str]) -> None:
    """Set detectors side by side.

    Args:
        asked: what was typed.
        strange: options that are for networks of faces.

    Raises:
        InputError: an option is not for detectors, or see `mien.comparison.boxes.compare_boxes`.
    """
    from mien.cli.progress import counting, showing_progress
    from mien.comparison.boxes import compare_boxes
    from mien.comparison.boxpage import learned_boxes
    from mien.comparison.boxvalues import BoxChoice
    from mien.comparison.boxwriting import write_boxes
    from mien.comparison.detectors import open_detectors

    if strange:
        raise InputError(
            f"{strange[0]} is for networks of faces; detectors are compared on the test part of a "
            "data.yaml, or its val where there is none"
        )
    if len(asked.on) != 1:
        raise InputError(f"detectors are compared on one data.yaml, and --on names {len(asked.on)}")
    data = Path(asked.on[0])
    if (data / "cache.json").is_file():
        raise InputError(
            f"{data} holds aligned faces, and detectors look at whole pictures; name a data.yaml"
        )
    choice = BoxChoice(asked.metric or "map50", asked.anyway, asked.cost)
    entrants = open_detectors(asked.runs)
    with showing_progress(asked.quiet, "pictures") as show:

        def tell(name: str, done: int, of: int) -> None:
            counting(show, name)(done, of)

        compared = compare_boxes(entrants, data, choice, asked.command(), tell)
        files: tuple[Path, ...] = ()
        if asked.out is not None:
            learned = tuple(learned_boxes(compared, _recipe))
            files = write_boxes(compared, learned, asked.out, show=asked.pictures)
    for line in compared.about.warnings:
        typer.echo(f"warning: {line}", err=True)
    for line in compared.notes:
        typer.echo(f"note: {line}", err=True)
    for line in box_lines(compared):
        typer.echo(line)
    for file in files:
        typer.echo(str(file))


def _recipe(name: str) -> "BoxRecipe | None":
    """A recipe as it comes with mien."""
    from mien.recipes.yolo import RECIPES

    return RECIPES[name]() if name in RECIPES else None


def box_lines(compared: "BoxCompared") -> list[str]:
    """What was measured on, each detector with its costs, each class, every pair, the command."""
    from mien.comparison.boxvalues import TITLES

    lines = [compared.about.line(), *columns(list(_detectors(compared))), ""]
    lines += [*columns(list(_classes(compared))), ""]
    letters = _letters(compared)
    for one in compared.pairs:
        low, high = one.interval.mean
        better = one.better
        lines.append(
            f"{TITLES[compared.metric]} {letters[one.first]} - {letters[one.second]}: "
            f"{one.mean:+.3f} [{low:+.3f}, {high:+.3f}], 95 % by drawing pictures, paired: "
            + ("not told apart" if better is None else f"{letters[better]} is better")
        )
    return [*lines, *([""] if compared.pairs else []), f"again: {compared.about.command}"]


def _letters(compared: "BoxCompared") -> list[str]:
    from mien.comparison.drawing import letters_of

    return letters_of(len(compared.standings))


def _detectors(compared: "BoxCompared") -> Iterator[list[str]]:
    """A row for each detector."""
    from mien.comparison.boxvalues import TITLES
    from mien.evaluation.scoretable import cell

    costs = any(one.costs for one in compared.standings)
    yield ["", *TITLES.values(), *(cost_heads("picture") if costs else [])]
    for letter, one in zip(_letters(compared), compared.standings, strict=True):
        row = [f"{letter} {one.entrant.name}"]
        row += [cell(one.figure(name), one.bounds(name)) for name in TITLES]
        yield row + cost_cells(one.costs)


def _classes(compared: "BoxCompared") -> Iterator[list[str]]:
    """A row for each class."""
    yield [compared.metric, *_letters(compared), "boxes"]
    for place, name in enumerate(compared.names, 1):
        rows = [one.table.rows[place] for one in compared.standings]
        figures = [float(getattr(row, compared.metric)) for row in rows]
        shown = ["–" if value != value else f"{value:.3f}" for value in figures]
        yield [name, *shown, str(rows[0].instances)]
