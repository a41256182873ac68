from dataclasses import replace

import numpy as np
import pytest

from mien.animation.moves import known_units
from mien.data.drawn import View, draw_person, draw_view
from mien.data.finding import open_finder
from mien.face.geometry import features
from mien.face.landmarks import landmarks

SIZE = 192


@pytest.fixture(scope="module")
def persons():
    return [draw_person(np.random.default_rng(number)) for number in range(4)]


def test_the_same_seed_gives_the_same_picture_and_another_one_another(persons):
    first = draw_person(np.random.default_rng(1)).picture({12: 3.0}, SIZE)
    again = persons[1].picture({12: 3.0}, SIZE)
    other = persons[2].picture({12: 3.0}, SIZE)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert np.abs(first[0].astype(int) - other[0]).mean() > 5
    assert np.abs(first[1] - other[1]).max() > 1


def test_the_picture_has_the_size_and_the_mesh_lies_in_it(persons):
    for size in (64, 100, 256):
        image, mesh = persons[0].picture({}, size)
        assert image.shape == (size, size, 3)
        assert image.dtype == np.uint8
        assert mesh.shape == (478, 3)
        assert mesh[:, :2].min() > 0
        assert mesh[:, :2].max() < size - 1
        np.testing.assert_allclose(mesh, persons[0].mesh({}, size), atol=0.02 * size / 64)


def test_a_larger_picture_shows_the_same(persons):
    small, large = (persons[0].picture({12: 4.0}, size) for size in (96, 192))
    halved = large[0].reshape(96, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small[0]).mean() < 4
    np.testing.assert_allclose((large[1][:, :2] + 0.5) / 2, small[1][:, :2] + 0.5, atol=0.02)


@pytest.mark.parametrize(
    ("unit", "point", "way"),
    [
        (1, 107, "up"), (2, 105, "up"), (4, 107, "down"), (5, 159, "up"), (9, 98, "up"),
        (10, 0, "up"), (12, 61, "up"), (12, 291, "up"), (15, 61, "down"), (17, 17, "up"),
        (26, 152, "down"), (43, 159, "down"), (20, 61, "right side"),
    ],
)  # fmt: skip
def test_a_unit_moves_the_right_points(persons, unit, point, way):
    rest, moved = (persons[0].mesh({unit: level}, SIZE) for level in (0.0, 5.0))
    x, y = (moved - rest)[point, :2]
    towards = {"up": -y, "down": y, "right side": -x}[way]
    assert towards > 1.5
    middle = persons[0].mesh({unit: 2.5}, SIZE)
    share = (middle - rest)[point, :2] @ (moved - rest)[point, :2] / (x**2 + y**2)
    assert 0.4 < share < 0.6
    assert np.abs((moved - rest)[[10, 6], :2]).max() < 1.5  # top of the face, bridge of the nose


def test_every_unit_of_the_table_can_be_seen(persons):
    rest = persons[1].picture({}, SIZE)[0].astype(int)
    for unit in known_units():
        shown = persons[1].picture({unit: 5.0}, SIZE)[0]
        assert np.abs(shown - rest).max() > 25, unit


def test_a_unit_that_is_not_known_is_refused(persons):
    with pytest.raises(KeyError):
        persons[0].picture({19: 3.0}, SIZE)


def test_pose_and_gaze_turn_to_the_side_they_say(persons):
    def described(**changes):
        return persons[0].mesh({}, 256, replace(View(), **changes))

    straight = described()
    yaw, pitch = np.rad2deg(features(described(pose=(20.0, 0.0, 0.0)))[0, 1404:1406] / 3)
    assert yaw == pytest.approx(20, abs=1.5)  # to the image's right, the person's left
    assert abs(pitch) < 3
    pitch = np.rad2deg(features(described(pose=(0.0, 15.0, 0.0)))[0, 1405] / 3)
    assert pitch - np.rad2deg(features(straight)[0, 1405] / 3) == pytest.approx(-15, abs=1.5)
    rolled = described(pose=(0.0, 0.0, 20.0))
    before, after = straight[263] - straight[33], rolled[263] - rolled[33]
    turned = np.rad2deg(np.arctan2(-after[1], after[0]) - np.arctan2(-before[1], before[0]))
    assert turned == pytest.approx(20, abs=0.5)
    left = described(gaze=(20.0, 0.0)) - straight
    assert left[[468, 473], 0].min() > 2
    np.testing.assert_allclose(left[:468], 0, atol=1e-3)
    assert (described(gaze=(0.0, 15.0)) - straight)[[468, 473], 1].max() < -1.5


