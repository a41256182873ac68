import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_squared_error

from mien.errors import ShapeError
from mien.evaluation import intensity
from mien.evaluation.intensity import ccc, icc31, mae, moments, mse, pcc, slope

EVERY = (pcc, ccc, icc31, mae, mse, slope)


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


def test_errors_are_scikit_learns(numbers):
    predicted, true = numbers
    each = {"multioutput": "raw_values"}
    np.testing.assert_allclose(mae(predicted, true), mean_absolute_error(true, predicted, **each))
    np.testing.assert_allclose(mse(predicted, true), mean_squared_error(true, predicted, **each))


def test_the_hand_numbers_of_the_spec():
    predicted, true = [0, 1, 2, 3, 4], [0, 1, 2, 3, 5]
    assert pcc(predicted, true) == pytest.approx(0.986394, abs=5e-7)
    assert icc31(predicted, true) == pytest.approx(30 / 31)
    assert ccc(predicted, true) == pytest.approx(0.96)
    assert mae(predicted, true) == pytest.approx(0.2)
    assert mse(predicted, true) == pytest.approx(0.2)


def test_icc_is_pingouins():
    # pingouin 0.7.0, intraclass_corr(targets=frame, raters=who, ratings=intensity), row ICC(C,1),
    # which is Shrout and Fleiss' ICC(3,1): 0.757236, and of the table of their paper 0.745342.
    rng = np.random.default_rng(11)
    true = rng.integers(0, 6, 30).astype(float)
    predicted = np.round(0.6 * true + rng.normal(0.7, 0.8, 30), 3)
    assert predicted[:3].tolist() == [1.07, 1.36, 2.938]
    assert icc31(predicted, true) == pytest.approx(0.757236, abs=1e-6)
    assert icc31([9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2]) == pytest.approx(0.745342, abs=1e-6)


def test_concordance_by_its_definition(numbers):
    predicted, true = numbers
    for k in range(3):
        x, y = predicted[:, k], true[:, k]
        below = x.var() + y.var() + (x.mean() - y.mean()) ** 2
        wanted = 2 * ((x - x.mean()) * (y - y.mean())).mean() / below
        assert ccc(x, y) == pytest.approx(wanted)
    assert ccc(true + 2, true).max() < 0.7


@pytest.mark.parametrize("metric", EVERY)
def test_what_is_not_known_counts_nowhere(metric, numbers):
    predicted, true = numbers
    known = np.random.default_rng(3).random(true.shape) < 0.6
    wanted = [metric(predicted[m, k], true[m, k]) for k, m in enumerate(known.T)]
    wild = np.where(known, predicted, np.nan), np.where(known, true, 9)
    np.testing.assert_allclose(metric(*wild, known), wanted)


@pytest.mark.parametrize("name", ["pcc", "ccc", "icc31", "mae", "mse", "slope"])
def test_figures_follow_from_sums_of_parts_about_any_origin(name, numbers):
    predicted, true = numbers
    parts = [moments(predicted[s], true[s], origin=(2.5, 2.5)) for s in (slice(9), slice(9, None))]
    np.testing.assert_allclose(
        getattr(intensity, f"{name}_of")(sum(parts)), getattr(intensity, name)(predicted, true)
    )


def test_a_constant_is_seen_in_sums_of_float32():
    flat = np.full(1000, np.float32(0.1))
    assert np.isnan(pcc(flat, np.arange(1000) % 6))
    assert np.isnan(intensity.pcc_of(moments(flat, np.arange(1000) % 6, origin=(2.5, 2.5))))
    assert icc31(flat, np.arange(1000) % 6) == pytest.approx(0)


def test_one_known_label_is_labelled_and_two_are_correlated():
    known = np.array([[True, True, False], [False, True, False], [False, True, False]])
    values = np.array([[1.0, 2.0, 0.0]] * 3)
    assert intensity.labelled(moments(values, values, known)).tolist() == [True, True, False]
    two = np.array([[True], [True], [False]])
    assert pcc([[1], [3], [0]], [[4], [2], [9]], two).tolist() == [-1]


def test_fewer_than_two_known_labels_give_no_correlation():
    known = np.array([[True, False], [False, False]])
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert np.isnan(pcc(values, values, known)).all()
    assert mae(values, values + 1, known)[0] == 1
    assert np.isnan(mae(values, values, known)[1])


@pytest.mark.parametrize(("count", "errors"), [(0, np.nan), (1, 4.0)])
def test_one_row_has_an_error_and_no_correlation(count, errors):
    said, true = np.full(count, 3.0), np.full(count, 1.0)
    assert np.isnan([metric(said, true) for metric in (pcc, ccc, icc31, slope)]).all()
    np.testing.assert_equal([float(mae(said, true)) ** 2, float(mse(said, true))], [errors] * 2)


@pytest.mark.parametrize("metric", EVERY)
def test_different_shapes_are_refused(metric):
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        metric([1, 2, 3], [1, 2])
