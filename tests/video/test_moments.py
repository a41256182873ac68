import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.video.moments import Rhythm, read_seconds


@given(
    st.lists(st.integers(0, 100_000), min_size=1, max_size=40, unique=True).map(sorted),
    st.integers(2, 5000),
    st.none() | st.integers(0, 1000),
)
def test_rhythm_picks_the_first_frame_at_or_after_each_moment(stamps, every, start):
    times = [stamp / 1000 for stamp in stamps if start is None or stamp >= start]
    rhythm = Rhythm(every / 1000, None if start is None else start / 1000)
    picked = [time for time in times if rhythm.picks(time)]
    origin = start if start is not None else stamps[0]
    steps = {}
    for time in times:
        steps.setdefault((round(time * 1000) - origin) // every, time)
    assert picked == list(steps.values())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.5", 2.5),
        (4, 4.0),
        (".5", 0.5),
        ("0.2s", 0.2),
        (" 3 S ", 3.0),
        ("200ms", 0.2),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("1:02.5", 62.5),
        ("1:00:02", 3602.0),
    ],
)
def test_seconds_are_read_as_people_write_them(text, seconds):
    assert read_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.int64(2)])
def test_any_number_is_seconds(number):
    assert read_seconds(number) == 2.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "-1",
        "1:2:3:4",
        "5 apples",
        "nan",
        float("nan"),
        -2,
        True,
        False,
        [1],
        2j,
        10**400,
    ],
)
def test_what_is_no_time_is_refused_with_examples(text):
    with pytest.raises(InputError, match=r"start is .* expected seconds .* 1:02\.5"):
        read_seconds(text, "start")
