import json

import numpy as np
import pytest
from sklearn import metrics as sklearn

from mien.errors import InputError, ShapeError
from mien.evaluation import occurrence
from mien.evaluation.occurrence import (
    accuracy,
    auroc,
    average_precision,
    balanced_accuracy,
    counts,
    f1,
)


@pytest.fixture(params=["fine", "ties"])
def scored(request):
    """Probabilities, labels and a mask of what is known, (200, 4); with many equal scores."""
    rng = np.random.default_rng(5)
    truth = (rng.random((200, 4)) < [0.05, 0.2, 0.5, 0.8]).astype(np.float32)
    predicted = np.clip(rng.normal(0.4, 0.2, truth.shape) + 0.2 * truth, 0, 1).astype(np.float32)
    if request.param == "ties":
        predicted = np.round(predicted, 1)
    return predicted, truth, rng.random(truth.shape) < 0.7


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (f1, lambda y, p: sklearn.f1_score(y, p >= 0.5)),
        (accuracy, lambda y, p: sklearn.accuracy_score(y, p >= 0.5)),
        (balanced_accuracy, lambda y, p: sklearn.balanced_accuracy_score(y, p >= 0.5)),
        (auroc, sklearn.roc_auc_score),
        (average_precision, sklearn.average_precision_score),
    ],
)
def test_known_labels_are_scored_as_by_scikit_learn(ours, theirs, scored):
    predicted, truth, known = scored
    wanted = [theirs(truth[m, k], predicted[m, k]) for k, m in enumerate(known.T)]
    np.testing.assert_allclose(ours(predicted, truth, known), wanted, rtol=1e-12)
    assert ours(predicted[:, 2], truth[:, 2]) == pytest.approx(theirs(truth[:, 2], predicted[:, 2]))


@pytest.mark.parametrize("ours", [f1, accuracy, balanced_accuracy, auroc, average_precision])
def test_what_is_not_known_counts_nowhere(ours, scored):
    predicted, truth, known = scored
    other = np.where(known, truth, 9)
    wild = np.where(known, predicted, np.nan)
    np.testing.assert_array_equal(ours(wild, other, known), ours(predicted, truth, known))


def test_f1_and_accuracy_are_jaanets(shared):
    stored = np.load(shared / "parity" / "jaanet_metrics.npz")
    known = stored["labels"] != 9
    np.testing.assert_allclose(f1(stored["prob"], stored["labels"], known), stored["f1"])
    np.testing.assert_allclose(
        accuracy(stored["prob"], stored["labels"], known), stored["accuracy"]
    )


def test_f1_and_accuracy_are_megraphaus(shared):
    stored = json.loads((shared / "parity" / "megraphau_loss.json").read_text())["f1"][0]
    rng = np.random.default_rng(stored["seed"])
    predicted = rng.random(stored["shape"]).astype(np.float32)
    truth = rng.random(stored["shape"]) < 0.3
    truth[:, 3], predicted[0, 0] = False, 0.5
    np.testing.assert_allclose(f1(predicted, truth), stored["f1"])
    np.testing.assert_allclose(accuracy(predicted, truth), stored["acc"])


def test_the_threshold_itself_is_present():
    assert counts([0.5, 0.49], [1, 1]).tolist() == [1, 0, 1, 0]
    assert counts([0.5, 0.49], [1, 1], threshold=0.3).tolist() == [2, 0, 0, 0]
    assert f1([0.4, 0.6], [1, 1], threshold=0.4) == 1


def test_f1_of_nothing_found_where_nothing_is_is_zero():
    assert f1([0.1, 0.2], [0, 0]) == 0
    assert accuracy([0.1, 0.2], [0, 0]) == 1


def test_figures_that_do_not_exist_are_nan():
    nobody = np.zeros(2, bool)
    for figure in (f1, accuracy, balanced_accuracy, auroc, average_precision):
        assert np.isnan(figure([0.1, 0.9], [0, 1], nobody)), figure
    assert np.isnan(balanced_accuracy([0.1, 0.9], [0, 0]))
    assert np.isnan(auroc([0.1, 0.9], [1, 1]))
    assert np.isnan(average_precision([0.1, 0.9], [0, 0]))
    assert average_precision([0.1, 0.9], [1, 1]) == 1


def test_counts_of_parts_add_up(scored):
    predicted, truth, known = scored
    parts = [counts(predicted[s], truth[s], known[s]) for s in (slice(0, 70), slice(70, None))]
    np.testing.assert_array_equal(sum(parts), counts(predicted, truth, known))
    assert occurrence.f1_of(sum(parts)).tolist() == f1(predicted, truth, known).tolist()


def test_a_code_for_unknown_is_refused():
    with pytest.raises(InputError, match="truth holds 9, expected 0 or 1; mask labels"):
        f1([0.1, 0.2], [1, 9])


def test_a_prediction_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="1 of 2 predictions are not finite"):
        auroc([0.1, np.nan], [1, 0])


@pytest.mark.parametrize("figure", [f1, auroc])
def test_other_shapes_are_refused(figure):
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        figure([1, 0, 1], [1, 0])
    with pytest.raises(ShapeError, match=r"mask of shape \(3,\)"):
        figure([1, 0], [1, 0], [True, True, False])
