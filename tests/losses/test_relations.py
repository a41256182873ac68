"""The losses of ME-GraphAU against numbers of the authors' code, stored in the development data."""

import json

import numpy as np
import pytest
import torch

from mien.losses.relations import edge_cross_entropy, weighted_asymmetric


@pytest.fixture(scope="module")
def stored(shared):
    return json.loads((shared / "parity" / "megraphau_loss.json").read_text())


def drawn(case):
    """Inputs of a stored case, by the rule of its page."""
    rng = np.random.default_rng(case["seed"])
    shape = (case["batch"], case["n"])
    p = rng.random(shape).astype(np.float32)
    y = rng.random(shape) < 0.3
    masked = rng.random(shape) < 0.4
    p[0, 0], y[0, 0], p[0, 1], y[0, 1] = 0, 1, 1, 0
    known = ~masked if case["masked"] else np.ones(shape, bool)
    probability = torch.from_numpy(p).requires_grad_()
    return probability, torch.from_numpy(y.astype(np.float32)), torch.from_numpy(known)


@pytest.mark.parametrize("number", range(5))
def test_the_asymmetric_loss_is_the_authors(stored, number):
    case = stored["weighted_asymmetric_loss"][number]
    p, y, known = drawn(case)
    weight = None if case["weights"] is None else torch.tensor(case["weights"], dtype=torch.float64)
    loss = weighted_asymmetric(p, y, known, weight)
    loss.backward()
    assert loss.item() == pytest.approx(case["loss"], rel=1e-6)
    assert p.grad.sum().item() == pytest.approx(case["grad_sum"], rel=1e-5)
    assert p.grad.abs().sum().item() == pytest.approx(case["grad_abs_sum"], rel=1e-5)
    assert p.grad[1].tolist() == pytest.approx(case["grad_row1"], rel=1e-5, abs=1e-9)


def test_edges_are_the_authors(stored):
    for case in stored["edge_cross_entropy"]:
        rng = np.random.default_rng(case["seed"])
        batch, n = case["batch"], case["n"]
        logits = torch.from_numpy(rng.standard_normal((batch, n * n, 4)).astype(np.float32))
        y = torch.from_numpy((rng.random((batch, n)) < 0.3).astype(np.float32))
        found = edge_cross_entropy(logits, y, torch.ones_like(y, dtype=torch.bool))
        assert found.item() == pytest.approx(case["loss"], rel=1e-6)


def test_the_order_of_an_edge_is_target_then_source():
    """Two units, the first present: edge 0*2+1 has class 2, edge 1*2+0 class 1."""
    logits = torch.full((1, 4, 4), -9.0)
    for edge, kind in enumerate((3, 2, 1, 0)):
        logits[0, edge, kind] = 9.0
    target, known = torch.tensor([[1.0, 0.0]]), torch.ones(1, 2, dtype=torch.bool)
    assert edge_cross_entropy(logits, target, known) < 1e-6


def test_what_is_not_known_has_no_gradient():
    p = torch.tensor([[0.2, 0.7]], requires_grad=True)
    known = torch.tensor([[True, False]])
    logits = torch.zeros(1, 4, 4, requires_grad=True)
    target = torch.tensor([[1.0, 1.0]])
    (weighted_asymmetric(p, target, known) + edge_cross_entropy(logits, target, known)).backward()
    assert p.grad[0, 1] == 0
    assert p.grad[0, 0] == pytest.approx(-5.0)
    assert logits.grad[0, 1:].abs().sum() == 0
    assert logits.grad[0, 0].abs().sum() > 0


def test_nothing_known_costs_nothing():
    p = torch.full((2, 3), 0.4)
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    assert weighted_asymmetric(p, torch.zeros(2, 3), nothing) == 0
    assert edge_cross_entropy(torch.zeros(2, 9, 4), torch.zeros(2, 3), nothing) == 0
