"""A detector from a recipe and a data.yaml: train in the one loop, judge, report, export."""

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning.fabric.utilities import rank_zero_only
from torch import nn

from mien.data.anchors import ENOUGH, fit_anchors, recall
from mien.data.boxloading import BoxDataset, size_of
from mien.data.yolo import BoxedPictures
from mien.errors import InputError
from mien.evaluation.boxtable import BoxTable, box_table
from mien.evaluation.detection import Boxes
from mien.models import build
from mien.models.decoding import STRIDES, Decoded
from mien.models.folding import folded
from mien.models.starting import start
from mien.models.yolo import Yolo
from mien.spec import ModelSpec
from mien.training import runfolder
from mien.training.boxparts import Parts, read_boxes
from mien.training.boxrecipe import BoxRecipe
from mien.training.boxreport import draw_pictures, report
from mien.training.detecting import BoxMeter, Detect, boxes_of, true_boxes
from mien.training.environment import environment
from mien.training.epochs import Line
from mien.training.experiment import Experiment, Objective
from mien.training.export import export
from mien.training.fit import Fitted, check, fit, is_finished
from mien.training.loaded import Loaded
from mien.training.precision import PROBES
from mien.training.settings import to_json
from mien.values import Float32

__all__ = ["card_of", "judge", "learn_boxes", "network_of"]

logger = logging.getLogger(__name__)

FITNESS = "fitness"


def network_of(recipe: BoxRecipe, parts: Parts) -> Yolo:
    """The network of a recipe with the random weights of its seed and anchors that fit."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.trainer.seed)
        network = build(recipe.model.name, len(parts.names), **recipe.model.options)
    if not isinstance(network, Yolo):
        raise InputError(
            f"model.name is {recipe.model.name}, which is no detector; expected yolov5n, yolov5s "
            "or yolov5m"
        )
    if recipe.anchors == "auto":
        _fit_anchors(network, recipe, parts.part("train"))
    return network


def _fit_anchors(network: Yolo, recipe: BoxRecipe, train: BoxedPictures) -> None:
    """Other anchors, where too few boxes match those of COCO and others do better."""
    sizes = _sizes(train, recipe.data.size)
    steps = np.array(STRIDES, np.float32)[:, None, None]
    old = (network.anchors.numpy() * steps).reshape(-1, 2)
    if recall(sizes, old) >= ENOUGH:
        return
    new = fit_anchors(sizes, len(old), np.random.default_rng(recipe.trainer.seed))
    if recall(sizes, new) > recall(sizes, old):
        shaped = new.reshape(network.anchors.shape) / steps
        network.anchors.copy_(torch.from_numpy(shaped.astype(np.float32)))
        logger.info(
            "anchors are fitted to the training part: %.3f of its boxes match, not %.3f",
            recall(sizes, new), recall(sizes, old),
        )  # fmt: skip


def _sizes(part: BoxedPictures, size: int) -> Float32:
    """Width and height of all boxes in pixels, as they are seen in training."""
    found = []
    for path, boxes in zip(part.path, part.boxes, strict=True):
        sides = np.array(size_of(path), np.float32)
        found.append(boxes[:, 3:] * sides * (size / sides.max()))
    return np.concatenate(found)


def learn_boxes(
    recipe: BoxRecipe,
    data: Path,
    runs: Path,
    *,
    restart: bool = False,
    bar: bool = False,
    tell: Callable[[Line], None] | None = None,
) -> Path | None:
    """Train a detector and leave its run folder; a run that was stopped goes on.

    Args:
        recipe: what to train.
        data: a data.yaml.
        runs: folder of the run folders; it becomes ``runs``/NAME.
        restart: forget what an earlier run left there.
        bar: show a progress bar on standard error.
        tell: is given the figures of each epoch.

    Returns:
        The report; None in all processes but the first of those that train together.

    Raises:
        InputError: recipe or data cannot be used, the folder holds another run, the disk refuses.
        WeightsError: weights to start from cannot be had or do not fit.
    """
    folder = runs / recipe.name
    first = not getattr(rank_zero_only, "rank", 0)
    parts = read_boxes(data)
    fresh = restart or not (folder / runfolder.LAST).exists()
    experiment = _experiment(recipe, parts, fresh=fresh)
    done = not restart and is_finished(experiment, folder)
    if done and (folder / runfolder.REPORT).exists():
        return folder / runfolder.REPORT if first else None
    if not done:
        check(experiment)
    if first:
        if restart:
            runfolder.clear(folder)
        _settle(folder, recipe, parts, experiment)
    fitted = fit(experiment, folder, bar=bar, tell=tell)
    return _finish(folder, recipe, parts, fitted) if first else None


def _experiment(recipe: BoxRecipe, parts: Parts, *, fresh: bool) -> Experiment:
    """The parts that the loop needs."""
    one, trainer = recipe.data, recipe.trainer
    network = network_of(recipe, parts)
    if fresh:
        start(network, recipe.model.start)
    train = BoxDataset(parts.part("train"), one.size, one.augment, trainer.seed)
    held = parts.part("val")
    validate = None
    if len(held):
        still = BoxDataset(held, one.size)
        validate = Loaded(still, one.test_batch, trainer, shuffle=False)
    monitor = (trainer.monitor or FITNESS) if validate is not None else ""
    return Experiment(
        network=network,
        objective=cast(Objective, Detect(one.size, len(parts.names), recipe.gains)),
        train=Loaded(train, one.batch, trainer, shuffle=True),
        validate=validate,
        meters=[BoxMeter(network, one.size, parts.names)],
        optim=recipe.optim,
        schedule=recipe.schedule,
        trainer=trainer,
        monitor=monitor,
        smaller=monitor == "loss",
        identity={"recipe": json.loads(to_json(recipe)), "data": parts.digest()},
        recipe=BoxRecipe,
    )


def _settle(folder: Path, recipe: BoxRecipe, parts: Parts, experiment: Experiment) -> None:
    """Make the folder say what the run is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / runfolder.REPORT).unlink(missing_ok=True)
    run = {"data": experiment.identity["data"], "card": card_of(recipe, parts).to_json()}
    runfolder.write_text(folder / runfolder.RECIPE, to_json(recipe) + "\n")
    runfolder.write_text(folder / runfolder.RUN, run)
    runfolder.write_text(folder / runfolder.ENVIRONMENT, environment())


