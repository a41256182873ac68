import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.values import Face
from mien.video import draw
from mien.video.draw import draw_faces
from mien.video.palette import TRACKS, colour_of, letter_size
from mien.video.panel import panel_letters, place_panel, strongest

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


def crowd(size, count, rng):
    """Boxes of faces that do not lie over each other."""
    boxes = []
    for _ in range(40 * count):
        side = rng.uniform(0.08, 0.4) * min(size)
        x, y = rng.uniform(0, size[0] - side), rng.uniform(0, size[1] - side)
        box = np.array([x, y, x + side, y + side], np.float32)
        if len(boxes) < count and not any(shared(box, other) for other in boxes):
            boxes.append(box)
    return boxes


def shared(one, other):
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    return float(np.clip(high - low, 0, None).prod())


@given(
    st.tuples(st.integers(100, 2000), st.integers(100, 2000)),
    st.tuples(st.floats(-0.2, 0.9), st.floats(-0.2, 0.9), st.floats(0.05, 1.0)),
    st.integers(1, 40),
)
def test_a_panel_lies_within_the_picture(size, place, bars):
    x, y, side = place[0] * size[0], place[1] * size[1], place[2] * min(size)
    box = np.array([x, y, x + side, y + side], np.float32)
    panel = place_panel(size, box, [], bars, letter_size(size))
    if panel is not None:
        assert panel.x >= 0
        assert panel.y >= 0
        assert panel.x + panel.width <= size[0]
        assert panel.y + panel.height <= size[1]
        assert min(bars, 3) <= panel.bars <= bars
        assert shared(panel.box, box) <= 0.3 * side * side + 1


@pytest.mark.parametrize("size", [(460, 260), (850, 480), (1920, 1080)])
@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_panels_hide_no_face_and_no_panel(size, count, monkeypatch):
    shown = []
    monkeypatch.setattr(draw, "draw_panel", lambda *given: shown.append(given[1].box))
    total = 0
    for seed in range(10):
        boxes = crowd(size, count, np.random.default_rng(seed))
        faces = [Face(box, 0.9, n) for n, box in enumerate(boxes)]
        shown.clear()
        draw_faces(grey(*size), faces, [[("AU12", 3.0)] * 24] * len(faces))
        for place, panel in enumerate(shown):
            rest = [*boxes, *shown[:place]]
            assert sum(shared(panel, other) for other in rest) == 0
        total += len(shown) / len(faces)
    assert total / 10 > {1: 0.99, 2: 0.95, 5: 0.8, 12: 0.2}[count]


def test_in_a_full_picture_the_largest_face_has_the_panel(monkeypatch):
    shown = []
    monkeypatch.setattr(draw, "draw_panel", lambda *given: shown.append(given[2]))
    small, large = face(5, 5, 90, 0), face(205, 5, 110, 1)
    draw_faces(grey(320, 130), [small, large], [[("AU1", 1.0)] * 8, [("AU2", 1.0)] * 8])
    assert [bars[0][0] for bars in shown] == ["AU2"]


def test_a_face_that_fills_the_picture_is_covered_at_the_rim_only():
    box = np.array([10, 10, 460, 460], np.float32)
    panel = place_panel((471, 471), box, [], 24, 14)
    assert panel is not None
    assert 0 < shared(panel.box, box) < 0.3 * 450 * 450
    other = np.array([0, 0, 471, 471], np.float32)
    assert place_panel((471, 471), box, [other], 24, 14) is None


def test_where_room_is_short_the_strongest_are_drawn_in_their_order():
    bars = [("AU1", 0.5), ("AU4", 3.0), ("AU9", 0.1), ("AU26", 2.0), ("AU43", 4.0)]
    assert strongest(bars, 3) == [bars[1], bars[3], bars[4]]
    assert strongest(bars, 9) == bars
    names = [f"AU{n}" for n in range(1, 31)]
    weak = [(name, 0.1) for name in names[:-1]]
    drawn = draw_faces(grey(460, 260), [face(with_mesh=False)], [[*weak, (names[-1], 5.0)]])
    longest = (drawn[:, 150:] == colour_of(0)).all(axis=2).sum(axis=1).max()
    assert longest > 30, "the last unit is the strongest, and is shown"


def test_how_many_units_are_missing_is_told():
    pictures = [
        draw_faces(grey(460, 260), [face(with_mesh=False)], [[("AU1", 1.0)] * n]) for n in (25, 35)
    ]
    lines = np.flatnonzero((pictures[0] != pictures[1]).any(axis=(1, 2)))
    assert 0 < np.ptp(lines) < 12
    assert lines.min() > 200


def test_a_panel_without_any_bar_still_has_the_colour_of_its_face():
    drawn = draw_faces(grey(), [face(track=3, with_mesh=False)], [[("AU1", 0.0)] * 6])
    mark = (drawn[:, 142:] == colour_of(3)).all(axis=2)
    assert mark.any(axis=1).sum() > 6 * 9


def test_among_many_faces_the_letters_of_panels_are_smaller():
    assert [panel_letters(32, n) for n in (1, 2, 8, 200)] == [32, 32, 16, 9]


def test_a_panel_spares_the_faces_where_there_is_room():
    first = np.array([100, 100, 200, 200], np.float32)
    second = np.array([210, 100, 310, 200], np.float32)
    panel = place_panel((1000, 500), second, [first], 8, 15)
    assert panel.x > 310
    panel = place_panel((1000, 500), first, [second], 8, 15)
    assert panel.x + panel.width <= 100 or panel.x >= 310 or panel.y >= 200


@pytest.mark.parametrize(("side", "letters"), [(100, 9), (200, 9), (480, 14), (2160, 65)])
def test_letters_follow_the_picture_and_stay_legible(side, letters):
    assert letter_size((side * 2, side)) == letters


def test_bars_for_another_number_of_faces_are_refused():
    with pytest.raises(InputError, match="bars of 2 faces came with 1 faces"):
        draw_faces(grey(), [face()], [BARS, BARS])
    with pytest.raises(ShapeError):
        draw_faces(grey().astype(np.float32), [face()])
