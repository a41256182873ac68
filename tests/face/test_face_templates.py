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
)
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
    [("jaanet", "49"), ("jaanet", "66"), ("jaanet", "68"), ("box", "66"), ("box", "68")],
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


def test_jaanet_samples_without_averaging_as_its_authors_do(rest):
    points = landmarks(rest, "49").astype(float)
    plain = warp(PICTURE, jaanet_matrix(points, 40), 40, (128, 128, 128))
    assert (crop(PICTURE, rest, "jaanet", 40).image == plain).all()
