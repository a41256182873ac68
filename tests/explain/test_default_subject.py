"""The default reading, asked about the crop of the portrait."""

import numpy as np
import pytest

import mien
from mien.analysis.reading import PictureReading
from mien.explain.default import DefaultSubject, default_card
from mien.explain.look import Look
from mien.explain.occlusion import occlusion
from mien.explain.targets import targets
from mien.face.steady import steady_crop
from mien.weights.store import open_store


@pytest.fixture(scope="module")
def reading():
    return PictureReading(open_store())


@pytest.fixture(scope="module")
def face(astronaut, front_end):
    return mien.find_faces(astronaut)[0]


def test_it_says_what_analyze_says_and_the_crop_as_it_is_changes_nothing(
    reading, face, astronaut, photo
):
    wanted = targets(default_card(reading), (12, 25, 6))
    question = DefaultSubject(reading, wanted).about(astronaut, face)
    np.testing.assert_array_equal(question.image, steady_crop(astronaut, face.mesh))
    row = mien.analyze(photo, neutral="none")
    told = [row.column(name).to_pylist()[0] for name in ("AU12", "AU25", "AU6")]
    np.testing.assert_allclose(wanted.values(question.scores)[0], told, atol=0.02)
    again = question.asked(question.image[None])
    np.testing.assert_allclose(again, wanted.values(question.scores), atol=1e-5)


def test_a_smile_of_5_still_shows_what_the_picture_adds_to_it(reading, face, astronaut):
    wanted = targets(default_card(reading), (12,))
    subject = DefaultSubject(reading, wanted)
    question = subject.about(astronaut, face)
    assert question.scores.intensity[0, list(wanted.places)] == pytest.approx(5)
    blank = np.full_like(question.image, 128)[None]
    assert question.asked(blank)[0, 0] < 4.5  # held at 5, hiding all of it would change nothing


def test_the_smile_is_read_at_the_mouth_and_the_map_is_better_than_chance(reading, face, astronaut):
    subject = DefaultSubject(reading, targets(default_card(reading), (12,)))
    seen = Look(subject, occlusion, tested=True).see(astronaut, face)
    row, column = np.unravel_index(seen.maps[0].argmax(), seen.maps[0].shape)
    at = (np.array([column, row]) + 0.5) * len(seen.image) / len(seen.maps[0])
    corners = seen.points[[31, 37]]
    assert np.hypot(*(corners - at).T).min() < 16
    [verdict] = seen.verdicts
    assert verdict.better
