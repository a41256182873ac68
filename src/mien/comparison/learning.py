"""How the networks learned: the losses of every epoch, and the command that trained them."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.comparison.ground import Stand
from mien.comparison.shipped import Shipped
from mien.data.parquetfile import read_table
from mien.errors import InputError
from mien.results.plot import Axes, Curve
from mien.results.table import read_facts
from mien.training.course import curve
from mien.training.epochs import Line, read_metrics
from mien.training.recipe import Recipe
from mien.training.runfolder import ENVIRONMENT, PREDICTIONS
from mien.training.settings import differences, to_json
from mien.training.subject import Subject

__all__ = ["Base", "Learned", "learned_of", "plots_of", "typed", "version_of"]

Base = Callable[[str], Recipe | None]
"""Gives the recipe of a name as it comes with mien; None where there is none."""

TRAIN, HELD = "train.", "validate."

UNSAID = ("name", "expected", "paper")
"""Fields of a recipe that change no number."""


@dataclass(frozen=True)
class Learned:
    """One fold of a run."""

    place: int
    """Of the network among those that are compared."""
    name: str
    fold: int
    lines: tuple[Line, ...]
    chosen: int | None
    """The epoch whose weights it has, if that is known."""
    about: str
    """Data set, protocol, fold, version, in a sentence."""
    command: str
    """That trains it."""


def learned_of(place: int, stand: Stand, base: Base) -> Learned | None:
    """How the network of a run folder learned; None of a file without a run.

    Args:
        place: of the network.
        stand: the network in a fold.
        base: the recipes that come with mien, so that the command names only what differs.
    """
    subject = stand.subject
    if isinstance(subject, Shipped) or subject.recipe is None or subject.split is None:
        return None
    folder = subject.file.parent
    lines: tuple[Line, ...] = ()
    with suppress(InputError):  # an older run, or one that was carried without it
        lines = read_metrics(folder)
    parts = subject.split
    about = (
        f"{parts.data}, {parts.protocol}, fold {parts.fold} of {parts.folds}, losses of the "
        f"training part and of the held-out part ({len(parts.train)} and {len(parts.validate)} "
        f"pictures), {version_of(folder)}."
    )
    command = _command(subject, parts.fold, base)
    return Learned(place, stand.entrant.name, parts.fold, lines, _chosen(folder), about, command)


def plots_of(every: Sequence[Learned], letters: Sequence[str]) -> list[Axes]:
    """A plot for each loss: a curve for each run, solid in training, dashed on the held-out part.

    Args:
        every: the runs.
        letters: of all networks, by their place.
    """
    names = dict.fromkeys(
        name.removeprefix(TRAIN)
        for one in every
        for line in one.lines
        for name in line
        if name.startswith(TRAIN)
    )
    return [Axes(name, list(_curves(name, every, letters)), "epoch") for name in names]


def _curves(name: str, every: Sequence[Learned], letters: Sequence[str]) -> Iterator[Curve]:
    for one in every:
        for part, dashed in ((TRAIN, False), (HELD, True)):
            if any(part + name in line for line in one.lines):
                what = "held out" if dashed else "training"
                yield curve(
                    one.lines,
                    part + name,
                    style=one.place,
                    dashed=dashed,
                    chosen=one.chosen,
                    mark="" if dashed else letters[one.place],
                    label=f"{name} of {one.name}, fold {one.fold}, {what}",
                )


def version_of(folder: Path) -> str:
    """The version that trained a run, and its commit."""
    try:
        said: Mapping[str, Any] = json.loads((folder / ENVIRONMENT).read_text(encoding="utf-8"))
        commit = said.get("commit")
        return f"mien {said['packages']['mien']}" + (f" at {str(commit)[:12]}" if commit else "")
    except (OSError, ValueError, KeyError, TypeError):
        return "mien of a version that is not known"


def _chosen(folder: Path) -> int | None:
    """The epoch that was chosen, from the facts of the predictions."""
    try:
        epoch = read_facts(read_table(folder / PREDICTIONS).schema).get("epoch")
    except (InputError, ValueError, AttributeError):  # the curve goes without a mark
        return None
    return epoch if isinstance(epoch, int) else None


def _command(subject: Subject, fold: int, base: Base) -> str:
    """What a person types to train the same."""
    recipe = subject.recipe
    if recipe is None:  # pragma: no cover - asked for of runs only
        return ""
    words = ["mien", "train", recipe.name, "--fold", str(fold), "--data", "PREPARED"]
    return typed(words, recipe, base(recipe.name))


def typed(words: Sequence[str], recipe: object, known: object | None) -> str:
    """What is typed to train by a recipe, with the settings that are not those of the known one.

    Args:
        words: the command.
        recipe: the run's.
        known: as it comes with mien; None where there is none of its name.
    """
    if known is None:
        return f"{shlex.join(words)}, with the recipe that is in its recipe.json"
    gap = differences(json.loads(to_json(known)), json.loads(to_json(recipe)))
    every = list(words)
    for name, (_, value) in gap.items():
        if name.partition(".")[0] not in UNSAID:
            every += ["--set", f"{name}={_typed(value)}"]
    return shlex.join(every)


def _typed(value: Any) -> str:  # noqa: ANN401 - of JSON
    """A value as --set takes it."""
    if isinstance(value, list):
        return ",".join(map(_typed, value))
    return value if isinstance(value, str) else json.dumps(value)
