"""A frame at a glance: cuts, and changes beside the known faces."""

import numpy as np
import pytest

from mien.face.glance import glance, has_news, is_cut


def scene(seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((40, 40, 1), np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5000), (360, 640)])
def test_a_glance_has_one_size(shape):
    assert glance(np.full((*shape, 3), 7, np.uint8)).shape == (24, 40)
    assert (glance(np.full((*shape, 3), 7, np.uint8)) == 7).all()


def test_another_scene_is_a_cut_and_light_or_a_shift_is_not():
    image = scene()
    assert is_cut(glance(image), glance(scene(1)))
    assert not is_cut(glance(image), glance((image * 0.4).astype(np.uint8)))
    assert not is_cut(glance(image), glance(np.roll(image, 12, axis=1)))
    assert not is_cut(glance(image), glance(np.zeros_like(image)))


def test_news_is_what_changes_beside_the_faces():
    image = scene()
    moved = image.copy()
    moved[100:160, 300:360] ^= 128
    size, before, after = (640, 360), glance(image), glance(moved)
    assert not has_news(before, before, [], size)
    assert has_news(before, after, [], size)
    assert not has_news(before, after, [np.float32([310, 110, 350, 150])], size)
    assert has_news(before, after, [np.float32([10, 10, 90, 90])], size)
    noise = np.random.default_rng(2).integers(-8, 9, image.shape)
    assert not has_news(before, glance(np.clip(image + noise, 0, 255).astype(np.uint8)), [], size)


def test_a_face_half_outside_hides_only_its_place():
    image = scene()
    moved = image.copy()
    moved[:, :60] ^= 128
    box = np.float32([-50, -50, 20, 300])
    assert not has_news(
        glance(image), glance(moved), [np.float32([-100, -10, 60, 370])], (640, 360)
    )
    assert has_news(glance(image), glance(moved), [box * np.float32([1, 1, 1, 0.1])], (640, 360))
