"""Warps against plain numpy, and the geometry of the two templates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.face.affine import inverse, transform, warp
from mien.face.align import TEMPLATES, crop, jaanet_matrix, quad_matrix
from mien.face.landmarks import landmarks

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])
PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def plain(image, matrix, size, border):
    """Bilinear at exactly the mapped points, in float64; outside is the border colour or edge."""
    back = inverse(matrix)
    down, across = np.mgrid[:size, :size]
    x, y = (row[0] * across + row[1] * down + row[2] for row in back)
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    height, width = image.shape[:2]

    def pixel(rows, columns):
        values = image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)].astype(float)
        if border != "edge":
            outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
            values[outside] = border
        return values

    right, low = (x - x0)[..., None], (y - y0)[..., None]
    upper = pixel(y0, x0) * (1 - right) + pixel(y0, x0 + 1) * right
    lower = pixel(y0 + 1, x0) * (1 - right) + pixel(y0 + 1, x0 + 1) * right
    return upper * (1 - low) + lower * low


matrices = st.builds(
    lambda turn, scale, x, y: np.array(
        [
            [scale * np.cos(turn), -scale * np.sin(turn), x],
            [scale * np.sin(turn), scale * np.cos(turn), y],
        ]
    ),
    st.floats(-np.pi, np.pi),
    st.floats(0.2, 4),
    st.floats(-60, 60),
    st.floats(-60, 60),
)


@settings(max_examples=60, deadline=None)
@given(matrix=matrices, border=st.sampled_from([(0, 0, 0), (128, 10, 250), "edge"]))
def test_warp_is_bilinear_at_the_mapped_points(matrix, border):
    ours = warp(PICTURE, matrix, 32, border).astype(float)
    difference = plain(PICTURE, matrix, 32, border) - ours
    assert difference.min() > -0.01  # fractions are dropped
    assert difference.max() < 1.01


def test_just_outside_the_picture_there_is_only_border():
    turn = np.array([[np.cos(3.0), np.sin(3.0), 47.0], [-np.sin(3.0), np.cos(3.0), 0.0]])
    assert (warp(PICTURE, turn, 32, (128, 10, 250)) == (128, 10, 250)).all()


@pytest.mark.parametrize("border", [(0, 0, 0), (128, 128, 128), "edge"])
def test_a_warp_from_a_large_region_is_the_same(border, monkeypatch):
    matrix = np.array([[0.3, 0.05, -2], [-0.05, 0.3, 4]])
    small = warp(PICTURE, matrix, 40, border)
    monkeypatch.setattr("mien.face.affine._PILLOW_PIXELS", 1)
    large = warp(PICTURE, matrix, 40, border)
    assert np.abs(small.astype(int) - large).max() <= 1
    assert np.abs(small.astype(int) - large).mean() < 0.05


def test_identity_and_whole_shifts_are_exact():
    assert (warp(PICTURE, IDENTITY, 60) == PICTURE[:, :60]).all()
    moved = warp(PICTURE, np.array([[1.0, 0, -7], [0, 1, -3]]), 50)
    assert (moved == PICTURE[3:53, 7:57]).all()


def test_outside_is_the_border():
    far = np.array([[1.0, 0, 500], [0, 1, 0]])
    assert (warp(PICTURE, far, 20, (1, 2, 3)) == [1, 2, 3]).all()
    assert (warp(PICTURE, far, 20, "edge") == PICTURE[:20, :1]).all()
    corner = warp(PICTURE, np.array([[1.0, 0, 5], [0, 1, 5]]), 20, "edge")
    assert (corner[:6, :6] == PICTURE[0, 0]).all()
    assert (corner[6:, 6:] == PICTURE[1:15, 1:15]).all()


@given(matrix=matrices, x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_inverse_undoes_a_matrix(matrix, x, y):
    there = transform(np.array([[x, y]]), matrix)
    assert transform(there, inverse(matrix)) == pytest.approx(np.array([[x, y]]), abs=1e-6)


def test_warp_of_a_strip_of_20000_pixels_is_cheap():
    strip = np.full((10, 20000, 3), 200, np.uint8)
    back = np.array([[20000 / 128, 0, 0], [0, 20000 / 128, -9995]])
    square = warp(strip, inverse(back), 128)
    assert square.shape == (128, 128, 3)
    assert square[64, 5].tolist() == [200, 200, 200]
    assert square[10, 5].tolist() == [0, 0, 0]


def test_jaanet_levels_the_eyes_and_fixes_their_distance(rest):
    turned = transform(rest[:, :2], np.array([[0.8, -0.6, 200], [0.6, 0.8, 0]]))
    points = landmarks(np.column_stack([turned, rest[:, 2]]).astype(np.float32), "49")
    aligned = transform(points, jaanet_matrix(points.astype(np.float64)))
    right, left = aligned[19:25].mean(axis=0), aligned[25:31].mean(axis=0)
    assert left[1] == pytest.approx(right[1], abs=1e-6)
    assert left[0] > right[0]
    five = np.stack([right, left, aligned[13], aligned[31], aligned[37]])
    low, high = five.min(axis=0), five.max(axis=0)
    assert (high - low).max() == pytest.approx(199 / 2.9, abs=1e-6)
    assert (high + low) / 2 == pytest.approx([99.5, 99.5], abs=1e-6)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_crop_knows_the_way_back(template, rest):
    image = np.zeros((500, 600, 3), np.uint8)
    nose = rest[4, :2]
    x, y = np.rint(nose).astype(int)
    image[y - 3 : y + 4, x - 3 : x + 4] = 255
    cut = crop(image, rest, template)
    assert cut.template == template
    assert cut.image.shape == (TEMPLATES[template].size,) * 2 + (3,)
    bright = np.argwhere(cut.image[..., 0] > 127)[:, ::-1].mean(axis=0)
    there = transform(np.array([[x, y]], float), cut.matrix)[0]
    assert bright == pytest.approx(there, abs=0.6)
    assert transform(bright[None], inverse(cut.matrix))[0] == pytest.approx([x, y], abs=0.5)


def test_a_crop_of_another_size_shows_the_same(rest):
    image = np.random.default_rng(1).integers(0, 256, (500, 600, 3), dtype=np.uint8)
    for template, span in (("jaanet", (199, 99)), ("ffhq", (512, 256))):
        large = crop(image, rest, template)
        small = crop(image, rest, template, TEMPLATES[template].size // 2)
        corners = np.array([[0, 0], [1, 1]]) * (TEMPLATES[template].size - 1)
        assert small.image.shape[0] == TEMPLATES[template].size // 2
        ratio = np.linalg.norm(large.matrix[0, :2]) / np.linalg.norm(small.matrix[0, :2])
        assert ratio == pytest.approx(span[0] / span[1], rel=1e-6)
        middle = transform(corners.mean(axis=0)[None], inverse(large.matrix))
        place = transform(middle, small.matrix)[0]
        assert place == pytest.approx([small.image.shape[0] / 2 - 0.5] * 2, abs=0.01)


def test_an_ffhq_crop_that_leaves_the_frame_fades(rest):
    image = np.full((300, 400, 3), (200, 150, 100), np.uint8)
    away = rest - np.float32([260, 100, 0])
    cut = crop(image, away, "ffhq")
    steps = np.abs(np.diff(cut.image.astype(int), axis=0))
    assert cut.image[256, 0].max() < 100  # outside the frame
    assert 0 < steps.max() < 40  # without a hard edge
    assert (cut.image[256, 256] == [200, 150, 100]).all()


def test_a_large_face_is_averaged_before_the_ffhq_warp(rest):
    image = np.zeros((3000, 3600, 3), np.uint8)
    image[::2] = 255  # stripes of one pixel: sampling shows them, averaging makes them grey
    large = rest * np.float32(6)
    assert crop(image, large, "ffhq").image.std() < 40  # 127 when sampled


def test_quad_matrix_takes_the_corners_of_pixels():
    quad = np.array([[0.0, 0], [0, 8], [8, 8], [8, 0]])
    mapped = transform(quad, quad_matrix(quad, 4))
    assert mapped == pytest.approx(np.array([[-0.5, -0.5], [-0.5, 3.5], [3.5, 3.5], [3.5, -0.5]]))


def test_what_cannot_be_aligned_is_named(rest):
    with pytest.raises(InputError, match="jaanet, megraphau, ffhq"):
        crop(PICTURE, rest, "arcface")
    with pytest.raises(ShapeError, match="lie on one another"):
        crop(PICTURE, np.zeros_like(rest), "jaanet")
    with pytest.raises(ShapeError, match="float64"):
        crop(PICTURE.astype(float), rest, "jaanet")
