"""The mesh's triangles and the rasteriser: closed, mirrored, exact."""

import numpy as np
import pytest

from mien.face import triangles as room
from mien.face.triangles import (
    LEFT_EYE,
    MOUTH,
    RIGHT_EYE,
    SKIN,
    mesh_triangles,
    rasterise,
    triangle_regions,
)

INNER_LIPS = {78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310}
RIGHT_RING = {33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173}


def turned_area(points, triangles):
    a, b, c = (points[triangles[:, k], :2].astype(float) for k in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


@pytest.fixture(scope="module")
def tables(shared):
    with np.load(shared / "parity" / "facemesh_tables.npz") as file:
        return file["reference_shape468"], file["mirror468"].astype(int)


def test_table_is_one_disc_over_all_468_points():
    triangles = mesh_triangles()
    sides = np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]))
    edges, used = np.unique(sides, axis=0, return_counts=True)
    assert set(np.unique(triangles)) == set(range(468))
    assert 468 - len(edges) + len(triangles) == 1
    assert used.max() == 2
    assert (used == 1).sum() == 36  # the face oval has 36 points


def test_openings_are_the_rings_themselves():
    triangles, regions = mesh_triangles(), triangle_regions()
    assert np.bincount(regions).tolist() == [852, 18, 14, 14]
    assert set(triangles[regions == MOUTH].ravel()) == INNER_LIPS | {415}
    assert set(triangles[regions == RIGHT_EYE].ravel()) == RIGHT_RING
    assert set(triangles[regions == LEFT_EYE].ravel()).isdisjoint(RIGHT_RING)
    assert SKIN == 0


def test_table_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        mesh_triangles()[0, 0] = 1


def test_frontal_face_faces_the_viewer_and_is_its_own_mirror(tables):
    shape, mirror = tables
    triangles = mesh_triangles()
    assert turned_area(shape, triangles).min() > 0
    rows = {tuple(sorted(row)) for row in triangles.tolist()}
    assert {tuple(sorted(row)) for row in mirror[triangles].tolist()} == rows


def test_weights_give_back_the_place_of_every_pixel():
    generator = np.random.default_rng(3)
    points = generator.uniform(-20, 80, (60, 2))
    triangles = generator.integers(0, 60, (40, 3))
    index, weights = rasterise(points, triangles, 50, 70)
    y, x = np.nonzero(index >= 0)
    assert len(y) > 1000
    place = (points[triangles[index[y, x]]] * weights[y, x][:, :, None]).sum(1)
    np.testing.assert_allclose(place, np.column_stack([x, y]), atol=1e-3)
    np.testing.assert_allclose(weights[y, x].sum(1), 1, atol=1e-5)
    assert (weights[index < 0] == 0).all()


def test_agrees_with_a_pixel_by_pixel_search():
    generator = np.random.default_rng(7)
    points = np.column_stack([generator.uniform(-5, 25, (30, 2)), generator.uniform(0, 9, 30)])
    triangles = generator.integers(0, 30, (25, 3))
    index, _ = rasterise(points, triangles, 20, 20)
    for y in range(20):
        for x in range(20):
            assert index[y, x] == nearest(points, triangles, x, y)


def nearest(points, triangles, x, y):
    found, depth = -1, np.inf
    for row, corners in enumerate(triangles):
        square = np.vstack([points[corners, :2].T, np.ones(3)])
        if abs(np.linalg.det(square)) < 1e-9:
            continue
        inside = np.linalg.solve(square, [x, y, 1])
        if inside.min() >= 0 and inside @ points[corners, 2] < depth:
            found, depth = row, inside @ points[corners, 2]
    return found


def test_last_triangle_is_seen_without_depth():
    points = np.array([[0, 0], [9, 0], [0, 9]], np.float32)
    assert set(rasterise(points, np.array([[0, 1, 2], [2, 1, 0]]), 4, 4)[0].ravel()) == {1}


def test_edge_between_two_triangles_leaves_no_hole():
    points = np.array([[-1.3, -0.7], [40.2, 3.1], [38.9, 41.7], [-2.2, 37.3]], np.float32)
    index, _ = rasterise(points, np.array([[0, 1, 2], [0, 2, 3]]), 36, 36)
    assert (index[4:] >= 0).all()


@pytest.mark.parametrize("points", [np.zeros((3, 3)), np.full((3, 3), 500.0), -np.ones((3, 2))])
def test_nothing_to_see_is_an_empty_picture(points):
    index, weights = rasterise(points, np.array([[0, 1, 2]]), 8, 6)
    assert index.shape == (8, 6)
    assert (index == -1).all()
    assert (weights == 0).all()


def test_chunks_do_not_change_the_picture(monkeypatch):
    generator = np.random.default_rng(11)
    points = generator.uniform(0, 60, (80, 3))
    triangles = generator.integers(0, 80, (60, 3))
    whole = rasterise(points, triangles, 60, 60)
    monkeypatch.setattr(room, "CHUNK", 500)
    parts = rasterise(points, triangles, 60, 60)
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_array_equal(parts[1], whole[1])
