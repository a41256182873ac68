"""Frame by frame: the same numbers as the table, as far as they can be known."""

import pandas as pd
import pytest

import mien
from tests.conftest import BLANK


@pytest.fixture(scope="module")
def readings(clip):
    return list(mien.stream(clip, neutral="none"))


def test_a_reading_for_every_frame(readings):
    assert [reading.frame.index for reading in readings] == list(range(90))
    assert all(len(r.rows) == len(r.faces) == (r.frame.index not in BLANK) for r in readings)


def test_the_numbers_are_those_of_the_table(readings, clip):
    table = pd.DataFrame.from_arrow(mien.analyze(clip, neutral="none")).dropna(subset="face")
    rows = [row for reading in readings for row in reading.rows]
    assert list(rows[0]) == list(table.columns)
    for name in ("time", "AU12", "AU26", "eye_open_L", "yaw"):
        assert [row[name] for row in rows] == pytest.approx(table[name].tolist(), abs=1e-3)


def test_values_are_plain_and_a_blink_is_not_known_yet(readings):
    row = readings[5].rows[0]
    assert row["AU45_p"] is None
    assert all(value is None or isinstance(value, str | int | float) for value in row.values())


def test_the_neutral_comes_with_time(clip):
    used = [reading.rows[0]["neutral"] for reading in mien.stream(clip, end=1.5)]
    assert used[0] == "none"
    assert used[-1] == "auto"


def test_units_that_the_neutral_shows_itself_are_told_by_face(clip, photo):
    *_, last = mien.stream(clip, neutral=photo, end=0.2)
    assert [12 in units for units in last.single_frame_units] == [True] * len(last.faces)
    readings = list(mien.stream(clip, neutral="none", start=0.3, end=1.5))
    assert all(r.single_frame_units == ((),) * len(r.faces) for r in readings)


def test_a_picture_is_one_reading(photo):
    [reading] = mien.stream(photo)
    assert reading.rows[0]["AU12"] > 2
