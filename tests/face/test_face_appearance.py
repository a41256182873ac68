"""What a face looks like: the same person again, and not somebody else."""

from itertools import combinations

import numpy as np
import pytest
from PIL import Image as Picture

from mien.face.appearance import describe, likeness
from mien.face.tracker import find_faces


def look(image, detector, fitter):
    return describe(image, find_faces(image, detector, fitter)[0].mesh)


def test_a_face_is_like_itself_and_unlike_others(portraits, detector, fitter):
    looks = {letter: look(image, detector, fitter) for letter, image in portraits.items()}
    between = [likeness(looks[a], looks[b]) for a, b in combinations(looks, 2)]
    assert max(between) < 0.6
    assert np.median(between) < 0.2
    for letter in "ABCD":
        image = portraits[letter]
        assert likeness(looks[letter], looks[letter]) == pytest.approx(1, abs=1e-5)
        darker = (image * 0.7).astype(np.uint8)
        assert likeness(looks[letter], look(darker, detector, fitter)) > 0.9
        small = np.asarray(Picture.fromarray(image).rotate(12).resize((230, 230)))
        assert likeness(looks[letter], look(small, detector, fitter)) > 0.8


def test_only_what_is_in_the_image_counts(portraits, detector, fitter):
    image = portraits["D"]
    mesh = find_faces(image, detector, fitter)[0].mesh
    whole = describe(image, mesh)
    middle = int(mesh[4, 0])
    half = describe(np.ascontiguousarray(image[:, middle:]), mesh - np.float32([middle, 0, 0]))
    assert 0.3 < np.mean(half == 0) < 0.7
    assert likeness(whole, half) > 0.8
    gone = describe(np.ascontiguousarray(image[:, :20]), mesh)
    assert not gone.any()
    assert likeness(whole, gone) == 0


def test_a_grey_picture_is_described_without_a_nan(rest):
    for value in (0, 255):
        described = describe(np.full((500, 600, 3), value, np.uint8), rest)
        assert np.isfinite(described).all()
    far = describe(np.zeros((10, 10, 3), np.uint8), rest + np.float32(1e4))
    assert not far.any()
