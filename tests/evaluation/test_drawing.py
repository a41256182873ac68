import numpy as np
import pytest

from mien.evaluation import drawing
from mien.evaluation.drawing import draws
from mien.evaluation.metrics import METRICS, TASKS
from mien.evaluation.predictions import Predictions, values
from tests.evaluation.made_predictions import PEOPLE, made

EVERY = [(task, name) for task in TASKS for name in METRICS[task]]


@pytest.mark.parametrize(("task", "name"), EVERY)
def test_a_draw_is_the_figure_of_the_drawn_pictures(task, name):
    one = made(task)
    weights = np.array([np.ones(PEOPLE), [2, 0, 1, 0, 3, 1, 1, 0, 1]])
    found, means = draws(one, name, weights)
    for row, weight in zip(found, weights, strict=True):
        drawn = [
            place
            for person, times in enumerate(weight)
            for place in np.flatnonzero(np.array(one.subjects) == f"S{person}").tolist()
            * int(times)
        ]
        np.testing.assert_allclose(
            row, np.atleast_1d(values(one.take(np.array(drawn)), name)), 1e-6
        )
    np.testing.assert_allclose(means, found.mean(axis=1))


def test_draws_in_blocks_are_those_in_one(monkeypatch):
    one, weights = made("occurrence"), np.random.default_rng(1).integers(0, 3, (4, PEOPLE)) * 1.0
    whole, _ = draws(one, "average_precision", weights)
    monkeypatch.setattr(drawing, "CHUNK", 4 * 7)
    np.testing.assert_allclose(draws(one, "average_precision", weights)[0], whole, 1e-6)


def test_whoever_has_no_positive_is_left_out_of_a_draws_mean():
    one = made("occurrence")
    truth = one.truth.copy()
    truth[:, 1] &= np.array(one.subjects) == "S0"
    rare = Predictions("occurrence", one.names, one.predicted, truth, one.known, one.subjects)
    weights = np.ones((1, PEOPLE))
    weights[0, 0] = 0
    for name in ("auroc", "average_precision"):
        found, means = draws(rare, name, weights)
        assert np.isnan(found[0]).tolist() == [False, True, False]
        assert means[0] == pytest.approx(np.nanmean(found))
