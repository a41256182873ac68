from dataclasses import replace

import numpy as np
import pytest

from mien.data.head import NUMBERS, Head
from mien.data.paint import draw_style, paint
from mien.data.render import Camera, draw_camera, render
from mien.data.synthetic import rotations

CAMERA = Camera(size=64, focal=2.0, distance=55.0)


def board(z=5.0, part="face", half=6.0):
    """A square that faces the camera, as a head."""
    corners = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]], np.float32)
    places = corners * half + np.array([0, 0.8, z], np.float32)
    triangles = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    nothing = np.zeros((1, 4, 3), np.float32)
    return Head(places, nothing, nothing, ("x",), triangles, np.full(2, NUMBERS[part], np.int8))


@pytest.fixture
def style():
    style = draw_style(np.random.default_rng(0))
    ahead = np.array([0, 0, 1], np.float32)
    blue = np.array([0, 0, 1], np.float32)
    return replace(style, light=ahead, background=blue, gloss=0.0)


def picture(head, style, turn=None):
    return render(head, head.neutral, np.eye(3) if turn is None else turn, CAMERA, style)


def test_the_subjects_left_is_the_right_of_the_picture_and_up_is_up():
    places = CAMERA.project(
        np.array([[0, 0.8, 5], [3, 0.8, 5], [0, 3.8, 5], [3, 0.8, 9]], np.float32), np.eye(3)
    )
    np.testing.assert_allclose(places[0], [31.5, 31.5, 55])
    assert places[1, 0] > 31.5
    assert places[2, 1] < 31.5
    assert places[3, 0] > places[1, 0]  # nearer looks larger
    assert places[3, 2] < places[1, 2]


def test_a_head_stands_before_its_background(style):
    seen = picture(board(), style)
    assert seen.dtype == np.uint8
    assert seen.shape == (64, 64, 3)
    assert seen[32, 32, 0] > seen[32, 32, 2]  # skin
    assert seen[2, 2, 2] > seen[2, 2, 0]  # background


def test_the_back_of_a_face_is_not_seen_but_the_inside_of_a_mouth_is(style):
    around = rotations(np.array([[np.pi, 0, 0]], np.float32))[0]
    hidden = picture(board(), style, around)
    assert hidden[32, 32, 2] > hidden[32, 32, 0]
    mouth = picture(board(part="mouth"), style, around)
    assert mouth[32, 32].max() < 100


def test_what_is_nearer_hides_what_is_behind(style):
    near, far = board(9.0, "teeth", 2.0), board(5.0, "face")
    nothing = np.zeros((1, 8, 3), np.float32)
    both = Head(
        np.concatenate([near.neutral, far.neutral]), nothing, nothing, ("x",),
        np.concatenate([near.triangles, far.triangles + 4]),
        np.concatenate([near.part, far.part]),
    )  # fmt: skip
    seen = picture(both, style).astype(int)
    assert np.abs(seen[32, 32] - picture(board(5.0, "teeth"), style)[32, 32]).max() < 3
    assert np.abs(seen[32, 18] - picture(far, style)[32, 18]).max() < 3


def test_a_face_turned_from_the_light_is_darker(style):
    away = replace(style, light=np.array([1, 0, 0], np.float32))
    assert picture(board(), away)[32, 32].sum() < picture(board(), style)[32, 32].sum()


@pytest.mark.parametrize("angle", [0, 50, 90, 120])
@pytest.mark.parametrize(("part", "shade"), [("face", 1.0), ("teeth", 0.75), ("mouth", 0.35)])
def test_light_falls_with_the_cosine_and_has_a_soft_edge(style, angle, part, shade):
    turned = np.deg2rad(angle)
    light = np.array([np.sin(turned), 0, np.cos(turned)], np.float32)
    seen = picture(board(part=part), replace(style, light=light))[32, 32]
    half = 0.5 * CAMERA.distance / (CAMERA.focal * CAMERA.size)  # a pixel's, in centimetres
    place = np.array([[half, 0.8 - half, 5]], np.float32)
    colour = paint(place, np.array([NUMBERS[part]]), style)[0]
    fallen = max(0.0, (np.cos(turned) + 0.25) / 1.25)
    power = shade * (style.ambient + 1.1 * (1 - style.ambient) * fallen)
    np.testing.assert_allclose(seen, 255 * np.clip(colour * power, 0, 1) ** 0.8, atol=2)


def test_lashes_let_the_skin_shine_through(style):
    skin, lashes = board(5.0), board(6.0, "lashes", 2.0)
    nothing = np.zeros((1, 8, 3), np.float32)
    both = Head(
        np.concatenate([skin.neutral, lashes.neutral]), nothing, nothing, ("x",),
        np.concatenate([skin.triangles, lashes.triangles + 4]),
        np.concatenate([skin.part, lashes.part]),
    )  # fmt: skip
    seen, bare = picture(both, style), picture(skin, style)
    assert 0 < seen[32, 32].sum() < bare[32, 32].sum()
    np.testing.assert_array_equal(seen[32, 14], bare[32, 14])


def test_brows_lips_and_irises_are_painted_where_they_are(style):
    plain = replace(style, brow_drop=0.0, brow_strength=1.0, liner=0.0)
    places = np.array(
        [[3.8, 6.3, 10], [-3.8, 6.3, 10], [0, 7.5, 10], [0, -3.4, 11.5], [3.1, 3.6, 9.6]],
        np.float32,
    )
    part = np.array([NUMBERS["face"]] * 4 + [NUMBERS["left_eye"]], np.int8)
    left_brow, right_brow, forehead, lips, pupil = paint(places, part, plain)
    np.testing.assert_allclose(left_brow, plain.hair, atol=0.02)
    np.testing.assert_allclose(right_brow, plain.hair, atol=0.02)
    np.testing.assert_allclose(forehead, plain.skin, atol=0.08)
    np.testing.assert_allclose(lips, plain.lips, atol=0.02)
    assert pupil.max() < 0.1


def test_hair_grows_above_and_behind_and_what_is_inside_has_colours_of_its_own(style):
    places = np.array(
        [[0, 13, 5], [0, 8, 5], [0, 8, 3], [0, -8, 3], [0, 0, 1], [0, -4, 9], [0, -4, 9]],
        np.float32,
    )
    names = ("face", "face", "head", "head", "head", "teeth", "gums")
    colours = paint(places, np.array([NUMBERS[name] for name in names]), style)
    hairy = [bool(np.allclose(colour, style.hair)) for colour in colours[:5]]
    assert hairy == [True, False, True, False, True]
    np.testing.assert_allclose(colours[5:], [(0.88, 0.85, 0.80), (0.42, 0.20, 0.21)], rtol=1e-6)


def test_styles_and_cameras_vary_with_the_seed_only():
    one, two = (draw_style(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.skin, two.skin)
    assert draw_style(np.random.default_rng(4)).hairline != one.hairline
    camera = draw_camera(np.random.default_rng(3))
    assert 30 < camera.distance < 81
