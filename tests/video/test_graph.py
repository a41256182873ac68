"""The graph of units on a face: where nodes lie, which edges are drawn, what is refused."""

from itertools import combinations

import numpy as np
import pytest

from mien.errors import ShapeError
from mien.face.geometry import reference
from mien.face.landmarks import landmarks
from mien.facs.regions import JAANET_CENTRES, SHOWN_CENTRES
from mien.facs.units import UNITS
from mien.video.graph import draw_graph, nearest, places_of, strength_of

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
OPEN = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26, 27, 32,
        38, 39)  # fmt: skip


@pytest.fixture
def points():
    mesh = np.pad(reference()[0] * np.float32([1, -1, -1]), ((0, 10), (0, 0)))
    return (landmarks(mesh, "49") * 120 + np.float32([200, 200])).astype(np.float32)


def test_every_unit_of_the_published_networks_has_a_region():
    assert set(OPEN) | set(BP4D) <= set(SHOWN_CENTRES) <= set(UNITS)
    assert all(SHOWN_CENTRES[unit] == centre for unit, centre in JAANET_CENTRES.items())


@pytest.mark.parametrize(("units", "radius"), [(BP4D, 8.0), (OPEN, 6.0), ((12, 14, 15, 13), 12.0)])
def test_no_two_nodes_lie_over_one_another(points, units, radius):
    places = places_of(points, units, radius)
    assert tuple(places) == units
    for a, b in combinations(units, 2):
        assert np.hypot(*(places[a] - places[b])) >= 2 * radius


def test_nodes_lie_at_their_regions(points):
    places = places_of(points, BP4D, 8.0)
    eyes = np.hypot(*(points[25] - points[22]))
    for unit, place in places.items():
        centre = JAANET_CENTRES[unit]
        sides = points[list(centre.points)] + [0, centre.down * eyes]
        assert np.hypot(*(sides - place).T).min() < 0.9 * eyes, unit
    assert places[1][1] < places[4][1] < places[6][1] < places[12][1] < places[17][1]
    assert places_of(points, (37,), 5.0)[37][1] > points[:, 1].max()  # a unit without a region


def test_nodes_stay_in_a_tight_picture(points):
    low = points.min(axis=0)
    width, height = (points.max(axis=0) - low).astype(int) + 1
    for units in (BP4D, OPEN):
        places = places_of(points - low, units, 6.0, (width, height))
        for place in places.values():
            assert (place >= 6).all()
            assert (place <= [width - 7, height - 7]).all()
        for a, b in combinations(units, 2):
            assert np.hypot(*(places[a] - places[b])) >= 2 * 6


def test_both_present_is_what_counts():
    relations = np.zeros((2, 2, 4), np.float32)
    relations[0, 1] = [0.1, 0.1, 0.2, 0.6]
    relations[1, 0] = [0.5, 0.1, 0.2, 0.2]
    relations[0, 0] = relations[1, 1] = [0, 0, 0, 1]
    assert strength_of(relations) == pytest.approx(np.array([[0, 0.4], [0.4, 0]]))
    joined = np.array([[1, 1], [0, 1]], np.float32)[..., None]
    assert strength_of(joined).tolist() == [[0, 0.5], [0.5, 0]]
    for shape in ((2, 2, 3), (2, 3, 4), (4, 4)):
        with pytest.raises(ShapeError, match="relations"):
            strength_of(np.zeros(shape, np.float32))


def test_a_strong_relation_is_a_bright_line(points):
    image = np.full((400, 400, 3), 120, np.uint8)
    units = (1, 6, 17)
    strength = np.zeros((3, 3), np.float32)
    strength[0, 2] = strength[2, 0] = 0.9
    made = draw_graph(image, points, units, np.array([0.0, 0.5, 1.0], np.float32), strength)
    assert made.shape == image.shape
    assert (image == 120).all()
    places = places_of(points, units, 0.2 * np.hypot(*(points[25] - points[22])))

    def colour(place):
        x, y = np.rint(place).astype(int)
        return made[y, x].astype(int)

    strong, none = (colour((places[a] + places[b]) / 2) for a, b in ((1, 17), (1, 6)))
    assert strong[0] > 180  # yellow
    assert strong[0] - strong[2] > 80
    assert none.tolist() == [54, 54, 54]  # the darkened picture
    beside = np.array([-7.0, 0])
    assert colour(places[17] + beside)[0] > colour(places[6] + beside)[0]
    assert colour(places[6] + beside)[0] > colour(places[1] + beside)[0] + 50


def test_of_many_relations_the_strongest_are_drawn(points):
    image = np.zeros((400, 400, 3), np.uint8)
    rng = np.random.default_rng(0)
    half = np.triu(rng.uniform(0.2, 0.9, (12, 12)), 1).astype(np.float32)
    strength = half + half.T
    chance = np.full(12, 0.5, np.float32)
    weakest = np.where(strength >= np.sort(half[half > 0])[-36], strength, 0)
    assert (weakest > 0).sum() == 72
    drawn, same = (draw_graph(image, points, BP4D, chance, one) for one in (strength, weakest))
    assert np.array_equal(drawn, same)
    fewer = draw_graph(image, points, BP4D, chance, np.where(strength > 0.6, strength, 0))
    assert not np.array_equal(drawn, fewer)


def test_nearest_keeps_each_unit_s_strongest():
    strength = np.float32([[0, 0.9, 0.8, 0.1], [0.9, 0, 0.7, 0.2], [0.8, 0.7, 0, 0.3],
                           [0.1, 0.2, 0.3, 0]])  # fmt: skip
    kept = nearest(strength, 1)
    pairs = {(int(a), int(b)) for a, b in zip(*np.nonzero(np.triu(kept)), strict=True)}
    assert pairs == {(0, 1), (0, 2), (2, 3)}
    assert (kept == kept.T).all()
    assert np.array_equal(nearest(strength, 9), strength)
    assert not nearest(strength, 0).any()
    assert nearest(np.zeros((1, 1), np.float32), 2).tolist() == [[0]]


def test_colours_can_span_what_is_there(points):
    image = np.full((400, 400, 3), 120, np.uint8)
    strength = np.float32([[0, 0.9], [0.9, 0]])
    chance = np.zeros(2, np.float32)
    top, low, whole = (
        draw_graph(image, points, (1, 17), chance, strength, span)
        for span in ((0.5, 0.9), (0.9, 1.0), (0.0, 0.9))
    )
    assert np.array_equal(top, whole)
    yellow, blue = ((one.astype(int)[..., 0] - one[..., 2]) for one in (top, low))
    assert (yellow > 80).sum() > 200
    assert (blue < -30).sum() > 20
    assert (blue > 80).sum() == 0


def test_what_does_not_agree_is_refused(points):
    image = np.zeros((50, 50, 3), np.uint8)
    three = np.zeros(3, np.float32)
    with pytest.raises(ShapeError, match="for 3 units"):
        draw_graph(image, points, (1, 2, 4), three, np.zeros((2, 2), np.float32))
    with pytest.raises(ShapeError, match="lie on one another"):
        draw_graph(image, points * 0, (1, 2, 4), three, np.zeros((3, 3), np.float32))
    with pytest.raises(ShapeError, match=r"\(68, 2\)"):
        places_of(np.zeros((68, 2), np.float32), (1,), 3.0)
