"""Crops from landmarks, boxes and meshes: the same whichever way, and the same as Pillow's."""

import numpy as np
import pytest
from PIL import Image as Picture

from mien.errors import InputError, ShapeError
from mien.face.affine import inverse, transform, warp
from mien.face.align import (
    TEMPLATES,
    box_matrix,
    crop,
    crop_box,
    crop_points,
    face_box,
    ffhq_quad,
    jaanet_matrix,
    megraphau_matrix,
)
from mien.face.geometry import reference
from mien.face.landmarks import (
    LEFT_EYE_RING,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_EYE_RING,
    SCHEMES,
    landmarks,
    reduce,
)
from mien.face.rim import fade

PICTURE = np.random.default_rng(3).integers(0, 256, (500, 600, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("template", "scheme"),
    [
        *(("jaanet", scheme) for scheme in ("49", "66", "68")),
        *(("megraphau", scheme) for scheme in ("49", "66", "68")),
        ("box", "66"),
        ("box", "68"),
    ],
)
def test_landmarks_and_mesh_cut_the_same(template, scheme, rest):
    by_mesh = crop(PICTURE, rest, template, 120)
    by_points = crop_points(PICTURE, landmarks(rest, scheme), scheme, template, 120)
    assert (by_mesh.image == by_points.image).all()
    assert (by_mesh.matrix == by_points.matrix).all()
    assert by_points.template == template


@pytest.mark.parametrize(("template", "scheme"), [("ffhq", "68"), ("box", "49"), ("whole", "68")])
def test_a_template_that_needs_more_says_so(template, scheme, rest):
    with pytest.raises(InputError, match="the mesh"):
        crop_points(PICTURE, landmarks(rest, scheme), scheme, template)


def test_the_smaller_schemes_are_the_published_parts_of_the_68():
    points = np.arange(136, dtype=np.float32).reshape(68, 2)
    without = [place for place in range(68) if place not in (60, 64)]
    assert (reduce(points, "68", "66") == points[without]).all()
    assert (reduce(points, "68", "49") == points[without][17:]).all()
    of_66 = points[without]
    assert (reduce(of_66, "66", "49") == of_66[-49:]).all()  # DISFA: its last 49
    assert (reduce(np.stack([points, points + 1]), "68", "49")[1] == points[without][17:] + 1).all()


def test_a_scheme_does_not_grow():
    with pytest.raises(InputError, match="49 lacks points of the scheme 68"):
        reduce(np.zeros((49, 2), np.float32), "49", "68")
    with pytest.raises(ShapeError, match="49"):
        reduce(np.zeros((68, 2), np.float32), "49", "49")
    assert set(SCHEMES) == {"478", "68", "66", "49", "5"}


def test_the_box_is_that_of_the_baselines():
    points = np.array([[100.7, 80.2], [220.3, 90], [150, 290.9]], np.float32)
    assert face_box(points, 640, 490) == (90, 60, 230, 300)
    assert face_box(points, 225, 295) == (90, 60, 225, 295)
    assert face_box(points - np.float32(85), 640, 490) == (5, 0, 145, 215)
    with pytest.raises(ShapeError, match="outside the picture"):
        face_box(points + np.float32(700), 640, 490)


def test_a_box_is_cut_and_resized_as_pillow_does(rest):
    points = landmarks(rest, "68")
    made = crop_points(PICTURE, points, "68", "box", 224)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    box = (int(x0) - 10, int(y0) - 20, int(x1 + 10), int(y1 + 10))
    expected = Picture.fromarray(PICTURE).crop(box).resize((224, 224), Picture.Resampling.BILINEAR)
    assert (made.image == np.asarray(expected)).all()
    ends = transform(
        np.array([[box[0] - 0.5, box[1] - 0.5], [box[2] - 0.5, box[3] - 0.5]]), made.matrix
    )
    assert ends == pytest.approx(np.array([[-0.5, -0.5], [223.5, 223.5]]), abs=1e-4)


def test_a_large_picture_is_averaged_into_a_box():
    stripes = np.zeros((2000, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    assert crop_box(stripes, None, 100).image.std() < 3  # 127 when sampled


def test_the_whole_picture_or_a_box_of_it():
    whole = crop_box(PICTURE, None, 50)
    expected = Picture.fromarray(PICTURE).resize((50, 50), Picture.Resampling.BILINEAR)
    assert (whole.image == np.asarray(expected)).all()
    part = crop_box(PICTURE, (100, 50, 300, 250), 100)
    corner = Picture.fromarray(PICTURE[50:250, 100:300]).resize(
        (100, 100), Picture.Resampling.BILINEAR
    )
    assert (part.image == np.asarray(corner)).all()
    beyond = crop_box(PICTURE, (-50, -50, 200, 200), 100)
    assert (beyond.image == crop_box(PICTURE, (0, 0, 200, 200), 100).image).all()
    assert (crop_box(PICTURE, None).image.shape[0]) == TEMPLATES["whole"].size
    with pytest.raises(ShapeError, match="outside"):
        crop_box(PICTURE, (700, 0, 900, 100))


def test_a_box_between_pixels_is_where_its_matrix_says():
    bright = np.zeros((90, 90, 3), np.uint8)
    bright[40:43, 50:53] = 255
    made = crop_box(bright, (30.5, 20.25, 70.5, 60.25), 120)
    place = np.argwhere(made.image[..., 0] > 127)[:, ::-1].mean(axis=0)
    assert transform(np.array([[51.0, 41.0]]), made.matrix)[0] == pytest.approx(place, abs=0.3)


def test_the_whole_of_a_frame_is_the_box_around_the_mesh(rest):
    made = crop(PICTURE, rest, "whole", 64)
    low, high = rest[:, :2].min(axis=0), rest[:, :2].max(axis=0)
    corners = transform(np.array([low, high]), made.matrix)
    assert corners == pytest.approx(np.array([[0, 0], [64, 64]]) - 0.5, abs=1)


def test_a_matrix_of_a_box_may_stretch():
    matrix = box_matrix((10, 20, 30, 60), 40)
    assert transform(np.array([[9.5, 19.5], [29.5, 59.5]]), matrix) == pytest.approx(
        np.array([[-0.5, -0.5], [39.5, 39.5]])
    )
    assert inverse(matrix)[0, 0] == pytest.approx(0.5)


def test_a_small_ffhq_crop_is_the_square_of_512_averaged_down(rest):
    points = rest[:, :2].astype(float)
    lips = points[list(LIPS_OUTER + LIPS_INNER)]
    quad = ffhq_quad(points[list(RIGHT_EYE_RING)], points[list(LEFT_EYE_RING)], lips)
    assert fade(PICTURE, quad)[2] == 1
    large = crop(PICTURE, rest, "ffhq", 512).image
    expected = Picture.fromarray(large).resize((256, 256), Picture.Resampling.BILINEAR)
    assert (crop(PICTURE, rest, "ffhq", 256).image == np.asarray(expected)).all()


@pytest.mark.parametrize(
    ("template", "size", "inner"),
    [
        *(("ffhq", 256, 224), ("ffhq", 256, 255), ("ffhq", 300, 200), ("ffhq", 512, 301)),
        *(("jaanet", 200, 176), ("whole", 64, 33), ("ffhq", 224, 900)),
    ],
)
def test_the_middle_is_that_of_the_whole_crop(rest, template, size, inner):
    whole, some = crop(PICTURE, rest, template, size), crop(PICTURE, rest, template, size, inner)
    inner = min(inner, size)
    first = (size - inner) // 2
    wanted = whole.image[first : first + inner, first : first + inner]
    assert some.image.shape == wanted.shape
    gap = np.abs(some.image.astype(int) - wanted)
    assert gap.max() <= 1  # a sum in another order
    assert gap.mean() < 1e-3
    np.testing.assert_allclose(some.matrix[:, :2], whole.matrix[:, :2])
    np.testing.assert_allclose(some.matrix[:, 2], whole.matrix[:, 2] - first, atol=1e-4)


@pytest.mark.parametrize(("size", "inner"), [(256, 224), (256, 120), (300, 200), (512, 301)])
@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_the_middle_is_that_of_the_whole_where_the_square_leaves_the_frame(
    rest, size, inner, corner
):
    room = np.array(PICTURE.shape[1::-1]) - rest[:, :2].max(axis=0)
    moved = rest.copy()
    moved[:, :2] += np.where(corner, room, -rest[:, :2].min(axis=0))
    whole, some = crop(PICTURE, moved, "ffhq", size), crop(PICTURE, moved, "ffhq", size, inner)
    first = (size - inner) // 2
    wanted = whole.image[first : first + inner, first : first + inner]
    gap = np.abs(some.image.astype(int) - wanted)
    assert gap.max() <= 1  # a sum in another order
    assert gap.mean() < 1e-2


def test_jaanet_samples_without_averaging_as_its_authors_do(rest):
    points = landmarks(rest, "49").astype(float)
    plain = warp(PICTURE, jaanet_matrix(points, 40), 40, (128, 128, 128))
    assert (crop(PICTURE, rest, "jaanet", 40).image == plain).all()


def usual(turn, scale, shift):
    """49 points of a face of usual proportions, turned by so many degrees."""
    face = landmarks(np.pad(reference()[0] * np.float32([1, -1, -1]), ((0, 10), (0, 0))), "49")
    sine, cosine = np.sin(np.radians(turn)), np.cos(np.radians(turn))
    return scale * face @ np.array([[cosine, sine], [-sine, cosine]]) + shift


@pytest.mark.parametrize(("turn", "scale"), [(0, 60), (25, 200), (-170, 31)])
def test_megraphau_puts_the_eyes_where_its_pictures_have_them(turn, scale):
    points = usual(turn, scale, (300, 200))
    aligned = transform(points, megraphau_matrix(points))
    right, left = aligned[19:25].mean(axis=0), aligned[25:31].mean(axis=0)
    half = 0.33 * 256 / 2
    assert right == pytest.approx([127.5 - half, 0.29 * 256 - 0.5], abs=0.02)
    assert left == pytest.approx([127.5 + half, 0.29 * 256 - 0.5], abs=0.02)
    assert (aligned[31] + aligned[37])[0] / 2 == pytest.approx(127.5, abs=0.02)
    small = transform(points, megraphau_matrix(points, 128))
    assert small + 0.5 == pytest.approx((aligned + 0.5) / 2)


def test_megraphau_weighs_eyes_and_mouth():
    points = usual(0, 100, (0, 0))
    points[31:49] += [0, 20]  # a longer face
    matrix = megraphau_matrix(points)
    aligned = transform(points, matrix)
    right, left = aligned[19:25].mean(axis=0), aligned[25:31].mean(axis=0)
    assert left[1] == pytest.approx(right[1])
    assert 0.85 < np.hypot(*(left - right)) / (0.33 * 256) < 0.97
    assert right[1] < 0.29 * 256 - 0.5
    # the same by least squares over the four numbers of a similarity
    three = np.stack([points[19:25].mean(0), points[25:31].mean(0), (points[31] + points[37]) / 2])
    rows = [row for x, y in three for row in ((x, -y, 1, 0), (y, x, 0, 1))]
    apart, top = 0.33 * 256, 0.29 * 256 - 0.5
    wanted = [127.5 - apart / 2, top, 127.5 + apart / 2, top, 127.5, top + 1.118 * apart]
    a, b, x, y = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)[0]
    assert matrix == pytest.approx(np.array([[a, -b, x], [b, a, y]]), abs=1e-6)


def test_a_large_face_is_averaged_for_megraphau(rest):
    stripes = np.zeros((3000, 3600, 3), np.uint8)
    stripes[:, ::2] = 255
    made = crop(stripes, rest * np.float32(6), "megraphau", 64)
    assert made.image[20:40, 20:40].std() < 10  # 127 when sampled
    assert made.image.shape == (64, 64, 3)
    with pytest.raises(ShapeError, match="lie on one another"):
        megraphau_matrix(np.ones((49, 2)))
