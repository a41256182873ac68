import numpy as np
import pytest

from mien.errors import InputError, ShapeError
from mien.evaluation.detection import (
    LEAST,
    OVERLAP,
    OVERLAPS,
    Boxes,
    area,
    average_precisions,
    iou,
    match,
    means,
)


def boxes(*rows):
    """Rows of x0, y0, x1, y1, class and, of predictions, score."""
    table = np.array(rows, np.float32) if rows else np.empty((0, 6), np.float32)
    score = table[:, 5] if table.shape[1] == 6 else None
    return Boxes(table[:, :4], table[:, 4].astype(np.int64), score)


def ranked(*ranks, length=8):
    return np.isin(np.arange(1, length + 1), ranks)


def maps(said, true, classes):
    """mAP50 and mAP50-95."""
    return means(average_precisions(match(said, true, classes)))


def test_the_published_table_of_eight_pictures():
    # YOLOv5's table of two classes, awake .638 of two boxes, sleep .924 of six, all .781: it is
    # what finding them at these ranks gives.
    awake, sleep = area(ranked(1, 7), 2), area(ranked(1, 2, 3, 5, 6, 7), 6)
    assert awake == pytest.approx(0.638, abs=5e-4)
    assert sleep == pytest.approx(0.924, abs=5e-4)
    assert (awake + sleep) / 2 == pytest.approx(0.781, abs=5e-4)


def test_boxes_are_evaluated_from_the_published_limits_on():
    # YOLOv5's validation: confidence 0.001, suppression above 0.6, overlaps 0.50:0.05:0.95.
    assert (LEAST, OVERLAP) == (0.001, 0.6)
    np.testing.assert_allclose(OVERLAPS, np.arange(50, 100, 5) / 100, rtol=0, atol=0)


def test_the_area_by_hand():
    assert area(ranked(1, 2, length=2), 2) == pytest.approx(0.995)
    assert area(ranked(length=3), 2) == 0
    assert area(np.empty(0, bool), 2) == 0
    # A precision of 1 up to a recall of .5, then straight down to 0 at 1.
    assert area(ranked(1, length=1), 2) == pytest.approx(0.75)
    # The first is wrong: a precision of .5 from a recall of 0 on, and 0 at 1.
    assert area(ranked(2, length=2), 1) == pytest.approx(0.5 * 0.99 + 0.5 * 0.01 / 2)


def test_overlap_by_hand():
    first = np.array([[0, 0, 4, 4]], np.float32)
    other = np.array([[2, 2, 6, 6], [0, 0, 4, 2], [9, 9, 10, 10], [3, 3, 3, 3]], np.float32)
    np.testing.assert_allclose(iou(first, other), [[4 / 28, 0.5, 0, 0]])
    small = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.25]], np.float32)
    np.testing.assert_allclose(iou(small[:1], small), [[1, 0.5]])
    assert iou(other[3:], other[3:]).tolist() == [[0]], "a point has no area to share"


def test_an_overlap_at_the_limit_is_right():
    found = match([boxes((0, 0, 10, 5, 0, 0.9))], [boxes((0, 0, 10, 10, 0))], 1)
    assert found.right[0].tolist() == [True] + [False] * 9


def test_a_class_without_true_boxes_has_no_precision():
    found = match([boxes((0, 0, 1, 1, 1, 0.5))], [boxes((0, 0, 1, 1, 0))], 2)
    assert np.isnan(average_precisions(found)[1]).all()


def test_each_true_box_is_found_once_by_the_nearest():
    true = boxes((0, 0, 10, 10, 0))
    said = boxes((0, 0, 10, 6, 0, 0.9), (0, 0, 10, 9, 0, 0.5))
    found = match([said], [true], 1)
    assert found.right[:, 0].tolist() == [False, True]
    assert found.right[1].tolist() == [least <= 0.9 for least in OVERLAPS]
    assert found.wanted.tolist() == [1]


def test_pairs_are_made_by_overlap_not_by_score():
    # The first prediction overlaps the first box by .8 and the second by .6; the second prediction
    # overlaps only the first box, by .9.
    true = boxes((0, 0, 100, 10, 0), (30, 0, 110, 10, 0))
    said = boxes((0, 0, 90, 10, 0, 0.2), (10, 0, 95, 10, 0, 0.9))
    assert iou(said.box, true.box).round(2).tolist() == [[0.9, 0.55], [0.85, 0.65]]
    assert match([said], [true], 1).right[:, 0].tolist() == [True, True]
    assert match([said], [true], 1).right[:, 4].tolist() == [True, False]


def test_classes_and_pictures_are_kept_apart():
    true = [boxes((0, 0, 10, 10, 0)), boxes((0, 0, 10, 10, 1))]
    said = [boxes((0, 0, 10, 10, 1, 0.9)), boxes((0, 0, 10, 10, 1, 0.8))]
    found = match(said, true, 2)
    assert found.right[:, 0].tolist() == [False, True]
    figures = average_precisions(found)[:, 0]
    assert figures[0] == 0
    assert figures[1] == pytest.approx(area(np.array([False, True]), 1))


def test_the_mean_is_over_classes_that_there_are():
    true = [boxes((0, 0, 10, 10, 0), (20, 0, 30, 10, 2))]
    said = [boxes((0, 0, 10, 10, 0, 0.9), (20, 0, 30, 10, 2, 0.8), (50, 0, 60, 9, 1, 0.9))]
    assert maps(said, true, 4)[0] == pytest.approx(0.995)
    assert maps(said, true, 4)[1] == pytest.approx(0.995)


def test_stricter_overlaps_cost():
    true = [boxes((0, 0, 10, 10, 0))]
    said = [boxes((0, 0, 10, 8.2, 0, 0.9))]
    assert maps(said, true, 1)[0] == pytest.approx(0.995)
    # Right at 0.50 to 0.80, wrong at 0.85, 0.90 and 0.95.
    assert maps(said, true, 1)[1] == pytest.approx(7 * 0.995 / 10)


def test_the_score_orders_all_pictures():
    true = [boxes((0, 0, 10, 10, 0)), boxes((0, 0, 10, 10, 0))]
    said = [boxes((50, 0, 60, 10, 0, 0.95), (0, 0, 10, 10, 0, 0.2)), boxes((0, 0, 10, 10, 0, 0.9))]
    assert maps(said, true, 1)[0] == pytest.approx(area(np.array([False, True, True]), 2))


def test_nothing_to_find_gives_no_figure():
    assert np.isnan(maps([boxes((0, 0, 1, 1, 0, 0.5))], [boxes()], 2)[0])
    assert np.isnan(maps([], [], 2)[1])


def test_bad_boxes_are_refused():
    with pytest.raises(ShapeError, match=r"expected \(m, 4\), \(m,\) and \(m,\)"):
        Boxes(np.zeros((2, 5), np.float32), np.zeros(2, np.int64))
    with pytest.raises(InputError, match="not finite"):
        boxes((0, 0, np.nan, 1, 0))
    for strange in (2, -1):
        with pytest.raises(InputError, match=f"class {strange}, expected 0 to 1"):
            match([boxes((0, 0, 1, 1, 1, 0.5))], [boxes((0, 0, 1, 1, strange))], 2)
    with pytest.raises(ShapeError, match="boxes of 1 and true boxes of 2 pictures"):
        match([boxes()], [boxes(), boxes()], 2)
    with pytest.raises(ShapeError, match="scores for the predicted"):
        match([boxes((0, 0, 1, 1, 0))], [boxes()], 1)
