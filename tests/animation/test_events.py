"""When a face moves: ramps, moments, overlaps, sides, refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mien.animation.events import Event, Script, apart, names
from mien.errors import InputError

SMILE = {(12, ""): 4.0, (6, "L"): 3.0}


def test_levels_rise_stay_and_fall():
    event = Event(SMILE, start=1.0, duration=2.0)
    assert event.level(0.99) == 0
    assert event.level(1.2) == pytest.approx(0.5)
    assert event.level(1.4) == pytest.approx(1)
    assert event.level(2.6) == pytest.approx(1)
    assert event.level(2.8) == pytest.approx(0.5)
    assert event.level(3.0) == 0
    assert (event.half_rise, event.half_fall) == (pytest.approx(1.2), pytest.approx(2.8))


def test_a_short_movement_still_reaches_its_height():
    blink = Event({(43, ""): 5.0}, start=2.0, duration=0.3)
    assert blink.rise == pytest.approx(0.15)
    assert blink.level(2.15) == pytest.approx(1)


def test_without_a_ramp_it_jumps():
    event = Event(SMILE, 1.0, 1.0, ramp=0.0)
    assert [event.level(time) for time in (0.999, 1.001, 1.999, 2.001)] == [0, 1, 1, 0]


@given(some.floats(0, 10), some.floats(0.05, 5), some.floats(0.01, 2), some.floats(-1, 20))
def test_levels_are_shares(start, duration, ramp, time):
    event = Event(SMILE, start, duration, ramp)
    assert 0 <= event.level(time) <= 1 + 1e-12
    mirrored = event.level(event.start + event.end - time)
    assert event.level(time) == pytest.approx(mirrored, abs=1e-5)


def test_movements_of_the_same_unit_add_up_within_the_scale():
    script = Script([Event({(12, ""): 2.0}, 0, 4), Event({(12, "L"): 4.5}, 1, 2)], length=4)
    assert script.at(2.0) == {(12, "L"): 5.0, (12, "R"): 2.0}
    assert script.height == {(12, "L"): 5.0, (12, "R"): 2.0}
    assert script.at(0.9) == {(12, "L"): 2.0, (12, "R"): 2.0}
    assert script.units == ((12, "L"), (12, "R"))


def test_a_smile_can_be_taken_back_and_given_again():
    rest, smile = Event({(12, ""): -3.0}, 0, 4, 0.0), Event({(12, ""): 3.0}, 1, 2, 0.5)
    script = Script([rest, smile], 4)
    assert script.at(0.0) == {(12, "L"): -3.0, (12, "R"): -3.0}
    assert script.at(1.25) == {(12, "L"): pytest.approx(-1.5), (12, "R"): pytest.approx(-1.5)}
    assert script.at(2.0) == {(12, "L"): 0.0, (12, "R"): 0.0}


def test_times_are_those_of_the_rate():
    times = Script([Event(SMILE, 1, 2)], length=5, rate=30).times
    assert len(times) == 150
    assert times[31] == pytest.approx(31 / 30)
    assert Script([], length=0.001).times == (0.0,)


def test_a_named_side_goes_before_both():
    assert apart({(12, ""): 4.0, (12, "L"): 0.0}) == {(12, "L"): 0.0, (12, "R"): 4.0}
    assert apart({(26, ""): 4.0}) == {(26, ""): 4.0}


def test_names_are_the_columns_of_the_table():
    assert names({(12, "L"): 3.0, (26, ""): 2.0}) == {"AU12": 1.5, "AU12_L": 3.0, "AU26": 2.0}


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ({(11, ""): 1.0}, "AU11 cannot be animated; these can: 1, 2, 4"),
        ({(26, "L"): 1.0}, "moves as a whole; write 26=1"),
        ({(12, ""): -5.5}, "below 0 to take back"),
        ({(12, ""): 5.5}, "expected 0 to 5"),
        ({(12, ""): math.nan}, "expected 0 to 5"),
    ],
)
def test_impossible_units_are_refused(units, words):
    with pytest.raises(InputError, match=words):
        Event(units, 1.0, 1.0)


@pytest.mark.parametrize(
    ("start", "duration", "ramp"),
    [
        (-1, 1, 0.4),
        (math.nan, 1, 0.4),
        (1, 0, 0.4),
        (1, math.inf, 0.4),
        (1, 1, -1),
        (1, math.nan, 0),
    ],
)
def test_impossible_times_are_refused(start, duration, ramp):
    with pytest.raises(InputError, match="expected"):
        Event(SMILE, start, duration, ramp)


@pytest.mark.parametrize(("length", "rate"), [(0, 30), (9999, 30), (5, 0.5), (5, 1000)])
def test_impossible_clips_are_refused(length, rate):
    with pytest.raises(InputError, match="expected"):
        Script([], length, rate)
