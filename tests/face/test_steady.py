"""The crop that expressions do not move."""

import numpy as np
import pytest

from mien.face.affine import transform
from mien.face.geometry import reference
from mien.face.steady import SPAN, steady_matrix

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
