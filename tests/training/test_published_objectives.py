"""Objectives of the published networks: their losses by name, and what they refuse."""

import pytest
import torch
from torch import nn

from mien.data.sample import Batch
from mien.errors import InputError, ShapeError
from mien.losses.alignment import landmark_distance, map_refinement
from mien.losses.au import binary_cross_entropy
from mien.losses.bounded import bounded_cross_entropy
from mien.losses.dice import dice, dice_by_picture
from mien.losses.relations import edge_cross_entropy, weighted_asymmetric
from mien.models.output import Output
from mien.training.objectives import UnitWeights, build


class Network(nn.Module):
    """Gives what it is told, and keeps what it was given."""

    def __init__(self, output):
        super().__init__()
        self.answer = output

    def forward(self, *given):
        self.given = given
        return self.answer


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    target = (torch.rand(4, 3, generator=generator) < 0.5).float()
    return Batch(
        torch.randn(4, 3, 8, 8, generator=generator),
        target,
        torch.rand(4, 3, generator=generator) < 0.8,
        landmarks=torch.rand(4, 49, 2, generator=generator) * 8,
        eyes=torch.full((4,), 3.0),
    )


def numbers(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


WEIGHT = torch.tensor([0.5, 1.0, 1.5])


@pytest.mark.parametrize(("form", "overlap"), [("official", dice), ("paper", dice_by_picture)])
def test_version_2_of_jaanet_has_the_losses_of_its_heads(batch, form, overlap):
    output = Output(numbers(4, 3), landmarks=numbers(4, 49, 2), local=numbers(4, 1, 3)[:, 0])
    objective = build("jaanet", {"dice": form}, UnitWeights(WEIGHT))
    losses = objective(Network(output), batch)
    assert list(losses) == ["au", "dice", "landmarks", "local_au", "local_dice"]
    target, known = batch.target, batch.known
    for prefix, logits in (("", output.logits), ("local_", output.local)):
        cross = binary_cross_entropy(logits, target, known, weight=WEIGHT, reduction="sum-of-means")
        torch.testing.assert_close(losses[f"{prefix}au"], cross / 3)
        wanted = overlap(logits.sigmoid(), target, known, WEIGHT)
        torch.testing.assert_close(losses[f"{prefix}dice"], wanted)
    wanted = landmark_distance(output.landmarks, batch.landmarks, batch.eyes)
    torch.testing.assert_close(losses["landmarks"], wanted)


def test_version_1_of_jaanet_is_held_to_its_drawn_maps(batch):
    output = Output(
        numbers(4, 3),
        landmarks=numbers(4, 49, 2),
        maps=torch.rand(4, 3, 4, 4),
        drawn=torch.rand(4, 3, 6, 6),
    )
    losses = build("jaanet", {}, UnitWeights())(Network(output), batch)
    assert list(losses) == ["au", "dice", "landmarks", "refine"]
    torch.testing.assert_close(losses["refine"], map_refinement(output.maps, output.drawn))


def test_jaanet_cannot_do_without_landmarks(batch):
    objective = build("jaanet", {}, UnitWeights())
    assert objective.needs == ("landmarks",)
    with pytest.raises(ShapeError, match="need landmarks"):
        objective(Network(Output(numbers(4, 3))), batch)


def test_relations_are_scored_in_stage_2_only(batch):
    probability, edges = torch.rand(4, 3), numbers(4, 9, 4)
    objective = build("relations", {}, UnitWeights(WEIGHT))
    first = objective(Network(Output(numbers(4, 3), probability=probability)), batch)
    wanted = weighted_asymmetric(probability, batch.target, batch.known, WEIGHT)
    assert list(first) == ["au"]
    torch.testing.assert_close(first["au"], wanted)
    output = Output(numbers(4, 3), probability=probability, edges=edges)
    second = objective(Network(output), batch)
    torch.testing.assert_close(
        second["edges"], edge_cross_entropy(edges, batch.target, batch.known)
    )


def test_eacnet_is_given_the_landmarks(batch):
    network = Network(Output(numbers(4, 3)))
    losses = build("bounded", {}, UnitWeights())(network, batch)
    assert network.given[1] is batch.landmarks
    wanted = bounded_cross_entropy(numbers(4, 3).sigmoid(), batch.target, batch.known)
    torch.testing.assert_close(losses["au"], wanted)


@pytest.mark.parametrize(
    ("name", "options", "weights", "told"),
    [
        ("jaanet", {"dice": "old"}, UnitWeights(), "no form 'old' of Dice"),
        ("jaanet", {"form": "x"}, UnitWeights(), "no option form"),
        ("jaanet", {}, UnitWeights(positives=WEIGHT), "no positives"),
        ("relations", {"k": 3}, UnitWeights(), "it has none"),
        ("bounded", {"form": "printed"}, UnitWeights(), "a slip for"),
        ("bounded", {}, UnitWeights(WEIGHT), "weighs no units"),
    ],
)
def test_what_makes_no_sense_is_refused(name, options, weights, told):
    with pytest.raises(InputError, match=told):
        build(name, options, weights)
