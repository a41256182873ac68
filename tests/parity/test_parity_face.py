"""The reference's own numbers: detectors, attention mesh, and the two alignments."""

import hashlib
import json

import numpy as np
import pytest

from mien.face.affine import transform, warp
from mien.face.align import ffhq_quad, jaanet_matrix, quad_matrix
from mien.face.detector import Detector
from mien.face.mesh import MeshFitter
from mien.face.rim import fade
from mien.face.tracker import find_faces
from mien.runtime import open_session
from tests.parity.drawn import gradient, waves


@pytest.fixture(scope="module")
def networks(face_models):
    short, full, mesh = map(open_session, face_models.values())
    return Detector(short, full), MeshFitter(mesh)


@pytest.fixture(scope="module")
def stored(shared):
    return np.load(shared / "parity" / "facemesh_astronaut.npz")


@pytest.fixture(scope="module")
def portrait(stored, astronaut):
    assert hashlib.sha256(astronaut.tobytes()).hexdigest() == str(stored["image_sha256"])
    return astronaut


@pytest.mark.parametrize(("name", "score"), [("short", 1e-4), ("full", 3e-3)])
def test_a_detector_gives_the_reference_box(name, score, networks, stored, portrait):
    detector = getattr(networks[0], f"_{name}")  # one of the two, before they are merged
    found = detector.find(portrait)
    expected = stored[f"detection_{name}"]
    assert len(found) == len(expected) == 1
    x, y, width, height = expected[0, 1:5] * 512
    assert found[0].score == pytest.approx(expected[0, 0], abs=score)
    assert found[0].box == pytest.approx([x, y, x + width, y + height], abs=0.25)
    assert found[0].keypoints == pytest.approx(expected[0, 5:].reshape(6, 2) * 512, abs=0.25)


def test_the_mesh_is_the_reference_mesh(networks, stored, portrait):
    faces = find_faces(portrait, *networks)
    expected = stored["landmarks478"][0] * 512
    assert len(faces) == 1
    eyes = np.linalg.norm(expected[33, :2] - expected[263, :2])
    distance = np.linalg.norm(faces[0].mesh[:, :2] - expected[:, :2], axis=1) / eyes
    assert np.median(distance) <= 0.0005
    assert np.percentile(distance, 95) <= 0.001
    assert np.median(distance[468:]) <= 0.0005
    depth = np.abs(faces[0].mesh[:, 2] - expected[:, 2]) / eyes
    assert np.median(depth) <= 0.001


@pytest.mark.parametrize("number", [0, 1])
def test_the_jaanet_alignment(number, shared):
    case = json.loads((shared / "parity" / "jaanet_align.json").read_text())["cases"][number]
    points = np.array(case["landmarks_0based"]).reshape(49, 2)
    matrix = jaanet_matrix(points, case["img_size"], case["box_enlarge"])
    assert matrix == pytest.approx(np.array(case["matrix"]), abs=1e-6)
    moved = transform(points, matrix)
    assert moved.ravel() == pytest.approx(np.array(case["new_landmarks"]), abs=1e-6)
    eyes = moved[19:25].mean(axis=0) - moved[25:31].mean(axis=0)
    assert float(eyes @ eyes) == pytest.approx(case["squared_interocular_new"], rel=1e-6)
    image = gradient(case["width"], case["height"])
    crop = warp(image, matrix, case["img_size"], tuple(case["border"]))
    for sample in case["sample_pixels"]:
        assert crop[tuple(sample["yx"])] == pytest.approx(np.array(sample["value"]), abs=2)
    assert crop.mean(axis=(0, 1)) == pytest.approx(np.array(case["channel_mean"]), abs=0.6)


@pytest.mark.parametrize(("case", "tolerance"), [("inside", 1), ("tilted", 1), ("border", 3)])
def test_the_ffhq_alignment(case, tolerance, shared):
    stored = np.load(shared / "parity" / "libreface_alignment.npz")
    width, height = stored[f"{case}_size"]
    image = waves(width, height)
    points = stored[f"{case}_landmarks"] * [width, height]
    quad = ffhq_quad(points[16:32], points[:16], points[32:])
    assert quad == pytest.approx(stored[f"{case}_quad"], abs=1e-6)
    faded, place, shrink = fade(image, quad)
    crop = warp(faded, quad_matrix((quad - place + 0.5) / shrink - 0.5, 512), 512)
    blocks = crop.reshape(32, 16, 32, 16, 3).mean(axis=(1, 3))
    assert np.abs(blocks - stored[f"{case}_aligned_blockmean32"]).max() <= tolerance
