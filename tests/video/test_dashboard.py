"""The picture of the live window, looked at pixel by pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.video.cards import Card, UnitBar
from mien.video.dashboard import Status, dashboard_size, draw_dashboard
from mien.video.palette import colour_of
from tests.video.test_draw import face, grey

STATUS = Status(29.7, 0.031, 3)


def card(track=0, bars=((5.0, True, False), (2.5, False, False)), title="resembles happiness"):
    made = tuple(
        UnitBar(f"unit {place}", value, place + 1, None, leads, weak)
        for place, (value, leads, weak) in enumerate(bars)
    )
    return Card(track, title, 0.62, ("by AU 12", "single frame, no neutral"), made)


def column(picture, size=(640, 360)):
    """The part of a picture beside the frame."""
    assert picture.shape == (size[1], size[0], 3)
    return picture[:, size[0] - 250 :]


def lengths(picture, colour):
    """Pixels of exactly this colour in each line that has many, below the head of the card."""
    counts = (picture[90:] == colour).all(axis=2).sum(axis=1)
    return sorted({int(n) for n in counts if n > 12}, reverse=True)


def drawn(cards, status=STATUS, size=(640, 360), image=None):
    faces = [face(x=20 + 90 * n, side=60 + n, track=one.track) for n, one in enumerate(cards)]
    return draw_dashboard(grey() if image is None else image, faces, cards, status, size)


def test_the_frame_is_shown_large_and_stays_as_it_is():
    image = grey()
    image.setflags(write=False)
    picture = draw_dashboard(image, [], [], Status(), (890, 480))
    inside = (picture == 100).all(axis=2)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert np.ptp(rows) + 1 == 480
    assert np.ptp(columns) + 1 == 640
    assert (image == 100).all()


def test_without_a_size_the_frame_has_the_height_of_the_window():
    assert [dashboard_size((16 * n, 9 * n))[1] for n in (10, 60, 400)] == [480, 540, 720]
    wide, high = dashboard_size((720, 540))
    image = np.random.default_rng(0).integers(0, 256, (540, 720, 3), np.uint8)
    picture = draw_dashboard(image, [], [], Status())
    assert picture.shape == (high, wide, 3)
    assert (picture[:, :720] == image).all()


def test_the_mesh_moves_with_the_frame():
    face_at = face(x=60, y=40, side=80, track=3)
    picture = draw_dashboard(grey(320, 240), [face_at], [card(3)], Status(), (890, 480))
    box = (picture[:, :640] == colour_of(3)).all(axis=2)
    rows, columns = np.flatnonzero(box.any(axis=1)), np.flatnonzero(box.any(axis=0))
    assert columns.min() == pytest.approx(120, abs=3)
    assert columns.max() == pytest.approx(280, abs=3)
    assert rows.max() == pytest.approx(240, abs=3)


def test_a_bar_is_as_long_as_its_value_and_has_the_colour_of_its_face():
    found = lengths(column(drawn([card(2)])), colour_of(2))
    assert len(found) == 2
    assert found[1] / found[0] == pytest.approx(0.5, abs=0.06)


def test_units_that_are_read_badly_are_dimmed_unless_the_emotion_rests_on_them():
    weak = lengths(column(drawn([card(2, [(5.0, False, True)])])), colour_of(2))
    led = lengths(column(drawn([card(2, [(5.0, True, True)])])), colour_of(2))
    assert weak == []
    assert len(led) == 1


def test_a_probability_is_a_line_under_the_bar():
    bar = UnitBar("unit", 2.0, 1, None)
    chance = bar._replace(chance=1.0)
    without, with_one, only = (
        Card(2, "", None, ("", ""), (one,))
        for one in (bar, chance, chance._replace(value=float("nan")))
    )
    white = (245, 248, 250)
    longest = [max(lengths(column(drawn([one])), white), default=0)
               for one in (without, with_one, only)]  # fmt: skip
    assert longest[0] < 30 < longest[1] == longest[2]
    assert lengths(column(drawn([only])), colour_of(2)) == []


def test_what_is_said_of_the_run_changes_only_its_place():
    one = drawn([card()])
    for other in (Status(12.0, 0.031, 3), Status(29.7, 0.5, 3), Status(29.7, 0.031, 44)):
        rows = np.flatnonzero((one != drawn([card()], other)).any(axis=(1, 2)))
        assert 0 < rows.max() < 30
    assert (one != drawn([card()], Status(None, None, 3))).any()


def test_a_notice_is_drawn_in_its_colour():
    quiet, loud = drawn([]), drawn([], Status(29.7, 0.031, 3, "camera:0 is gone"))
    new = (loud != quiet).any(axis=2)
    assert loud[new][:, 0].max() > 200
    assert (loud[new][:, 2] < 0.6 * loud[new][:, 0] + 20).all()


def test_nobody_is_said_to_be_there():
    nobody = drawn([])
    assert (nobody[50:90, 400:] > 100).any(), "a word stands there"


def test_each_face_has_its_card_and_its_colour():
    picture = column(drawn([card(0), card(1)]))
    found = [np.flatnonzero((picture == colour_of(n)).all(axis=2).any(axis=1)) for n in (0, 1)]
    assert found[0].max() < found[1].min()
    assert np.ptp(found[0]) == pytest.approx(np.ptp(found[1]), abs=12)


def test_where_room_is_short_the_largest_faces_have_the_cards():
    cards = [card(n) for n in range(6)]
    picture = column(drawn(cards))
    shown = [n for n in range(6) if (picture == colour_of(n)).all(axis=2).any()]
    assert shown == [5] or shown == list(range(7 - len(shown) - 1, 6))
    assert 0 < len(shown) < 6


def test_where_room_is_short_the_strongest_units_are_drawn():
    bars = [(0.1, False, False)] * 40
    bars[33] = (5.0, False, False)
    longest = lengths(column(drawn([card(0, bars)])), colour_of(0))
    assert longest, "the strongest is among those drawn"
    all_fit = drawn([card(0, bars[:8])])
    assert (drawn([card(0, bars)]) != all_fit).any()


def test_units_that_led_to_the_emotion_are_drawn_before_stronger_ones():
    bars = [(4.0, False, True)] * 40
    bars[33] = (1.0, True, True)
    found = lengths(column(drawn([card(0, bars)])), colour_of(0))
    assert found[0] == pytest.approx(65 / 5, abs=4)


def test_the_number_of_the_face_stands_on_its_card():
    one, two = (drawn([card(n)]) for n in (8, 16))  # the same colour
    beside = (one != two).any(axis=2)[:, 400:]
    assert beside[:80].any()
    assert not beside[80:].any()


def test_long_words_stay_in_the_column():
    title = "resembles something with a very long name indeed, and more of it"
    picture = drawn([card(0, title=title)])
    assert (picture[:, -6:] == picture[5, -1]).all(axis=2).mean() > 0.9


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 900), st.integers(1, 900)),
    st.tuples(st.integers(1, 700), st.integers(1, 500)),
    st.integers(0, 9),
    st.integers(0, 30),
    st.floats(-1, 9),
)
def test_anything_can_be_drawn_at_any_size(size, frame, faces, bars, value):
    cards = [card(n, [(value, False, False)] * bars) for n in range(faces)]
    picture = drawn(cards, size=size, image=grey(*frame))
    assert picture.shape == (max(size[1], 270), max(size[0], 480), 3)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ShapeError, match="expected one RGB picture"):
        draw_dashboard(grey().astype(np.float32), [], [], STATUS)
