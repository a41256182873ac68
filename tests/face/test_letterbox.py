"""A picture in its square, and boxes there and back."""

import numpy as np
import pytest

from mien.face.letterbox import GREY, letterbox


@pytest.mark.parametrize(
    ("shape", "inside"),
    [
        ((50, 100), (slice(16, 48), slice(0, 64))),
        ((100, 50), (slice(0, 64), slice(16, 48))),
        ((64, 64), (slice(0, 64), slice(0, 64))),
        ((8, 16), (slice(16, 48), slice(0, 64))),  # made larger as well
    ],
)
def test_the_shape_is_kept_and_the_rest_is_grey(shape, inside):
    square, _ = letterbox(np.full((*shape, 3), 200, np.uint8), 64)
    assert square.shape == (64, 64, 3)
    assert (square[inside] == 200).all()
    left = np.ones((64, 64), bool)
    left[inside] = False
    assert (square[left] == GREY).all()


def test_a_picture_of_the_size_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert np.array_equal(letterbox(image, 64)[0], image)


def test_boxes_go_there_and_back():
    _, lies = letterbox(np.zeros((50, 100, 3), np.uint8), 64)
    box = np.array([[0, 0, 100, 50], [25, 10, 50, 40]], np.float32)
    there = lies.into(box)
    assert there[0].tolist() == pytest.approx([0, 16, 64, 48])
    assert there[1].tolist() == pytest.approx([16, 22.4, 32, 41.6])
    assert np.allclose(lies.back(there), box, atol=1e-4)
