"""Which cells have to find a box, how well two boxes cover each other, and what it costs."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from mien.losses.assigning import assign
from mien.losses.detection import Gains, detection, gains
from mien.losses.overlap import ciou

BALANCE = 4.0, 1.0, 0.4
"""Weights of the objectness of the three grids, as published."""
ONE = torch.tensor([[1.0, 1.0]])


def cells(x, y, side=4, anchors=ONE, wide=1.0):
    """Columns and rows of the cells of one box on a square grid; the place in cells."""
    true = torch.tensor([[0, 0, x / side, y / side, wide / side, 1 / side]])
    found = assign(true, anchors, side, side)
    return list(zip(found.column.tolist(), found.row.tolist(), strict=True))


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ((1.25, 2.75), [(1, 2), (0, 2), (1, 3)]),  # nearer to the left and to the one below
        ((1.75, 2.25), [(1, 2), (1, 1), (2, 2)]),
        ((2.0, 2.75), [(2, 2), (1, 2), (2, 2), (2, 3)]),  # on a border: near both, once to its own
        ((0.25, 3.75), [(0, 3)]),  # nothing is beyond the border
        ((1.5, 2.5), [(1, 2)]),  # in the middle: near none
        ((1.0, 2.5), [(1, 2), (1, 2)]),  # a cell at the rim takes nothing that lies on its border
        ((3.0, 2.5), [(3, 2), (2, 2)]),
    ],
)
def test_a_box_is_given_to_its_cell_and_the_nearest_neighbours(place, wanted):
    assert cells(*place) == wanted


def test_the_centre_is_told_from_the_corner_of_each_cell():
    true = torch.tensor([[3.0, 1, 1.25 / 4, 2.75 / 4, 0.5, 0.25]])
    found = assign(true, ONE, 4, 4)
    assert found.box[:, :2].tolist() == [[1.25 - 1, 0.75], [1.25, 0.75], [0.25, -0.25]]
    assert found.box[:, 2:].tolist() == [[2.0, 1.0]] * 3
    assert found.picture.tolist() == [3, 3, 3]
    assert found.kind.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("wide", "fits"), [(3.9, True), (4.0, False), (0.26, True), (0.25, False)])
def test_an_anchor_has_to_be_like_the_box(wide, fits):
    assert bool(cells(2.25, 2.25, 16, wide=wide)) == fits


def test_only_the_anchors_that_are_like_it_find_it():
    anchors = torch.tensor([[1.0, 1.0], [8.0, 8.0], [2.0, 3.0]])
    true = torch.tensor([[0, 0, 0.5, 0.6, 0.25, 0.25]])
    assert set(assign(true, anchors, 4, 4).anchor.tolist()) == {0, 2}


def test_without_boxes_there_is_nothing_to_find():
    assert len(assign(torch.zeros(0, 6), ONE, 4, 4).kind) == 0


def test_overlap_of_boxes_side_by_side_by_hand():
    first = torch.tensor([[1.0, 1, 2, 2]])
    assert ciou(first, torch.tensor([[4.0, 1, 2, 2]])).item() == pytest.approx(0 - 9 / (25 + 4))
    flat = ciou(first, torch.tensor([[1.0, 1, 2, 1]])).item()
    shape = 4 / math.pi**2 * (math.atan(2) - math.atan(1)) ** 2
    assert flat == pytest.approx(0.5 - shape * shape / (1 - 0.5 + shape), abs=1e-5)


def test_no_gradient_goes_through_the_weight_of_the_shape():
    """Sideways the shapes stay: only the shared area and the distance are to say where to go."""
    wide = torch.tensor([[1.0, 1, 4, 1]], requires_grad=True)
    high = torch.tensor([[3.2, 1, 1, 4]])
    ciou(wide, high).sum().backward()

    def by_hand(x):
        common = (x + 2) - (3.2 - 0.5)
        around = (3.2 + 0.5) - (x - 2)
        return common / (4 + 4 - common) - (3.2 - x) ** 2 / (around**2 + 4**2)

    step = 1e-4
    slope = (by_hand(1 + step) - by_hand(1 - step)) / (2 * step)
    assert wide.grad[0, 0].item() == pytest.approx(slope, rel=1e-4)


def grids(side=2, classes=2):
    return [torch.zeros(1, 1, side, side, 5 + classes) for _ in range(3)]


def test_a_picture_without_boxes_costs_its_objectness_alone():
    found = detection(grids(), torch.zeros(0, 6), torch.ones(3, 1, 2))
    assert found["objectness"].item() == pytest.approx(math.log(2) * sum(BALANCE))
    assert found["box"] == 0
    assert found["class"] == 0


def test_all_three_by_hand():
    true = torch.tensor([[0, 1, 0.25, 0.25, 0.5, 0.5]])  # the middle of the first cell of two
    found = detection(grids(), true, torch.ones(3, 1, 2))
    # what says 0 is a box of the anchor's size in the middle of its cell; the centre on 0.5 is not
    # nearer to any neighbour
    assert found["box"].item() == pytest.approx(0, abs=1e-5)
    assert found["class"].item() == pytest.approx(3 * math.log(2))
    wanted = torch.tensor([1.0, 0, 0, 0])
    cost = cross_entropy(torch.zeros(4), wanted).item()
    assert found["objectness"].item() == pytest.approx(cost * sum(BALANCE))


def test_the_targets_lie_at_the_picture_the_anchor_the_cell_and_the_class_of_a_box():
    grids = [torch.zeros(2, 2, 2, 2, 7, requires_grad=True) for _ in range(3)]
    anchors = torch.tensor([[9.0, 9.0], [1.0, 1.0]]).expand(3, 2, 2)
    true = torch.tensor([[1, 1, 0.75, 0.25, 0.5, 0.5]])  # the second picture, above at the right
    found = detection(grids, true, anchors)
    (found["objectness"] + found["class"]).backward()
    for grid in grids:  # all say a half: what has to rise has the target 1
        assert (grid.grad[..., 4] < 0).nonzero().tolist() == [[1, 1, 0, 1]]
        assert grid.grad[1, 1, 0, 1, 5:].tolist() == [0.25, -0.25]
        assert grid.grad[..., 5:].count_nonzero() == 2


def test_one_class_costs_nothing():
    true = torch.tensor([[0, 0, 0.25, 0.25, 0.5, 0.5]])
    assert detection(grids(classes=1), true, torch.ones(3, 1, 2))["class"] == 0


def test_of_two_boxes_in_a_cell_the_later_is_the_target_of_its_objectness():
    near = [0, 0, 0.25, 0.25, 0.5, 0.5]
    far = [0, 0, 0.25, 0.25, 0.9, 0.9]
    numbers = grids(1, 1)
    for grid in numbers:
        grid.requires_grad_(True)

    def target(true):
        """What makes the gradient of the only cell: sigmoid(0) less the target."""
        grid = torch.zeros(1, 1, 1, 1, 6, requires_grad=True)
        loss = detection([grid, *numbers[1:]], torch.tensor(true), torch.ones(3, 1, 2) * 0.5)
        loss["objectness"].backward()
        return 0.5 - grid.grad[0, 0, 0, 0, 4].item() / BALANCE[0]

    assert target([near, far]) == pytest.approx(target([far]), abs=1e-6)
    assert target([far, near]) == pytest.approx(target([near]), abs=1e-6)
    assert target([near]) != pytest.approx(target([far]), abs=1e-2)


def test_the_factors_are_scaled_by_size_and_classes():
    assert gains(416, 2) == pytest.approx((0.05, 0.4225, 0.0125))
    assert gains(640, 80) == Gains()
