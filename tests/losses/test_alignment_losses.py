"""The losses of JAA-Net: numbers of the authors' code, and labels that are not known."""

import numpy as np
import pytest
import torch

from mien.losses.alignment import landmark_distance, map_refinement
from mien.losses.au import binary_cross_entropy
from mien.losses.dice import dice, dice_by_picture
from mien.models.importing import from_official
from tests.parity.drawn import jaanet_state, picture


@pytest.fixture(scope="module", params=["bp4d", "disfa"])
def case(request, shared):
    """Output of version 2 with the stored numbers that belong to it."""
    network = from_official("jaanet", jaanet_state(shared / "parity", request.param, 2))
    with torch.no_grad():
        output = network(picture(176))
    stored = np.load(shared / "parity" / f"jaanet_{request.param}.npz")
    return output, {name: torch.from_numpy(stored[name]) for name in stored}


def test_the_units_losses_are_the_authors(case):
    output, stored = case
    target, weight = stored["target_au"].float(), stored["au_weight"]
    known = torch.ones_like(target, dtype=torch.bool)
    for logits, name in ((output.logits, ""), (output.local, "local_")):
        cross = binary_cross_entropy(logits, target, known, weight=weight)
        overlap = dice(logits.sigmoid(), target, known, weight)
        assert cross.item() == pytest.approx(stored[f"v2_loss_{name}softmax"].item(), rel=1e-5)
        assert overlap.item() == pytest.approx(stored[f"v2_loss_{name}dice"].item(), rel=1e-5)


def test_landmarks_and_maps_are_the_authors(case):
    output, stored = case
    goal, eyes = stored["target_land"].unflatten(1, (49, 2)), stored["target_biocular_sq"].sqrt()
    distance = landmark_distance(output.landmarks, goal, eyes)
    assert distance.item() == pytest.approx(stored["v2_loss_land"].item(), rel=1e-5)
    refined = map_refinement(output.maps, output.drawn)
    assert refined.item() == pytest.approx(stored["v1_loss_refine"].item(), rel=1e-5)


def test_the_printed_dice_counts_each_picture():
    q, y = torch.tensor([[0.5], [0.5]]), torch.tensor([[1.0], [0.0]])
    known = torch.ones(2, 1, dtype=torch.bool)
    assert dice_by_picture(q, y, known).item() == pytest.approx((1 / 9 + 0.2) / 2)
    assert dice(q, y, known).item() == pytest.approx(0.6)


@pytest.mark.parametrize("loss", [dice, dice_by_picture])
def test_what_is_not_known_teaches_nothing(loss):
    q = torch.tensor([[0.3, 0.6], [0.8, 0.1]], requires_grad=True)
    y = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    known = torch.tensor([[True, False], [True, False]])
    loss(q, y, known).backward()
    assert (q.grad[:, 1] == 0).all()
    assert (q.grad[:, 0] != 0).all()
    alone = loss(q[:, :1], y[:, :1], known[:, :1])
    assert loss(q, y, known).item() == pytest.approx(alone.item() / 2)
