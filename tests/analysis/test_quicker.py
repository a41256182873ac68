"""The choice between a network and the same in 8 bits."""

import re
from dataclasses import replace

import numpy as np
import pytest

from mien.analysis import quicker
from mien.analysis.added import Added
from mien.analysis.quicker import NEAR, TRIED, Quicker, gap, int8_beside
from mien.runtime import Predictor
from mien.values import Scores
from tests.crop_networks import card, write

CROPS = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)


@pytest.fixture
def clock(monkeypatch):
    """Networks of a given cost: each call moves the clock on."""
    found = type("Clock", (), {"now": 0.0})()
    monkeypatch.setattr(quicker, "thread_time", lambda: found.now)
    return found


@pytest.fixture
def pair(tmp_path, clock, monkeypatch):
    """Both networks: what they cost, how far the second is off; and what was said."""

    def make(costs=(4.0, 1.0), off=0.0, **small):
        spec = card("intensity", units=(4, 12))
        whole = write(tmp_path / "model.onnx", spec, bias=np.array([2.0, 2.0]))
        other = replace(spec, precision="int8", **small)
        path = write(tmp_path / "model.int8.onnx", other, bias=np.array([2.0, 2.0]) + off)
        said = []
        networks = [Predictor(whole), Predictor(path)]
        for network, cost in zip(networks, costs, strict=True):
            own = network.score_crops

            def scored(images, points=None, own=own, cost=cost):
                clock.now += cost * len(images) / 1000
                return own(images, points)

            monkeypatch.setattr(network, "score_crops", scored)
        return Quicker(whole, *networks, said.append), networks, said

    return make


def read(one):
    """Ask until one is chosen, and once more."""
    found = [one.score_crops(CROPS).intensity for _ in range(TRIED // len(CROPS))]
    return found, one.score_crops(CROPS).intensity


def test_8_bits_that_are_faster_and_near_are_taken(pair):
    one, (whole, small), said = pair(off=0.05)
    assert one.chosen is None
    before, after = read(one)
    assert one.chosen is small
    np.testing.assert_array_equal(before[0], whole.score_crops(CROPS).intensity)
    np.testing.assert_array_equal(after, small.score_crops(CROPS).intensity)
    assert said == [
        "model.onnx: int8 is used; int8 takes 1.0 ms a face and fp32 4.0 ms, and they are 0.010 of "
        "the range apart, within 0.02 (on 24 faces)"
    ]


def test_8_bits_that_are_far_off_are_not_taken(pair):
    one, (whole, _), said = pair(off=0.2)
    read(one)
    assert one.chosen is whole
    assert re.search(r"fp32 is used.*0\.040 of the range apart, more than 0\.02", said[0])


def test_8_bits_that_are_slower_are_not_taken(pair):
    one, (whole, _), said = pair(costs=(1.0, 1.5))
    read(one)
    assert one.chosen is whole
    assert "fp32 is used; int8 takes 1.5 ms a face and fp32 1.0 ms" in said[0]


def test_one_slow_call_does_not_decide(pair, clock):
    one, (_, small), _ = pair()
    one.score_crops(CROPS)
    one._seconds[1][0] = 9.0  # the first call of a network may take long
    read(one)
    assert one.chosen is small


@pytest.mark.parametrize("other", [{"units": (4, 6)}, {"trained_on": "other faces"}])
def test_another_network_beside_it_is_not_even_tried(pair, other):
    one, (whole, _), said = pair(**other)
    assert one.chosen is whole
    assert len(said) == 1
    assert "of another network" in said[0]


def test_no_faces_decide_nothing(pair):
    one, _, said = pair()
    for _ in range(TRIED):
        one.score_crops(CROPS[:0])
    assert one.chosen is None
    assert said == []


def test_the_gap_is_the_largest_of_all_outputs():
    def scores(value):
        half = np.full((2, 3), value, np.float32)
        return Scores(probability=half, intensity=np.zeros((2, 3), np.float32) + 5 * value / 2)

    assert gap(scores(0.1), scores(0.3)) == pytest.approx(0.2)
    assert NEAR == 0.02


def test_where_the_file_in_8_bits_lies(tmp_path):
    assert int8_beside(tmp_path / "model.onnx") is None
    (tmp_path / "model.int8.onnx").touch()
    assert int8_beside(tmp_path / "model.onnx") == tmp_path / "model.int8.onnx"


def test_tables_are_made_without_a_choice(pair, tmp_path):
    pair()
    said = []
    assert isinstance(Added([tmp_path / "model.onnx"])._predictors[0], Predictor)
    assert isinstance(Added([tmp_path / "model.onnx"], said.append)._predictors[0], Quicker)
    (tmp_path / "model.int8.onnx").unlink()
    assert isinstance(Added([tmp_path / "model.onnx"], said.append)._predictors[0], Predictor)
