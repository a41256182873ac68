"""The detector's table and its confusion matrix, by hand cases."""

import json

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from mien.evaluation.boxtable import box_table, confusion, operating_point
from mien.evaluation.detection import Boxes, match
from tests.evaluation.test_boxbootstrap import pictures


def boxes(*rows, scored=True):
    """Boxes of 10 pixels by where they begin, class, and score."""
    at = np.array([[row[0], 0, row[0] + 10, 10] for row in rows], np.float32).reshape(-1, 4)
    kind = np.array([row[1] for row in rows], np.int64)
    return Boxes(at, kind, np.array([row[2] for row in rows], np.float32) if scored else None)


TRUE = [boxes((0, 0), (50, 1), scored=False), boxes((0, 1), scored=False)]


def test_what_is_right_wrong_missed_and_invented():
    said = [boxes((0, 0, 0.9), (50, 0, 0.8), (90, 1, 0.7), (0, 1, 0.2)), boxes()]
    assert confusion(said, TRUE, 2).tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_a_true_box_is_matched_once_by_the_box_that_covers_it_best():
    said = [boxes((2, 1, 0.9), (0, 0, 0.5)), boxes((0, 1, 0.9))]
    found = confusion(said, [boxes((0, 0), scored=False), TRUE[1]], 2)
    assert found.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]


def test_scores_and_overlaps_count_above_their_limits():
    said = [boxes((0, 0, 0.25), (0, 0, 0.26))]
    assert confusion(said, [boxes(scored=False)], 1).tolist() == [[0, 1], [0, 0]]
    wide = np.array([[0, 0, 20, 1]], np.float32)
    for width, found in ((9.0, 0), (9.1, 1)):  # the first overlaps by 0.45
        narrow = np.array([[0, 0, width, 1]], np.float32)
        one = Boxes(narrow, np.array([0]), np.array([0.9], np.float32))
        assert confusion([one], [Boxes(wide, np.array([0]))], 1)[0, 0] == found


def test_all_found_gives_ones():
    said = [boxes((0, 0, 0.9), (50, 1, 0.8)), boxes((0, 1, 0.7))]
    table = box_table(said, TRUE, ("awake", "sleep"))
    whole, awake, sleep = table.rows
    assert (whole.pictures, whole.instances, awake.instances, sleep.instances) == (2, 3, 1, 2)
    for row in table.rows:
        assert (row.precision, row.recall) == (1.0, 1.0)
        assert row.map50 == pytest.approx(0.995)
    assert table.score < 0.7
    assert table.confusion.tolist() == [[1, 0, 0], [0, 2, 0], [0, 0, 0]]


def test_a_box_that_fits_by_half_is_found_at_the_lowest_overlap_only():
    true = boxes((0, 0), scored=False)
    half = Boxes(np.array([[0, 0, 10, 5]], np.float32), np.array([0]), np.array([0.9], np.float32))
    for row in box_table([half], [true], ("awake",)).rows:
        assert (row.map50, row.map50_95) == pytest.approx((0.995, 0.0995))


def test_precision_and_recall_are_taken_where_f1_is_highest():
    said = [boxes((0, 0, 0.9), *((50 + 20 * number, 0, 0.1) for number in range(8)))]
    found = match(said, [boxes((0, 0), scored=False)], 1)
    precision, recall, score = operating_point(found)
    assert 0.1 < score < 0.9
    assert recall[0] == pytest.approx(1.0)
    assert precision[0] > 1 / 9 + 0.2  # between 1/9 at 0.1 and 1 at 0.9, in proportion


def test_beyond_its_highest_score_a_class_is_never_wrong_and_never_found():
    wrong = [(50 + 20 * number, kind, 0.1 - 0.07 * kind) for number in range(30) for kind in (0, 1)]
    said = [boxes((0, 0, 0.9), *wrong, (0, 1, 0.05))]
    precision, recall, score = operating_point(
        match(said, [boxes((0, 0), (0, 1), scored=False)], 2)
    )
    assert 0.5 < score < 0.9
    assert (precision[1], recall[1]) == (1, 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_operating_point_is_that_of_the_published_steps(seed):
    """Falling scores, curves read at -score, F1 of the mean class through a box of 101 scores."""
    found = match(*pictures(seed, 20), 2)
    steps, curves = np.linspace(0, 1, 1000), []
    for kind, wanted in enumerate(found.wanted):
        rows = np.flatnonzero(found.kind == kind)
        rows = rows[np.argsort(found.score[rows])][::-1]
        hits = found.right[rows, 0].cumsum()
        fallen = -found.score[rows]
        precision = np.interp(-steps, fallen, hits / (1 + np.arange(len(rows))), left=1)
        curves.append((precision, np.interp(-steps, fallen, hits / wanted, left=0)))
    precisions, recalls = np.swapaxes(curves, 0, 1)
    f1 = np.mean(2 * precisions * recalls / np.maximum(precisions + recalls, 1e-9), axis=0)
    smooth = uniform_filter1d(f1, 101, mode="nearest")
    precision, recall, score = operating_point(found)
    place = round(score * 999)
    assert smooth[place] == pytest.approx(smooth.max(), abs=1e-9)
    np.testing.assert_allclose(precision, precisions[:, place])
    np.testing.assert_allclose(recall, recalls[:, place])


def test_without_any_true_box_there_is_no_figure():
    table = box_table([boxes((0, 0, 0.9))], [boxes(scored=False)], ("awake",))
    assert np.isnan([*table.rows[0][3:], *table.rows[1][3:], table.score]).all()
    assert "nan" not in table.to_markdown()
    assert json.loads(json.dumps(table.to_values()), parse_constant=pytest.fail)["score"] is None


def test_nothing_found_and_a_class_that_is_not_there():
    table = box_table([boxes(), boxes()], TRUE, ("awake", "sleep", "other"))
    assert table.rows[0][3:] == (0.0, 0.0, 0.0, 0.0)
    assert np.isnan(table.rows[3].map50)
    text = table.to_markdown()
    assert "| other | 2 | 0 | – | – | – | – |" in text
    assert "| not found | 1 | 2 | 0 | – |" in text
    columns = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert columns == [8] * 6 + [6] * 6
    assert table.to_values()["classes"][3]["map50"] is None
