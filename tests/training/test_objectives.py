import pytest
import torch
from torch import nn

from mien.data.balance import WEIGHTS
from mien.data.sample import Batch
from mien.errors import InputError
from mien.losses.au import binary_cross_entropy, cross_entropy, squared_error
from mien.models.output import Output
from mien.training.objectives import UnitWeights, build, unit_weights


class Network(nn.Module):
    def __init__(self, plain=False):
        super().__init__()
        self.layer = nn.Linear(5, 3)
        self.plain = plain

    def forward(self, image):
        logits = self.layer(image)
        return logits if self.plain else Output(logits, features=image)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Network()


def batch(task):
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(6, 5, generator=generator)
    if task == "expression":
        target = torch.randint(0, 3, (6,), generator=generator)
        return Batch(image, target, torch.tensor([True] * 5 + [False]))
    target = (torch.rand(6, 3, generator=generator) < 0.5).float()
    known = torch.rand(6, 3, generator=generator) < 0.7
    return Batch(image, target * (5 if task == "intensity" else 1), known)


LOSSES = {
    "occurrence": ("au", binary_cross_entropy),
    "intensity": ("au", squared_error),
    "expression": ("expression", cross_entropy),
}


@pytest.mark.parametrize("task", LOSSES)
def test_an_objective_is_its_loss_on_the_network_s_logits(task, network):
    given = batch(task)
    name, loss = LOSSES[task]
    weights = torch.tensor([1.0, 2.0, 0.5])
    objective = build(task, {}, UnitWeights(weights))
    losses = objective(network, given)
    wanted = loss(network.layer(given.image), given.target, given.known, weight=weights)
    assert list(losses) == [name]
    torch.testing.assert_close(losses[name], wanted)
    assert torch.equal(objective.output.features, given.image)
    losses[name].backward()
    assert network.layer.weight.grad.abs().sum() > 0


def test_networks_that_give_numbers_alone_are_taken(network):
    given = batch("intensity")
    plain = Network(plain=True)
    plain.load_state_dict(network.state_dict())
    objective = build("intensity", {})
    assert objective(plain, given)["au"] == build("intensity", {})(network, given)["au"]
    assert objective.output.logits.shape == (6, 3)


def test_the_reduction_can_be_chosen(network):
    given = batch("occurrence")
    found = build("occurrence", {"reduction": "sum-of-means"})(network, given)["au"]
    logits = network.layer(given.image)
    wanted = binary_cross_entropy(logits, given.target, given.known, reduction="sum-of-means")
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("name", WEIGHTS)
def test_balanced_weights_are_of_the_positives_the_others_of_the_unit(name, network):
    given = batch("occurrence")
    values = torch.tensor([2.0, 3.0, 0.5])
    weights = unit_weights(name, values.numpy())
    found = build("occurrence", {}, weights)(network, given)["au"]
    argument = "pos_weight" if name == "balanced" else "weight"
    logits = network.layer(given.image)
    wanted = binary_cross_entropy(logits, given.target, given.known, **{argument: values})
    torch.testing.assert_close(found, wanted)


def test_weights_follow_the_objective_and_are_not_saved():
    objective = build("occurrence", {}, UnitWeights(torch.ones(3), torch.ones(3)))
    assert {one.device.type for one in objective.to("meta").buffers()} == {"meta"}
    assert len(list(objective.buffers())) == 2
    assert not objective.state_dict()


@pytest.mark.parametrize(
    ("name", "options", "weights", "told"),
    [
        ("au", {}, None, "there is no objective 'au'; there are occurrence"),
        ("occurrence", {"reduce": "mean"}, None, "has no option reduce; it has reduction"),
        ("occurrence", {"reduction": "sum"}, None, "'sum'; choose mean or sum-of-means"),
        ("expression", {"smoothing": 1.0}, None, "is 1.0, expected 0 to below 1"),
        ("expression", {"reduction": "mean"}, None, "has no option reduction; it has smoothing"),
        ("intensity", {}, UnitWeights(None, torch.ones(3)), "other weights than balanced"),
    ],
)
def test_what_an_objective_has_not_is_said(name, options, weights, told):
    with pytest.raises(InputError, match=told):
        build(name, options, weights)
