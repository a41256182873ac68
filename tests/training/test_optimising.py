import math

import pytest
import torch
from torch import nn

from mien.errors import InputError
from mien.training.optimising import freeze, groups, momentum, optimiser, pace, share, warm_steps
from mien.training.recipe import Optim, Schedule

EPOCHS, STEPS = 10, 4


def rates(schedule, rate=1.0):
    """The rate of every step, as an optimiser gets it."""
    parameter = nn.Parameter(torch.zeros(1))
    optim = torch.optim.SGD([{"params": [parameter], "lr": rate}])
    schedule = pace(optim, schedule, STEPS, EPOCHS)
    found = []
    for _ in range(EPOCHS * STEPS):
        found.append(optim.param_groups[0]["lr"])
        optim.step()
        schedule.step()
    return found


def test_constant():
    assert rates(Schedule()) == [1.0] * 40


def test_step_is_the_published_formula():
    found = rates(Schedule("step", every=3, factor=0.5), rate=0.01)
    assert found[::STEPS] == pytest.approx([0.01 * 0.5 ** (epoch // 3) for epoch in range(EPOCHS)])
    assert len(set(found[:12])) == 1


def test_cosine_is_torchs():
    found = rates(Schedule("cosine", factor=0.1))
    parameter = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(parameter, EPOCHS * STEPS, eta_min=0.1)
    for mine in found:
        assert mine == pytest.approx(theirs.get_last_lr()[0])
        parameter.step()
        theirs.step()


def test_linear_falls_by_equal_amounts_to_its_last_factor():
    found = rates(Schedule("linear", factor=0.2))
    assert found == pytest.approx([1 - 0.8 * step / 40 for step in range(40)])


@pytest.mark.parametrize("name", ["constant", "cosine", "linear"])
def test_warm_up_rises_by_equal_amounts_and_the_rest_follows_from_there(name):
    found = rates(Schedule(name, factor=0.5, warmup=2))
    assert found[:8] == pytest.approx([(step + 1) / 8 for step in range(8)])
    assert found[8] == pytest.approx(1.0)
    if name == "cosine":
        assert found[24] == pytest.approx(0.5 + 0.5 * (1 + math.cos(math.pi / 2)) / 2)
    if name == "linear":
        assert found[24] == pytest.approx(0.75)


def test_steps_are_counted_from_the_first_epoch_with_warm_up_too():
    found = rates(Schedule("step", every=3, factor=0.5, warmup=1))
    assert found[8] == 1.0
    assert found[12] == 0.5


def test_one_cycle_is_torchs():
    found = rates(Schedule("one-cycle"), rate=0.3)
    assert max(found) == pytest.approx(0.3)
    assert found[0] == pytest.approx(0.3 / 25)
    assert found[-1] < 1e-4


def test_groups_keep_their_share_of_the_rate():
    network = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)})
    optim = Optim("sgd", rate=0.5, rates={"b": 0.1, "b.bias": 2.0})
    made = optimiser(groups(network.named_parameters(), optim), optim)
    schedule = pace(made, Schedule("step", every=1), STEPS, EPOCHS)
    for _ in range(STEPS):
        made.step()
        schedule.step()
    found = {group["factor"]: (len(group["params"]), group["lr"]) for group in made.param_groups}
    assert found == {1.0: (2, 0.25), 0.1: (1, pytest.approx(0.025)), 2.0: (1, 0.5)}


def test_frozen_parameters_are_left_out():
    network = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)})
    freeze(network, {"a": 0})
    assert [one.requires_grad for one in network.parameters()] == [False, False, True, True]
    assert sum(len(group["params"]) for group in groups(network.named_parameters(), Optim())) == 2


@pytest.mark.parametrize(
    ("chosen", "message"), [({"features": 0}, "'features'.*begin with a, b"), ({"": 0}, "frozen")]
)
def test_rates_that_cannot_be_meant_are_refused(chosen, message):
    network = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)})
    with pytest.raises(InputError, match=message):
        freeze(network, chosen)


