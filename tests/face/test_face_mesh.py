"""Regions and the mesh: where it looks, what it says, and never a NaN."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from mien.face.affine import transform
from mien.face.detector import Detection
from mien.face.landmarks import mirror
from mien.face.mesh import (
    CROP_SIDE,
    PRESENT,
    MeshFitter,
    Region,
    region_of_detection,
    region_of_mesh,
)
from mien.face.tracker import find_faces


def eyes(mesh):
    return float(np.linalg.norm(mesh[33, :2] - mesh[263, :2]))


def test_the_region_of_a_detection():
    keypoints = np.array([[10, 20], [30, 40], *[[0, 0]] * 4], np.float32)
    detection = Detection(np.array([0, 10, 40, 30], np.float32), 0.9, keypoints)
    region = region_of_detection(detection)
    assert (region.x, region.y, region.side) == (20, 20, 60)
    assert region.angle == pytest.approx(np.pi / 4)


def test_the_region_of_a_mesh(rest):
    region = region_of_mesh(rest)
    low, high = rest[:, :2].min(axis=0), rest[:, :2].max(axis=0)
    assert (region.x, region.y) == pytest.approx(tuple((low + high) / 2))
    assert region.side == pytest.approx(1.5 * (high - low).max())
    assert region.angle == pytest.approx(0, abs=1e-3)
    upside_down = rest * np.float32([-1, -1, 1])
    assert abs(region_of_mesh(upside_down).angle) == pytest.approx(np.pi, abs=1e-3)


@given(
    x=st.floats(-100, 1000),
    y=st.floats(-100, 1000),
    side=st.floats(2, 1000),
    angle=st.floats(-3.1, 3.1),
)
def test_the_crop_of_a_region(x, y, side, angle):
    back = Region(x, y, side, angle).back()
    middle = transform(np.array([[CROP_SIDE / 2, CROP_SIDE / 2]]), back)[0]
    assert middle == pytest.approx([x, y], abs=1e-6)
    corner, right = transform(np.array([[0.0, 0], [CROP_SIDE, 0]]), back)
    assert right - corner == pytest.approx([side * np.cos(angle), side * np.sin(angle)], abs=1e-6)


def test_a_batch_says_the_same_as_one_by_one(portraits, detector, fitter):
    image = np.concatenate([portraits["A"][:470, :470], portraits["B"][:470, :470]], axis=1)
    regions = [region_of_detection(one) for one in detector.find(image)]
    regions.insert(1, Region(5, 5, 8, 0))
    together = fitter.fit(image, regions)
    assert [fit.presence > PRESENT for fit in together] == [True, False, True]
    for region, fit in zip(regions, together, strict=True):
        alone = fitter.fit(image, [region])[0]
        assert fit.mesh == pytest.approx(alone.mesh, abs=0.01)
        assert fit.presence == pytest.approx(alone.presence, abs=1e-4)
    assert fitter.fit(image, []) == []


def test_nothing_is_no_face(fitter):
    for value in (0, 128, 255):
        image = np.full((100, 100, 3), value, np.uint8)
        assert fitter.fit(image, [Region(50, 50, 90, 0)])[0].presence <= PRESENT


@pytest.mark.parametrize(
    "region",
    [Region(np.nan, 0, 10, 0), Region(0, 0, np.inf, 0), Region(0, 0, 0, 0), Region(0, 0, -5, 1)],
)
def test_a_region_without_a_size_is_no_face(region, fitter):
    fit = fitter.fit(np.zeros((20, 20, 3), np.uint8), [region])[0]
    assert fit.presence == 0
    assert np.isfinite(fit.mesh).all()


def test_numbers_that_are_not_finite_are_no_face():
    sizes = {
        "output_mesh_identity": 1404,
        "conv_faceflag": 1,
        "output_lips": 160,
        "output_left_eye": 142,
        "output_right_eye": 142,
        "output_left_iris": 10,
        "output_right_iris": 10,
    }

    def run(names, feed):
        values = [np.full((len(feed["image"]), sizes[name]), 9, np.float32) for name in names]
        values[0][0, 7] = np.nan
        return values

    session = SimpleNamespace(run=run, get_inputs=lambda: [SimpleNamespace(name="image")])
    bad, good = MeshFitter(session).fit(
        np.zeros((50, 50, 3), np.uint8), [Region(25, 25, 40, 0), Region(25, 25, 40, 0)]
    )
    assert bad.presence == 0
    assert np.isfinite(bad.mesh).all()
    assert good.presence > 0.99


def test_the_mesh_follows_a_turned_and_shrunk_picture(portraits, detector, fitter):
    image = portraits["D"]
    mesh = find_faces(image, detector, fitter)[0].mesh
    height, width = image.shape[:2]
    for degrees, scale in ((30, 1.0), (-45, 0.6)):
        angle = np.radians(degrees)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array([width / 2, height / 2])
        back = np.linalg.inv(turn)
        shift = middle - back @ middle
        data = (*back[0], shift[0], *back[1], shift[1])
        picture = Picture.fromarray(image).transform(
            (width, height), Picture.Transform.AFFINE, data, Picture.Resampling.BICUBIC
        )
        moved = find_faces(np.asarray(picture), detector, fitter)[0].mesh
        expected = (mesh[:, :2] - middle) @ turn.T + middle
        distance = np.linalg.norm(moved[:, :2] - expected, axis=1) / (scale * eyes(mesh))
        assert np.median(distance) < 0.03
        depth = np.ptp(moved[:468, 2]) / (scale * np.ptp(mesh[:468, 2]))
        assert depth == pytest.approx(1, abs=0.1)


def test_a_mirrored_picture_gives_the_mirrored_mesh(portraits, detector, fitter):
    image = portraits["D"]
    mesh = find_faces(image, detector, fitter)[0].mesh
    other = find_faces(np.ascontiguousarray(image[:, ::-1]), detector, fitter)[0].mesh
    back = other[mirror("478")] * np.float32([-1, 1, 1]) + np.float32([image.shape[1] - 1, 0, 0])
    assert np.median(np.linalg.norm(back - mesh, axis=1)) < 0.03 * eyes(mesh)
    assert np.abs(back[468:, :2] - mesh[468:, :2]).max() < 0.03 * eyes(mesh)
    assert mesh[4, 2] < mesh[234, 2]  # the nose is nearer than the ear


def test_a_face_at_the_edge_of_the_frame(portraits, detector, fitter):
    mesh = find_faces(portraits["D"], detector, fitter)[0].mesh
    left = int(mesh[:, 0].min() + 0.15 * np.ptp(mesh[:, 0]))
    cut = find_faces(np.ascontiguousarray(portraits["D"][:, left:]), detector, fitter)
    assert len(cut) == 1
    assert cut[0].box[0] < 0  # the mesh goes on outside
    distance = np.linalg.norm(cut[0].mesh[:, :2] + [left, 0] - mesh[:, :2], axis=1)
    assert np.median(distance) < 0.1 * eyes(mesh)
