"""The table under OpenFace's names: signs, units, and what is missing."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mien.results.openface import INTENSITIES, openface_batch, openface_schema
from mien.results.table import make_batch, read_facts, table_schema

UNITS = ["AU1", "AU12", "AU12_L", "AU28", "AU43"]
PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"


def laid(**columns):
    table = table_schema(UNITS, {"version": "1"})
    schema = openface_schema(table)
    return pa.table(openface_batch(make_batch(table, columns), schema))


def test_names_stand_in_the_order_of_openface():
    names = laid(frame=[0], time=[0.0], face=[0]).column_names
    assert names == [
        *("frame", "face_id", "timestamp", "confidence", "success"),
        *("pose_Rx", "pose_Ry", "pose_Rz"),
        *("AU01_r", "AU12_r", "AU45_r", "AU01_c", "AU12_c", "AU28_c", "AU45_c"),
    ]


def test_frames_count_from_one_and_a_frame_without_a_face_is_no_success():
    rows = laid(
        frame=[0, 7], time=[0.0, 0.28], face=[3, None], score=[0.9, None], AU12=[2.0, None]
    ).to_pydict()
    assert rows["frame"] == [1, 8]
    assert rows["timestamp"] == [0.0, 0.28]
    assert (rows["face_id"], rows["success"]) == ([3, None], [1, 0])
    assert rows["confidence"] == pytest.approx([0.9, 0])
    assert (rows["AU12_r"], rows["AU12_c"]) == ([2.0, None], [1, None])


def test_looking_up_is_negative_and_turning_to_ones_right_positive():
    # our yaw is positive where the nose goes to the image's right, the person's left
    rows = laid(frame=[0], time=[0.0], face=[0], pitch=[30.0], yaw=[-45.0], roll=[10.0])
    found = [rows[name][0].as_py() for name in ("pose_Rx", "pose_Ry", "pose_Rz")]
    assert found == pytest.approx(np.radians([-30, 45, 10]))


def test_a_blink_of_a_probability_counts_from_one_half_on():
    rows = laid(frame=[0, 1], time=[0.0, 0.1], face=[0, 0], AU43=[0, 0], AU45_p=[0.49, 0.5])
    assert rows["AU45_c"].to_pylist() == [0, 1]


def test_presence_is_from_trace_on_and_a_blink_is_a_blink():
    rows = laid(
        frame=[0, 1, 2], time=[0.0, 0.1, 0.2], face=[0, 0, 0], AU1=[0.9, 1.0, 4.0],
        AU28=[0.0, 3.0, None], AU43=[4.0, 4.0, 0.0], AU45_p=[0.0, 1.0, None],
    ).to_pydict()  # fmt: skip
    assert rows["AU01_c"] == [0, 1, 1]
    assert rows["AU28_c"] == [0, 1, None]
    assert rows["AU45_r"] == [4.0, 4.0, 0.0]
    assert rows["AU45_c"] == [0, 1, None]


def test_the_facts_of_the_run_stay():
    assert read_facts(openface_schema(table_schema(UNITS, {"version": "1"}))) == {"version": "1"}


def test_the_page_names_every_unit_that_is_given():
    text = PAGE.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| `AU01_r`"))
    said = {int(number) for number in re.findall(r"`AU(\d\d)_r`", row)}
    assert said == set(INTENSITIES) | {45}
