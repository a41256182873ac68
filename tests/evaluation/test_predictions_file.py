"""Predictions as a table: every cell, what is null, and what the columns say of themselves."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from mien.data.labels import STILL, Index
from mien.evaluation.predictions import Predictions
from mien.evaluation.predictions_file import write_predictions
from mien.results.table import read_facts

ROWS = np.array([2, 0])
INDEX = Index(
    "made", Path("nowhere"), ("a.png", "b.png", "c.mp4"), np.array([STILL, STILL, 7]),
    np.array([1, 2, 8]), ("anna", "anna", "bert"), ("A", "A", "B"),
)  # fmt: skip
SAID = np.array([[0.9, 0.25], [0.5, 1.0]], np.float32)
KNOWN = np.array([[True, False], [True, True]])


def written(tmp_path, one, **more):
    path = tmp_path / "p.parquet"
    write_predictions(one, INDEX, ROWS, path, **more)
    return pyarrow.parquet.read_table(path)


@pytest.mark.parametrize(
    ("task", "end", "unit", "meaning"),
    [
        ("occurrence", "_p", b"0-1", b"probability by the network"),
        ("intensity", "", b"0-5", b"intensity by the network"),
    ],
)
def test_a_picture_is_a_row_with_what_was_said_and_what_is_so(tmp_path, task, end, unit, meaning):
    table = written(tmp_path, Predictions(task, (12, 4), SAID, np.array([[1, 1], [0, 1]]), KNOWN))
    assert table.to_pydict() == {
        "path": ["c.mp4", "a.png"],
        "frame": [7, None],
        "number": [8, 1],
        "subject": ["bert", "anna"],
        "sequence": ["B", "A"],
        f"AU12{end}": [pytest.approx(0.9), 0.5],
        "AU12_label": [1, 0],
        f"AU4{end}": [0.25, 1],
        "AU4_label": [None, 1],
    }
    assert table.field(f"AU12{end}").metadata == {b"unit": unit, b"meaning": meaning}
    assert table.field("AU4_label").metadata[b"unit"] == unit
    assert table.field("AU4_label").type == pa.float32()


def test_of_expressions_the_most_probable_is_named_and_an_unknown_one_is_null(tmp_path):
    one = Predictions(
        "expression", ("Glad", "in awe"), SAID, np.array([1, 0]), np.array([False, True])
    )
    columns = written(tmp_path, one).to_pydict()
    assert list(columns)[5:] == ["glad_p", "in_awe_p", "expression", "expression_label"]
    assert columns["in_awe_p"] == [0.25, 1]
    assert columns["expression"] == ["Glad", "in awe"]
    assert columns["expression_label"] == [None, "Glad"]


def test_errors_of_landmarks_and_the_facts_of_the_run_stand_with_them(tmp_path):
    errors = np.array([0.25, np.nan])
    one = Predictions("occurrence", (12, 4), SAID, np.zeros((2, 2)), KNOWN, errors=errors)
    table = written(tmp_path, one, facts={"fold": 3})
    assert table.column_names[-1] == "landmark_error"
    assert table["landmark_error"].to_pylist() == [0.25, None]
    assert read_facts(table.schema) == {"fold": 3}
