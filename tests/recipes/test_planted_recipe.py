import pytest
import torch

from mien.data.showing import DEVELOPED
from mien.recipes import RECIPES
from mien.training import objectives

NAMES = ("planted-resnet18", "planted-resnet18-intensity", "planted-jaanet")


@pytest.fixture(params=NAMES)
def recipe(request):
    return RECIPES[request.param]()


def test_it_is_what_synthetic_sets_can_teach(recipe):
    assert set(recipe.data.units) <= set(DEVELOPED)
    assert recipe.data.name == "table"
    assert recipe.data.size < recipe.data.aligned
    assert recipe.data.held > 0
    assert recipe.model.start == ""


def test_both_forms_differ_in_the_task_alone():
    present, strong = (RECIPES[name]() for name in NAMES[:2])
    assert (present.data.task, strong.data.task) == ("occurrence", "intensity")
    assert (present.objective.name, strong.objective.name) == ("occurrence", "intensity")
    assert present.optim == strong.optim
    assert present.data.units == strong.data.units
    # Only occurrence has positives that can be weighted.
    values = torch.ones(len(present.data.units)).numpy()
    for one in (present, strong):
        weights = objectives.unit_weights(one.data.weights, values)
        objectives.build(one.objective.name, one.objective.options, weights)


@pytest.mark.parametrize(
    ("small", "published"),
    [
        ("planted-ckplus", "ckplus-resnet18"),
        ("planted-rafdb", "rafdb-resnet18"),
        ("planted-eacnet-enhancing", "eacnet-bp4d-enhancing"),
        ("planted-eacnet", "eacnet-bp4d"),
    ],
)
def test_small_forms_of_published_recipes_are_those_in_small(small, published):
    ours, whole = RECIPES[small](), RECIPES[published]()
    assert ours.name == small
    assert ours.model.name == whole.model.name
    assert ours.objective == whole.objective
    assert ours.data.task == whole.data.task
    assert (ours.data.name, ours.data.size, ours.data.aligned) == ("table", 64, 72)
    assert ours.data.template in (whole.data.template, "box")
    assert (ours.data.protocol, ours.data.folds) == ("subject-folds", 5)
    assert ours.expected == ()
    assert ours.trainer.epochs < whole.trainer.epochs


def test_what_of_them_is_random_learns():
    small = RECIPES["planted-ckplus"]()
    assert (small.optim.rates, small.model.options["features"]) == ({}, "drift")
    assert RECIPES["planted-rafdb"]().model.start == ""
    first, then = RECIPES["planted-eacnet-enhancing"](), RECIPES["planted-eacnet"]()
    assert (first.optim.rates, first.model.start) == ({}, "")
    assert then.model.start == "{runs}/planted-eacnet-enhancing/fold{fold}"
    assert first.data == then.data
