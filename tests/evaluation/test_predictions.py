import numpy as np
import pytest

from mien.errors import InputError, ShapeError
from mien.evaluation.predictions import Predictions, concatenate, summary, values
from tests.evaluation import made_predictions


def made(task="occurrence", n=6, subjects=("a", "a", "b", "b", "c", "c"), **changes):
    rng = np.random.default_rng(n)
    fields = {
        "task": task,
        "names": ("happy", "sad") if task == "expression" else (12, 4),
        "predicted": rng.random((n, 2)),
        "truth": rng.integers(0, 2, n if task == "expression" else (n, 2)),
        "known": np.ones(n if task == "expression" else (n, 2), bool),
        "subjects": subjects,
    }
    return Predictions(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"predicted": np.zeros((6, 3))}, r"\(6, 3\).*for 2 units; expected \(6, 2\)"),
        ({"truth": np.zeros(6)}, r"truths of shape \(6,\)"),
        ({"known": np.ones(6, bool)}, r"mask of shape \(6,\)"),
        ({"subjects": ("a",)}, "1 subjects for 6 pictures"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ShapeError, match=message):
        made(**changes)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(InputError, match="12 of 12 predictions are not finite"):
        made(predicted=np.full((6, 2), np.nan))
    with pytest.raises(InputError, match="scores of 6 of 6 pictures are not finite"):
        made("expression", predicted=np.full((6, 2), np.nan))
    assert made(predicted=np.full((6, 2), np.nan), known=np.zeros((6, 2), bool)).tally() == [
        (0, 0),
        (0, 0),
    ]


def test_labels_that_are_none_are_refused_at_once():
    with pytest.raises(InputError, match="the truth holds 9, expected 0 or 1"):
        made(truth=np.full((6, 2), 9))
    with pytest.raises(InputError, match="a truth is class 7, expected 0 to 1"):
        made("expression", truth=np.array([0, 1, 7, 0, 1, 0]))
    with pytest.raises(InputError, match="12 of 12 truths are not finite"):
        made("intensity", truth=np.full((6, 2), np.inf))


def test_names_are_told_apart_and_tasks_known():
    with pytest.raises(InputError, match="twice"):
        made(names=(12, 12))
    with pytest.raises(InputError, match="'emotion' is no task"):
        made("emotion")


def test_what_is_shown_is_counted_where_it_is_known():
    truth = np.array([[1, 0], [1, 1], [9, 0]])
    known = np.array([[True, True], [True, True], [False, True]])
    one = made(n=3, truth=truth, known=known, subjects=None, predicted=np.zeros((3, 2)))
    assert one.tally() == [(2, 2), (1, 3)]
    known = np.array([True, True, False])
    two = made("expression", 3, None, truth=np.array([1, 1, 0]), known=known)
    assert two.tally() == [(0, 2), (2, 2)]


def test_classes_of_pictures_that_are_not_known_count_nowhere():
    known = np.array([True, True, True, False, False, False])
    said = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], *[[np.nan, 0]] * 3])
    one = made("expression", predicted=said, truth=np.array([0, 0, 1, -1, 7, 0]), known=known)
    assert summary(one).tolist() == [[1, 1], [1, 0]]
    assert values(one, "accuracy") == pytest.approx(1 / 3)


def test_some_pictures_are_taken_with_their_subjects():
    one = made()
    some = one.take(np.array([4, 0]))
    assert some.subjects == ("c", "a")
    np.testing.assert_array_equal(some.predicted, one.predicted[[4, 0]])
    assert len(one.take(np.arange(6) > 1)) == 4


def test_folds_are_joined_in_their_order():
    one, two = made(), made(n=4, subjects=("d", "d", "e", "e"))
    both = concatenate([one, two])
    assert both.subjects == ("a", "a", "b", "b", "c", "c", "d", "d", "e", "e")
    np.testing.assert_array_equal(both.truth, np.concatenate([one.truth, two.truth]))
    assert concatenate([one, made(n=4, subjects=None)]).subjects is None
    assert concatenate([made(n=4, subjects=None), one]).subjects is None


@pytest.mark.parametrize("other", [made(names=(12, 6)), made(threshold=0.3), made("intensity")])
def test_different_kinds_are_not_joined(other):
    with pytest.raises(InputError, match="of 2 kinds"):
        concatenate([made(), other])


def test_nothing_is_not_joined():
    with pytest.raises(InputError, match="got 0 sets"):
        concatenate([])


def test_some_units_are_taken_in_their_order():
    one = made_predictions.made("occurrence")
    some = one.of((4, 1))
    assert some.names == (4, 1)
    for name in ("predicted", "truth", "known"):
        np.testing.assert_array_equal(getattr(some, name), getattr(one, name)[:, [2, 0]])
    assert some.subjects == one.subjects
    with pytest.raises(InputError, match="are of 1, 2, 4, and 1, 9 were asked for"):
        one.of((1, 9))


def test_classes_are_put_in_another_order_with_their_labels():
    one = made_predictions.made("expression", ties=False)
    turned = one.of(("c", "a", "b"))
    np.testing.assert_array_equal(turned.predicted, one.predicted[:, [2, 0, 1]])
    names, placed = (np.array(each.names)[each.truth[each.known]] for each in (one, turned))
    np.testing.assert_array_equal(placed, names)
    for metric in ("accuracy", "recall"):
        assert sorted(np.ravel(values(turned, metric))) == sorted(np.ravel(values(one, metric)))
    with pytest.raises(InputError, match="a, b were asked for"):
        one.of(("a", "b"))


def test_classes_change_places_whatever_stands_where_none_is_known():
    known = np.array([True, True, True, False, False, False])
    one = made("expression", truth=np.array([0, 1, 1, 9, -1, 0.5]), known=known)
    assert one.of(("sad", "happy")).truth[:3].tolist() == [1, 0, 0]
