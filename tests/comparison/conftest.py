"""Prepared pictures, and two runs on them, for tests that only read."""

import pytest

from tests.comparison.made_runs import PARALLEL, PUBLISHED, run_of
from tests.evaluation.coloured import cache_of

EPOCHS = [
    {"epoch": 0, "train.loss": 3.0, "train.au": 2.0, "validate.au": 2.5, "validate.f1": 0.1},
    {"epoch": 1, "train.loss": 2.0, "train.au": 1.0, "validate.au": 1.5, "validate.f1": 0.2},
]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return cache_of(tmp_path_factory.mktemp("coloured"))


@pytest.fixture(scope="session")
def runs(tmp_path_factory, cache):
    """Red, and what says the opposite; both of fold 2 of three."""
    folder = tmp_path_factory.mktemp("runs")
    one = run_of(folder / "red" / "fold2", cache, expected=(PUBLISHED,), epochs=EPOCHS)
    two = run_of(folder / "dull" / "fold2", cache, -PARALLEL, name="dull", epochs=EPOCHS)
    return one, two
