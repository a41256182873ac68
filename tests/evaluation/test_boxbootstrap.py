"""Average precision of drawn pictures: as if each had been there as often as it was drawn."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation import boxbootstrap
from mien.evaluation.boxbootstrap import drawn_figures, drawn_precisions, picture_weights
from mien.evaluation.boxtable import box_table
from mien.evaluation.detection import Boxes, average_precisions, match


def boxes(rng, count, scored):
    """Some boxes near each other, of two classes."""
    low = rng.integers(0, 3, (count, 2)) * 10.0 + rng.normal(0, 1.5, (count, 2)) * scored
    box = np.concatenate([low, low + 10], axis=1).astype(np.float32)
    score = rng.random(count).astype(np.float32) if scored else None
    return Boxes(box, rng.integers(0, 2, count), score)


def pictures(seed=0, count=12):
    rng = np.random.default_rng(seed)
    true = [boxes(rng, int(rng.integers(0, 4)), 0) for _ in range(count)]
    said = [boxes(rng, int(rng.integers(0, 9)), 1) for _ in range(count)]
    return said, true


def repeated(parts, weights):
    return [part for part, times in zip(parts, weights, strict=True) for _ in range(int(times))]


@pytest.mark.parametrize("seed", range(4))
def test_a_draw_is_the_figure_of_its_pictures(seed, monkeypatch):
    monkeypatch.setattr(boxbootstrap, "CHUNK", 100)  # a few draws at once
    said, true = pictures(seed)
    weights = picture_weights([str(number // 2) for number in range(12)], count=25, seed=seed)
    found = drawn_precisions(said, true, 2, weights)
    for draw, times in zip(found, weights, strict=True):
        wanted = average_precisions(match(repeated(said, times), repeated(true, times), 2))
        np.testing.assert_allclose(draw, wanted, atol=1e-12)


def test_all_pictures_once_is_the_table():
    said, true = pictures(7, 30)
    each, means = drawn_figures(said, true, 2, np.ones((1, 30)))
    whole, *rows = box_table(said, true, ("a", "b")).rows
    assert means[0] == pytest.approx([whole.map50, whole.map50_95])
    np.testing.assert_allclose(each[0], [[row.map50, row.map50_95] for row in rows])


def test_a_class_that_is_not_drawn_is_left_out_of_the_mean():
    one = Boxes(np.array([[0, 0, 9, 9]], np.float32), np.array([0]), np.array([0.9], np.float32))
    two = Boxes(np.array([[0, 0, 9, 9]], np.float32), np.array([1]), np.array([0.8], np.float32))
    none = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
    true = [Boxes(part.box, part.kind) for part in (one, two)]
    each, means = drawn_figures(
        [one, none], true, 2, np.array([[2.0, 0], [0, 2.0], [1, 1], [0, 0]])
    )
    assert np.isnan(each[0, 1]).all()
    assert means[:, 0] == pytest.approx([0.995, 0.0, 0.4975, np.nan], nan_ok=True)


def test_pictures_of_one_source_are_drawn_together():
    weights = picture_weights(["a", "b", "a", "c"], count=50)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 0] + weights[:, 1] + weights[:, 3] == 3).all()
    with pytest.raises(InputError, match="there is 1; expected 2 or more"):
        picture_weights(["a", "a"])
