"""Frames to rows, a chunk at a time."""

import numpy as np
import pytest

from mien.analysis import eyes, observe
from mien.analysis.observe import Keep, Observation, rows_of
from mien.analysis.rows import NOBODY
from mien.face import geometry
from mien.values import Frame
from tests.analysis.made_up import UNITS, Scene, made_up_face, made_up_networks

ONE, TWO = made_up_face(5, seed=1), made_up_face(2, seed=2)
SEEN = [Observation(7, 0.25, (ONE, TWO)), Observation(8, 0.5, ()), Observation(9, 0.75, (TWO,))]
IMAGE = np.zeros((2, 2, 3), np.uint8)


def test_a_row_for_each_face_and_one_for_a_frame_without():
    rows = rows_of(SEEN, made_up_networks(), Keep())
    assert rows.frame.tolist() == [7, 7, 8, 9]
    assert rows.time.tolist() == [0.25, 0.25, 0.5, 0.75]
    assert rows.track.tolist() == [5, 2, NOBODY, 2]
    assert rows.present.tolist() == [True, True, False, True]


def test_each_face_is_read_into_its_own_row():
    rows = rows_of(SEEN, made_up_networks(), Keep(features=True, mesh=True))
    for row, face in ((0, ONE), (1, TWO), (3, TWO)):
        features = geometry.features(face.mesh)[0]
        for got, wanted in (
            (rows.score, face.score),
            (rows.box, face.box),
            (rows.pose, face.pose),
            (rows.mesh, face.mesh),
            (rows.openness, eyes.openness(face.mesh[None])[0]),
            (rows.gaze, eyes.gaze(face.mesh[None])[0]),
        ):
            np.testing.assert_array_equal(got[row], wanted)
        np.testing.assert_allclose(rows.features[row], features, rtol=2e-3, atol=1e-4)
        np.testing.assert_allclose(rows.single[row], features[: len(UNITS)], rtol=1e-5)
    assert rows.features.dtype == np.float16


def test_a_frame_without_a_face_has_no_numbers():
    rows = rows_of([Observation(0, 0.0, ())], made_up_networks(), Keep(features=True, mesh=True))
    for values in (rows.score, rows.box, rows.pose, rows.openness, rows.gaze, rows.single):
        assert np.isnan(values).all()
    assert rows.features.shape == (1, geometry.FEATURES)
    assert rows.mesh.shape == (1, 478, 3)


def test_only_what_is_needed_again_is_kept():
    rows = rows_of(SEEN, made_up_networks(), Keep())
    assert (rows.features.shape, rows.mesh.shape) == ((4, 0), (4, 0, 3))
    rows = rows_of(SEEN, made_up_networks(), Keep(mesh=True))
    assert (rows.features.shape, rows.mesh.shape) == ((4, 0), (4, 478, 3))
    rows = rows_of(SEEN, made_up_networks(), Keep(features=True))
    assert (rows.features.shape, rows.mesh.shape) == ((4, geometry.FEATURES), (4, 0, 3))


def test_a_face_outside_any_track_is_number_0_and_what_it_lacks_is_missing():
    stray = made_up_face(None, pose=None)
    rows = rows_of([Observation(0, 0.0, (stray,))], made_up_networks(), Keep(mesh=True))
    assert rows.track.tolist() == [0]
    assert np.isnan(rows.pose).all()
    np.testing.assert_array_equal(rows.box[0], stray.box)


@pytest.mark.parametrize(
    ("faces", "lengths"),
    [([1] * 9, [4, 4, 1]), ([0] * 4, [4]), ([3, 0, 2, 5], [4, 7]), ([6, 1], [6, 1]), ([], [])],
)
def test_chunks_end_with_the_frame_that_fills_them(monkeypatch, faces, lengths):
    monkeypatch.setattr(observe, "CHUNK", 4)
    scene = Scene(lambda index: range(faces[index]))
    frames = (Frame(IMAGE, index, index / 10) for index in range(len(faces)))
    chunks = list(observe.observe(frames, scene, scene, Keep()))
    assert [len(rows) for rows in chunks] == lengths
    numbers = [number for rows in chunks for number in rows.frame.tolist()]
    assert numbers == [i for i, count in enumerate(faces) for _ in range(max(count, 1))]
