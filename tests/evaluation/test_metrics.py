import numpy as np
import pytest
from scipy import stats

from mien.errors import ShapeError
from mien.evaluation.metrics import icc31, mae, pcc, slope


@pytest.fixture
def numbers():
    rng = np.random.default_rng(2)
    true = rng.uniform(0, 5, (60, 3))
    return 0.5 * true + rng.normal(0, 1, true.shape) + 1, true


def test_pcc_is_scipys(numbers):
    predicted, true = numbers
    wanted = [stats.pearsonr(predicted[:, k], true[:, k]).statistic for k in range(3)]
    np.testing.assert_allclose(pcc(predicted, true), wanted)


def test_slope_is_scipys_regression(numbers):
    predicted, true = numbers
    wanted = [stats.linregress(true[:, k], predicted[:, k]).slope for k in range(3)]
    np.testing.assert_allclose(slope(predicted, true), wanted)


def test_mae_by_hand():
    assert mae([0.0, 1.0, 5.0], [1.0, 1.0, 3.0]) == pytest.approx(1.0)


def analysis_of_variance(first, second):
    """ICC(3,1) by Shrout and Fleiss, 1979, from the mean squares of the two-way table."""
    table = np.stack([first, second], axis=1)
    n, k = table.shape
    rows = k * ((table.mean(axis=1) - table.mean()) ** 2).sum() / (n - 1)
    columns = n * ((table.mean(axis=0) - table.mean()) ** 2).sum()
    total = ((table - table.mean()) ** 2).sum()
    error = (total - rows * (n - 1) - columns) / ((n - 1) * (k - 1))
    return (rows - error) / (rows + (k - 1) * error)


def test_icc_is_the_analysis_of_variance(numbers):
    predicted, true = numbers
    wanted = [analysis_of_variance(predicted[:, k], true[:, k]) for k in range(3)]
    np.testing.assert_allclose(icc31(predicted, true), wanted)


def test_icc_of_the_published_example():
    # Shrout and Fleiss 1979, table 2, judges 1 and 2. By hand: the sums of the pairs deviate from
    # their mean by 46.83 in squares, the differences by 6.83.
    first, second = [9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2]
    rows, error = 46.8333333 / 2 / 5, 6.8333333 / 2 / 5
    assert float(icc31(first, second)) == pytest.approx((rows - error) / (rows + error))


def test_an_offset_costs_icc_nothing_but_a_scale_does():
    true = np.arange(6.0)
    assert icc31(true + 2, true) == pytest.approx(1)
    assert icc31(0.5 * true, true) == pytest.approx(0.8)
    assert pcc(0.5 * true, true) == pytest.approx(1)


def test_a_column_that_does_not_vary_has_no_figure():
    true = np.array([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    assert np.isnan(pcc(true, true)).tolist() == [False, True]
    assert np.isnan(slope(true, true)).tolist() == [False, True]
    assert np.isnan(icc31(true, true)).tolist() == [False, True]


@pytest.mark.parametrize("metric", [pcc, slope, mae, icc31])
def test_different_shapes_are_refused(metric):
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        metric([1, 2, 3], [1, 2])
