"""The running median of intensities."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.facs.emotions import smooth

THIRTY = np.arange(40) / 30


def test_one_spike_is_gone_and_a_step_stays():
    values = np.zeros((40, 2), np.float32)
    values[10, 0] = 5
    values[20:, 1] = 3
    smoothed = smooth(values, THIRTY)
    assert smoothed[:, 0].max() == 0
    assert (smoothed[:, 1] == values[:, 1]).all()


def test_a_spike_of_two_frames_is_gone_and_one_of_three_stays():
    values = np.zeros((40, 2), np.float32)
    values[10:12, 0] = 5
    values[20:23, 1] = 5
    smoothed = smooth(values, THIRTY)
    assert smoothed[:, 0].max() == 0
    assert (smoothed[:, 1] == values[:, 1]).all()


def test_nothing_is_smoothed_over_a_gap():
    values = np.array([[0], [0], [5], [5]], np.float32)
    times = np.array([0, 1 / 30, 1, 1 + 1 / 30])
    assert smooth(values, times)[:, 0].tolist() == [0, 0, 5, 5]


def test_frames_far_apart_stay_as_they_are():
    values = np.random.default_rng(3).uniform(0, 5, (20, 3)).astype(np.float32)
    assert (smooth(values, np.arange(20.0)) == values).all()


def test_missing_values_stay_missing_and_harm_no_neighbour():
    values = np.ones((9, 1), np.float32)
    values[4] = np.nan
    smoothed = smooth(values, THIRTY[:9])[:, 0]
    assert np.isnan(smoothed).tolist() == [False] * 4 + [True] + [False] * 4
    assert np.nanmax(smoothed) == np.nanmin(smoothed) == 1


def test_no_frames():
    assert smooth(np.zeros((0, 3), np.float32), np.zeros(0)).shape == (0, 3)


@given(st.lists(st.floats(0, 5, width=32), min_size=1, max_size=30))
def test_inside_it_is_the_median_of_five(values):
    column = np.array(values, np.float32)[:, None]
    smoothed = smooth(column, np.arange(len(column)) / 30)
    for row in range(len(column)):
        window = column[max(row - 2, 0) : row + 3, 0]
        assert smoothed[row, 0] == np.float32(np.median(window.astype(np.float64)))
    assert smoothed.shape == column.shape
