"""Squares cut from much larger pictures: averaged, and where they were."""

import numpy as np
import pytest

from mien.face import affine
from mien.face.affine import sample, transform

TURN = np.array([[0.97, -0.12, 0.0], [0.12, 0.97, 0.0]])


def slope(side, levels):
    """A picture whose colour says where a pixel lies: right in red, down in green."""
    down, right = levels * np.mgrid[:side, :side]
    return np.stack([right, down, np.full((side, side), 90)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("average", [1, 2, 3, 4])
def test_what_is_averaged_stays_where_it_was(average):
    back = TURN * 2.4
    back[:, 2] = 24.3, 17.6
    found = sample(slope(84, 3), back, 16, "edge", average)
    down, right = np.mgrid[:16, :16].reshape(2, -1)
    points = transform(np.stack([right, down], axis=1), back)
    apart = found[..., :2].reshape(-1, 2) + 0.5 - 3 * points  # fractions of a level are dropped
    assert np.abs(apart).max() < 1.5  # half a pixel
    assert np.abs(apart.mean(axis=0)).max() < 0.75
    assert (found[..., 2] == 90).all()


def test_a_fine_pattern_turns_grey_and_not_into_a_coarse_one():
    image = np.zeros((600, 600, 3), np.uint8)
    image[::2, ::2] = image[1::2, 1::2] = 255
    back = np.array([[4.2, 0, 50.0], [0, 4.2, 60.0]])
    assert sample(image, back, 100, "edge").std() > 40
    assert sample(image, back, 100, "edge", 4).std() < 2


def test_a_picture_that_is_far_too_large_is_thinned_first(monkeypatch):
    image = slope(900, 1) % 128 * 2  # steep, and begins anew
    back = TURN * 8.6
    back[:, 2] = 150.2, 60.7
    whole = sample(image, back, 80, "edge", 8)
    monkeypatch.setattr(affine, "_PILLOW_PIXELS", 200_000)
    monkeypatch.setattr(affine, "_sample", None)  # it would not average
    thinned = sample(image, back, 80, "edge", 8)
    apart = np.abs(thinned.astype(int) - whole)[..., :2]
    assert np.median(apart) <= 2  # a pixel of the image is two levels
    assert np.quantile(apart, 0.8) <= 2


@pytest.mark.parametrize("average", [1, 3])
def test_beyond_the_edge_is_the_border(average):
    image = np.full((40, 40, 3), 200, np.uint8)
    back = np.array([[3.0, 0, -60.0], [0, 3.0, -60.0]])
    found = sample(image, back, 50, (10, 20, 30), average)
    assert (found[0, 0] == (10, 20, 30)).all()
    assert (found[-1, -1] == (10, 20, 30)).all()
    assert (found[22:31, 22:31] == 200).all()
    assert (sample(image, back, 50, "edge", average) == 200).all()
    away = back + np.array([[0, 0, 900], [0, 0, 0]])
    assert (sample(image, away, 50, (10, 20, 30), average) == (10, 20, 30)).all()
