"""Attention maps drawn over a face: the right map, in the right place, for the right unit."""

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError
from mien.explain.heat import enlarge, lay_over, scale_bar
from mien.explain.maps import GAP, HEAD, SIDE, MapsView
from mien.explain.view import Seen
from mien.values import Scores
from tests.point_networks import face, pointed

SPEC = pointed(units=(4, 12, 1), reads=False, gives=("maps", "landmarks"))
GRAY = np.full((16, 16, 3), 128, np.uint8)


def seen(maps, probability=(0.1, 0.8, 0.3), landmarks=None):
    given = Scores(
        probability=np.array([probability], np.float32),
        maps=np.asarray(maps, np.float32)[None],
        landmarks=None if landmarks is None else landmarks[None],
    )
    return Seen(GRAY, face(16), given)


def panel(picture, number):
    """The picture of a panel, without what stands above it."""
    left = GAP + number * (SIDE + GAP)
    return picture[GAP + HEAD : GAP + HEAD + SIDE, left : left + SIDE]


def one_cell(row, column, side=4):
    maps = np.zeros((3, side, side), np.float32)
    maps[1, row, column] = 1
    return maps


def test_colours_grow_lighter_and_keep_their_place():
    bar = scale_bar(100, 3)
    light = bar[0].astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(light) > -0.6).all()
    assert light[-1] - light[0] > 180
    laid = lay_over(np.full((40, 40, 3), 100, np.uint8), one_cell(3, 0)[1])
    brightest = np.unravel_index(laid.sum(axis=2).argmax(), (40, 40))
    assert brightest[0] >= 34
    assert brightest[1] <= 5


def test_cells_cover_equal_parts_of_the_picture():
    large = enlarge(np.arange(16, dtype=np.float32).reshape(4, 4), 400)
    assert large.shape == (400, 400)
    centres = large[50::100, 50::100]
    np.testing.assert_allclose(centres, np.arange(16).reshape(4, 4), atol=0.06)


def test_each_unit_has_the_panel_of_its_own_map():
    view = MapsView(SPEC)
    drawn = view.draw(seen(one_cell(0, 3)))
    assert drawn.shape == (view.size[1], view.size[0], 3)
    bright = [panel(drawn, number)[:72, -72:].astype(int).sum() for number in (1, 2, 3)]
    assert bright[1] > 1.2 * bright[0]
    assert bright[0] == bright[2]
    # chosen units come in the order in which they are asked for
    drawn = MapsView(SPEC, (1, 12)).draw(seen(one_cell(0, 3)))
    assert panel(drawn, 2)[:72, -72:].sum() > 1.2 * panel(drawn, 1)[:72, -72:].sum()


def test_a_level_map_is_not_stretched_into_a_pattern():
    maps = np.full((3, 4, 4), 0.5, np.float32)
    maps[0, 0, 0] = 0.501
    maps[1, 0, 0] = 0.6
    drawn = MapsView(SPEC, stretch=True).draw(seen(maps))
    assert panel(drawn, 1).std(axis=(0, 1)).max() < 0.5
    assert panel(drawn, 2).std(axis=(0, 1)).max() > 5
    plain = MapsView(SPEC).draw(seen(maps))
    assert panel(plain, 2).std(axis=(0, 1)).max() < 5


def test_one_map_for_all_units_is_shown_for_each():
    drawn = MapsView(SPEC).draw(seen(one_cell(2, 2)[1:2]))
    first = panel(drawn, 1)
    assert all(np.array_equal(first, panel(drawn, number)) for number in (2, 3))


def test_both_kinds_of_landmarks_are_drawn_where_they_lie():
    with_both = panel(MapsView(SPEC).draw(seen(np.zeros((3, 4, 4)), landmarks=face(16, 5))), 0)
    alone = panel(MapsView(SPEC).draw(seen(np.zeros((3, 4, 4)))), 0)
    other = np.abs(with_both.astype(int) - alone).sum(axis=2) > 60
    for (x, y), hit in [(point, True) for point in face(16, 5)[19:31]] + [((2, 14), False)]:
        column, row = round((x + 0.5) * SIDE / 16), round((y + 0.5) * SIDE / 16)
        assert other[row - 3 : row + 4, column - 3 : column + 4].any() == hit
    x, y = ((face(16)[22] + 0.5) * SIDE / 16).round().astype(int)
    assert np.abs(alone[y, x].astype(int) - 128).max() > 60
    assert (alone[SIDE - 4, 4] == 128).all()


def test_a_frame_without_a_face_has_the_same_size():
    view = MapsView(SPEC, (4,))
    assert view.draw(None).shape == view.draw(seen(np.zeros((3, 4, 4)))).shape


def test_what_cannot_be_shown_is_said():
    with pytest.raises(InputError, match="tiny-occurrence gives no attention maps; networks with"):
        MapsView(replace(SPEC, outputs=("probability",)))
    with pytest.raises(InputError, match="does not read AU2, AU26; it reads AU4, AU12, AU1"):
        MapsView(SPEC, (4, 2, 26))


def test_many_units_make_several_rows():
    spec = pointed(units=tuple(range(1, 8)), reads=False, gives=("maps",))
    width, height = MapsView(spec).size
    assert width == 4 * (SIDE + GAP) + GAP
    assert height > 2 * SIDE
