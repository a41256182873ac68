import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.metrics import METRICS, TASKS, mean, metric

NAN = float("nan")


def test_every_task_has_its_metrics():
    assert set(METRICS) == set(TASKS)
    assert next(iter(METRICS["occurrence"])) == "f1"
    assert next(iter(METRICS["intensity"])) == "pcc"
    assert next(iter(METRICS["expression"])) == "accuracy"
    lower = {name for table in METRICS.values() for name, one in table.items() if not one.high}
    assert lower == {"mae", "mse"}


def test_only_correlations_that_do_not_exist_count_as_zero():
    zero = {name for table in METRICS.values() for name, one in table.items() if one.zero}
    assert zero == {"pcc", "ccc", "icc"}


def test_the_mean_of_figures_that_partly_do_not_exist():
    values, labelled = np.array([[0.2, NAN, 0.6, NAN]]), np.array([[True, True, True, False]])
    assert mean(values, labelled, zero=False)[0] == pytest.approx(0.4)
    assert mean(values, labelled, zero=True)[0] == pytest.approx(0.8 / 3)
    assert np.isnan(mean(values, np.zeros((1, 4), bool), zero=True)[0])


def test_what_there_is_not_is_refused_with_what_there_is():
    with pytest.raises(
        InputError, match="'acc' is no metric of occurrence; there are f1, accuracy"
    ):
        metric("occurrence", "acc")
    with pytest.raises(InputError, match="'au' is no task; there are occurrence"):
        metric("au", "f1")
