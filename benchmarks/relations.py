"""Whether a graph of units learns: ME-GraphAU's two stages and ResNet-18, held-out persons, F1.

Drawn faces whose units come in pairs that mostly move together. All three networks have the same
backbone, pictures and persons; ResNet-18 and stage 1 start from random weights, stage 2 goes on
from stage 1 for half as many epochs. Beside each F1 stands the best that a constant answer reaches
on the same pictures, and below it how far predicted units are from occurring together as labelled.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.learning import constant_f1
from mien.data import read
from mien.data.cache import Cache, prepare
from mien.data.drawn import draw_person, draw_view
from mien.data.table_writing import write_table
from mien.data.writing import write_picture
from mien.evaluation.together import together
from mien.face.geometry import SKIN
from mien.recipes.planted import occurrence
from mien.training.recipe import Model, Objective, Recipe
from mien.training.run import Result, train_fold

__all__ = ["main"]

PAIRS = (1, 2), (4, 9), (6, 12), (15, 17), (20, 26)
"""Units that move together."""
UNITS = tuple(sorted(unit for pair in PAIRS for unit in pair))
ACTIVE = 0.35
"""Share of the pictures in which a pair is active."""
BOTH, ALONE = 0.85, 0.06
"""Chance of a unit where its pair is active, and where it is not."""
PERSONS = 200
FRAMES = 8
SEED = 11
DRAWN, ALIGNED, SIZE = 128, 128, 112
"""Sides in pixels: of the drawing, of the prepared picture, of what the network sees."""
EPOCHS = 10
STAGE_2 = 3e-4
"""Rate of stage 2, which starts from what stage 1 has learned."""


def main(cache: Path, epochs: int = EPOCHS) -> None:
    """Make the pictures, train three networks, print the table."""
    folder = cache / "relations"
    start = time.perf_counter()
    if not (folder / "drawn" / "labels.csv").is_file():
        write_table(folder / "drawn" / "labels.csv", _pictures(folder / "drawn"))
    plain = _plain(epochs)
    crops = prepare(read("table", folder / "drawn"), folder / "crops", "whole", ALIGNED)
    print(
        f"  {len(crops)} drawn pictures of {PERSONS} persons, {time.perf_counter() - start:.0f} s; "
        f"units {' '.join(map(str, UNITS))} in pairs; {epochs} epochs, {SIZE} px"
    )
    runs = folder / "runs"
    first = replace(
        plain,
        name="relations-stage1",
        model=Model("megraphau", {"stage": 1, "backbone": "resnet18"}),
        data=replace(plain.data, weights="inverse"),
        objective=Objective("relations"),
    )
    second = replace(
        first,
        name="relations-stage2",
        model=Model(
            "megraphau",
            {"stage": 2, "backbone": "resnet18"},
            start=f"{{runs}}/{first.name}/fold{{fold}}",
        ),
        objective=Objective("relations", weights={"edges": 0.05}),
        optim=replace(first.optim, rate=STAGE_2),
        trainer=replace(first.trainer, epochs=max(1, epochs // 2)),
    )
    _print([_trained(one, crops, runs) for one in (plain, first, second)])


def _plain(epochs: int) -> Recipe:
    """ResNet-18 with a linear head."""
    recipe = occurrence()
    data = replace(recipe.data, units=UNITS, aligned=ALIGNED, size=SIZE)
    trainer = replace(recipe.trainer, epochs=epochs, precision="bf16-mixed", workers=0)
    return replace(recipe, name="relations-resnet18", data=data, trainer=trainer)


def _pictures(folder: Path) -> Iterator[dict[str, object]]:
    """Draw the pictures; the rows of their table."""
    for person in range(PERSONS):
        rng = np.random.default_rng((SEED, person))
        drawn = draw_person(rng)
        for frame in range(FRAMES):
            units = dict.fromkeys(UNITS, 0.0)
            for pair in PAIRS:
                chance = BOTH if rng.random() < ACTIVE else ALONE
                for unit in pair:
                    if rng.random() < chance:
                        units[unit] = rng.uniform(2.5, 5)
            image, mesh = drawn.picture(units, DRAWN, draw_view(rng))
            path = f"P{person:03d}/{frame}.jpg"
            write_picture(folder / path, image)
            low, high = mesh[:SKIN, :2].min(axis=0), mesh[:SKIN, :2].max(axis=0)
            box = zip(("x0", "y0", "x1", "y1"), (*low, *high), strict=True)
            yield (
                {"path": path, "subject": f"P{person:03d}", "number": frame}
                | {f"AU{unit}": f"{value:.3g}" for unit, value in units.items()}
                | {name: f"{value:.1f}" for name, value in box}
            )


def _trained(recipe: Recipe, crops: Cache, runs: Path) -> tuple[str, float, Result]:
    """A recipe's first fold; seconds are 0 where it was trained before."""
    start = time.perf_counter()
    result = train_fold(recipe, 1, crops, runs)
    if result is None:
        raise SystemExit("run this in one process")
    seconds = time.perf_counter() - start
    print(f"  {recipe.name}: {seconds:.0f} s, mean F1 {result.table.mean['f1']:.3f}", flush=True)
    return recipe.name.removeprefix("relations-"), seconds, result


def _print(done: list[tuple[str, float, Result]]) -> None:
    """F1 of each unit and its mean, with the interval by persons."""
    said = done[0][2].predictions
    truth, known = np.asarray(said.truth, float), np.asarray(said.known, bool)
    constant = constant_f1(truth, known)
    print(f"  {'AU':>6} {'present':>8} {'constant':>9}", *(f"{name:>9}" for name, *_ in done))
    for column, unit in enumerate(said.names):
        row = [one.table.units[unit]["f1"] or 0.0 for *_, one in done]
        share = truth[known[:, column], column].mean()
        print(f"  {unit:>6} {share:>8.2f} {constant[column]:>9.3f}", *(f"{v:>9.3f}" for v in row))
    means = [one.table.mean["f1"] or 0.0 for *_, one in done]
    print(f"  {'mean':>6} {'':>8} {constant.mean():>9.3f}", *(f"{v:>9.3f}" for v in means))
    for name, _, one in done:
        both = [pair.phi for pair in together(one.predictions).pairs]
        apart = [abs(b - a) for a, b in both if a is not None and b is not None]
        print(f"  {name}: phi of the pairs differs by {np.mean(apart):.3f} from the labels'")