@pytest.mark.parametrize("left", [-10.0, 10.0])
def test_the_iris_is_drawn_where_the_mesh_says(persons, left):
    for person in persons:
        image, mesh = person.picture({5: 4.0}, 256, View(gaze=(left, 0.0)))
        for centre in (468, 473):
            middle, radius = mesh[centre, :2], mesh[centre + 1, 0] - mesh[centre, 0]
            away = -np.sign(left)  # where the white of the eye is widest
            places = [middle, middle + np.array([1.3 * away * radius, 0])]
            pupil, white = (
                image[round(y - 0.5) : round(y + 1.5), round(x - 0.5) : round(x + 1.5)].mean()
                for x, y in places
            )
            assert white > pupil + 40


def test_views_differ_in_everything_but_the_face(persons):
    views = [draw_view(np.random.default_rng(number)) for number in range(40)]
    usual = {"pose": 3, "gaze": 3, "scale": 0.04, "shift": 0.01, "ambient": 0.05, "gain": 0.05,
             "noise": 1, "seed": 1}  # fmt: skip
    for name, least in usual.items():
        drawn = np.array([getattr(view, name) for view in views])
        assert (drawn.std(axis=0) > least).all(), name
    assert (np.array([view.light for view in views])[:, :2].std(axis=0) > 0.2).all()
    assert max(np.abs(view.pose).max() for view in views) <= 30
    still = draw_view(np.random.default_rng(0), 0.0)
    np.testing.assert_array_equal(
        persons[0].picture({}, SIZE, still)[0], persons[0].picture({}, SIZE, View())[0]
    )


def test_a_picture_is_taken_as_the_view_says(persons):
    image, mesh = persons[0].picture({}, SIZE)
    _, moved = persons[0].picture({}, SIZE, View(shift=(0.05, 0.03)))
    np.testing.assert_allclose((moved - mesh)[:, :2].mean(axis=0), [0.05 * SIZE, 0.03 * SIZE], 0.01)
    _, large = persons[0].picture({}, SIZE, View(scale=1.2))
    np.testing.assert_allclose(np.ptp(large, axis=0), 1.2 * np.ptp(mesh, axis=0), rtol=1e-3)
    bright, _ = persons[0].picture({}, SIZE, View(gain=1.2))
    assert bright.mean() > image.mean() + 5
    cheeks = mesh[[50, 280], :2].round().astype(int)  # the person's right is the image's left
    for side in (-1.0, 1.0):
        lit, _ = persons[0].picture({}, SIZE, View(light=(side, 0.0, 1.0), ambient=0.2))
        left, right = (lit[y - 3 : y + 4, x - 3 : x + 4].mean() for x, y in cheeks)
        assert side * (right - left) > 10
    noisy = [persons[0].picture({}, SIZE, View(noise=4.0, seed=seed))[0] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(noisy[0], noisy[1])
    assert (noisy[0].astype(int) - image).std() == pytest.approx(4, abs=0.3)
    assert (noisy[0] != noisy[2]).mean() > 0.5


def test_persons_differ_in_shape_and_colour():
    many = [draw_person(np.random.default_rng(100 + number)) for number in range(8)]
    shapes = np.stack([person.neutral for person in many])
    spread = shapes.std(axis=0)
    assert 0.01 < spread[:, :2].mean() < 0.06  # outer-eye-corner distances, 9 cm
    skins = np.stack([person.look.skin for person in many])
    assert skins.std(axis=0).min() > 0.05


def test_the_detector_and_the_mesh_find_drawn_faces(front_end):
    find = open_finder()
    errors, smiles = [], []
    for number in range(8):
        rng = np.random.default_rng(200 + number)
        person, view = draw_person(rng), draw_view(rng)
        found = []
        for units in ({}, {12: 5.0}):
            image, true = person.picture(units, 256, view)
            mesh = find(image, False)
            assert mesh is not None, number
            eyes = np.linalg.norm(true[33, :2] - true[263, :2])
            errors.append(np.linalg.norm(mesh[:, :2] - true[:, :2], axis=1).mean() / eyes)
            found.append(landmarks(mesh, "68"))
        corners = (found[1] - found[0])[[48, 54], 1].mean()
        smiles.append(corners / eyes)
    assert np.median(errors) < 0.035  # 0.024 measured
    assert max(errors) < 0.08
    assert np.median(smiles) < -0.03  # the corners of the mouth are found higher
    assert np.mean(np.array(smiles) < 0) > 0.9
