"""The reference's aligned pictures, landmarks and eye distances, through the whole preparation."""

import json

import numpy as np
import pytest
from PIL import Image as Picture

from mien.data.cache import prepare
from mien.data.labels import STILL, Index, Points
from mien.face.affine import transform
from mien.face.landmarks import LEFT_EYE_RING, LIPS_INNER, LIPS_OUTER, RIGHT_EYE_RING
from tests.parity.drawn import gradient, waves


def index_of(root, names, points=None):
    count = len(names)
    return Index(
        "made",
        root,
        tuple(names),
        np.full(count, STILL),
        np.arange(count),
        ("P",) * count,
        ("P/1",) * count,
        points=points,
    )


def test_jaanet_lists_are_made_by_preparing(shared, tmp_path):
    cases = json.loads((shared / "parity" / "jaanet_align.json").read_text())["cases"]
    for number, case in enumerate(cases):
        picture = gradient(case["width"], case["height"])
        Picture.fromarray(picture).save(tmp_path / f"{number}.png")
    points = np.array([case["landmarks_0based"] for case in cases], np.float32).reshape(-1, 49, 2)
    own = Points("49", points, np.ones(len(cases), bool))
    index = index_of(tmp_path, [f"{number}.png" for number in range(len(cases))], own)
    cache = prepare(index, tmp_path / "cache", "jaanet", 200, quality=0)
    for row, case in enumerate(cases):
        assert (case["img_size"], case["box_enlarge"]) == (200, 2.9)
        # float32 keeps about seven digits
        assert cache.matrix[row] == pytest.approx(np.array(case["matrix"]), rel=1e-6, abs=1e-5)
        moved = cache.landmarks[row].ravel()
        assert moved == pytest.approx(np.array(case["new_landmarks"]), abs=1e-4)
        assert cache.eyes[row] ** 2 == pytest.approx(case["squared_interocular_new"], rel=1e-5)
        image = cache.image(row)
        for sample in case["sample_pixels"]:
            assert image[tuple(sample["yx"])] == pytest.approx(np.array(sample["value"]), abs=2)
        assert image.mean(axis=(0, 1)) == pytest.approx(np.array(case["channel_mean"]), abs=0.6)
    small = prepare(index, tmp_path / "jpeg", "jaanet", 200)  # as training reads them
    for row, case in enumerate(cases):
        image = small.image(row)
        assert image.mean(axis=(0, 1)) == pytest.approx(np.array(case["channel_mean"]), abs=1)


CASES = {"inside": 1, "tilted": 1, "border": 3}
"""Largest difference of a block's mean, 0-255."""


@pytest.fixture
def square(shared, tmp_path):
    """Pictures of the FFHQ cases with a finder that gives the landmarks of each as a mesh."""
    stored = np.load(shared / "parity" / "libreface_alignment.npz")
    meshes = {}
    for case in CASES:
        width, height = stored[f"{case}_size"]
        picture = waves(width, height)
        Picture.fromarray(picture).save(tmp_path / f"{case}.png")
        places = stored[f"{case}_landmarks"] * [width, height]
        mesh = np.zeros((478, 3), np.float32)
        mesh[list(LEFT_EYE_RING), :2] = places[:16]
        mesh[list(RIGHT_EYE_RING), :2] = places[16:32]
        mesh[list(LIPS_OUTER + LIPS_INNER), :2] = places[32:]
        meshes[picture.tobytes()] = mesh
    return stored, index_of(tmp_path, [f"{case}.png" for case in CASES]), meshes


def test_the_square_of_the_intensity_networks(square, tmp_path):
    stored, index, meshes = square
    cache = prepare(
        index,
        tmp_path / "cache",
        "ffhq",
        512,
        find=lambda image, _: meshes[image.tobytes()],
        quality=0,
    )
    for row, (case, tolerance) in enumerate(CASES.items()):
        corners = transform(stored[f"{case}_quad"], cache.matrix[row])
        ends = np.array([[0, 0], [0, 512], [512, 512], [512, 0]]) - 0.5
        assert corners == pytest.approx(ends, abs=1e-2)
        blocks = cache.image(row).reshape(32, 16, 32, 16, 3).mean(axis=(1, 3))
        difference = np.abs(blocks - stored[f"{case}_aligned_blockmean32"])
        assert difference.max() <= tolerance


def test_the_256_pixels_that_they_are_trained_on_show_the_same(square, tmp_path):
    stored, index, meshes = square
    cache = prepare(
        index, tmp_path / "cache", "ffhq", 256, find=lambda image, _: meshes[image.tobytes()]
    )
    for row, (case, tolerance) in enumerate(CASES.items()):
        blocks = cache.image(row).reshape(32, 8, 32, 8, 3).mean(axis=(1, 3))
        difference = np.abs(blocks - stored[f"{case}_aligned_blockmean32"])
        assert difference.max() <= tolerance + 1  # one more for half of 512, and for JPEG
