"""Whose neutral a picture shows."""

import numpy as np
import pytest

from mien.analysis.belonging import ALIKE, distance, share_out
from mien.analysis.judgement import Neutral


def neutral(value: float | None, source="auto", quality=0.8) -> Neutral:
    features = None if value is None else np.full(1410, value, np.float32)
    return Neutral(features, 12, source, quality)


PICTURE = neutral(0.0, "picture")


def test_distance_is_that_of_the_skin_alone():
    far = neutral(0.0)
    far.features[1404:] = 9
    assert distance(PICTURE, far) == 0
    far.features[:1404] = 0.02
    assert distance(PICTURE, far) == pytest.approx(0.02)
    assert distance(PICTURE, neutral(None)) is None


def test_the_person_in_the_picture_gets_it_and_a_stranger_keeps_his_own():
    shared = share_out(PICTURE, {0: neutral(0.05), 4: neutral(0.5 * ALIKE)})
    assert shared[4] is PICTURE
    assert shared[0].source == "auto"
    assert shared[0].features[0] == np.float32(0.05)
    assert "another person" in shared[0].problems[0]


def test_a_face_alone_gets_it_but_with_doubt_where_it_is_unlike():
    [only] = share_out(PICTURE, {2: neutral(2 * ALIKE)}).values()
    assert only.source == "picture"
    assert only.quality == pytest.approx(0.8 / 4)
    assert "may show somebody else" in only.problems[0]


def test_two_alike_faces_both_get_it_and_so_does_one_seen_too_shortly():
    own = {0: neutral(0.001), 1: neutral(0.002), 2: neutral(None)}
    assert set(map(id, share_out(PICTURE, own).values())) == {id(PICTURE)}


def test_nobody_is_nobody():
    assert share_out(PICTURE, {}) == {}
