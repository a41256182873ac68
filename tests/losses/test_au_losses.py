import math

import pytest
import torch
from torch.nn import functional

from mien.losses.au import binary_cross_entropy, cross_entropy, squared_error

REDUCTIONS = "mean", "sum-of-means"


@pytest.fixture
def drawn():
    """Logits, 0-1 targets and a mask of eight pictures and three units."""
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(8, 3, generator=generator, dtype=torch.float64) * 3
    target = (torch.rand(8, 3, generator=generator) < 0.4).double()
    known = torch.rand(8, 3, generator=generator) < 0.7
    return logits, target, known


def test_occurrence_by_hand():
    # sigmoid(log 3) = 3/4: present costs log(4/3), absent log 4
    logits = torch.tensor([[math.log(3), math.log(3)], [math.log(3), 0.0]])
    target = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    known = torch.tensor([[True, True], [True, False]])
    quarter, four = math.log(4 / 3), math.log(4)
    mean = binary_cross_entropy(logits, target, known)
    assert mean.item() == pytest.approx((2 * quarter + four) / 3)
    summed = binary_cross_entropy(logits, target, known, reduction="sum-of-means")
    assert summed.item() == pytest.approx(quarter + four)
    weighted = binary_cross_entropy(
        logits,
        target,
        known,
        weight=torch.tensor([0.5, 2.0]),
        pos_weight=torch.tensor([3.0, 9.0]),
        reduction="sum-of-means",
    )
    assert weighted.item() == pytest.approx(0.5 * 3 * quarter + 2 * four)


def test_the_sum_of_means_is_the_source_s_loss(drawn):
    logits, target, _ = drawn
    known = torch.ones_like(target, dtype=torch.bool)
    source = sum(
        functional.binary_cross_entropy(torch.sigmoid(logits[:, unit]), target[:, unit])
        for unit in range(3)
    )
    found = binary_cross_entropy(logits, target, known, reduction="sum-of-means")
    torch.testing.assert_close(found, source)
    torch.testing.assert_close(found, 3 * binary_cross_entropy(logits, target, known))


def test_the_mean_is_torch_s_of_what_is_known(drawn):
    logits, target, known = drawn
    found = binary_cross_entropy(logits, target, known)
    wanted = functional.binary_cross_entropy_with_logits(logits[known], target[known])
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(
        squared_error(logits, target, known), functional.mse_loss(logits[known], target[known])
    )


@pytest.mark.parametrize("loss", [binary_cross_entropy, squared_error])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("code", [9.0, -1.0, math.nan])
def test_an_unknown_label_teaches_nothing(drawn, loss, reduction, code):
    logits, target, known = drawn
    known[:, 1] = False
    target[~known] = code
    logits.requires_grad_()
    value = loss(logits, target, known, reduction=reduction)
    value.backward()
    assert torch.isfinite(value)
    assert (logits.grad[~known] == 0).all()
    assert (logits.grad[known] != 0).all()
    clean = torch.where(known, target, 0)
    assert loss(logits, clean, known, reduction=reduction) == value


@pytest.mark.parametrize("loss", [binary_cross_entropy, squared_error])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_where_nothing_is_known_the_loss_is_0(drawn, loss, reduction):
    logits, target, known = drawn
    logits.requires_grad_()
    value = loss(logits, target, torch.zeros_like(known), reduction=reduction)
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


def test_a_unit_that_few_know_weighs_as_much_in_the_sum_of_means():
    known = torch.tensor([[True, True], [True, False], [True, False]])
    error = squared_error(
        torch.full((3, 2), 2.0), torch.zeros(3, 2), known, reduction="sum-of-means"
    )
    assert error.item() == 8  # 4 of each unit
    assert squared_error(torch.full((3, 2), 2.0), torch.zeros(3, 2), known).item() == 4


def test_the_weight_of_a_unit_is_its_own():
    values, zeros = torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)
    known = torch.ones(1, 2, dtype=torch.bool)
    weighted = squared_error(values, zeros, known, weight=torch.tensor([3.0, 0.25]))
    assert weighted.item() == (3 * 1 + 0.25 * 4) / 2


def test_losses_of_half_precision_are_computed_in_single():
    known = torch.ones(1, 1, dtype=torch.bool)
    found = squared_error(torch.tensor([[5.0]]).bfloat16(), torch.tensor([[4.99]]), known)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(1e-4, rel=1e-2)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_classes_are_torch_s_cross_entropy_of_what_is_known(weighted, smoothing):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(9, 4, generator=generator, dtype=torch.float64)
    target = torch.randint(0, 4, (9,), generator=generator)
    known = torch.tensor([True, False, True, True, False, True, True, True, True])
    # below 1 in sum, and none the inverse of another
    weight = torch.tensor([0.05, 0.1, 0.03, 0.2]).double() if weighted else None
    wanted = functional.cross_entropy(
        logits[known], target[known], weight=weight, label_smoothing=smoothing
    )
    target[~known] = -7
    logits.requires_grad_()
    found = cross_entropy(logits, target, known, weight=weight, smoothing=smoothing)
    torch.testing.assert_close(found, wanted)
    found.backward()
    assert (logits.grad[~known] == 0).all()
    assert (logits.grad[known] != 0).all()


def test_classes_are_not_smoothed_unless_it_is_asked_for():
    # of two classes 3 to 1: -log 3/4
    logits, first = torch.tensor([[math.log(3), 0.0]]), torch.tensor([0])
    found = cross_entropy(logits, first, torch.tensor([True]))
    assert found.item() == pytest.approx(math.log(4 / 3))


def test_no_known_class_and_no_weight_is_0_not_nan():
    logits = torch.randn(2, 3, requires_grad=True)
    target, none = torch.tensor([0, 1]), torch.zeros(2, dtype=torch.bool)
    value = cross_entropy(logits, target, none)
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()
    weightless = cross_entropy(logits, target, ~none, weight=torch.zeros(3))
    assert weightless == 0
