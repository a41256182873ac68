import numpy as np
import pytest

from mien.errors import InputError, ShapeError
from mien.evaluation.landmarks import (
    eye_distance,
    failure_rate,
    figures_of,
    known_errors,
    landmark_errors,
    mean_error,
)
from mien.evaluation.predictions import Predictions
from mien.evaluation.scoretable import ScoreTable
from mien.evaluation.scoring import tabulate
from mien.evaluation.tables import mean_of_folds, pooled


def face(distance):
    """49 points, all at the left eye but those of the right eye."""
    points = np.zeros((1, 49, 2))
    points[0, 25:31, 0] = distance
    return points


def test_errors_are_jaanets(shared):
    stored = np.load(shared / "parity" / "jaanet_metrics.npz")
    errors = landmark_errors(
        *(stored[name].reshape(-1, 49, 2) for name in ("pred_land", "gt_land"))
    )
    assert mean_error(errors) == pytest.approx(float(stored["mean_error"]))
    assert failure_rate(errors) == pytest.approx(float(stored["failure_rate"]))


def test_by_hand():
    moved = face(40)
    moved[0, :7] += [3, 4]
    assert landmark_errors(moved, face(40))[0] == pytest.approx(5 * 7 / 49 / 40)


def test_the_true_eyes_are_the_measure():
    assert landmark_errors(face(20), face(40))[0] == pytest.approx(20 * 6 / 49 / 40)


def test_the_centres_of_the_eyes_are_means_of_six_points():
    points = face(10)
    points[0, 19, 0] = -6
    assert eye_distance(points)[0] == pytest.approx(11)
    assert eye_distance(face(0.01))[0] == pytest.approx(0.01), "whatever the unit"


def test_a_failure_lies_strictly_above():
    assert failure_rate([0.1, 0.1000001, 0.3, 0.05]) == 0.5
    assert failure_rate([0.1, 0.3], limit=0.05) == 1


def test_no_picture_gives_no_figure():
    assert np.isnan(mean_error([]))
    assert np.isnan(failure_rate([]))


def test_missing_landmarks_are_refused():
    with pytest.raises(InputError, match="both eyes of picture 1 lie in one place"):
        landmark_errors(np.zeros((2, 49, 2)), np.concatenate([face(3), face(0)]))
    with pytest.raises(InputError, match="not finite"):
        landmark_errors(face(np.nan), face(3))


def test_another_scheme_is_refused():
    with pytest.raises(ShapeError, match=r"expected \(n, 49, 2\)"):
        landmark_errors(np.zeros((2, 68, 2)), np.zeros((2, 68, 2)))


def test_pictures_without_true_landmarks_count_nowhere():
    true = np.zeros((3, 49, 2))
    true[:, 25:31, 0] = 50.0
    said = true + np.array([[[3.0, 4.0]], [[0.0, 10.0]], [[0.0, 0.0]]])
    true[2, 5, 1] = np.nan
    errors = known_errors(said, true)
    assert errors[:2].tolist() == pytest.approx([0.1, 0.2])
    assert np.isnan(errors[2])
    assert figures_of(errors) == {"mean_error": pytest.approx(0.15), "failure_rate": 0.5}
    assert figures_of(errors[2:]) == {"mean_error": None, "failure_rate": None}


def predictions(errors):
    values = np.array([[0.9], [0.2]])
    known = np.ones((2, 1), bool)
    return Predictions("occurrence", (12,), values, values.round(), known, errors=errors)


def test_folds_are_pooled_and_averaged_by_their_landmarks_too():
    one = predictions(np.array([0.05, 0.15]))
    two = predictions(np.array([0.05, np.nan]))
    tables = [tabulate(part).about("d", "p", fold) for fold, part in enumerate((one, two), 1)]
    assert tables[1].landmarks == {"mean_error": 0.05, "failure_rate": 0.0}
    assert mean_of_folds(tables).landmarks == pytest.approx(
        {"mean_error": 0.075, "failure_rate": 0.25}
    )
    together = pooled([one, two]).landmarks
    assert together == pytest.approx({"mean_error": 0.25 / 3, "failure_rate": 1 / 3})
    assert pooled([one, predictions(None)]).landmarks == {}
    assert ScoreTable.from_json(tables[0].to_json()).landmarks == tables[0].landmarks
    assert one.take(np.array([1])).errors.tolist() == [0.15]
    with pytest.raises(ShapeError, match=r"landmark errors of shape \(3,\) for 2 pictures"):
        predictions(np.zeros(3))
