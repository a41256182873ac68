"""The golden numbers, and how far something may be from them."""

import math

import pytest

from mien.doctor.golden import judge_network, judge_photo, limit_of, read_golden
from mien.doctor.patterns import Asked, deviation, pattern
from mien.facs.units import UNITS
from mien.weights.catalog import read_catalog


def test_the_numbers_are_of_the_networks_of_the_catalogue():
    catalog, golden = read_catalog(), read_golden()
    names = [*catalog.fetched, *catalog.shipped]
    assert golden.holds(catalog, names), "write them anew: python tests/house/golden.py"
    assert set(golden.patterns) == set(golden.networks) == set(names)


def test_every_network_says_numbers_that_differ():
    for name, answers in read_golden().patterns.items():
        values = [value for one in answers.values() for value in one]
        assert len({round(value, 3) for value in values}) >= 5, name


def test_the_photograph_shows_a_smile():
    photo = read_golden().photo
    assert photo["AU12"] > 4
    assert photo["happiness"] > 0.8
    assert sum(name.startswith("AU") and "_" not in name for name in photo) > 15
    assert {int(name[2:]) for name in photo if name[2:].isdecimal()} <= set(UNITS)


def test_deviation_is_a_share_of_the_size_and_of_the_worst_output():
    assert deviation({"a": [3.0, 4.0]}, {"a": [3.0, 4.0]}) == 0
    assert deviation({"a": [3.3, 4.4]}, {"a": [3.0, 4.0]}) == pytest.approx(0.1)
    both = {"a": [3.0, 4.0], "b": [100.0]}
    assert deviation({"a": [3.3, 4.4], "b": [100.0]}, both) == pytest.approx(0.1)
    for bad in ({}, {"a": [1.0]}, {"a": [math.nan, 4.0]}):
        assert deviation(bad, {"a": [3.0, 4.0]}) == math.inf


def test_eight_bits_may_be_rounded_otherwise_floating_point_may_not():
    wanted = {"a": [1.0, -1.0]}
    close = {"a": [1.05, -1.05]}
    assert judge_network("x", Asked(close, 1.0, eight_bits=True), wanted).right
    judged = judge_network("x", Asked(close, 1.0, eight_bits=False), wanted)
    assert not judged.right
    assert judged.told == "off by 5.0e-02 of 0.001 allowed"
    wrong = {"a": [-1.0, 1.0]}
    assert not judge_network("x", Asked(wrong, 1.0, eight_bits=True), wanted).right


def test_a_photo_is_judged_by_its_worst_column():
    wanted = {"x0": 100.0, "AU12": 4.0, "happiness": 0.9, "yaw": 2.0}
    assert judge_photo([{**wanted, "AU12": 4.2}], wanted).right
    worst = judge_photo([{**wanted, "AU12": 4.3, "yaw": 2.1}], wanted)
    assert not worst.right
    assert worst.told == "AU12 is 4.300, expected 4.000 within 0.25"
    assert "2 faces were found" in judge_photo([wanted, wanted], wanted).told
    assert "0 faces" in judge_photo([], wanted).told
    lacking = judge_photo([{"x0": 100.0, "AU12": 4.0}], wanted)
    assert (lacking.right, lacking.told) == (False, "nothing is said of happiness, yaw")


def test_limits_are_those_of_the_kind_of_column():
    assert [limit_of(name) for name in ("x1", "pitch", "eye_open_L", "AU6_R", "fear")] == [
        0.5, 0.5, 0.03, 0.25, 0.1,
    ]  # fmt: skip


def test_patterns_fit_pictures_of_both_orders_and_features():
    first, last = pattern([2, 3, 8, 6]), pattern([1, 8, 6, 3])
    assert (first.shape, last.shape) == ((2, 3, 8, 6), (1, 8, 6, 3))
    assert (first[0].transpose(1, 2, 0) == last[0]).all()
    assert abs(first[0] - first[1]).max() > 0.1
    assert abs(last).max() <= 1
    features = pattern([1, 50])
    assert features.shape == (1, 50)
    assert features.std() > 0.2
