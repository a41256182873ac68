"""Masked pictures and a frozen teacher as objectives, on networks of a few numbers."""

import math

import pytest
import torch
from torch import nn

from mien.data.sample import Batch
from mien.errors import InputError, ShapeError
from mien.losses.distillation import LEAST
from mien.models import build as network_of
from mien.models.mae import patches_of
from mien.models.output import Output
from mien.training.objectives import UnitWeights, build

SMALL = {"size": 16, "patch": 4, "width": 24, "depth": 1, "heads": 2}


def batch(units=2, seed=0):
    random = torch.Generator().manual_seed(seed)
    target = torch.rand(3, units, generator=random) * 5
    known = torch.ones(3, units, dtype=torch.bool)
    known[0, 0] = False
    return Batch(torch.randn(3, 3, 16, 16, generator=random), target, known)


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return network_of("mae", **SMALL, decoder_width=16, decoder_depth=1, decoder_heads=2)


class Right(nn.Module):
    """Says the masked patches as they are."""

    def __init__(self, network, even):
        super().__init__()
        self.network, self.even = network, even

    def __call__(self, image, masked):
        self.masked = masked
        cut = patches_of(image, 4)
        if self.even:
            cut = (cut - cut.mean(2, keepdim=True)) / (cut.std(2, keepdim=True) + 1e-6)
        return torch.stack(
            [one[hidden] for one, hidden in zip(cut.flatten(2), masked, strict=True)]
        )


@pytest.mark.parametrize("even", [True, False])
def test_what_is_said_right_costs_nothing(encoder, even, monkeypatch):
    right = Right(encoder, even)
    monkeypatch.setattr(type(encoder), "forward", lambda _, image, masked: right(image, masked))
    objective = build("reconstruction", {"masked": 0.5, "even": even})
    assert objective(encoder, batch())["reconstruction"] < 1e-10
    assert right.masked.sum(1).tolist() == [8, 8, 8]
    other = build("reconstruction", {"masked": 0.5, "even": not even})
    assert other(encoder, batch())["reconstruction"] > 1e-3


def test_masks_are_drawn_anew_in_training_and_stay_in_validation(encoder):
    objective = build("reconstruction", {})
    drawn = [objective._masked(3, 16, training) for training in (True, True, False, False)]
    assert all(one.sum(1).eq(12).all() for one in drawn)
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[2], drawn[3])
    assert not torch.equal(drawn[2][0], drawn[2][1])


def test_patches_do_not_depend_on_how_pictures_are_normalised(encoder):
    one = batch()
    other = Batch(one.image * 3 + 1, one.target, one.known)
    encoder.eval()
    # the pictures differ, the patches to be said do not: zeros cost the same
    with torch.no_grad():
        for value in encoder.decoder.head.parameters():
            value.zero_()
    costs = [build("reconstruction", {})(encoder, each)["reconstruction"] for each in (one, other)]
    torch.testing.assert_close(costs[0], costs[1], rtol=1e-5, atol=0)


@pytest.mark.parametrize("share", [0, 1, 1.5, "half"])
def test_a_share_that_masks_nothing_or_all_is_refused(share):
    with pytest.raises(InputError, match="masked of the objective reconstruction is"):
        build("reconstruction", {"masked": share})


def test_another_network_is_refused():
    with pytest.raises(InputError, match=r"the network is a Linear; set model\.name=mae"):
        build("reconstruction", {})(nn.Linear(2, 2), batch())


class Pupil(nn.Module):
    """Features from the mean colours, one number per unit."""

    def __init__(self, units=2, width=256):
        super().__init__()
        self.body, self.head = nn.Linear(3, width), nn.Linear(width, units)

    def forward(self, image):
        features = self.body(image.mean((2, 3)))
        return Output(self.head(features), features=features)


@pytest.fixture
def teacher():
    torch.manual_seed(1)
    return network_of("mae-teacher", 2, **SMALL)


@pytest.fixture
def pupil():
    torch.manual_seed(2)
    return Pupil()


