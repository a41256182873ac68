import numpy as np
import pytest
import scipy.stats

from mien.errors import InputError
from mien.evaluation import bootstrap, occurrence
from mien.evaluation.bootstrap import difference, intervals
from mien.evaluation.predictions import Predictions, values
from tests.evaluation.made_predictions import PEOPLE, made


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
    monkeypatch.setattr(bootstrap, "MANY", PEOPLE)
    assert "auroc" in intervals(made("occurrence"), count=5)


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


def off_by(errors, subjects):
    """Intensities that are off by so much, of a truth of 1."""
    truth = np.ones((len(errors), 1))
    said = truth + np.asarray(errors, float)[:, None]
    return Predictions("intensity", (12,), said, truth, np.ones_like(truth, bool), subjects)


def test_a_paired_difference_of_two_persons_is_that_worked_by_hand():
    # Of two draws from a and b: a twice in a quarter of them, one each in half, b twice in a
    # quarter. Errors of a: 1 and 3 against 1 and 1, of b: 2 and 2 against 3 and 3.
    people = ("a", "a", "b", "b")
    first, second = off_by([1, 3, 2, 2], people), off_by([1, 1, 3, 3], people)
    found = difference(first, second, "mae", count=2000)
    assert (found.mean, found.values.tolist()) == (0.0, [0.0])
    assert found.interval.mean == (-1.0, 1.0)
    assert (found.interval.low.tolist(), found.interval.high.tolist()) == ([-1.0], [1.0])
    # the middle 40 % lie in the half in which each is drawn once
    assert difference(first, second, "mae", count=2000, level=0.4).interval.mean == (0.0, 0.0)


def test_a_paired_difference_is_scipy_s():
    rng = np.random.default_rng(5)
    hard = np.abs(rng.normal(1, 0.6, 14))  # a person is hard for both
    one = np.abs(hard + rng.normal(0, 0.2, 14))
    two = np.abs(hard + rng.normal(0.15, 0.2, 14))
    people = tuple(str(number) for number in np.repeat(np.arange(14), 3))
    found = difference(
        off_by(np.repeat(one, 3), people), off_by(np.repeat(two, 3), people), "mae", count=20_000
    )
    theirs = scipy.stats.bootstrap(
        (one, two),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert found.mean == pytest.approx(one.mean() - two.mean())
    width = theirs.high - theirs.low
    assert found.interval.mean == pytest.approx((theirs.low, theirs.high), abs=0.02 * width)


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


def test_pictures_are_summed_once_for_all_draws(monkeypatch):
    one, asked, terms = made("occurrence"), [], occurrence.terms
    monkeypatch.setattr(occurrence, "terms", lambda *given: asked.append(1) or terms(*given))
    intervals(one, ["f1", "accuracy"], count=50)
    assert len(asked) == 2  # once for each metric
