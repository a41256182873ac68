import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.face.geometry import FEATURES, IRISES, POSE, SKIN, difference, features, mirror, reference

FLIP = np.array([1, -1, -1])
RING = np.array([[0, 0, 0], [0.04, 0, 0], [0, 0.04, 0], [-0.04, 0, 0], [0, -0.04, 0]])
"""The five points of an iris around its centre."""


def turn(yaw=0.0, pitch=0.0, roll=0.0):
    """Nose to the image's right, looking up, clockwise in the image; x right, y up, z near."""
    (cy, sy), (cp, sp), (cr, sr) = [(np.cos(a), np.sin(a)) for a in (yaw, -pitch, -roll)]
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def mesh(skin=None, gaze=(0.0, 0.0), rotation=None, scale=80.0, shift=(200.0, 150.0, 5.0)):
    """A mesh in pixels: the reference face, or ``skin``, somewhere in an image."""
    skin = reference()[0] if skin is None else skin
    irises = [skin[[a, b]].mean(axis=0) + np.array([*gaze, 0]) for a, b in ((33, 133), (362, 263))]
    points = np.concatenate([skin, *(iris + RING for iris in irises)])
    rotated = points @ (np.eye(3) if rotation is None else rotation).T
    return (scale * rotated * FLIP + shift).astype(np.float32)


def face(seed=3, size=0.03):
    return reference()[0] + np.random.default_rng(seed).normal(0, size, (SKIN, 3))


def test_the_reference_face_has_no_features():
    values = features(mesh()[None])
    assert values.shape == (1, FEATURES)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, 0, atol=2e-5)


@settings(deadline=None, max_examples=25)
@given(
    angles=st.tuples(st.floats(-0.7, 0.7), st.floats(-0.5, 0.5), st.floats(-3, 3)),
    scale=st.floats(20, 500),
    shift=st.tuples(st.floats(-300, 3000), st.floats(-300, 3000)),
)
def test_place_size_and_rotation_do_not_matter(angles, scale, shift):
    skin = face()
    before = features(mesh(skin)[None])[0]
    after = features(mesh(skin, rotation=turn(*angles), scale=scale, shift=(*shift, 0))[None])[0]
    np.testing.assert_allclose(
        np.delete(after, [POSE.start, POSE.start + 1]),
        np.delete(before, [POSE.start, POSE.start + 1]),
        atol=3e-3,
    )


def test_pose_signs_are_the_house_ones():
    for yaw, pitch in ((0.4, 0.0), (-0.3, 0.2), (0.0, -0.25)):
        values = features(mesh(rotation=turn(yaw, pitch, 0.3))[None])[0]
        np.testing.assert_allclose(values[POSE], [3 * yaw, 3 * pitch], atol=1e-3)
    nose_to_the_right = mesh(rotation=turn(yaw=0.4))
    assert nose_to_the_right[1, 0] > nose_to_the_right[[33, 263], 0].mean() + 5
    looking_up = mesh(rotation=turn(pitch=0.4))
    assert looking_up[1, 1] < mesh()[1, 1] - 5


def test_irises_are_read_in_the_face_not_in_the_image():
    values = features(mesh(gaze=(0.03, 0.01), rotation=turn(0.3, 0.2, 0.5))[None])[0, IRISES]
    skin = reference()[0]
    width = np.linalg.norm(skin[33] - skin[133])
    np.testing.assert_allclose(values, np.array([0.03, 0.01] * 2) * 3 / width, atol=1e-3)


def test_a_displaced_point_is_found_where_it_moved():
    skin = reference()[0].copy()
    skin[61] += [0.1, 0.05, 0]  # the corner of the mouth at the image's left; not a stable point
    values = features(mesh(skin, rotation=turn(roll=0.4))[None])[0, : SKIN * 3].reshape(SKIN, 3)
    np.testing.assert_allclose(values[61], [0.1, 0.05, 0], atol=1e-4)
    assert np.abs(np.delete(values, 61, axis=0)).max() < 1e-4


def test_mirror_equals_the_features_of_the_mirrored_image():
    skin = face()
    one = mesh(skin, gaze=(0.02, -0.01), rotation=turn(0.3, 0.1, 0.2))
    table = reference()[1]
    irises = [473, 474, 475, 476, 477, 468, 469, 470, 471, 472]
    flipped = one[np.concatenate([table, irises])] * [-1, 1, 1] + [640, 0, 0]
    np.testing.assert_allclose(
        mirror(features(one[None])), features(flipped[None].astype(np.float32)), atol=2e-3
    )


def test_mirror_twice_is_nothing():
    values = np.random.default_rng(0).normal(size=(4, FEATURES)).astype(np.float32)
    np.testing.assert_array_equal(mirror(mirror(values)), values)


def test_difference_keeps_the_pose_of_the_frame():
    frame, neutral = np.random.default_rng(1).normal(size=(2, FEATURES)).astype(np.float32)
    values = difference(frame, neutral)
    np.testing.assert_array_equal(values[POSE], frame[POSE])
    np.testing.assert_allclose(values[: SKIN * 3], (frame - neutral)[: SKIN * 3])
    np.testing.assert_allclose(values[IRISES], (frame - neutral)[IRISES])


def test_many_faces_give_what_each_gives_alone():
    meshes = np.stack([mesh(face(seed), rotation=turn(0.1 * seed)) for seed in range(4)])
    together = features(meshes)
    for one, row in zip(meshes, together, strict=True):
        np.testing.assert_allclose(features(one)[0], row, atol=1e-6)


def test_degenerate_meshes_give_finite_numbers():
    assert np.isfinite(features(np.zeros((2, 478, 3), np.float32))).all()
    assert features(np.zeros((0, 478, 3), np.float32)).shape == (0, FEATURES)


def test_another_shape_is_refused_with_both_shapes_named():
    with pytest.raises(ShapeError, match=r"\(1, 468, 3\).*478"):
        features(np.zeros((1, 468, 3), np.float32))


def chirality(points):
    nose, right, left, chin = points[[1, 33, 263, 152]].astype(float)
    return np.sign(np.linalg.det([right - nose, left - nose, chin - nose]))


def test_a_face_is_turned_and_never_mirrored():
    for side in (1, -1):
        one = mesh(rotation=turn(0.3)) * np.array([side, 1, 1], np.float32)
        laid = features(one[None])[0, : SKIN * 3].reshape(SKIN, 3) + reference()[0]
        assert chirality(laid) == chirality(one * FLIP) == side * chirality(reference()[0])


@pytest.mark.parametrize("mirrored", [1, -1])
def test_the_size_is_the_one_that_fits_best(mirrored):
    shape, _, stable = reference()
    one = mesh(face(size=0.1), rotation=turn(0.2)) * np.array([mirrored, 1, 1], np.float32)
    off = features(one[None])[0, : SKIN * 3].reshape(SKIN, 3)[stable].astype(float)
    laid = shape[stable] + off
    laid -= laid.mean(axis=0)
    assert (off * laid).sum() == pytest.approx(0, abs=1e-3 * (laid**2).sum())


def test_the_reference_is_the_measured_shape(shared):
    with np.load(shared / "parity" / "facemesh_tables.npz") as tables:
        shape, table, _ = reference()
        np.testing.assert_allclose(shape * FLIP, tables["reference_shape468"], atol=1e-6)
        np.testing.assert_array_equal(table, tables["mirror468"])
    np.testing.assert_allclose(shape[table] * [-1, 1, 1], shape, atol=1e-6)
