import numpy as np
import pytest
from sklearn import metrics as sklearn

from mien.errors import InputError, ShapeError
from mien.evaluation.classes import (
    accuracy_of,
    confusion,
    decide,
    f1_of,
    precision_of,
    recall_of,
)


@pytest.fixture
def told():
    """Classes said and true, of five of which the last does not occur and is never said."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 4, 300)
    said = np.where(rng.random(300) < 0.6, truth, rng.integers(0, 4, 300))
    return said, truth


def test_figures_are_scikit_learns(told):
    said, truth = told
    matrix = confusion(said, truth, 5)
    np.testing.assert_array_equal(matrix, sklearn.confusion_matrix(truth, said, labels=range(5)))
    assert accuracy_of(matrix) == pytest.approx(sklearn.accuracy_score(truth, said))
    for ours, theirs in (
        (f1_of, sklearn.f1_score),
        (precision_of, sklearn.precision_score),
        (recall_of, sklearn.recall_score),
    ):
        np.testing.assert_allclose(ours(matrix)[:4], theirs(truth, said, average=None))
    assert np.nanmean(f1_of(matrix)) == pytest.approx(
        sklearn.f1_score(truth, said, average="macro")
    )
    assert np.nanmean(recall_of(matrix)) == pytest.approx(
        sklearn.balanced_accuracy_score(truth, said)
    )


def test_a_class_that_is_not_there_has_no_figure(told):
    matrix = confusion(*told, 5)
    for figure in (f1_of, precision_of, recall_of):
        assert np.isnan(figure(matrix)).tolist() == [False] * 4 + [True]


def test_a_class_that_is_said_in_vain_counts():
    matrix = confusion([1, 1], [0, 0], 3)
    assert f1_of(matrix)[:2].tolist() == [0, 0]
    assert precision_of(matrix)[:2].tolist() == [0, 0]
    assert recall_of(matrix)[0] == 0
    assert np.isnan(recall_of(matrix)[1])


def test_rows_are_the_truth():
    assert confusion([1, 1, 0], [0, 0, 0], 2).tolist() == [[1, 2], [0, 0]]


def test_what_is_not_known_counts_nowhere():
    matrix = confusion([0, 1, 1], [0, 0, -1], 2, [True, True, False])
    assert matrix.tolist() == [[1, 1], [0, 0]]


def test_the_highest_score_decides():
    assert decide([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]).tolist() == [1, 0]


def test_classes_that_there_are_not_are_refused():
    with pytest.raises(InputError, match="truth is class 7, expected 0 to 6"):
        confusion([0, 1], [0, 7], 7)
    with pytest.raises(InputError, match="prediction is class -1"):
        confusion([-1, 1], [0, 1], 7)
    with pytest.raises(InputError, match=r"truth is class 0\.5"):
        confusion([0, 1], [0, 0.5], 7)
    with pytest.raises(InputError, match="truth is class nan"):
        confusion([0, 1], [np.nan, 1], 7)


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"\(2,\) for truths of shape \(1,\)"):
        confusion([0, 1], [0], 2)
    with pytest.raises(ShapeError, match=r"\(3,\), expected \(n, c\)"):
        decide([0.1, 0.2, 0.3])
    with pytest.raises(InputError, match="scores of 1 of 2 pictures are not finite"):
        decide([[0.1, np.nan], [0.2, 0.3]])
