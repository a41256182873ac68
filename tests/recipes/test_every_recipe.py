"""One sweep over every line of RECIPES."""

import pytest
import torch

from mien.data import DATASETS
from mien.data.protocols import PROTOCOLS
from mien.evaluation.metrics import METRICS
from mien.face.align import TEMPLATES
from mien.models import build
from mien.models.mae import MaskedAutoencoder, teacher
from mien.recipes import RECIPES
from mien.training import objectives
from mien.training.optimising import check, freeze
from mien.training.recipe import Recipe
from mien.training.settings import from_json, to_json

LANDMARKS = {"mean_error", "failure_rate"}
"""Figures of networks that find landmarks, beside those of their task."""


@pytest.fixture(params=RECIPES)
def recipe(request):
    made = RECIPES[request.param]()
    assert made.name == request.param
    return made


def test_it_is_read_back_as_it_was(recipe):
    assert from_json(Recipe, to_json(recipe), "here") == recipe


def test_what_it_names_is_there(recipe):
    data = recipe.data
    assert data.name in DATASETS
    assert data.template in TEMPLATES
    assert data.protocol in PROTOCOLS
    assert data.size <= data.aligned
    assert {one.metric for one in recipe.expected} <= {*METRICS[data.task], *LANDMARKS}
    check(recipe.optim, recipe.schedule, recipe.trainer)


def test_it_weighs_losses_that_its_objective_has(recipe):
    options = dict(recipe.objective.options)
    if "teacher" in options:  # its network stands there when a run is put together
        options["teacher"] = teacher(2, size=16, width=8, depth=1, heads=1)
    made = objectives.build(recipe.objective.name, options)
    assert set(recipe.objective.weights) <= set(made.losses)


def test_a_picture_of_its_size_goes_through_its_network(recipe, monkeypatch):
    """On the device without numbers, which torch cannot ask for its precision."""
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda _: False)
    data = recipe.data
    outputs = 7 if data.task == "expression" else len(data.units)
    with torch.device("meta"):
        network = build(recipe.model.name, outputs, units=data.units, **recipe.model.options)
        freeze(network, recipe.optim.rates)
        image = torch.zeros(2, 3, data.size, data.size)
        more = [torch.zeros(2, 49, 2)] if getattr(network, "needs_landmarks", False) else []
        if isinstance(network, MaskedAutoencoder):
            count = network.encoder.count
            assert network.encoder(image).shape == (2, count, network.encoder.width)
            assert not recipe.labelled
        else:
            assert network.eval()(image, *more).logits.shape == (2, outputs)
