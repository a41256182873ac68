"""Outputs of a network as units and as sides."""

import numpy as np
import pytest

from mien.analysis.sides import Sides
from tests.analysis.made_up import SINGLE

VALUES = np.array([[4, 2, 1, 3, 5], [0, 1, 0, 0, 2]], np.float32)
"""Columns: 12R, 12L, 1L, 1R, 25."""


@pytest.fixture
def sides():
    return Sides(SINGLE)


def test_units_ascend_and_left_stands_before_right(sides):
    assert sides.units == (1, 12, 25)
    assert sides.sided == ((1, "L"), (1, "R"), (12, "L"), (12, "R"))
    assert sides.columns == ("AU1", "AU1_L", "AU1_R", "AU12", "AU12_L", "AU12_R", "AU25")


def test_a_sided_unit_is_the_mean_of_its_sides(sides):
    values = sides.unit_values(VALUES)
    assert values.dtype == np.float32
    assert values.tolist() == [[2, 3, 5], [0, 0.5, 2]]


def test_sides_stand_in_the_order_of_their_names(sides):
    assert sides.sided_values(VALUES).tolist() == [[1, 3, 2, 4], [0, 0, 1, 0]]


def test_outputs_of_units_are_those_of_both_sides(sides):
    assert sides.outputs_of((12,)).tolist() == [True, True, False, False, False]
    assert sides.outputs_of((25, 1, 99)).tolist() == [False, False, True, True, True]
    assert sides.outputs_of(()).tolist() == [False] * 5


def test_no_rows(sides):
    assert sides.unit_values(VALUES[:0]).shape == (0, 3)
    assert sides.sided_values(VALUES[:0]).shape == (0, 4)
