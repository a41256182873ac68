"""Several recipes that start from each other: in order, and one table of the comparable ones."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mien.data.cache import Cache
from mien.data.protocols import fold_count
from mien.errors import InputError
from mien.evaluation.metrics import METRICS
from mien.evaluation.scoretable import cell, grid
from mien.training import runfolder
from mien.training.onefold import Way
from mien.training.recipe import Recipe
from mien.training.run import train

__all__ = ["TABLE", "instead_of", "run_chain"]

TABLE = "table.md"
SHOWN = {"intensity": ("pcc", "mae", "mse"), "occurrence": ("f1", "accuracy"),
         "expression": ("accuracy", "recall")}  # fmt: skip
"""Figures of the table, by task."""

Stage = tuple[Recipe, Cache]


def instead_of(recipes: Sequence[Recipe], sources: Mapping[str, str]) -> list[Recipe]:
    """The stages without those that something else takes the place of.

    Args:
        recipes: all stages, in order; the last is what they are for.
        sources: name of a stage to what is started from, or taught by, in its place: a run folder,
            a file of weights, "imagenet", or nothing.

    Raises:
        InputError: there is no such stage, it is the last one, or a student loses its teacher.
    """
    names = [one.name for one in recipes]
    for name in sources:
        if name not in names[:-1]:
            raise InputError(
                f"--from names {name!r}, expected one of {', '.join(names[:-1])}: a stage that "
                f"comes before {names[-1]}"
            )
    kept = []
    for recipe in recipes:
        if recipe.name in sources:
            continue
        start = _replaced(recipe.model.start, sources)
        options = dict(recipe.objective.options)
        if "teacher" in options:
            options["teacher"] = _replaced(str(options["teacher"]), sources)
            if not options["teacher"]:
                raise InputError(
                    f"{recipe.name} learns from a teacher, and --from leaves that out; name a run "
                    "folder or a checkpoint in its place"
                )
        kept.append(
            replace(
                recipe,
                model=replace(recipe.model, start=start),
                objective=replace(recipe.objective, options=options),
            )
        )
    return kept


def run_chain(
    stages: Sequence[Stage],
    fold: int | None,
    runs: Path,
    way: Way,
    say: Callable[[str], None] = lambda _: None,
) -> Path | None:
    """Train every stage in turn; what is finished is skipped, what was stopped goes on.

    Args:
        stages: recipes with their prepared data, each after those that it starts from.
        fold: from 1; None: all. A set that is not divided into folds has the fold 1 alone.
        runs: folder of the run folders.
        way: how.
        say: takes a line before each stage.

    Returns:
        The table of all stages on the data set of the last one, ours beside the published; None in
        all processes but the first of those that train together.

    Raises:
        InputError: as of `mien.training.run.train_fold`.
        WeightsError: the same.
    """
    reports: list[tuple[Recipe, Path | None]] = []
    for number, (recipe, cache) in enumerate(stages, 1):
        count = fold_count(cache.index, recipe.data.protocol, recipe.data.folds)
        own = 1 if count == 1 else fold
        say(f"stage {number} of {len(stages)}: {recipe.name}")
        reports.append((recipe, train(recipe, own, cache, runs, way)))
    last = stages[-1][0]
    rows = [
        (recipe, report)
        for recipe, report in reports
        if report is not None
        and recipe.labelled
        and (recipe.data.name, recipe.data.task) == (last.data.name, last.data.task)
    ]
    if not rows:
        return None
    path = runs / last.name / TABLE
    runfolder.write_text(path, _table(last, rows, fold))
    return path


def _replaced(source: str, sources: Mapping[str, str]) -> str:
    """What is started from, where a stage of the chain is not trained."""
    for name, instead in sources.items():
        if source.startswith(f"{{runs}}/{name}/"):
            return instead
    return source


def _table(last: Recipe, rows: Sequence[tuple[Recipe, Path]], fold: int | None) -> str:
    """A row for each stage, ours and the published."""
    metrics = SHOWN[last.data.task]
    titles = [METRICS[last.data.task][name].title for name in metrics]
    heads = [head for title in titles for head in (title, "published")]
    cells = [["recipe", *heads]]
    for recipe, report in rows:
        ours = _means(report.with_name(runfolder.REPORT_JSON))
        theirs = {one.metric: one.mean for one in recipe.expected}
        pairs = [(ours.get(name), theirs.get(name)) for name in metrics]
        cells.append([recipe.name, *(cell(value) for pair in pairs for value in pair)])
    of = "mean of all folds" if fold is None else f"fold {fold}"
    published = {f"- {one.source}: {one.protocol}" for recipe, _ in rows for one in recipe.expected}
    told = "\nPublished:\n\n" + "\n".join(sorted(published)) + "\n" if published else ""
    where = f"{last.data.name}, {last.data.protocol}, {of}; mean over {len(last.data.units)} units"
    return f"# {last.name} and what it is compared with\n\nOurs: {where}.\n\n{grid(cells)}\n{told}"


def _means(path: Path) -> dict[str, float | None]:
    """Figures over all units in the report of a fold, or of all of them."""
    values = json.loads(path.read_text(encoding="utf-8"))
    of = values.get("mean_of_folds", values)
    found: dict[str, float | None] = of["ours"]["mean"]
    return found
