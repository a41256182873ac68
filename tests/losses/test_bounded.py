"""The loss of EAC-Net: its four values, its mirror, its mask."""

import pytest
import torch

from mien.losses.bounded import bounded_cross_entropy


@pytest.mark.parametrize(
    ("p", "cost"), [(0.0, 3.044522), (0.25, 1.252763), (0.5, 0.646627), (1.0, 0.0)]
)
def test_its_values_and_their_mirror(p, cost):
    known = torch.ones(1, 1, dtype=torch.bool)
    present = bounded_cross_entropy(torch.tensor([[p]]), torch.ones(1, 1), known)
    absent = bounded_cross_entropy(torch.tensor([[1 - p]]), torch.zeros(1, 1), known)
    assert present.item() == pytest.approx(cost, abs=1e-6)
    assert absent.item() == pytest.approx(cost, abs=1e-6)


def test_what_is_not_known_teaches_nothing():
    p = torch.tensor([[0.3, 0.6]], requires_grad=True)
    loss = bounded_cross_entropy(p, torch.ones(1, 2), torch.tensor([[True, False]]))
    loss.backward()
    assert p.grad[0].tolist() == pytest.approx([-1 / 0.35, 0.0])
    nothing = torch.zeros(1, 2, dtype=torch.bool)
    assert bounded_cross_entropy(p, torch.ones(1, 2), nothing) == 0