def by_hand(teacher, pupil, one):
    """The three losses, from their formulas."""
    with torch.no_grad():
        taught = teacher(one.image).features
        said = pupil(one.image)
        own = said.features[:, ::2]
        p, q = (teacher.interpreter(each).relu() + LEAST for each in (taught, own))
        error = ((said.logits - one.target).square() * one.known).sum() / one.known.sum()
        return [
            (own - taught).square().mean(),
            (p * (p / q).log()).sum() / len(one),
            error,
        ]


def test_the_losses_are_those_of_the_formulas(teacher, pupil):
    objective = build("distillation", {"teacher": teacher})
    pupil.eval()
    found = objective(pupil, batch())
    wanted = by_hand(teacher, pupil, batch())
    assert list(found) == ["features", "divergence", "task"]
    for one, other in zip(found.values(), wanted, strict=True):
        torch.testing.assert_close(one, other)
    assert objective.output.logits.shape == (3, 2)


def test_alpha_and_beta_are_of_the_paper_and_the_public_form_has_alpha_alone(teacher, pupil):
    wanted = by_hand(teacher.eval(), pupil, batch())
    for options, factors in (
        ({"alpha": 2.0, "beta": 0.5}, (1, 0.5, 2)),
        ({"alpha": 2.0, "form": "public"}, (2, 2, 1)),
    ):
        found = build("distillation", {"teacher": teacher, **options})(pupil, batch())
        for loss, factor, one in zip(found.values(), factors, wanted, strict=True):
            torch.testing.assert_close(loss, factor * one)
    with pytest.raises(InputError, match="a slip of sign"):
        build("distillation", {"teacher": teacher, "form": "printed"})


def test_only_the_student_learns(teacher, pupil):
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    objective = build("distillation", {"teacher": teacher}).train()
    for _ in range(2):
        sum(objective(pupil.train(), batch()).values()).backward()
    assert not list(objective.parameters())
    assert objective.state_dict() == {}
    assert not teacher.training
    assert all(one.grad is None for one in teacher.parameters())
    assert all(torch.equal(value, before[key]) for key, value in teacher.state_dict().items())
    assert all(one.grad.abs().sum() > 0 for one in pupil.parameters())


def test_the_divergence_teaches_through_the_teachers_head(teacher, pupil):
    found = build("distillation", {"teacher": teacher})(pupil.eval(), batch())
    found["divergence"].backward()
    moved = pupil.body.bias.grad.abs() > 0
    assert moved[::2].any()
    assert not moved[1::2].any()  # every second number is matched with nothing


def test_the_teacher_follows_to_another_kind_of_number(teacher):
    objective = build("distillation", {"teacher": teacher}).double()
    assert {one.dtype for one in teacher.parameters()} == {torch.float64}
    assert objective.digest
    assert len(objective.digest) == 64


def test_weights_of_units_are_those_of_the_task(teacher, pupil):
    pupil.eval()
    weights = UnitWeights(torch.tensor([0.0, 2.0]))
    found = build("distillation", {"teacher": teacher}, weights)(pupil, batch())
    plain = build("distillation", {"teacher": teacher})(pupil, batch())
    torch.testing.assert_close(found["features"], plain["features"])
    assert not math.isclose(found["task"].item(), plain["task"].item())


def test_what_cannot_teach_or_learn_is_refused(teacher):
    with pytest.raises(InputError, match=r"no teacher; set objective\.options\.teacher to the"):
        build("distillation", {})
    with pytest.raises(InputError, match="a Linear cannot teach"):
        build("distillation", {"teacher": nn.Linear(2, 2)})
    with pytest.raises(InputError, match="task of the objective distillation is 'guess'"):
        build("distillation", {"teacher": teacher, "task": "guess"})
    with pytest.raises(ShapeError, match="take a student with at least as many"):
        build("distillation", {"teacher": teacher})(Pupil(width=64), batch())

    class Mute(Pupil):
        def forward(self, image):
            return Output(super().forward(image).logits)

    with pytest.raises(ShapeError, match="a Mute gives no features"):
        build("distillation", {"teacher": teacher})(Mute(), batch())
