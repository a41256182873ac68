"""The graph of a face as a view: what it draws of a network's relations, and what it refuses."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.explain.graph import SIDE, GraphView
from mien.explain.view import Seen
from mien.face.geometry import reference
from mien.face.landmarks import landmarks
from mien.spec import ModelSpec
from mien.values import Scores

UNITS = 1, 6, 12, 17


def card(outputs=("probability", "relations"), units=UNITS):
    sides = ("",) * len(units)
    return ModelSpec("graph", "occurrence", "crop", units, sides, size=100, outputs=outputs)


def seen(relations, units=UNITS, chance=None):
    mesh = np.pad(reference()[0] * np.float32([1, -1, -1]), ((0, 10), (0, 0)))
    points = (landmarks(mesh, "49") * 30 + np.float32([50, 45])).astype(np.float32)
    if chance is None:
        chance = np.linspace(0.1, 0.9, len(units), dtype=np.float32)
    chance = np.float32(chance)[None]
    image = np.full((100, 100, 3), 90, np.uint8)
    return Seen(image, points, Scores(probability=chance, relations=relations[None]))


def four(pairs):
    """Relations of four units of which these pairs are likely present together."""
    relations = np.zeros((4, 4, 4), np.float32)
    relations[..., 0] = 1
    for a, b in pairs:
        relations[a, b] = relations[b, a] = [0.05, 0.05, 0.0, 0.9]
    return relations


def test_a_face_is_drawn_with_its_relations():
    view = GraphView(card())
    assert view.draw(None).shape == (view.size[1], view.size[0], 3)
    joined, apart = (view.draw(seen(four(pairs))) for pairs in ([(1, 2)], []))
    assert joined.shape == (view.size[1], view.size[0], 3)
    assert not np.array_equal(joined[:SIDE, :SIDE], apart[:SIDE, :SIDE])
    # the strongest relation leads the list, with a bar of its length
    bar = (joined[:, SIDE:] == (255, 214, 90)).all(axis=-1)
    assert bar[:40].sum(axis=1).max() == pytest.approx(0.9 * 226, abs=2)
    assert (apart[:, SIDE:] == (255, 214, 90)).all(axis=-1).sum(axis=1).max() <= 1


def test_some_units_can_be_chosen():
    relations = four([(1, 2)])
    with_pair = GraphView(card(), (6, 12)).draw(seen(relations))
    without = GraphView(card(), (1, 12)).draw(seen(relations))
    bar = (255, 214, 90)
    assert (with_pair[:, SIDE:] == bar).all(axis=-1).sum(axis=1).max() > 150
    assert (without[:, SIDE:] == bar).all(axis=-1).sum(axis=1).max() <= 1
    with pytest.raises(InputError, match="does not read AU2, AU4"):
        GraphView(card(), (2, 4))


def test_a_network_with_more_outputs_than_nodes_shows_its_nodes():
    units = (*UNITS, 1, 1)
    likeness = np.full((4, 4, 1), 0.5, np.float32)
    drawn = GraphView(card(units=units)).draw(seen(likeness, units))
    assert (drawn[:, SIDE:] == (255, 214, 90)).all(axis=-1).any(axis=1).sum() == 6 * 3


def test_a_network_without_relations_is_refused():
    with pytest.raises(InputError, match=r"gives no relations.*megraphau.*mien export"):
        GraphView(card(outputs=("probability",)))


def changed(view, relations, first, second):
    """Pixels of the face that two sets of probabilities draw otherwise, and where they lie."""
    made = [view.draw(seen(relations, chance=chance)) for chance in (first, second)]
    rows, columns = np.nonzero((made[0] != made[1]).any(axis=-1))
    return made, np.array([columns.mean(), rows.mean()]), np.ptp(columns), len(rows)


def test_each_circle_is_as_red_as_its_own_unit_is_likely():
    view, relations = GraphView(card()), four([])
    chance = [0.0, 0.5, 0.5, 0.5]
    places = []
    for place in range(4):
        low, high = ([*chance[:place], one, *chance[place + 1 :]] for one in (0.0, 1.0))
        (dark, red), middle, width, count = changed(view, relations, low, high)
        x, y = np.rint(middle).astype(int)
        assert count > 300  # a circle, and no other
        assert width < 80
        beside = y, x - width // 3
        assert red[beside][0] > dark[beside][0] + 100
        places.append(middle)
    brow, cheek, mouth, chin = places
    assert brow[1] < cheek[1] < mouth[1] < chin[1]
    (_, _), middle, _, _ = changed(
        GraphView(card(), (6, 17)), relations, [0.5, 0.5, 0.5, 0.0], [0.5, 0.5, 0.5, 1.0]
    )
    assert np.hypot(*(middle - chin)) < 40


def lines(picture):
    """Pixels of a drawn face that are neither grey nor red: of lines."""
    face = picture[:SIDE, :SIDE].astype(int)
    return int((np.ptp(face, axis=-1) > 12).sum())


def test_of_likenesses_each_unit_s_strongest_are_drawn():
    rng = np.random.default_rng(3)
    half = np.triu(rng.uniform(0.9, 0.99, (4, 4)), 1)
    likeness = np.float32(half + half.T)[..., None]
    drawn = GraphView(card()).draw(seen(likeness))
    weakest = likeness.copy()
    a, b = np.unravel_index(np.argmin(half + (half == 0)), half.shape)
    weakest[a, b] = weakest[b, a] = 0.5  # no unit's second strongest before, nor now
    assert np.array_equal(drawn[:SIDE, :SIDE], GraphView(card()).draw(seen(weakest))[:SIDE, :SIDE])
    # colours span what is drawn: the same faces all alike a little less look the same
    lower = GraphView(card()).draw(seen(likeness - np.float32(0.3)))
    apart = np.abs(drawn[:SIDE, :SIDE].astype(int) - lower[:SIDE, :SIDE])
    assert apart.max() <= 2
    assert lines(drawn) > 1000


def test_a_graph_without_lines_says_so():
    foot = slice(SIDE, None)
    none = GraphView(card()).draw(seen(four([])))
    some = GraphView(card()).draw(seen(four([(0, 1)])))
    alike = GraphView(card()).draw(seen(np.zeros((4, 4, 1), np.float32)))
    assert not np.array_equal(none[foot], some[foot])
    assert np.array_equal(none[foot], alike[foot])
