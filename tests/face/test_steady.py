"""The crop that expressions do not move."""

import numpy as np
import pytest

from mien.face.affine import transform
from mien.face.geometry import reference
from mien.face.steady import SIDE, SPAN, steady_crop, steady_matrix

FLIP = np.array([1, -1, -1])


def face(size=100.0, place=(320, 240), degrees=(0, 0, 0)):
    """The reference face, eye corners ``size`` pixels apart, turned about y, x and z."""
    about = []
    for axis, angle in zip((1, 0, 2), np.deg2rad(degrees), strict=True):
        turn = np.eye(3)
        first, second = [one for one in range(3) if one != axis]
        turn[[first, second], [first, second]] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        about.append(turn)
    points = reference()[0] @ (about[2] @ about[1] @ about[0]).T
    return (size * points * FLIP + [*place, 0]).astype(np.float32)


def test_the_face_lies_in_the_middle_and_fills_it():
    mesh = face()
    eyes = transform(mesh[[33, 263], :2], steady_matrix(mesh, 112))
    assert np.linalg.norm(eyes[1] - eyes[0]) == pytest.approx(112 / SPAN, rel=1e-4)
    assert eyes[:, 0].mean() == pytest.approx(55.5, abs=0.2)
    chin, brow = transform(mesh[[152, 105], :2], steady_matrix(mesh, 112))
    assert 0 < brow[1] < eyes[0, 1] < chin[1] < 112


def test_place_size_and_tilt_do_not_matter():
    points = [
        transform(mesh[:, :2], steady_matrix(mesh, 112))
        for mesh in (face(), face(37, (50, 400)), face(150, degrees=(0, 0, 25)))
    ]
    np.testing.assert_allclose(points[1], points[0], atol=0.01)
    np.testing.assert_allclose(points[2], points[0], atol=0.01)


def test_a_face_to_the_side_is_not_made_larger():
    """Its eyes come nearer to one another in the picture, and stay so in the crop."""
    scale = [
        np.hypot(*steady_matrix(face(degrees=degrees), 112)[0, :2])
        for degrees in ((0, 0, 0), (35, 0, 0), (0, 20, 0))
    ]
    assert scale[1:] == pytest.approx([scale[0]] * 2, rel=1e-4)


def test_brows_and_mouth_do_not_move_it():
    mesh = face()
    moved = mesh.copy()
    for point in (70, 63, 105, 66, 107, 61, 291, 0, 17, 13, 14):
        moved[point, 1] += 12
    np.testing.assert_array_equal(steady_matrix(moved, 112), steady_matrix(mesh, 112))
    moved[reference()[2]] += [5, 0, 0]
    assert np.abs(steady_matrix(moved, 112) - steady_matrix(mesh, 112)).max() > 1


@pytest.mark.parametrize("step", [0.7, 1.6, 2.4, 3.3])
def test_the_crop_shows_each_place_where_the_matrix_says(step):
    """A slope over the frame, of as many frame pixels to a pixel of the crop as may be."""
    mesh = face(step * SIDE / SPAN, (300.3, 280.7), (0, 0, 12))
    down, right = np.mgrid[:600, :600]
    image = np.stack([right % 200, down % 200, 0 * down], axis=-1).astype(np.uint8)
    found = steady_crop(image, mesh)[2:-2, 2:-2]
    row, column = np.mgrid[2 : SIDE - 2, 2 : SIDE - 2].reshape(2, -1)
    matrix = np.vstack([steady_matrix(mesh, SIDE), [0, 0, 1]])
    there = transform(np.stack([column, row], axis=1), np.linalg.inv(matrix)[:2])
    apart = found[..., :2].reshape(-1, 2) + 0.5 - there % 200
    near = ((there % 200 > 6) & (there % 200 < 193)).all(axis=1)  # not where the slope begins anew
    assert np.abs(apart[near]).max() < 1.1
    assert np.abs(apart[near].mean(axis=0)).max() < 0.6


def test_the_crop_of_a_large_face_is_as_smooth_as_that_of_a_small_one():
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    left = [
        steady_crop(noise, face(step * SIDE / SPAN, (340, 340))).std() for step in (1.6, 2.4, 3.4)
    ]
    assert left[0] < 30  # 74 in the frame
    assert left[1] < 30
    assert left[2] < 22
