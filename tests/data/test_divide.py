import numpy as np
import pytest
from sklearn.model_selection import KFold

from mien.data.divide import Choice, Division, deal, given, hold_out, shuffled_folds
from mien.errors import InputError
from tests.data.made_index import made_index


@pytest.mark.parametrize(("count", "folds"), [(593, 10), (593, 7), (20, 20), (11, 2)])
def test_shuffled_folds_are_scikit_learns(count, folds):
    theirs = KFold(folds, shuffle=True, random_state=20).split(np.zeros(count))
    ours = shuffled_folds(count, folds, 20)
    for (_, tested), mine in zip(theirs, ours, strict=True):
        np.testing.assert_array_equal(mine, tested)


def test_folds_are_about_equally_large():
    rng = np.random.default_rng(3)
    counts = {f"S{n:02}": int(rng.integers(50, 400)) for n in range(41)}
    dealt = deal(counts, 5, seed=0)
    assert sorted(name for part in dealt for name in part) == sorted(counts)
    sizes = [sum(counts[name] for name in part) for part in dealt]
    # Dealing the largest first leaves a gap of at most the smallest of the last ones dealt.
    assert max(sizes) - min(sizes) <= 60


def test_the_seed_decides_among_equals_and_nothing_else():
    counts = {f"S{n}": 10 for n in range(12)}
    assert deal(counts, 3, seed=1) == deal(dict(reversed(counts.items())), 3, seed=1)
    assert deal(counts, 3, seed=1) != deal(counts, 3, seed=2)
    assert deal({"a": 1, "b": 9, "c": 5}, 3, seed=5) == [["b"], ["c"], ["a"]]


def division(groups, train):
    train = np.array(train, bool)
    return Division(train, ~train, np.array(groups), "subjects")


def test_a_share_of_the_training_groups_is_held_out_whole():
    groups = np.repeat([f"S{n:02}" for n in range(30)], 4)
    one = division(groups, groups < "S20")
    held = hold_out(one, 0.25, (0, 1))
    chosen = set(groups[held].tolist())
    assert len(chosen) == 5
    assert (np.isin(groups, sorted(chosen)) == held).all()
    assert not (held & ~one.train).any()
    np.testing.assert_array_equal(hold_out(one, 0.25, (0, 1)), held)
    assert not np.array_equal(hold_out(one, 0.25, (1, 1)), held)


def test_at_least_one_is_held_out_and_none_for_zero():
    groups = np.repeat(["a", "b", "c"], 2)
    one = division(groups, groups != "c")
    assert len(set(groups[hold_out(one, 0.01, (0, 1))].tolist())) == 1
    assert not hold_out(one, 0, (0, 1)).any()


def test_somebody_must_be_left_to_train_on():
    groups = np.array(["a", "b"])
    with pytest.raises(InputError, match=r"1 of the subjects and 1 would be held.*held=0"):
        hold_out(division(groups, groups == "a"), 0.1, (0, 1))


def test_a_validation_part_of_the_set_goes_before():
    index = made_index({"a": 3, "b": 3}, part=["train", "train", "validate", "test", "test", ""])
    one = given(index, Choice("given", 1, 1, 0))
    assert hold_out(one, 0.5, (0, 1)).tolist() == [False, False, True, False, False, False]
    assert one.train.tolist() == [True, True, False, False, False, False]
    assert one.test.tolist() == [False, False, False, True, True, False]
