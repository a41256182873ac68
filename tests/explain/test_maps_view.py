"""Attention maps drawn over a face: the right map, in the right place, for the right unit."""

import numpy as np
import pytest

from mien.errors import InputError
from mien.explain.faithful import Verdict
from mien.explain.heat import enlarge, lay_over, scale_bar
from mien.explain.maps import GAP, HEAD, SIDE, MapsView
from mien.explain.targets import targets
from mien.explain.view import Seen
from mien.values import Scores
from tests.point_networks import face, pointed

SPEC = pointed(units=(4, 12, 1), reads=False, gives=("maps", "landmarks"))
GRAY = np.full((16, 16, 3), 128, np.uint8)


def view(units=(), colours="absolute", **more):
    return MapsView(targets(SPEC, units), colours, **more)


def seen(maps, probability=(0.1, 0.8, 0.3), landmarks=None, verdicts=()):
    given = Scores(
        probability=np.array([probability], np.float32),
        landmarks=None if landmarks is None else landmarks[None],
    )
    return Seen(GRAY, face(16), given, np.asarray(maps, np.float32), verdicts)


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
    shown = view()
    drawn = shown.draw(seen(one_cell(0, 3)))
    assert drawn.shape == (shown.size[1], shown.size[0], 3)
    bright = [panel(drawn, number)[:72, -72:].astype(int).sum() for number in (1, 2, 3)]
    assert bright[1] > 1.2 * bright[0]
    assert bright[0] == bright[2]


def test_a_level_map_is_not_stretched_into_a_pattern():
    maps = np.full((3, 4, 4), 0.5, np.float32)
    maps[0, 0, 0] = 0.501
    maps[1, 0, 0] = 0.6
    drawn = view(colours="stretched").draw(seen(maps))
    assert panel(drawn, 1).std(axis=(0, 1)).max() < 0.5
    assert panel(drawn, 2).std(axis=(0, 1)).max() > 5
    plain = view().draw(seen(maps))
    assert panel(plain, 2).std(axis=(0, 1)).max() < 5


def test_both_kinds_of_landmarks_are_drawn_where_they_lie():
    with_both = panel(view().draw(seen(np.zeros((3, 4, 4)), landmarks=face(16, 5))), 0)
    alone = panel(view().draw(seen(np.zeros((3, 4, 4)))), 0)
    other = np.abs(with_both.astype(int) - alone).sum(axis=2) > 60
    for (x, y), hit in [(point, True) for point in face(16, 5)[19:31]] + [((2, 14), False)]:
        column, row = round((x + 0.5) * SIDE / 16), round((y + 0.5) * SIDE / 16)
        assert other[row - 3 : row + 4, column - 3 : column + 4].any() == hit
    x, y = ((face(16)[22] + 0.5) * SIDE / 16).round().astype(int)
    assert np.abs(alone[y, x].astype(int) - 128).max() > 60
    assert (alone[SIDE - 4, 4] == 128).all()


def test_a_frame_without_a_face_has_the_same_size():
    for tested in (False, True):
        shown = view((4,), tested=tested)
        assert shown.draw(None).shape == shown.draw(seen(np.zeros((1, 4, 4)))).shape


def test_many_units_make_several_rows():
    spec = pointed(units=tuple(range(1, 8)), reads=False, gives=("maps",))
    width, height = MapsView(targets(spec)).size
    assert width == 4 * (SIDE + GAP) + GAP
    assert height > 2 * SIDE


def coloured(picture, number):
    """How unlike gray a panel is, on average."""
    return float(np.ptp(panel(picture, number).astype(int), axis=2).mean())


def test_an_effect_spans_its_colours_and_a_small_one_is_level():
    maps = one_cell(1, 1) * np.float32([0.5, 0.005, -0.5])[:, None, None]
    maps = maps + one_cell(1, 1)[[1, 0, 0]] * np.float32(0.5)
    drawn = view(colours="effect").draw(seen(maps))
    large, small = coloured(drawn, 1), coloured(drawn, 2)
    assert large > small + 3
    # a small one that a test finds to mean something is drawn all the same
    means = tuple(Verdict(name, 0.1, 0.2, 0.0, 0.0, better=True) for name in ("a", "b", "c"))
    drawn = view(colours="effect", tested=True).draw(seen(maps, verdicts=means))
    assert coloured(drawn, 2) > small + 3


def test_the_line_below_says_whether_a_map_is_better_than_chance():
    def line(better):
        verdicts = tuple(Verdict(name, 0.1, 0.2, 0.0, 0.0, better) for name in ("a", "b", "c"))
        drawn = view(tested=True).draw(seen(one_cell(0, 0), verdicts=verdicts))
        below = drawn[GAP + HEAD + SIDE : GAP + HEAD + SIDE + HEAD, SIDE + 2 * GAP :].astype(int)
        return (below[..., 1] - below[..., 0]).min(), (below[..., 1] - below[..., 0]).max()

    assert line(better=True)[1] > 60  # green
    assert line(better=False)[0] < -60  # orange
    bare = view(tested=True).draw(seen(one_cell(0, 0)))
    assert (bare[GAP + HEAD + SIDE : GAP + 2 * HEAD + SIDE - 1, 2 * SIDE :] == bare[0, 0]).all()


def test_unknown_colours_are_refused():
    with pytest.raises(InputError, match="colours are absolute, stretched, effect, relative"):
        view(colours="pretty")
