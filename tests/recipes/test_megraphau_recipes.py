"""The recipes of ME-GraphAU: published settings, and both stages on pictures of a few pixels."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.explain.graph import GraphView
from mien.models import build
from mien.recipes import RECIPES
from mien.runtime import Predictor
from mien.training import objectives, runfolder
from mien.training.assemble import assemble
from mien.training.optimising import groups, optimiser, share
from mien.training.recipe import Model
from mien.training.run import train_fold
from mien.training.sources import placed, source_of
from mien.training.trained import load_trained
from tests.crop_networks import card
from tests.training.tinyset import prepared
from tests.training.tinyset import recipe as tiny

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
DISFA = 1, 2, 4, 6, 9, 12, 25, 26
SETS = {"bp4d": (BP4D, 4, 0.05, 1.0, 0.647), "disfa": (DISFA, 3, 0.01, 2.0, 0.631)}
"""Units, neighbours, factor of the edges, threshold and mean F1 of ResNet-50."""


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("stage", [1, 2])
def test_settings_are_the_published_ones(name, stage):
    units, neighbours, factor, threshold, _ = SETS[name]
    one = RECIPES[f"megraphau-{name}" + ("-stage1" if stage == 1 else "")]()
    assert one.model.options == {"stage": stage, "backbone": "resnet50", "neighbours": neighbours}
    data = one.data
    assert (data.units, data.threshold, data.protocol) == (units, threshold, f"{name}-three-folds")
    assert (data.template, data.aligned, data.size) == ("megraphau", 256, 224)
    assert (data.batch, data.weights, one.trainer.epochs) == (64, "inverse", 20)
    varied = data.augment
    assert (varied.brightness, varied.contrast, varied.saturation) == (0.4, 0.4, 0.4)
    assert (varied.flip, varied.shift) == (0.5, True)
    assert one.objective.weights == ({} if stage == 1 else {"edges": factor})
    assert (one.optim.name, one.optim.rate) == ("adamw", 1e-4 if stage == 1 else 1e-5)
    assert (one.optim.betas, one.optim.decay, one.optim.clip) == ((0.9, 0.999), 5e-4, 0)


def test_the_rate_falls_at_every_step_to_nothing():
    schedule = RECIPES["megraphau-bp4d"]().schedule
    for step in (0, 1, 7, 33, 99):
        wanted = (1 + math.cos(math.pi * step / 100)) / 2
        assert share(schedule, step, 5, 20) == pytest.approx(wanted)


def test_all_parameters_decay():
    one = RECIPES["megraphau-bp4d"]()
    with torch.device("meta"):
        network = build("megraphau", units=BP4D, **one.model.options)
    made = optimiser(groups(network.named_parameters(), one.optim), one.optim)
    assert sum(len(group["params"]) for group in made.param_groups) == len(
        list(network.parameters())
    )
    assert {group["weight_decay"] for group in made.param_groups} == {5e-4}


@pytest.mark.parametrize("name", SETS)
def test_the_published_figures_stand_beside(name):
    (beside,) = RECIPES[f"megraphau-{name}"]().expected
    assert beside.mean == SETS[name][-1]
    assert tuple(beside.units) == SETS[name][0]
    assert np.mean(list(beside.units.values())) == pytest.approx(beside.mean, abs=5e-4)
    assert RECIPES[f"megraphau-{name}-stage1"]().expected == ()


def test_stage_2_starts_from_stage_1_of_the_same_fold():
    for name in SETS:
        one = RECIPES[f"megraphau-{name}"]()
        first = RECIPES[f"megraphau-{name}-stage1"]()
        assert first.model.start == "imagenet"
        wanted = runfolder.fold_folder(Path("here"), first.name, 3)
        assert placed(one.model.start, 3, Path("here")) == str(wanted)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("relations"))


def small(stage):
    """A stage of a small network, for the tiny set."""
    published = RECIPES["megraphau-bp4d" if stage == 2 else "megraphau-bp4d-stage1"]()
    base = tiny()
    options = {"backbone": "resnet18", "neighbours": 2, "stage": stage}
    source = "" if stage == 1 else "{runs}/graph-stage1/fold{fold}"
    return replace(
        base,
        name="graph-stage1" if stage == 1 else "graph",
        model=Model("megraphau", options, start=source),
        data=replace(base.data, weights="inverse"),
        objective=published.objective,
        optim=published.optim,
        trainer=replace(base.trainer, epochs=1),
    )


def test_weights_are_taken_from_the_run_of_the_same_fold(cache, tmp_path):
    first, second = small(1), small(2)
    torch.manual_seed(9)
    network = build("megraphau", 2, **first.model.options)
    folder = runfolder.fold_folder(tmp_path, first.name, 1)
    folder.mkdir(parents=True)
    torch.save({"network": network.state_dict()}, folder / runfolder.BEST)
    started = assemble(second, 1, cache, runs=tmp_path).experiment.network.state_dict()
    for key, value in network.state_dict().items():
        assert ("neighbours" in key) == (key not in started)
        if key in started:
            assert torch.equal(started[key], value), key
    told = r"graph goes on from .*fold2, which is not there.*mien train graph-stage1 --fold 2"
    with pytest.raises(InputError, match=told):
        assemble(second, 2, cache, runs=tmp_path)


def test_stage_1_of_other_units_of_the_same_number_is_refused(tmp_path):
    second = small(2)
    folder = runfolder.fold_folder(tmp_path, "graph-stage1", 1)
    folder.mkdir(parents=True)

    def trained(*units):
        one = card(units=units).to_json()
        (folder / runfolder.RUN).write_text(json.dumps({"card": one}))

    wanted = second.data.units
    trained(*wanted)
    assert source_of(second, 1, tmp_path) == str(folder)
    trained(*wanted, 44)  # as many as no other: weights of another shape are refused as such
    assert source_of(second, 1, tmp_path) == str(folder)
    for units in ((44, 45), wanted[::-1]):
        trained(*units)
        told = f"graph reads the units {wanted[0]}, {wanted[1]}, and .*fold1, which it would start "
        told += f"from, reads {units[0]}, {units[1]}: as many.* --set data.units={wanted[0]},"
        with pytest.raises(InputError, match=told):
            source_of(second, 1, tmp_path)
        named = replace(second, model=replace(second.model, start=str(folder / runfolder.BEST)))
        with pytest.raises(InputError, match=told.replace("fold1", "best.ckpt")):
            source_of(named, 1, tmp_path)


@pytest.fixture(scope="module")
def stages(cache, tmp_path_factory):
    """Both stages, one after the other."""
    runs = tmp_path_factory.mktemp("runs")
    return [train_fold(small(stage), 1, cache, runs) for stage in (1, 2)]


@pytest.mark.slow
def test_stage_2_goes_on_from_stage_1(stages):
    before = load_trained(stages[0].folder).network.state_dict()["body.backbone.conv1.weight"]
    after = load_trained(stages[1].folder).network
    assert after.body.edges is not None
    moved = (after.body.backbone.conv1.weight - before).abs().mean()
    assert 0 < moved < 0.1 * before.abs().mean()  # one epoch of a low rate
    lines = (stages[1].folder / runfolder.METRICS).read_text().splitlines()
    assert {"train.au", "train.edges"} <= set(json.loads(lines[0]))


@pytest.mark.slow
def test_the_file_tells_the_relations(stages):
    random = np.random.default_rng(0)
    for result, kinds in zip(stages, (1, 4), strict=True):
        predictor = Predictor(result.folder / runfolder.MODEL)
        spec = predictor.spec
        assert spec.outputs == ("probability", "relations")
        GraphView(spec)
        images = random.integers(0, 256, (3, spec.size, spec.size, 3), np.uint8)
        scores = predictor.score_crops(images)
        assert scores.relations.shape == (3, 2, 2, kinds)
        assert predictor.score_crops(images[:0]).relations.shape[:2] == (0, 2)
        if kinds > 1:
            assert scores.relations.sum(axis=-1) == pytest.approx(np.ones((3, 2, 2)), abs=1e-5)
        one = predictor.score_crops(images[1:2])
        assert one.relations == pytest.approx(scores.relations[1:2], abs=1e-5)


def test_the_objective_is_of_relations():
    one = small(2)
    weights = objectives.unit_weights("inverse", np.ones(12, np.float32))
    built = objectives.build(one.objective.name, one.objective.options, weights)
    assert built.weight.tolist() == [1.0] * 12