@pytest.mark.parametrize(
    ("optim", "kind", "wanted"),
    [
        (
            Optim("sgd", 0.1, 0.2, momentum=0.3, nesterov=True),
            torch.optim.SGD,
            {"weight_decay": 0.2, "momentum": 0.3, "nesterov": True},
        ),
        (
            Optim("adam", 0.1, 0.2, betas=(0.5, 0.6)),
            torch.optim.Adam,
            {"weight_decay": 0.2, "betas": (0.5, 0.6)},
        ),
        (
            Optim("adamw", 0.1, 0.2, betas=(0.5, 0.6)),
            torch.optim.AdamW,
            {"weight_decay": 0.2, "betas": (0.5, 0.6)},
        ),
    ],
)
def test_optimisers_get_their_settings(optim, kind, wanted):
    made = optimiser(groups(nn.Linear(1, 1).named_parameters(), optim), optim)
    assert type(made) is kind
    group = made.param_groups[0]
    assert {name: group[name] for name in wanted} == wanted
    assert group["lr"] == 0.1


def test_what_does_not_exist_is_refused():
    parameters = groups(nn.Linear(1, 1).named_parameters(), Optim())
    with pytest.raises(InputError, match="sgd, adam, adamw"):
        optimiser(parameters, Optim("lion"))
    made = optimiser(parameters, Optim("sgd"))
    with pytest.raises(InputError, match="one-cycle"):
        pace(made, Schedule("spiral"), STEPS, EPOCHS)
    with pytest.raises(InputError, match="every is 0"):
        pace(made, Schedule("step", every=0), STEPS, EPOCHS)
    with pytest.raises(InputError, match="by itself"):
        pace(made, Schedule("one-cycle", warmup=1), STEPS, EPOCHS)
    with pytest.raises(InputError, match="warmup is 10 of 10"):
        pace(made, Schedule(warmup=10), STEPS, EPOCHS)


def test_the_share_is_a_function_of_the_step_alone():
    schedule = Schedule("cosine", factor=0.0, warmup=1)
    assert share(schedule, 39, STEPS, EPOCHS) == pytest.approx(
        (1 + math.cos(math.pi * 35 / 36)) / 2
    )


def test_norms_and_biases_are_spared_the_decay():
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    optim = Optim("sgd", decay=0.1, spared=True)
    made = optimiser(groups(network.named_parameters(), optim), optim)
    found = {one["kind"]: (len(one["params"]), one["weight_decay"]) for one in made.param_groups}
    assert found == {"weight": (1, 0.1), "bias": (2, 0.0), "norm": (1, 0.0)}


def test_biases_and_momentum_warm_up_from_where_they_are_told():
    schedule = Schedule("linear", factor=0.0, warmup=1, steps=8, bias=10.0, momentum=0.5)
    optim = Optim("sgd", rate=1.0, momentum=0.9, spared=True)
    made = optimiser(groups(nn.Linear(1, 1).named_parameters(), optim), optim)
    paced = pace(made, schedule, STEPS, EPOCHS)
    found = {group["kind"]: [] for group in made.param_groups}
    for _ in range(EPOCHS * STEPS):
        for group in made.param_groups:
            found[group["kind"]].append(group["lr"])
        made.step()
        paced.step()
    assert warm_steps(schedule, STEPS, EPOCHS) == 8
    assert found["weight"][:8] == pytest.approx([step / 8 for step in range(1, 9)])
    assert found["bias"][:8] == pytest.approx([10 - 9 * step / 8 for step in range(1, 9)])
    assert found["bias"][8:] == found["weight"][8:]
    said = [momentum(optim, schedule, step, STEPS, EPOCHS) for step in range(10)]
    assert said == pytest.approx([*(0.5 + 0.4 * step / 8 for step in range(1, 9)), 0.9, 0.9])


def test_a_warm_up_of_many_steps_takes_no_more_than_half():
    assert warm_steps(Schedule("linear", steps=100), STEPS, EPOCHS) == 20


def test_on_a_processor_a_step_of_sgd_is_one_pass_over_memory():
    parameter = nn.Parameter(torch.zeros(1))
    found = optimiser([{"params": [parameter], "lr": 1.0}], Optim("sgd"))
    assert found.param_groups[0]["fused"] is True


def test_elsewhere_torch_chooses():
    parameter = nn.Parameter(torch.zeros(1, device="meta"))
    found = optimiser([{"params": [parameter], "lr": 1.0}], Optim("sgd"))
    assert not found.param_groups[0]["fused"]
