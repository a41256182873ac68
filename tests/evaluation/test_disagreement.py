"""Pictures on which networks differ: in which order, by how much, with which label."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.disagreement import apart, disputes
from mien.evaluation.predictions import Predictions

FIRST = np.array([[0.9, 0.1], [0.2, 0.2], [0.5, 0.4], [0.6, 0.6]])
SECOND = np.array([[0.8, 0.2], [0.2, 0.9], [0.1, 0.4], [0.6, 0.2]])
THIRD = np.array([[0.9, 0.1], [0.3, 0.5], [0.3, 0.4], [0.6, 0.1]])
TRUTH = np.array([[1, 0], [0, 1], [1, 0], [1, 1]])
KNOWN = np.array([[True, True], [True, False], [True, True], [True, True]])


def made(said, task="occurrence", **more):
    return Predictions(task, (6, 12), said, TRUTH, KNOWN, **more)


def test_the_largest_difference_comes_first():
    found = disputes([made(one) for one in (FIRST, SECOND, THIRD)], 3)
    assert [(one.row, one.name) for one in found] == [(1, 12), (3, 12), (2, 6)]
    assert [one.spread for one in found] == pytest.approx([0.7, 0.5, 0.4])
    assert found[0].said == (0.2, 0.9, 0.5)
    assert [one.truth for one in found] == [None, 1.0, 1.0]


def test_equal_differences_keep_the_order_of_the_pictures():
    flat = made(np.zeros((4, 2)))
    found = disputes([flat, made(np.full((4, 2), 0.5))], 9)
    assert [one.row for one in found] == [0, 1, 2, 3]
    assert {one.name for one in found} == {6}


def test_shares_are_of_decisions_each_by_its_own_threshold():
    one, two = apart([made(FIRST), made(SECOND)])
    assert (one.name, two.name) == (6, 12)
    assert one.spread == pytest.approx((0.1 + 0 + 0.4 + 0) / 4)
    assert (one.split, two.split) == (0.25, 0.5)  # 0.5 against 0.1; 0.2 : 0.9 and 0.6 : 0.2
    strict = made(FIRST, threshold=0.95)
    assert apart([strict, made(SECOND)])[0].split == 0.5  # the second says yes twice


def test_intensities_are_not_yes_or_no():
    found = apart([made(5 * FIRST, "intensity"), made(5 * SECOND, "intensity")])
    assert [one.split for one in found] == [None, None]


def test_classes_differ_by_the_one_that_is_chosen():
    known = np.array([True, True])
    pair = [
        Predictions("expression", ("a", "b", "c"), np.array(said), np.array([0, 2]), known)
        for said in ([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7]], [[0.2, 0.7, 0.1], [0.1, 0.3, 0.6]])
    ]
    (first, second) = disputes(pair, 2)
    assert (first.row, first.name, first.truth) == (0, "a", 1.0)
    assert (second.row, second.truth) == (1, 0.0)
    assert [one.split for one in apart(pair)] == [0.5, 0.5, 0.0]


def test_a_class_that_is_not_known_is_none():
    one = Predictions(
        "expression", ("a", "b"), np.eye(2), np.array([0, 9]), np.array([True, False])
    )
    other = Predictions("expression", ("a", "b"), 1 - np.eye(2), one.truth, one.known)
    assert [found.truth for found in disputes([one, other], 2)] == [1.0, None]


@pytest.mark.parametrize("count", [0, 1])
def test_one_alone_agrees_with_itself(count):
    with pytest.raises(InputError, match="expected two or more of the same"):
        disputes([made(FIRST)] * count, 3)
    with pytest.raises(InputError, match="expected two or more of the same"):
        apart([made(FIRST), made(FIRST).of((12, 6))])
