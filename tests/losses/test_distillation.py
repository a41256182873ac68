"""The losses of distillation, by hand; against the authors' code in tests/parity."""

import pytest
import torch

from mien.errors import InputError, ShapeError
from mien.losses.distillation import divergence, factors, feature_matching, shortened

LOG2 = 0.6931472


def test_the_nearest_of_512_are_every_fourth():
    features = torch.arange(512.0)[None]
    assert shortened(features, 128)[0].tolist() == list(range(0, 512, 4))
    assert torch.equal(shortened(features, 512), features)


def test_linear_mixes_neighbours_and_so_reaches_others():
    features = torch.arange(512.0).requires_grad_()
    shortened(features[None], 128, "linear").sum().backward()
    assert (features.grad > 0).sum() == 256
    assert features.grad[0] == 0


def test_what_cannot_be_shortened_is_said():
    with pytest.raises(ShapeError, match="64 features of the student cannot be shortened to 128"):
        shortened(torch.zeros(1, 64), 128)
    with pytest.raises(InputError, match=r"by 'cubic'; choose nearest or linear"):
        shortened(torch.zeros(1, 64), 32, "cubic")


def test_features_are_matched_on_average():
    student = torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True)
    teacher = torch.tensor([[3.0, 2.0], [0.0, 4.0]], requires_grad=True)
    loss = feature_matching(student, teacher)
    loss.backward()
    assert loss == 5  # (4 + 0 + 0 + 16) / 4
    assert student.grad.tolist() == [[-1.0, 0.0], [0.0, -2.0]]
    assert teacher.grad is None
    with pytest.raises(ShapeError, match=r"shape \(2, 2\), those of the teacher \(2, 1\)"):
        feature_matching(student, teacher[:, :1])


def test_the_divergence_is_the_teachers_from_the_students():
    """0.5 log (0.5 / 0.25) for the first unit; the other way round it would be half as much."""
    student = torch.tensor([[0.25, 0.5]], requires_grad=True)
    teacher = torch.tensor([[0.5, 0.5]], requires_grad=True)
    loss = divergence(student, teacher)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * LOG2, rel=1e-5)
    assert student.grad[0].tolist() == pytest.approx([-2.0, -1.0], rel=1e-5)  # -p / q
    assert teacher.grad is None


def test_a_step_against_the_gradient_comes_nearer_to_the_teacher():
    student = torch.tensor([[0.25]], requires_grad=True)
    divergence(student, torch.tensor([[0.5]])).backward()
    assert student.grad < 0


def test_what_a_student_denies_costs_much_and_what_both_deny_nothing():
    costs = divergence(torch.tensor([[-3.0]]), torch.tensor([[0.5]]))
    assert costs.item() == pytest.approx(0.5 * 15.4249, rel=1e-4)  # log (0.5 / 1e-7)
    assert divergence(torch.tensor([[-3.0]]), torch.tensor([[-1.0]])) == 0


def test_pictures_are_averaged_and_units_summed():
    student, teacher = torch.full((3, 2), 0.25), torch.full((3, 2), 0.5)
    assert divergence(student, teacher).item() == pytest.approx(LOG2, rel=1e-5)


def test_units_that_are_not_asked_have_no_gradient_whatever_stands_there():
    student = torch.full((2, 2), 0.25, requires_grad=True)
    teacher = torch.tensor([[0.5, 3.0], [7.0, 7.0]])
    asked = torch.tensor([[True, False], [False, False]])
    loss = divergence(student, teacher, asked)
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * LOG2, rel=1e-5)  # one picture counts
    assert student.grad.count_nonzero() == 1
    assert divergence(student, teacher, torch.zeros_like(asked)) == 0


def test_half_precision_is_computed_in_32_bits():
    student, teacher = torch.zeros(1, 1, dtype=torch.float16), torch.full((1, 1), 0.5).half()
    assert divergence(student, teacher).item() == pytest.approx(0.5 * 15.4249, rel=1e-4)


def test_the_forms_agree_at_1_and_nowhere_else():
    assert (
        factors() == factors(form="public") == dict.fromkeys(("features", "divergence", "task"), 1)
    )
    assert factors(3, 2) == {"features": 1, "divergence": 2, "task": 3}
    assert factors(3, form="public") == {"features": 3, "divergence": 3, "task": 1}
    assert factors(0, 0) == {"features": 1, "divergence": 0, "task": 0}


def test_forms_and_factors_that_there_are_not():
    with pytest.raises(InputError, match="a slip of sign"):
        factors(form="printed")
    with pytest.raises(InputError, match=r"no form 'official' .* there are corrected, public"):
        factors(form="official")
    with pytest.raises(InputError, match="beta is 2, and the public form has none"):
        factors(1, 2, "public")
    with pytest.raises(InputError, match=r"alpha is -1 and beta 1.0, expected 0 or more"):
        factors(-1)
    with pytest.raises(InputError, match="alpha is nan"):
        factors(float("nan"))
