"""Blinks and closed eyes in planted courses of eye openness."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.analysis.blinks import BLINK, CLOSED, blinks, watch
from mien.errors import InputError, ShapeError

OPEN, SHUT = 0.32, 0.08


def course(planted, seconds=10.0, rate=30.0, noise=0.0, level=OPEN, times=None):
    """Times and openness with closures planted as (start, end), sides 0.05 s long."""
    if times is None:
        times = np.arange(round(seconds * rate)) / rate
    ratio = np.full(len(times), level)
    for start, end in planted:
        ramp = np.interp(
            times,
            [start - 0.025, start + 0.025, end - 0.025, end + 0.025],
            [0, 1, 1, 0],
            left=0,
            right=0,
        )
        ratio -= (level - SHUT) * ramp
    return times, ratio + np.random.default_rng(1).normal(0, noise, len(times))


PLANTED = [(1.0, 1.2), (3.5, 3.65), (6.0, 6.3)]


@pytest.mark.parametrize("rate", [25, 30, 60, 120])
def test_planted_blinks_are_found_at_any_rate(rate):
    found = blinks(*course(PLANTED, rate=rate, noise=0.01))
    assert len(found) == 3
    for blink, (start, end) in zip(found, PLANTED, strict=True):
        assert blink.start == pytest.approx(start, abs=0.04)
        assert blink.end == pytest.approx(end, abs=0.04)
        assert start <= blink.peak <= end
        assert blink.amplitude == pytest.approx(OPEN - SHUT, abs=0.05)
        assert (blink.unit, blink.complete) == (BLINK, True)
        assert blink.duration == blink.end - blink.start


def test_uneven_frames_do_not_matter():
    times = np.cumsum(np.random.default_rng(2).choice([1 / 60, 1 / 30, 1 / 22], 400))
    found = blinks(*course(PLANTED, times=times))
    assert [blink.start for blink in found] == pytest.approx([1.0, 3.5, 6.0], abs=0.04)


def test_times_need_not_start_at_zero():
    times, ratio = course(PLANTED)
    assert [blink.start for blink in blinks(times + 1000, ratio)] == pytest.approx(
        [1001.0, 1003.5, 1006.0], abs=0.04
    )


def test_eyes_closed_for_long_are_no_blink():
    seen = watch(*course([(2.0, 2.2), (4.0, 6.0)]))
    assert [(item.unit, item.complete) for item in seen.closures] == [
        (BLINK, True),
        (CLOSED, True),
    ]
    assert seen.summary.count == 1
    assert set(seen.unit.tolist()) == {0, BLINK, CLOSED}
    assert (seen.unit[130:170] == CLOSED).all()


@pytest.mark.parametrize(("duration", "unit"), [(0.46, BLINK), (0.54, CLOSED)])
def test_half_a_second_is_the_border(duration, unit):
    (closure,) = watch(*course([(2.0, 2.0 + duration)])).closures
    assert closure.unit == unit


def test_one_frame_is_too_short_at_thirty_and_two_are_enough():
    times, ratio = course([])
    ratio[100] = SHUT
    assert blinks(times, ratio) == []
    ratio[101] = SHUT
    assert len(blinks(times, ratio)) == 1


def test_three_frames_are_too_short_at_120():
    times, ratio = course([], rate=120)
    ratio[100:103] = SHUT
    assert blinks(times, ratio) == []
    ratio[103:108] = SHUT
    assert len(blinks(times, ratio)) == 1


def test_closures_less_than_a_tenth_apart_are_one():
    assert len(blinks(*course([(2.0, 2.15), (2.22, 2.4)]))) == 1
    assert len(blinks(*course([(2.0, 2.15), (2.3, 2.45)]))) == 2


def test_a_clip_that_starts_with_closed_eyes():
    seen = watch(*course([(-1.0, 2.0), (5.0, 5.2)]))
    first, second = seen.closures
    assert (first.unit, first.complete, first.start) == (CLOSED, False, 0.0)
    assert (second.unit, second.complete) == (BLINK, True)
    assert seen.open_eye == pytest.approx(OPEN)


@pytest.mark.parametrize("planted", [(1.0, 9.0), (4.5, 20.0)])
def test_the_open_eye_is_known_where_the_eyes_are_mostly_closed(planted):
    seen = watch(*course([planted]))
    assert seen.open_eye == pytest.approx(OPEN)
    assert len(seen.closures) == 1


def test_eyes_that_never_open():
    times, ratio = course([], level=0.09, noise=0.005)
    seen = watch(times, ratio)
    assert [item.unit for item in seen.closures] == [CLOSED]
    assert seen.summary.count == 0
    assert seen.summary.perclos == pytest.approx(1, abs=0.02)


def test_a_blink_cut_off_by_the_end_is_not_counted():
    seen = watch(*course([(9.9, 11.0)]))
    assert [(item.unit, item.complete) for item in seen.closures] == [(BLINK, False)]
    assert seen.summary.count == 0
    assert blinks(*course([(9.9, 11.0)])) == []


def test_wide_eyes_do_not_make_normal_eyes_closed():
    times, ratio = course([(3.0, 3.2)])
    ratio[150:200] *= 1.5
    assert [blink.start for blink in blinks(times, ratio)] == pytest.approx([3.0], abs=0.04)


@pytest.mark.parametrize("level", [0.22, 0.3, 0.45])
def test_the_threshold_is_the_persons_own(level):
    assert len(blinks(*course(PLANTED, level=level, noise=0.004))) == 3


def test_the_open_eye_may_change_in_the_course_of_a_clip():
    times, ratio = course([(5.0, 5.2), (55.0, 55.2)], seconds=60)
    ratio *= np.interp(times, [20, 40], [1, 0.62])
    assert [blink.start for blink in blinks(times, ratio)] == pytest.approx([5, 55], abs=0.05)


def test_a_turned_head_hides_its_blinks():
    times, ratio = course(PLANTED)
    yaw = np.where((times > 3) & (times < 4), -35.0, 10.0)
    seen = watch(times, ratio, yaw)
    assert seen.summary.count == 2
    assert not seen.known[(times > 3.02) & (times < 3.98)].any()
    assert seen.summary.watched == pytest.approx(9, abs=0.2)
    assert seen.summary.reason is None


def test_a_lost_face_cuts_a_closure_off():
    times, ratio = course([(2.0, 2.3)])
    ratio[65:] = np.nan
    (closure,) = watch(times, ratio).closures
    assert not closure.complete


def test_a_gap_in_the_frames_cuts_a_closure_off():
    times, ratio = course([(2.0, 2.3)])
    keep = (times < 2.1) | (times > 2.4)
    (closure,) = watch(times[keep], ratio[keep]).closures
    assert not closure.complete


@pytest.mark.parametrize(
    ("times", "ratio", "yaw", "why"),
    [
        (np.arange(50) / 10, np.full(50, 0.3), None, "0.1 s apart.*15 frames per second"),
        (np.arange(50) / 30, np.full(50, 0.3), np.full(50, 31.0), "turned by more than 30"),
        (np.arange(50) / 30, np.full(50, np.nan), None, "no face"),
        (np.zeros(0), np.zeros(0), None, "no face"),
        (np.zeros(1), np.full(1, 0.3), None, "no two frames in a row"),
    ],
)
def test_where_blinks_cannot_be_seen_it_says_why(times, ratio, yaw, why):
    seen = watch(times, ratio, yaw)
    assert seen.closures == ()
    assert not seen.known.any()
    assert len(seen.unit) == len(seen.open_eye) == len(times)
    summary = seen.summary
    assert (summary.count, summary.rate, summary.perclos, summary.mean_duration) == (None,) * 4
    assert re.search(why, summary.reason)


@pytest.mark.parametrize("rate", [15, 24, 29.97])
def test_slow_but_enough(rate):
    assert watch(*course([(2.0, 2.3)], rate=rate)).summary.count == 1


def test_fifteen_frames_with_times_rounded_to_milliseconds():
    times, ratio = course([(2.0, 2.3)], rate=15)
    assert watch(np.round(times, 3), ratio).summary.count == 1


def test_the_summary_of_planted_blinks():
    summary = watch(*course(PLANTED)).summary
    assert summary.count == 3
    assert summary.watched == pytest.approx(299 / 30)
    assert summary.rate == pytest.approx(3 * 60 / summary.watched)
    assert summary.mean_duration == pytest.approx((0.2 + 0.15 + 0.3) / 3, abs=0.03)
    assert summary.mean_amplitude == pytest.approx(OPEN - SHUT, abs=0.02)


def test_perclos_is_the_share_of_time_with_eyes_four_fifths_closed():
    summary = watch(*course([(2.0, 4.5)])).summary
    assert summary.perclos == pytest.approx(0.25, abs=0.01)
    times, ratio = course([])
    assert watch(times, ratio).summary.perclos == 0
    times, ratio = course([(2.0, 2.2)])
    ratio[150:240] = SHUT + 0.3 * (OPEN - SHUT)
    assert watch(times, ratio).summary.perclos == pytest.approx(0.02, abs=0.01)


def test_perclos_weighs_frames_by_the_time_they_hold():
    times = np.concatenate([np.arange(0, 5, 1 / 60), np.arange(5, 10, 1 / 30)])
    assert watch(*course([(6.0, 8.0)], times=times)).summary.perclos == pytest.approx(0.2, abs=0.01)


def test_both_eyes_may_be_given():
    times, ratio = course(PLANTED)
    both = np.stack([ratio + 0.02, ratio - 0.02], axis=1)
    assert blinks(times, both) == blinks(times, both.mean(axis=1))


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match="as many of each"):
        watch(np.zeros(3), np.zeros(4))
    with pytest.raises(InputError, match="go back"):
        watch(np.array([0.0, 0.2, 0.1]), np.full(3, 0.3))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.5, 1.5), st.floats(0.15, 0.4)), max_size=6),
    st.sampled_from([24.0, 30.0, 50.0]),
    st.sampled_from([0.25, 0.32, 0.4]),
)
def test_any_blinks_well_apart_are_found(gaps, rate, level):
    planted, moment = [], 0.0
    for gap, duration in gaps:
        planted.append((moment + gap, moment + gap + duration))
        moment += gap + duration
    times, ratio = course(planted, seconds=moment + 1, rate=rate, level=level)
    found = blinks(times, ratio)
    assert [blink.start for blink in found] == pytest.approx([p[0] for p in planted], abs=0.045)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 0.5), st.just(float("nan"))), max_size=60))
def test_any_course_gives_finite_numbers(values):
    seen = watch(np.arange(len(values)) / 30, np.array(values))
    for item in seen.closures:
        assert np.isfinite([item.start, item.end, item.peak, item.amplitude]).all()
        assert item.start <= item.peak <= item.end
    assert seen.summary.perclos is None or 0 <= seen.summary.perclos <= 1
