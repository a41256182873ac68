"""Which of two networks is called better, and when neither is."""

from types import SimpleNamespace

import pytest

from mien.comparison.compare import Versus
from mien.comparison.sections import verdict


def versus(mean, low, high):
    return Versus(0, 1, SimpleNamespace(mean=mean, interval=SimpleNamespace(mean=(low, high))))


def compared(task, metric):
    return SimpleNamespace(
        about=SimpleNamespace(task=task), metric=metric, standings=[SimpleNamespace()] * 2
    )


@pytest.mark.parametrize(
    ("task", "metric", "difference", "said"),
    [
        ("occurrence", "f1", (0.2, 0.1, 0.3), "A is better"),
        ("occurrence", "f1", (-0.2, -0.3, -0.1), "B is better"),
        ("intensity", "mae", (0.2, 0.1, 0.3), "B is better"),
        ("intensity", "mae", (-0.2, -0.3, -0.1), "A is better"),
        ("intensity", "pcc", (-0.2, -0.3, 0.1), "not told apart"),
        ("intensity", "pcc", (0.2, -0.1, 0.3), "not told apart"),
    ],
)
def test_the_better_one_is_named_by_what_the_metric_wants(task, metric, difference, said):
    assert verdict(versus(*difference), compared(task, metric)) == said
