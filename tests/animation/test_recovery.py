"""Planted movements found again in curves."""

import numpy as np
import pytest

from mien.animation.events import Event
from mien.animation.recovery import find_again

TIMES = np.arange(150) / 30
SMILE = Event({(12, ""): 4.0}, 1.0, 2.0)
BLINK = Event({(43, ""): 5.0}, 3.5, 0.3)


def curve(*events, gain=0.6, rest=0.4):
    return [rest + gain * 5 * sum(event.level(time) for event in events) for time in TIMES]


@pytest.mark.parametrize("event", [SMILE, BLINK])
def test_half_heights_are_found_between_the_frames(event):
    found = find_again(TIMES, curve(SMILE, BLINK), event, [SMILE, BLINK])
    assert found.half_rise == pytest.approx(event.half_rise, abs=0.01)
    assert found.half_fall == pytest.approx(event.half_fall, abs=0.01)
    assert found.height == pytest.approx(3.0, abs=0.15)


def test_a_lag_is_measured():
    values = [0.0] * 4 + curve(SMILE)[:-4]
    found = find_again(TIMES, values, SMILE)
    assert found.half_rise - SMILE.half_rise == pytest.approx(4 / 30, abs=0.01)


def test_noise_and_gaps_do_not_hide_it():
    noise = np.random.default_rng(1).normal(0, 0.1, len(TIMES))
    values = [None if index % 7 == 3 else value for index, value in enumerate(curve(SMILE) + noise)]
    found = find_again(TIMES, values, SMILE)
    assert found.half_rise == pytest.approx(SMILE.half_rise, abs=0.06)


@pytest.mark.parametrize(
    "values",
    [
        [0.5] * 150,
        [None] * 150,
        curve(SMILE, gain=0.02),
        [min(time, 1.0) * 5 for time in TIMES],
    ],
    ids=["flat", "unknown", "too low", "never comes back"],
)
def test_what_is_not_there_is_not_found(values):
    assert find_again(TIMES, values, SMILE) is None


def test_without_any_rest_nothing_is_said():
    always = Event({(12, ""): 1.0}, 0.0, 10.0)
    assert find_again(TIMES, curve(SMILE), SMILE, [always]) is None
