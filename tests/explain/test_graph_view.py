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


def seen(relations, units=UNITS):
    mesh = np.pad(reference()[0] * np.float32([1, -1, -1]), ((0, 10), (0, 0)))
    points = (landmarks(mesh, "49") * 30 + np.float32([50, 45])).astype(np.float32)
    chance = np.linspace(0.1, 0.9, len(units), dtype=np.float32)[None]
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
