"""Three heads from one pass: each learns from the pictures that are labelled for it."""

import json
from dataclasses import replace

import pytest
import torch

from mien.data.sample import Batch, Labelled
from mien.errors import InputError
from mien.losses.au import binary_cross_entropy, cross_entropy, squared_error
from mien.models import build as network_of
from mien.models.reading import Reading
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.training import objectives
from mien.training.recipe import Data, Model, Objective, Optim, Recipe, Trainer
from mien.training.run import train_fold
from mien.training.trained import load_trained
from tests.training.tinyset import SIDE, prepared

HEADS = {"intensity": "head", "occurrence": "occurrence", "expression": "expression"}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return network_of("student-combined", 3, detected=(1, 12), classes=("neutral", "anger")).eval()


def batch(*tasks, seed=0):
    """Six pictures; of tasks that are not named nothing is known, and nonsense stands there."""
    random = torch.Generator().manual_seed(seed)

    def known(task, *shape):
        there = torch.rand(*shape, generator=random) < 0.7
        return there if task in tasks else torch.zeros(*shape, dtype=torch.bool)

    mask = known("intensity", 6, 3)
    target = torch.where(mask, 5 * torch.rand(6, 3, generator=random), torch.nan)
    beside = {
        "occurrence": (torch.rand(6, 2, generator=random).round(), known("occurrence", 6, 2)),
        "expression": (torch.randint(0, 2, (6,), generator=random), known("expression", 6)),
    }
    beside["occurrence"] = (
        torch.where(beside["occurrence"][1], beside["occurrence"][0], 9.0),
        beside["occurrence"][1],
    )
    image = torch.randn(6, 3, 32, 32, generator=random)
    labels = {task: Labelled(*one) for task, one in beside.items()}
    return Batch(image, target, mask, beside=labels)


def gradients(network, losses):
    network.zero_grad(set_to_none=True)
    sum(losses.values()).backward()
    return {
        task: sum(
            float(one.grad.abs().sum())
            for one in getattr(network, name).parameters()
            if one.grad is not None
        )
        for task, name in HEADS.items()
    }


@pytest.mark.parametrize("task", HEADS)
def test_a_picture_teaches_the_heads_that_it_has_labels_for(network, task):
    objective = objectives.build("combined", {})
    losses = objective(network, batch(task))
    named = {"intensity": "au"}.get(task, task)
    assert set(losses) == {"au", "occurrence", "expression"} == set(objective.losses)
    assert [name for name, loss in losses.items() if loss != 0] == [named]
    found = gradients(network, losses)
    assert [one for one, size in found.items() if size > 0] == [task]
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_the_losses_are_those_of_each_task_alone(network):
    one = batch(*HEADS)
    found = objectives.build("combined", {"smoothing": 0.1})(network, one)
    said = network(one.image)
    wanted = {
        "au": squared_error(said.logits, one.target, one.known),
        "occurrence": binary_cross_entropy(said.occurrence, *one.beside["occurrence"]),
        "expression": cross_entropy(said.expression, *one.beside["expression"], smoothing=0.1),
    }
    for name, loss in wanted.items():
        assert found[name].item() == pytest.approx(loss.item(), rel=1e-6), name


def test_the_published_form_takes_the_losses_of_the_sigmoid(network):
    one = batch(*HEADS)
    found = objectives.build("combined", {"squeezed": True})(network, one)
    said = network(one.image)
    wanted = cross_entropy(said.expression.sigmoid(), *one.beside["expression"])
    assert found["expression"].item() == pytest.approx(wanted.item(), rel=1e-6)
    assert found["occurrence"] != objectives.build("combined", {})(network, one)["occurrence"]


def test_a_teacher_speaks_of_every_picture():
    torch.manual_seed(0)
    network = network_of("student-combined", 3, detected=(1, 12), classes=("neutral", "anger"))
    small = {"size": 32, "patch": 8, "width": 24, "depth": 1, "heads": 2}
    teacher = network_of("mae-teacher", 3, **small)
    options = {"teacher": teacher, "task": "intensity", "alpha": 2.0}
    objective = objectives.build("combined", options)
    alone = objectives.build("distillation", options)
    network.eval()
    one = batch("expression")
    found = objective(network, one)
    assert set(found) == {"features", "divergence", "task", "occurrence", "expression"}
    assert (found["task"], found["occurrence"]) == (0, 0)
    for name, loss in alone(network, one).items():
        assert found[name].item() == pytest.approx(loss.item(), rel=1e-6), name
    assert objective.digest == alone.digest != ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"smoothing": 1.0}, "smoothing of the objective combined is 1.0"),
        ({"squeezed": "very"}, "squeezed of the objective combined is 'very'"),
        ({"alpha": 1.0}, "has no option alpha"),
    ],
)
def test_options_that_there_are_not(options, told):
    with pytest.raises(InputError, match=told):
        objectives.build("combined", options)


def test_labels_that_did_not_come_are_named(network):
    one = replace(batch("intensity"), beside=None)
    with pytest.raises(InputError, match="says occurrence beside, and the batch has no labels"):
        objectives.build("combined", {})(network, one)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("set"))


def recipe(**model):
    options = {"detected": (12, 1), "classes": ("happiness", "neutral", "anger"), **model}
    return Recipe(
        "three",
        Model("student-combined", options),
        Data(
            "table", task="intensity", units=(1, 12), threshold=2.0, template="whole",
            aligned=SIDE, size=SIDE, folds=3, held=0.3, batch=8,
        ),
        Objective("combined", {"expression": 0.5}),
        Optim("adam", rate=0.005),
        trainer=Trainer(epochs=1, workers=0, seed=1, monitor="loss"),
    )  # fmt: skip


def test_a_run_learns_reports_and_writes_all_three(cache, tmp_path):
    done = train_fold(recipe(), 1, cache, tmp_path)
    report = json.loads((done.folder / "report.json").read_text())
    assert set(report["beside"]) == {"occurrence", "expression"}
    assert set(report["beside"]["occurrence"]["mean"]) >= {"f1"}
    text = (done.folder / "report.md").read_text()
    assert "not named" not in text
    assert "## Beside: occurrence" in text
    assert "## Beside: expression" in text
    lines = (done.folder / "metrics.jsonl").read_text().splitlines()
    assert {"validate.occurrence.f1", "validate.expression.accuracy", "train.expression"} <= set(
        json.loads(lines[-1])
    )
    card: ModelSpec = Predictor(done.folder / "model.onnx").spec
    assert (card.units, card.detected) == ((1, 12), (12, 1))
    assert card.classes == ("happiness", "neutral", "anger")
    assert card.outputs == ("intensity", "probability", "expression")
    trained = load_trained(done.folder)
    assert Reading(trained.network, "intensity").outputs == card.outputs


def test_units_and_classes_that_nobody_labels_are_refused(cache, tmp_path):
    with pytest.raises(InputError, match=r"AU4 in any picture .* out of model\.options\.detected"):
        train_fold(recipe(detected=(1, 4)), 1, cache, tmp_path)
    with pytest.raises(InputError, match="says expression of no picture"):
        train_fold(recipe(classes=("awe", "envy")), 1, cache, tmp_path)


def test_a_network_with_heads_needs_the_objective_that_teaches_them(cache, tmp_path):
    other = replace(recipe(), objective=Objective("intensity"))
    with pytest.raises(InputError, match="does not teach that"):
        train_fold(other, 1, cache, tmp_path)
