"""Whether the training loop learns: ResNet-18 on synthetic pictures, held-out persons, F1.

Portraits warped by planted units where MIEN_PORTRAITS names a folder of portraits and MIEN_DATA the
prepared face model, else drawn faces. The same pictures are used again the next time. Beside each
F1 stands the best that a constant answer reaches on the same pictures.
"""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import AdamW

from mien.data import read
from mien.data.cache import prepare
from mien.data.synthesize import Kind, synthesize
from mien.evaluation.predictions import Predictions
from mien.evaluation.scoretable import ScoreTable
from mien.models import build
from mien.recipes.planted import occurrence
from mien.training.recipe import Recipe
from mien.training.run import train_fold

Floats = NDArray[np.float64]

PERSONS = 240
FRAMES = 10
ALIGNED, SIZE = 92, 80
"""Sides in pixels of the prepared picture and of what the network sees."""
SEED = 5
MINUTES = 5.0


def main(cache: Path, minutes: float = MINUTES) -> None:
    """Make the pictures, train for about so many minutes, print the table."""
    kind, options = _kind()
    folder = cache / "learning" / kind
    start = time.perf_counter()
    synthesize(
        kind, folder, persons=PERSONS, frames=FRAMES, seed=SEED,
        portraits=options.get("portraits"), data=options.get("data"),
    )  # fmt: skip
    made = time.perf_counter()
    recipe = _short(occurrence())
    data = recipe.data
    crops = prepare(
        read("table", folder), cache / "learning" / f"{kind}-crops", data.template, data.aligned
    )
    prepared = time.perf_counter()
    print(
        f"  {len(crops)} {kind} pictures of {len(set(crops.index.subject))} persons; made in "
        f"{made - start:.0f} s, prepared in {prepared - made:.0f} s (0: from before)"
    )
    rate = _rate(recipe)
    epochs = max(2, round(minutes * 60 * rate / (0.72 * len(crops))))
    recipe = replace(recipe, trainer=replace(recipe.trainer, epochs=epochs))
    result = train_fold(recipe, 1, crops, cache / "learning" / "runs", restart=True)
    if result is None:
        return
    print(
        f"  {recipe.name}, {epochs} epochs, {time.perf_counter() - prepared:.0f} s; fold 1 of "
        f"{data.folds}, {len(result.predictions)} pictures of "
        f"{len(set(result.predictions.subjects or ()))} persons that it never saw; present from "
        f"intensity {data.threshold:g}"
    )
    _print(result.predictions, result.table)


def _short(recipe: Recipe) -> Recipe:
    """The recipe at a size that a processor learns from in minutes."""
    data = replace(recipe.data, aligned=ALIGNED, size=SIZE, weights="balanced")
    trainer = replace(recipe.trainer, precision="bf16-mixed", workers=0)
    return replace(recipe, data=data, trainer=trainer)


def constant_f1(truth: Floats, known: NDArray[np.bool_]) -> Floats:
    """F1 per unit of the better constant answer: always present (always absent scores 0)."""
    share = (truth * known).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(2 * share / (1 + share), np.float64)


def _print(predictions: Predictions, table: ScoreTable) -> None:
    truth, known = np.asarray(predictions.truth, float), np.asarray(predictions.known, bool)
    constant = constant_f1(truth, known)
    print(f"  {'AU':>6} {'present':>8} {'constant F1':>12} {'F1':>6} {'AUROC':>6}")
    for column, unit in enumerate(predictions.names):
        share = truth[known[:, column], column].mean()
        f1, auroc = (_figure(table.units[unit][name]) for name in ("f1", "auroc"))
        print(f"  {unit:>6} {share:>8.2f} {constant[column]:>12.3f} {f1:>6} {auroc:>6}")
    f1, auroc = (_figure(table.mean[name]) for name in ("f1", "auroc"))
    print(f"  {'mean':>6} {'':>8} {constant.mean():>12.3f} {f1:>6} {auroc:>6}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _kind() -> tuple[Kind, dict[str, str]]:
    """Planted where everything for it is named, else drawn."""
    portraits, data = os.environ.get("MIEN_PORTRAITS"), os.environ.get("MIEN_DATA")
    if portraits and data:
        return "planted", {"portraits": portraits, "data": data}
    print("  drawn faces: MIEN_PORTRAITS and MIEN_DATA do not name portraits and the face model")
    return "drawn", {}


def _rate(recipe: Recipe) -> float:
    """Pictures per second of a training step on this machine, so that the minutes are kept."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build(recipe.model.name, len(recipe.data.units), **recipe.model.options).to(device)
    optimiser = AdamW(network.parameters())
    size, batch = recipe.data.size, recipe.data.batch
    image = torch.zeros(batch, 3, size, size, device=device)
    target = torch.zeros(batch, len(recipe.data.units), device=device)
    for step in range(5):
        if step == 2:
            start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16):
            loss = binary_cross_entropy_with_logits(network(image).logits, target)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch's own
        optimiser.step()
        loss.item()
    return 3 * batch / (time.perf_counter() - start)
