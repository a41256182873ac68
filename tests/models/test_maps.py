"""Centres and pyramids by hand; against the authors' numbers in tests/parity."""

import pytest
import torch

from mien.facs.regions import Centres
from mien.models.maps import centres, draw_maps


def test_centres_are_moved_down_by_the_distance_of_the_inner_eye_corners_along_x():
    points = torch.tensor([[[10.0, 50.0], [40.0, 56.0], [5.0, 20.0], [45.0, 22.0]]])
    table = [Centres((2, 3), 0.5), Centres((3, 3), -1 / 3)]
    for corners in ((0, 1), (1, 0)):
        found = centres(points, table, corners)
        assert found.tolist() == [[[[5, 35], [45, 37]], [[45, 12], [45, 12]]]]


@pytest.mark.parametrize(("cling", "corner"), [(False, 0.0), (True, 0.25)])
def test_pyramids_fall_with_the_distance_and_end_with_their_window(cling, corner):
    cells = torch.tensor([[[[2.0, 1.0], [-2.0, 4.0]]]])  # the second lies left of the map
    found = draw_maps(cells, 5, 0.25, (1, 1), cling=cling)[0, 0]
    wanted = torch.tensor(
        [
            [0.00, 0.50, 0.75, 0.50, 0.00],
            [0.00, 0.75, 1.00, 0.75, 0.00],
            [0.00, 0.50, 0.75, 0.50, 0.00],
            [corner, 0.00, 0.00, 0.00, 0.00],
            [2 * corner, 0.00, 0.00, 0.00, 0.00],
        ]
    )
    torch.testing.assert_close(found, wanted)


def test_the_higher_of_two_pyramids_counts_and_a_window_may_be_uneven():
    cells = torch.tensor([[[[1.0, 0.0], [3.0, 0.0]]]])
    found = draw_maps(cells, 4, 0.5, (0, 2))[0, 0]
    assert found[0].tolist() == [0, 1, 0.5, 1]
    assert found[1].tolist() == [0, 0.5, 0, 0.5]
    assert not found[2:].any()
