import pytest
import torch

from mien.errors import InputError
from mien.models import build
from mien.recipes import RECIPES, ckplus

NAMES = [name for name in RECIPES if name.startswith("ckplus-")]


@pytest.fixture(params=NAMES)
def recipe(request):
    return RECIPES[request.param]()


def test_each_network_has_its_forms():
    assert len(NAMES) == 8 + 8 + 4
    for network in ckplus.NETWORKS:
        assert {f"ckplus-{network}", f"ckplus-{network}-source"} < set(NAMES)


def test_the_features_are_frozen_and_the_heads_learn(recipe):
    with torch.device("meta"):
        network = build(recipe.model.name, len(recipe.data.units), **recipe.model.options)
    frozen = [name for name, _ in network.named_parameters() if name.startswith("features")]
    assert recipe.optim.rates == {"features": 0.0}
    assert frozen
    assert len(frozen) < len(list(network.parameters()))


@pytest.mark.parametrize("network", ckplus.NETWORKS)
def test_the_corrected_form_differs_where_the_source_is_wrong(network):
    right, wrong = ckplus.corrected(network), ckplus.source(network)
    assert (right.data.protocol, right.data.held) == ("subject-folds", 0.1)
    assert (wrong.data.protocol, wrong.data.held) == ("sequence-folds-leaking", 0.0)
    assert right.model.options["features"] == "fixed"
    assert right.model.options["gray"]
    assert "renormalise" not in right.model.options
    assert "features" not in wrong.model.options
    assert wrong.trainer.patience == 0
    assert right.model.options["head"] == wrong.model.options["head"]
    same = "units", "template", "size", "mean", "std", "augment", "batch", "folds"
    for name in same:
        assert getattr(right.data, name) == getattr(wrong.data, name)
    assert (right.objective, right.optim) == (wrong.objective, wrong.optim)


def test_the_source_s_settings():
    recipe = ckplus.source("resnet50")
    assert recipe.model.start == "imagenet"
    assert recipe.data.units == (1, 2, 4, 5, 6, 7, 12, 15, 17, 25)
    assert (recipe.data.template, recipe.data.size, recipe.data.aligned) == ("box", 224, 224)
    assert recipe.data.mean == recipe.data.std == (0.5, 0.5, 0.5)
    assert recipe.data.augment.flip == 0
    assert not recipe.data.augment.shift
    assert (recipe.data.batch, recipe.data.folds) == (32, 10)
    sgd = recipe.optim
    assert (sgd.name, sgd.rate, sgd.momentum, sgd.decay) == ("sgd", 0.01, 0.9, 1e-4)
    step = recipe.schedule
    assert (step.name, step.every, step.factor, step.warmup) == ("step", 20, 0.5, 0)
    assert recipe.trainer.epochs == 100
    assert recipe.objective.options == {"reduction": "sum-of-means"}


def test_the_source_s_examples():
    alexnet, resnet = ckplus.source("alexnet"), ckplus.source("resnet18")
    assert (alexnet.trainer.epochs, alexnet.schedule.every, alexnet.data.batch) == (100, 10, 16)
    assert (resnet.trainer.epochs, resnet.schedule.every, resnet.data.folds) == (50, 10, 7)
    assert resnet.model.options["head"] == "small"


def test_inception_is_larger_and_normalised_twice_by_the_source():
    recipe = ckplus.source("inception")
    assert (recipe.data.size, recipe.data.aligned) == (299, 299)
    assert recipe.model.options["renormalise"]


def test_published_rows_have_the_published_means():
    means = {
        name: ckplus.source(name).expected[0].mean for name in ckplus.NETWORKS if name != "vgg19"
    }
    assert means == {
        "alexnet": 0.790,
        "vgg16": 0.717,
        "vgg16-bn": 0.733,
        "resnet18": 0.608,
        "resnet50": 0.657,
        "resnet101": 0.627,
        "inception": 0.279,
    }
    assert ckplus.source("vgg19").expected == ()
    row = ckplus.corrected("inception").expected[0]
    assert row.metric == "f1"
    assert row.units[15] == 0.0
    assert row.units[25] == 0.70
    assert "persons" in row.protocol


def test_the_last_revision_has_17_units_and_no_figures():
    recipe = ckplus.last("vgg16")
    assert len(recipe.data.units) == 17
    assert set(recipe.data.units) - set(ckplus.UNITS) == {9, 14, 20, 23, 24, 26, 27}
    assert recipe.model.options == {"head": "wide"}
    assert recipe.expected == ()


def test_networks_that_are_not_there_are_said():
    with pytest.raises(InputError, match="no network 'resnet34' of CK"):
        ckplus.source("resnet34")
    with pytest.raises(InputError, match="last revision of the source has no 'resnet18'"):
        ckplus.last("resnet18")
