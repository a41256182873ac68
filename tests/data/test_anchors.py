"""Anchors: how well they fit, and finding them anew."""

import numpy as np
import pytest

from mien.data.anchors import fit_anchors, fitness, recall

ANCHORS = np.array([[10, 10], [40, 80]], np.float32)


def test_recall_and_fitness_by_hand():
    sizes = np.array([[10, 20], [39, 10], [41, 10], [200, 100]], np.float32)
    # the worse ratios to the best anchor: 1/2; 10/39; 10/41 is beyond 4; 40/200 as well
    assert recall(sizes, ANCHORS) == 0.5
    assert fitness(sizes, ANCHORS) == pytest.approx((1 / 2 + 10 / 39) / 4)
    assert fitness(ANCHORS, ANCHORS) == 1


def test_groups_of_boxes_are_found():
    rng = np.random.default_rng(1)
    middles = np.array([[8, 12], [60, 30], [150, 200]])
    sizes = (middles[rng.integers(3, size=300)] * rng.uniform(0.95, 1.05, (300, 2))).astype("f4")
    found = fit_anchors(sizes, 3, np.random.default_rng(0))
    assert np.abs(found / middles - 1).max() < 0.06
    assert fitness(sizes, found) > 0.95


def test_few_different_boxes_still_give_enough_anchors():
    found = fit_anchors(np.full((5, 2), 30, np.float32), 9, np.random.default_rng(0))
    assert found.shape == (9, 2)
    assert (np.diff(found.prod(axis=1)) >= 0).all()
    assert recall(np.full((5, 2), 30, np.float32), found) == 1
