import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.values import Face
from mien.video.draw import draw_faces
from mien.video.palette import TRACKS, colour_of, letter_size
from mien.video.panel import place_panel

BARS = [("AU12", 5.0), ("AU6", 2.5), ("AU1_L", 0.0)]


def face(x=60, y=40, side=80, track=0, with_mesh=True) -> Face:
    """A face whose mesh is a grid in its box."""
    mesh = None
    if with_mesh:
        grid = np.stack(np.meshgrid(np.linspace(0, 1, 22), np.linspace(0, 1, 22)), -1)
        points = (grid.reshape(-1, 2)[:478] * side + (x, y)).astype(np.float32)
        mesh = np.concatenate([points, np.zeros((478, 1), np.float32)], axis=1)
    return Face(np.array([x, y, x + side, y + side], np.float32), 0.9, track, mesh)


def grey(width=320, height=240):
    return np.full((height, width, 3), 100, np.uint8)


def test_the_picture_that_came_stays_as_it_is():
    image = grey()
    image.setflags(write=False)
    drawn = draw_faces(image, [face()], [BARS])
    assert (image == 100).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert drawn.flags.writeable
    assert (draw_faces(image, []) == image).all()


def test_the_box_has_the_colour_of_its_track():
    for track in (0, 3, len(TRACKS) + 3, None):
        drawn = draw_faces(grey(), [face(track=track, with_mesh=False)])
        assert tuple(drawn[80, 60]) == tuple(drawn[120, 100]) == colour_of(track)
        assert tuple(drawn[80, 100]) == (100, 100, 100)
    assert colour_of(3) == colour_of(len(TRACKS) + 3) != colour_of(4)


def test_the_track_number_stands_on_the_box_and_differs():
    one, two = (draw_faces(grey(), [face(track=n, with_mesh=False)]) for n in (8, 16))
    assert (one != two).any(axis=2)[:40].any()
    assert not (one != two).any(axis=2)[41:].any()
    untracked = draw_faces(grey(), [face(track=None, with_mesh=False)])
    assert (untracked[:39] == 100).all()


def test_the_mesh_is_drawn_where_its_points_are():
    drawn = draw_faces(grey(), [face(track=None)]).astype(int)
    inside = drawn[45:115, 65:135]
    assert (inside != 100).any(axis=2).mean() > 0.05
    assert (drawn[130:] == 100).all()
    assert (drawn[:, 150:] == 100).all()
    assert (drawn[..., 1] >= drawn[..., 0])[45:115, 65:135].all()


def test_a_bar_is_as_long_as_its_value():
    drawn = draw_faces(grey(), [face(track=2, with_mesh=False)], [BARS])
    panel = drawn[:, 150:]
    filled = (panel == colour_of(2)).all(axis=2).sum(axis=1)
    lengths = sorted({int(n) for n in filled if n}, reverse=True)
    assert len(lengths) == 2, "two bars have a length, the third has none"
    assert lengths[1] / lengths[0] == pytest.approx(0.5, abs=0.05)


def test_values_out_of_range_do_not_leave_the_groove():
    lengths = {}
    for value in (-9.0, 5.0, 9.0):
        drawn = draw_faces(grey(), [face(track=2, with_mesh=False)], [[("AU12", value)]])
        lengths[value] = int((drawn[:, 150:] == colour_of(2)).all(axis=2).sum(axis=1).max())
    assert lengths[9.0] == lengths[5.0] > 0
    assert lengths[-9.0] == 0


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 500), st.integers(1, 400)),
    st.lists(
        st.tuples(st.integers(-200, 600), st.integers(-200, 500), st.integers(0, 700)), max_size=4
    ),
    st.integers(0, 40),
)
def test_anything_can_be_drawn_anywhere(size, places, bars):
    image = grey(*size)
    faces = [face(x, y, side, n) for n, (x, y, side) in enumerate(places)]
    drawn = draw_faces(image, faces, [[("AU12", 3.0)] * bars] * len(faces))
    assert drawn.shape == image.shape


@given(
    st.tuples(st.integers(100, 2000), st.integers(100, 2000)),
    st.tuples(st.floats(-0.2, 0.9), st.floats(-0.2, 0.9), st.floats(0.05, 1.0)),
    st.integers(1, 40),
)
def test_a_panel_lies_within_the_picture(size, place, bars):
    x, y, side = place[0] * size[0], place[1] * size[1], place[2] * min(size)
    box = np.array([x, y, x + side, y + side], np.float32)
    panel = place_panel(size, box, [box], bars, letter_size(size))
    assert panel.x >= 0
    assert panel.y >= 0
    assert panel.x + panel.width <= size[0]
    assert panel.y + panel.height <= size[1]
    assert 1 <= panel.bars <= bars


def test_a_panel_spares_the_faces_where_there_is_room():
    first = np.array([100, 100, 200, 200], np.float32)
    second = np.array([210, 100, 310, 200], np.float32)
    panel = place_panel((1000, 500), second, [first, second], 8, 15)
    assert panel.x > 310
    panel = place_panel((1000, 500), first, [first, second], 8, 15)
    assert panel.x + panel.width <= 100 or panel.x >= 310 or panel.y >= 200


@pytest.mark.parametrize(("side", "letters"), [(100, 9), (200, 9), (480, 14), (2160, 65)])
def test_letters_follow_the_picture_and_stay_legible(side, letters):
    assert letter_size((side * 2, side)) == letters


def test_bars_for_another_number_of_faces_are_refused():
    with pytest.raises(InputError, match="bars of 2 faces came with 1 faces"):
        draw_faces(grey(), [face()], [BARS, BARS])
    with pytest.raises(ShapeError):
        draw_faces(grey().astype(np.float32), [face()])
