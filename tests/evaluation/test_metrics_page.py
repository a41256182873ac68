"""The page of metrics names what there is."""

from pathlib import Path

import pytest

from mien.data.balance import WEIGHTS
from mien.data.protocols import PROTOCOLS
from mien.evaluation.metrics import METRICS, TASKS

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_has_its_row(task):
    for name, metric in METRICS[task].items():
        assert f"| {metric.title} | `{name}` | " in PAGE, name


def test_every_protocol_and_weight_has_its_row():
    rows = {
        line.partition("` | ")[0].removeprefix("| `")
        for line in PAGE.splitlines()
        if "` | " in line
    }
    assert set(PROTOCOLS) | set(WEIGHTS) <= rows
