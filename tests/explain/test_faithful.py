"""Occlusion and its test on networks whose answer is known: one corner, nothing, all of it."""

import numpy as np
import pytest

from mien.explain.faithful import _moved, verdicts
from mien.explain.hiding import CELLS, hidden
from mien.explain.occlusion import occlusion
from mien.explain.question import Question
from mien.values import Scores

SIDE = 56
RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 60, (SIDE, SIDE, 3)).astype(np.uint8)
PICTURE[4:20, 36:52] = 255
"""Dark, with a light square at the right of its top."""


def asked_of(*numbers):
    """A question to networks, each a function of crops (n, s, s, 3) in 0-1 to (n,)."""

    def asked(images):
        return np.stack([one(images / 255) for one in numbers], axis=1).astype(np.float32)

    return Question(PICTURE, np.zeros((49, 2), np.float32), Scores(), asked)


def corner(images):
    """Looks at the light square only."""
    return images[:, 4:20, 36:52].mean(axis=(1, 2, 3))


def nowhere(images):
    """Says the same of every picture."""
    return np.full(len(images), 0.7)


def contrary(images):
    """Falls where the light square is there."""
    return 1 - corner(images)


def bump(row, column, width=2.0):
    """A smooth map with one place."""
    y, x = np.mgrid[0:CELLS, 0:CELLS]
    return np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * width**2)).astype(np.float32)


HERE = bump(2.5, 10.5)
"""Where the square is, in cells of 4 pixels."""


def test_cells_are_hidden_under_the_mean_colour_and_nothing_else_changes():
    cells = np.zeros((2, CELLS, CELLS), bool)
    cells[0, 0, 1] = cells[1, 13, 13] = True
    made = hidden(PICTURE, cells)
    assert (made[0, :4, 4:8] == PICTURE.reshape(-1, 3).mean(axis=0).round()).all()
    assert (made[1, 52:, 52:] == made[0, 0, 4]).all()
    for one, cell in zip(made, cells, strict=True):
        kept = ~np.kron(cell, np.ones((4, 4), bool))
        np.testing.assert_array_equal(one[kept], PICTURE[kept])


def test_cells_cover_a_crop_that_they_do_not_divide():
    picture = PICTURE[:50, :50]
    everything = hidden(picture, np.ones((1, CELLS, CELLS), bool))[0]
    assert (everything == everything[0, 0]).all()
    tiny = PICTURE[:5, :5]
    found = occlusion(Question(tiny, None, Scores(), lambda images: images[:, 0, :1, 0] / 255.0))
    assert found.shape == (1, 5, 5)


def test_occlusion_points_to_the_one_place_that_matters():
    [found, none, against] = occlusion(asked_of(corner, nowhere, contrary))
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (1 <= row <= 4, 9 <= column <= 12) == (True, True)
    # nothing where the hidden square does not reach: cells 1 to 4 and 9 to 12, and one around
    away = np.ones_like(found, bool)
    away[0:6, 8:14] = False
    assert abs(found[away]).max() < 1e-6
    # three cells of the four times four: 9 of 16 parts of the light are gone
    mean = PICTURE.reshape(-1, 3).mean() / 255
    assert found.max() == pytest.approx(9 / 16 * (1 - mean), abs=0.01)
    assert abs(none).max() == 0
    np.testing.assert_allclose(against, -found, atol=1e-6)


def test_a_right_map_is_better_than_chance_and_a_wrong_one_is_not():
    [right] = verdicts(asked_of(corner), HERE[None], ("AU1",), 1.0)
    assert right.better
    assert right.gap > 0.3
    assert right.highest < right.gap
    [wrong] = verdicts(asked_of(corner), bump(11, 2)[None], ("AU1",), 1.0)
    assert not wrong.better
    assert wrong.gap < 0
    assert str(right).startswith("AU1: deletion 0.")
    assert str(right).endswith(": better than chance")
    assert str(wrong).endswith(": no better than chance")


def test_a_pretty_map_of_a_network_that_looks_nowhere_is_no_better_than_chance():
    [verdict] = verdicts(asked_of(nowhere), HERE[None], ("AU1",), 1.0)
    assert not verdict.better
    assert (verdict.gap, verdict.chance, verdict.highest) == (0, 0, 0)
    assert verdict.deletion == pytest.approx(0.7)


def test_an_effect_that_is_hardly_there_is_not_worth_a_word():
    def faint(images):
        return 0.7 + 0.01 * corner(images)

    [verdict] = verdicts(asked_of(faint), HERE[None], ("AU1",), 1.0)
    assert verdict.gap > verdict.highest
    assert not verdict.better


def test_a_level_map_is_hidden_in_a_random_order():
    [verdict] = verdicts(asked_of(corner), np.full((1, CELLS, CELLS), 0.3), ("AU1",), 1.0)
    assert not verdict.better
    assert abs(verdict.gap) < 0.1  # row after row it would be 0.6, for the square is at the top


def test_areas_are_those_of_a_hand_worked_curve():
    """Half of the crop counts, evenly: hidden first, it falls along a line and stays down."""
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[: SIDE // 2] = 254
    mean = 127 / 255

    def upper(images):
        return (
            images[:, : SIDE // 2]
            .mean(axis=(1, 2, 3), dtype=np.float64)
            .astype(np.float32)[:, None]
            / 255
        )

    question = Question(picture, None, Scores(), upper)
    values = np.zeros((1, CELLS, CELLS), np.float32)
    values[:, : CELLS // 2] = 1
    [verdict] = verdicts(question, values, ("AU1",), 1.0)
    top, low = 254 / 255, mean
    assert verdict.deletion == pytest.approx((top + 3 * low) / 4, abs=0.005)
    assert verdict.insertion == pytest.approx((3 * top + low) / 4, abs=0.005)


def test_each_number_is_tested_with_its_own_map():
    both = verdicts(asked_of(corner, nowhere), np.stack([HERE, HERE]), ("AU1", "AU2"), 1.0)
    assert [one.better for one in both] == [True, False]
    assert [one.label for one in both] == ["AU1", "AU2"]
    large = np.kron(HERE, np.ones((4, 4), np.float32))
    [finer] = verdicts(asked_of(corner), large[None], ("AU1",), 1.0)
    assert finer.better
    signed = verdicts(asked_of(contrary), occlusion(asked_of(contrary)), ("AU1",), 1.0)
    assert not signed[0].better  # nothing raises it: what is drawn is empty


def test_maps_of_chance_lie_a_quarter_of_the_crop_away_or_more_and_half_are_mirrored():
    peak = np.zeros((16, 16), np.float32)
    peak[2, 3], peak[2, 4] = 2, 1  # the lower value stands right of the higher one
    random = np.random.default_rng(0)
    places, mirrored = [], 0
    for _ in range(200):
        moved = _moved(peak, random)
        row, column = np.unravel_index(moved.argmax(), moved.shape)
        mirrored += bool(moved[row, (column - 1) % 16] == 1)
        places.append((int(row), int(column), bool(moved[row, (column - 1) % 16] == 1)))
    for row, column, turned in places:
        start = 12 if turned else 3
        far = [
            min((now - then) % 16, (then - now) % 16) for now, then in ((row, 2), (column, start))
        ]
        assert max(far) >= 4
    assert 60 < mirrored < 140
