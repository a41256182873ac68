"""A detector of one's own in an analysis: it finds the faces, and its classes become columns."""

import json

import numpy as np
import pytest

import mien
from mien.analysis.classes import class_columns
from mien.analysis.networks import Networks
from mien.errors import InputError
from mien.results.table import read_facts
from tests.made_detector import write

HERE = [[11, 4, 18, 12]]
"""The astronaut's face, in a square of 32."""


@pytest.fixture
def detector(tmp_path):
    return write(tmp_path / "awake.onnx", boxes=HERE, scores=[[0.3, 0.7]])


def test_the_face_it_finds_has_its_class(photo, detector):
    table = mien.analyze(photo, detector=detector)
    row = {name: table.column(name)[0].as_py() for name in table.schema.names}
    assert row["face"] == 0
    assert row["detected"] == "sleep"
    assert (row["awake_score"], row["sleep_score"]) == pytest.approx((0.3, 0.7))
    assert table.schema.names[-3:] == ["awake_score", "sleep_score", "detected"]
    assert read_facts(table.schema)["detector"]["name"] == "made-up"
    plain = mien.analyze(photo)
    for side in ("x0", "y0", "x1", "y1"):  # the mesh is fitted to where the face is
        assert row[side] == pytest.approx(plain.column(side)[0].as_py(), abs=4)
    assert "detected" not in plain.schema.names


def test_where_it_finds_nothing_there_is_no_face(photo, tmp_path):
    blind = write(tmp_path / "blind.onnx", boxes=HERE, scores=[[0.1, 0.2]])
    table = mien.analyze(photo, detector=blind)
    assert table.column("face").to_pylist() == [None]
    assert table.column("detected").to_pylist() == [None]


def test_what_is_no_detector_is_refused(photo, tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        mien.analyze(photo, detector=tmp_path / "none.onnx")


def test_its_hash_is_in_the_report(detector):
    assert Networks().with_detector(None).classed is None
    found = Networks().with_detector(detector)
    assert found.detected_classes == ("awake", "sleep")
    assert json.dumps(list(found.hashes())).count("awake.onnx") == 1


def test_columns_by_hand():
    scores = np.array([[0.2, 0.6], [np.nan, np.nan], [0.9, 0.1]], np.float32)
    found = class_columns(("Awake", "fast asleep"), scores)
    assert found["detected"] == ["fast asleep", None, "Awake"]
    assert np.array_equal(found["fast_asleep_score"], scores[:, 1], equal_nan=True)
