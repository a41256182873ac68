"""The recipes of distillation: published settings, and stages that fit each other."""

import pytest
import torch

from mien.data.protocols import PROTOCOLS
from mien.models import build
from mien.recipes import CHAINS, RECIPES

ROWS = {
    "distill-disfa-resnet18": (0.518, 0.278, 0.352),
    "distill-disfa-pretrained": (0.614, 0.236, 0.260),
    "distill-disfa": (0.628, 0.244, 0.260),
    "distill-disfa-mae": (0.674, 0.202, 0.270),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_published_row_stands_beside(name):
    one = RECIPES[name]()
    assert {each.metric: each.mean for each in one.expected} == dict(
        zip(("pcc", "mae", "mse"), ROWS[name], strict=True)
    )
    assert one.data.units == (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
    assert (one.data.task, one.data.protocol, one.data.folds) == ("intensity", "subject-folds", 5)
    assert one.data.held > 0
    assert (one.data.template, one.data.aligned, one.data.size) == ("ffhq", 256, 224)
    optim, trainer = one.optim, one.trainer
    assert (optim.name, optim.decay, optim.clip, trainer.patience) == ("adamw", 1e-4, 1.0, 5)
    taught = name == "distill-disfa"
    wanted = (1e-3, 128, 12) if taught else (3e-5, 256, 30)
    assert (optim.rate, one.data.batch, trainer.epochs) == wanted
    assert one.objective.name == ("distillation" if taught else "intensity")


def test_what_the_rows_start_from():
    starts = {name: RECIPES[name]().model.start for name in CHAINS["distill-disfa"]}
    assert starts["distill-disfa-resnet18"] == "imagenet"
    pretrained = "{runs}/distill-resnet18-affectnet/fold1"
    assert starts["distill-disfa"] == starts["distill-disfa-pretrained"] == pretrained
    assert starts["distill-disfa-mae"] == "{runs}/distill-mae-affectnet/fold1"
    assert starts["distill-mae-affectnet"] == "{runs}/distill-mae/fold1"
    assert starts["distill-mae"] == ""
    options = RECIPES["distill-disfa"]().objective.options
    assert options["teacher"] == "{runs}/distill-disfa-mae/fold{fold}"
    assert (options["alpha"], options["beta"], options["form"]) == (1.0, 1.0, "corrected")


@pytest.mark.parametrize("chain", CHAINS)
def test_every_stage_comes_after_those_that_it_needs(chain):
    before = []
    for name in CHAINS[chain]:
        one = RECIPES[name]()
        for source in (one.model.start, str(one.objective.options.get("teacher", ""))):
            if "{runs}" in source:
                assert source.split("/")[1] in before
                stage = RECIPES[source.split("/")[1]]()
                whole = PROTOCOLS[stage.data.protocol].folds == 1
                assert source.endswith("fold1" if whole else "fold{fold}")
        before.append(name)
    assert before[-1] == chain


def test_the_stages_of_one_network_are_of_the_same_one():
    for first, second in (
        ("distill-mae", "distill-disfa-mae"),
        ("planted-mae", "planted-mae-teacher"),
    ):
        before, after = RECIPES[first](), RECIPES[second]()
        with torch.device("meta"):
            whole = build(before.model.name, **before.model.options)
            network = build(after.model.name, 12, **after.model.options)
        taken = network.goes_on(whole.state_dict())
        own = network.state_dict()
        assert taken
        assert all(own[key].shape == value.shape for key, value in taken.items())
        assert (before.data.mean, before.data.template) == (after.data.mean, after.data.template)
    alone, taught = RECIPES["planted-student"](), RECIPES["planted-distill"]()
    assert alone.data == taught.data
    assert (alone.optim, alone.trainer) == (taught.optim, taught.trainer)
