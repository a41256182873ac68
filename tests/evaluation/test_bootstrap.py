import time

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation import bootstrap
from mien.evaluation.bootstrap import difference, draws, intervals
from mien.evaluation.metrics import METRICS, TASKS
from mien.evaluation.predictions import Predictions, values

PEOPLE = 9


def made(task, n=240, seed=0, people=PEOPLE, ties=True):
    """Predictions of three units, or classes; each person has a level of his own."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, people, n)
    own = rng.normal(0, 0.2, people)[owner]
    if task == "expression":
        truth = rng.integers(0, 3, n)
        predicted = np.eye(3)[truth] + rng.normal(0, 0.7, (n, 3))
        known = rng.random(n) < 0.9
    else:
        truth = rng.random((n, 3)) < 0.4 if task == "occurrence" else rng.integers(0, 6, (n, 3))
        noise = rng.normal(0, 0.3, (n, 3)) + own[:, None]
        predicted = np.clip(0.3 + 0.3 * truth + noise, 0, 1 if task == "occurrence" else 5)
        known = rng.random((n, 3)) < 0.9
    names = ("a", "b", "c") if task == "expression" else (1, 2, 4)
    predicted = np.round(predicted, 1) if ties else predicted
    subjects = tuple(f"S{one}" for one in owner)
    return Predictions(task, names, predicted, np.asarray(truth), known, subjects)


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
    monkeypatch.setattr(bootstrap, "CHUNK", 4 * 7)
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


def test_the_interval_is_that_of_draws_one_by_one():
    one = made("occurrence", ties=False)
    found = intervals(one, ["f1"], count=300, seed=7)["f1"]
    rng, figures = np.random.default_rng(7), []
    for weight in rng.multinomial(PEOPLE, np.full(PEOPLE, 1 / PEOPLE), size=300):
        rows = [np.flatnonzero(np.array(one.subjects) == f"S{p}") for p in range(PEOPLE)]
        drawn = np.concatenate([rows[p] for p in range(PEOPLE) for _ in range(weight[p])])
        figures.append(values(one.take(drawn), "f1"))
    low, high = np.quantile(figures, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)
    bounds = np.quantile(np.mean(figures, axis=1), [0.025, 0.975])
    np.testing.assert_allclose(found.mean, bounds)


def test_persons_are_drawn_not_pictures():
    # Everybody's pictures are alike: a hundred copies of each leave the interval as it is.
    one = made("intensity", n=40)
    many = one.take(np.repeat(np.arange(40), 100))
    few, lots = (intervals(each, ["mae"])["mae"] for each in (one, many))
    np.testing.assert_allclose(few.low, lots.low)
    np.testing.assert_allclose(few.mean, lots.mean)


def test_about_95_of_100_intervals_hold_the_truth():
    # The mean error of persons whose own levels are known: of 0.8 times a normal, half normal.
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        level = np.repeat(rng.normal(0, 0.8, 40), 3)[:, None]
        people = tuple(np.repeat(np.arange(40), 3).astype(str))
        one = Predictions(
            "intensity", (1,), level, np.zeros_like(level), np.ones(level.shape, bool), people
        )
        found = intervals(one, ["mse"], count=300, seed=seed)["mse"]
        held += bool(found.low[0] <= 0.64 <= found.high[0])
    # The percentile bootstrap is a little too narrow for a skewed figure of 40 persons.
    assert 0.86 <= held / 200 <= 0.98


def test_the_seed_decides():
    one = made("expression")
    first, same, other = (intervals(one, ["recall"], seed=s)["recall"] for s in (1, 1, 2))
    np.testing.assert_array_equal(first.low, same.low)
    assert first.mean == same.mean
    assert first.mean != other.mean


def test_a_wider_level_gives_a_wider_interval():
    one = made("intensity")
    narrow, wide = (intervals(one, ["pcc"], level=level)["pcc"] for level in (0.5, 0.95))
    assert (wide.low < narrow.low).all()
    assert (wide.high > narrow.high).all()


@pytest.mark.parametrize("people", [None, 1])
def test_persons_are_needed(people):
    one = made("occurrence", people=people or 2)
    lone = Predictions(
        "occurrence", one.names, one.predicted, one.truth, one.known,
        None if people is None else one.subjects,
    )  # fmt: skip
    with pytest.raises(InputError, match="intervals draw persons"):
        intervals(lone)


def test_with_very_many_persons_only_sums_are_drawn(monkeypatch):
    monkeypatch.setattr(bootstrap, "MANY", PEOPLE - 1)
    assert set(intervals(made("occurrence"), count=5)) == {"f1", "accuracy", "balanced_accuracy"}
    assert "auroc" in intervals(made("occurrence"), ["auroc"], count=5)


def test_a_paired_difference_is_surer_than_two_intervals():
    one = made("intensity", n=300)
    better = Predictions(
        "intensity", one.names, 0.9 * one.predicted + 0.1 * one.truth,
        one.truth, one.known, one.subjects,
    )  # fmt: skip
    found = difference(better, one, "mae")
    np.testing.assert_allclose(found.values, values(better, "mae") - values(one, "mae"))
    assert found.mean == pytest.approx(found.values.mean())
    low, high = found.interval.mean
    assert low < found.mean < high < 0
    apart = [intervals(each, ["mae"])["mae"].mean for each in (better, one)]
    assert high - low < min(top - bottom for bottom, top in apart)
    assert (found.interval.low <= found.values).all()


def test_a_difference_to_itself_is_none():
    found = difference(made("expression"), made("expression"), "accuracy", count=20)
    assert found.mean == 0
    assert found.interval.mean == (0, 0)
    assert found.values.tolist() == [0]


def test_a_difference_needs_the_same_pictures():
    with pytest.raises(InputError, match="expected the same pictures in the same order"):
        difference(made("occurrence"), made("occurrence", seed=1), "f1")
    with pytest.raises(InputError, match="'pcc' is no metric of occurrence"):
        difference(made("occurrence"), made("occurrence"), "pcc")


def test_a_thousand_draws_of_a_large_set_take_seconds():
    one = made("occurrence", n=45_000, people=41, ties=False)
    began = time.process_time()
    intervals(one, ["f1", "accuracy"])
    assert time.process_time() - began < 2
