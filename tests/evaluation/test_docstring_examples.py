import doctest
import importlib

import pytest

MODULES = (
    "mien.comparison.about",
    "mien.comparison.drawing",
    "mien.data.balance",
    "mien.data.divide",
    "mien.data.splits",
    "mien.evaluation.bootstrap",
    "mien.evaluation.classes",
    "mien.evaluation.detection",
    "mien.evaluation.disagreement",
    "mien.evaluation.intensity",
    "mien.evaluation.landmarks",
    "mien.evaluation.meters",
    "mien.evaluation.metrics",
    "mien.evaluation.occurrence",
    "mien.evaluation.paired",
    "mien.evaluation.scoretable",
    "mien.evaluation.scoring",
    "mien.evaluation.together",
    "mien.evaluation.units",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0
    assert found.attempted
