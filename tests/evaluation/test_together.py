"""Units that occur together, counted by hand and by numpy."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.predictions import Predictions
from mien.evaluation.together import MOST, has_pairs, together


def made(units, pictures=60, seed=0, known=None):
    rng = np.random.default_rng(seed)
    shape = pictures, len(units)
    truth = (rng.random(shape) < 0.4).astype(float)
    mask = np.ones(shape, bool) if known is None else rng.random(shape) < known
    return Predictions("occurrence", tuple(units), rng.random(shape), truth, mask)


def test_shares_and_correlations_are_numpy_s():
    one = made((1, 2, 4), known=0.8)
    found = together(one)
    assert [pair.units for pair in found.pairs] == [(1, 2), (1, 4), (2, 4)]
    for pair in found.pairs:
        a, b = (one.names.index(unit) for unit in pair.units)
        rows = one.known[:, a] & one.known[:, b]
        assert 0 < pair.pictures == rows.sum() < 60
        for place, table in enumerate((one.truth, one.predicted >= 0.5)):
            x, y = table[rows, a].astype(float), table[rows, b].astype(float)
            assert pair.both[place] == pytest.approx((x * y).mean())
            assert pair.phi[place] == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_the_threshold_decides_and_is_within():
    known = np.ones((2, 2), bool)
    said = np.array([[0.7, 0.7], [0.69, 0.9]])
    one = Predictions("occurrence", (1, 2), said, np.array([[1, 1], [0, 0]]), known, None, 0.7)
    (pair,) = together(one).pairs
    assert pair.both == (0.5, 0.5)
    assert pair.phi == (1.0, None)  # the second is always predicted


def test_pairs_that_nobody_knows_have_no_figures():
    known = np.array([[True, False], [False, True]])
    one = Predictions("occurrence", (1, 2), np.zeros((2, 2)), np.zeros((2, 2)), known)
    found = together(one)
    assert found.pairs[0].pictures == 0
    assert found.pairs[0].both == found.pairs[0].phi == (None, None)
    assert "| AU1 + AU2 | 0 | – | – | – | – |" in found.to_markdown()
    assert found.to_values()[0]["units"] == (1, 2)


def test_the_table_says_how_far_they_are_apart():
    known = np.ones((4, 2), bool)
    truth = np.array([[1, 1], [1, 1], [0, 0], [0, 0]])
    said = np.array([[0.9, 0.9], [0.9, 0.1], [0.1, 0.1], [0.1, 0.1]])
    text = together(Predictions("occurrence", (6, 12), said, truth, known)).to_markdown()
    assert "| AU6 + AU12 | 4 | 0.500 | 0.250 | 1.000 | 0.577 |" in text
    assert "shares differ by 0.250 on average, phi by 0.423." in text


def test_a_table_of_pairs_is_of_two_units_or_more_that_are_there_or_not():
    assert has_pairs(made((1, 2)))
    assert not has_pairs(made((1,)))
    one = made((1, 2))
    assert not has_pairs(Predictions("intensity", one.names, one.predicted, one.truth, one.known))


def test_where_no_two_units_vary_shares_alone_are_compared():
    flat = np.ones((3, 2))
    text = together(Predictions("occurrence", (1, 2), flat, flat, flat > 0)).to_markdown()
    assert text.endswith("Over all pairs the shares differ by 0.000 on average.\n")


def test_many_units_show_their_most_related_pairs():
    one = made(range(1, 15))
    one.truth[:, 13] = one.truth[:, 0]
    text = together(one).to_markdown()
    assert len(together(one).pairs) == 91
    assert text.count(" + AU") == MOST
    assert "AU1 + AU14 " in text
    assert "Of 91 pairs the 66 most related are shown." in text
    assert "most related" not in together(made(range(1, 13))).to_markdown()


def test_intensities_are_correlated_as_they_are():
    rng = np.random.default_rng(3)
    truth, said = rng.integers(0, 6, (50, 2)), 5 * rng.random((50, 2))
    known = np.ones((50, 2), bool)
    (pair,) = together(Predictions("intensity", (1, 2), said, truth, known)).pairs
    for place, table in enumerate((truth, said)):
        assert pair.both[place] == pytest.approx((table >= 1).all(axis=1).mean())
        assert pair.phi[place] == pytest.approx(np.corrcoef(table.T)[0, 1])


def test_the_last_digit_of_float32_is_no_relation():
    said = np.full((3000, 2), 4.9, np.float32)
    said[[0, 1], [0, 1]] = np.nextafter(np.float32(4.9), np.float32(5))
    truth = np.random.default_rng(0).integers(0, 6, said.shape)
    one = Predictions("intensity", (1, 2), said, truth, np.ones(said.shape, bool))
    assert together(one).pairs[0].phi[1] is None


def test_classes_do_not_occur_together():
    known = np.ones(1, bool)
    with pytest.raises(InputError, match="predictions are of expression"):
        together(Predictions("expression", ("a", "b"), np.eye(2)[:1], np.zeros(1, int), known))
