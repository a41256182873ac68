"""Sharpness-aware minimisation by hand, and in the loop."""

import math

import pytest
import torch
from torch import nn

from mien.errors import InputError
from mien.training.fit import check, fit
from mien.training.optimising import groups, optimiser
from mien.training.recipe import Optim, Schedule
from tests.training.tinyruns import Squared, experiment

RHO, RATE = 0.05, 0.1


def stepped(weights, loss, optim):
    """Weights after one step, the losses looked at, and where."""
    parameters = [nn.Parameter(torch.tensor(one)) for one in weights]
    named = [(str(number), one) for number, one in enumerate(parameters)]
    maker = optimiser(groups(named, optim), optim)
    seen = []

    def closure():
        maker.zero_grad()
        value = loss(*parameters)
        value.backward()
        seen.append([float(one.detach()) for one in parameters])
        return value

    returned = maker.step(closure)
    return [float(one.detach()) for one in parameters], seen, float(returned.detach()), maker


def test_the_second_look_is_rho_along_the_gradient_of_all_parameters_together():
    # The gradient of 3 a + 4 b is (3, 4), of length 5.
    _, seen, returned, _ = stepped([1.0, 2.0], lambda a, b: 3 * a + 4 * b, Optim("sam", rate=RATE))
    assert seen[0] == [1.0, 2.0]
    assert seen[1] == pytest.approx([1 + RHO * 3 / 5, 2 + RHO * 4 / 5])
    assert returned == 11.0


def test_the_step_is_adams_by_the_gradient_uphill_from_where_the_weights_were():
    # Of w ** 4 at 1 the gradient uphill is 4 (1 + rho) ** 3; Adam divides by it but for epsilon.
    optim = Optim("sam", rate=RATE, decay=0.0)
    found, _, _, maker = stepped([1.0], lambda w: w**4, optim)
    assert found == pytest.approx([1 - RATE])
    (state,) = maker.state.values()
    assert float(state["exp_avg"]) == pytest.approx(0.1 * 4 * (1 + RHO) ** 3)
    assert float(state["step"]) == 1


def test_weight_decay_is_really_applied():
    optim = Optim("sam", rate=RATE, decay=0.5)
    *_, maker = stepped([1.0], lambda w: w**4, optim)
    (state,) = maker.state.values()
    assert float(state["exp_avg"]) == pytest.approx(0.1 * (4 * (1 + RHO) ** 3 + 0.5 * 1.0))


def test_a_gradient_of_nothing_moves_nothing():
    found, seen, _, _ = stepped([1.0], lambda w: 0 * w, Optim("sam", rate=RATE))
    assert found == seen[1] == [1.0]


class Counted(Squared):
    """Notes the losses of every look."""

    def __init__(self):
        self.looked = []

    def __call__(self, network, batch):
        losses = super().__call__(network, batch)
        if network.training:
            self.looked.append(float(losses["error"].detach()))
        return losses


def test_the_loop_looks_twice_and_counts_once(tmp_path):
    objective, of = Counted(), nn.Linear(6, 2)
    optim = Optim("sam", rate=1e-9, rho=0.5)
    run = experiment(of=of, optim=optim, schedule=Schedule(), objective=objective, epochs=1)
    fitted = fit(run, tmp_path)
    first, second = objective.looked[::2], objective.looked[1::2]
    assert len(first) == len(second) == 4
    assert all(up > at for at, up in zip(first, second, strict=True))
    (line,) = fitted.lines
    assert math.isclose(line["train.loss"], sum(first) / 4, rel_tol=1e-6)
    assert line["step"] == 4


def test_a_run_is_resumed_to_the_same_numbers(tmp_path):
    optim = Optim("sam", rate=0.02)
    whole = fit(experiment(optim=optim, schedule=Schedule()), tmp_path / "a")
    fit(experiment(optim=optim, schedule=Schedule(), epochs=2), tmp_path / "b")
    again = fit(experiment(optim=optim, schedule=Schedule()), tmp_path / "b")
    torch.testing.assert_close(
        again.network.state_dict(), whole.network.state_dict(), rtol=0, atol=0
    )


@pytest.mark.parametrize("setting", [{"accumulate": 2}, {"precision": "16-mixed"}])
def test_what_cannot_look_twice_is_refused(setting, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    run = experiment(optim=Optim("sam"), schedule=Schedule(), **setting)
    with pytest.raises(InputError, match="looks twice at each batch"):
        check(run)
