"""Expressions of RAF-DB: what is known of the set, and a run on its example."""

import json

import numpy as np
import pytest

from mien.data import data_set, read
from mien.data.cache import prepare
from mien.data.example import recordings
from mien.errors import InputError
from mien.recipes import RECIPES
from mien.recipes.rafdb import NETWORKS, expression
from mien.training import run, runfolder
from mien.training.assemble import assemble
from mien.training.overrides import override
from mien.training.trained import network_of

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    root = tmp_path_factory.mktemp("rafdb")
    data_set("rafdb").write(root / "set", recordings(3, 2, size=64))
    return read("rafdb", root / "set")


@pytest.mark.parametrize("name", NETWORKS)
def test_seven_expressions_in_the_sets_own_parts(name):
    recipe = RECIPES[f"rafdb-{name}"]()
    assert recipe == expression(name)
    data = recipe.data
    assert (data.name, data.task, data.units) == ("rafdb", "expression", ())
    assert (data.protocol, data.template, data.aligned, data.size) == ("given", "whole", 224, 224)
    assert (data.weights, recipe.expected, recipe.model.start) == ("none", (), "imagenet")


def test_the_epoch_is_chosen_on_training_pictures(example, tmp_path):
    cache = prepare(example, tmp_path / "cache", "whole", 40)
    recipe = override(expression("resnet18"), ["model.start=", "data.aligned=40", "data.size=40"])
    parts = assemble(recipe, 1, cache)
    given = np.array(cache.index.part)
    assert set(given[parts.split.train]) == set(given[parts.split.validate]) == {"train"}
    assert set(given[parts.split.test]) == {"test"}
    assert len(parts.split.test) == (given == "test").sum()
    assert parts.experiment.monitor == "accuracy"
    assert parts.card.classes == CLASSES


def test_the_recipe_runs_on_the_example(example, tmp_path, monkeypatch):
    # Files of this network are written in tests/training.
    monkeypatch.setattr(run, "export", lambda *_: None)
    cache = prepare(example, tmp_path / "cache", "whole", 40)
    small = ["model.start=", "data.aligned=40", "data.size=40", "trainer.epochs=1",
             "schedule.warmup=0", "data.batch=4", "trainer.workers=0"]  # fmt: skip
    recipe = override(expression("resnet18"), small)
    done = run.train_fold(recipe, 1, cache, tmp_path / "runs")
    assert done.predictions.predicted.shape == (done.predictions.predicted.shape[0], 7)
    np.testing.assert_allclose(done.predictions.predicted.sum(axis=1), 1, rtol=1e-5)
    card = json.loads(json.loads((done.folder / runfolder.RUN).read_text())["card"])
    assert tuple(card["classes"]) == CLASSES
    assert "accuracy" in (done.folder / runfolder.REPORT).read_text()


def test_only_these_networks():
    with pytest.raises(InputError, match="there are resnet18, resnet50"):
        expression("vgg16")


def test_the_larger_network_is_another():
    sizes = [sum(p.numel() for p in network_of(expression(name), 7).parameters())
             for name in NETWORKS]  # fmt: skip
    # torchvision's 11,689,512 and 25,557,032 with 7 classes in place of 1000
    assert sizes == [11_689_512 - 513 * 993, 25_557_032 - 2049 * 993]