def card_of(recipe: BoxRecipe, parts: Parts) -> ModelSpec:
    """The card of a detector."""
    counts = ", ".join(f"{len(parts.part(name))} {name}" for name in ("train", "val", "test"))
    return ModelSpec(
        name=recipe.name,
        task="detection",
        reads="picture",
        units=(),
        sides=(),
        classes=parts.names,
        size=recipe.data.size,
        outputs=Decoded.outputs,
        trained_on=f"pictures with boxes ({counts})",
        paper=recipe.paper,
        licence="bound by the terms of its training data",
    )


def judge(
    network: Yolo, dataset: BoxDataset, batch: int, names: tuple[str, ...]
) -> tuple[BoxTable, list[Boxes], list[Boxes]]:
    """The table of a part, and the boxes that were said and that are true, in square pixels."""
    said: list[Boxes] = []
    true: list[Boxes] = []
    network.eval()
    with torch.no_grad():
        for places in _pieces(len(dataset), batch):
            some = dataset.__getitems__(places)
            said += boxes_of(network(some.image), network.anchors, dataset.size)
            true += true_boxes(some, dataset.size)
    return box_table(said, true, names), said, true


def _pieces(count: int, batch: int) -> Iterable[list[int]]:
    return (list(range(at, min(at + batch, count))) for at in range(0, count, batch))


def _finish(folder: Path, recipe: BoxRecipe, parts: Parts, fitted: Fitted) -> Path:
    """Test, draw, export and report; the report comes last and says that all is there."""
    network: nn.Module = fitted.network
    if not isinstance(network, Yolo):  # pragma: no cover - `network_of` made it
        raise InputError("the run holds no detector")
    tables: dict[str, BoxTable] = {}
    for name in ("val", "test"):
        if len(parts.part(name)):
            dataset = BoxDataset(parts.part(name), recipe.data.size)
            tables[name], said, true = judge(network, dataset, recipe.data.test_batch, parts.names)
            draw_pictures(folder / "pictures" / name, dataset, said, true, parts.names)
    probe = BoxDataset(parts.part("train"), recipe.data.size)
    seen = probe.__getitems__(list(range(min(PROBES, len(probe))))).image.numpy()
    export(
        Decoded(folded(network)), card_of(recipe, parts), np.ascontiguousarray(seen),
        folder / runfolder.MODEL,
    )  # fmt: skip
    text, values = report(recipe, parts.names, parts.notes, tables, fitted)
    runfolder.write_text(folder / runfolder.REPORT_JSON, values)
    runfolder.write_text(folder / runfolder.REPORT, text)
    return folder / runfolder.REPORT
