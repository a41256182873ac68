"""What is written of each face, and the window that shows it."""

import builtins
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mien.errors import InputError
from mien.live.cards import Trust, cards_of
from mien.live.window import Window, picture_of
from tests.live.made_up import ROW, moment, reading

SINGLE, DIFFERENCE = {12: "weak", 6: "fair"}, {6: "weak"}


def networks(marks=None):
    columns = SimpleNamespace(marks=lambda: marks or {})

    def reliability(neutral, fallen_back):
        read = SINGLE if neutral == "none" else DIFFERENCE
        return read | {unit: SINGLE[unit] for unit in fallen_back}

    return SimpleNamespace(reliability=reliability, added=SimpleNamespace(columns=columns))


@pytest.fixture
def trust():
    return Trust(networks())


def bars(card):
    return {bar.number: bar for bar in card.bars}


def test_a_card_says_the_emotion_its_units_and_the_neutral(trust):
    [card] = cards_of(reading(ROW), trust)
    assert (card.track, card.title, card.score) == (2, "resembles happiness", 0.72)
    assert card.lines == ("by AU 6 + 12", "against the quietest part so far (0.84)")
    assert list(bars(card)) == [6, 12, 14, 24, 26]
    assert bars(card)[12][:2] == ("lip corner puller", 3.6)
    assert [bar.number for bar in card.bars if bar.leads] == [6, 12]
    assert [bar.number for bar in card.bars if bar.is_weak] == [6]


def test_a_single_frame_has_other_weak_units(trust):
    row = {**ROW, "neutral": "none", "neutral_quality": None}
    [card] = cards_of(reading(row), trust)
    assert card.lines[1] == "single frame, no neutral"
    assert [bar.number for bar in card.bars if bar.is_weak] == [12]


def test_units_that_the_neutral_shows_itself_are_as_weak_as_in_a_single_frame(trust):
    [card] = cards_of(reading(ROW, fallen_back=(12,)), trust)
    assert [bar.number for bar in card.bars if bar.is_weak] == [6, 12]
    [card] = cards_of(reading(ROW, fallen_back=(6,)), trust)
    assert [bar.number for bar in card.bars if bar.is_weak] == []


def test_units_that_stand_for_others_lead_for_them(trust):
    row = {**ROW, "emotion": "anger", "emotion_rule": "4+5+7+23"}
    [card] = cards_of(reading(row), trust)
    assert card.score == 0.31
    assert [bar.number for bar in card.bars if bar.leads] == [24]
    [card] = cards_of(reading({**row, "emotion_rule": "L12+L14"}), trust)
    assert [bar.number for bar in card.bars if bar.leads] == [12, 14]


@pytest.mark.parametrize(
    ("emotion", "title"),
    [("neutral", "no emotion stands out"), (None, "no emotion can be scored")],
)
def test_no_emotion(trust, emotion, title):
    [card] = cards_of(reading({**ROW, "emotion": emotion, "emotion_rule": None}), trust)
    assert (card.title, card.score, card.lines[0]) == (title, None, "")


def test_networks_of_ones_own_are_shown(trust):
    own = {"AU6_p": 0.9, "AU23_p": 0.25, "expression": "Happiness", "happiness_p": 0.83}
    row = {**ROW, **own, "AU24": None, "emotion_rule": None, "emotion": "neutral"}
    [card] = cards_of(reading(row), trust)
    assert card.lines[0] == "network: Happiness 0.83"
    assert bars(card)[6].chance == 0.9
    assert np.isnan(bars(card)[23].value)
    assert bars(card)[23].chance == 0.25
    assert 24 not in bars(card)
    judged = Trust(networks({"AU6": {"reliability": "fair"}, "AU12": {"reliability": "weak"}}))
    [card] = cards_of(reading(row), judged)
    assert [bar.number for bar in card.bars if bar.is_weak] == [12]


def test_the_picture_of_a_moment(trust):
    picture = picture_of(moment(ROW), trust, "", (640, 360))
    assert picture.shape == (360, 640, 3)
    without = picture_of(moment(), trust, "", (640, 360))
    assert (picture != without).any()
    assert (picture_of(moment(), trust, "camera:0 is gone", (640, 360)) != without).any()


def test_without_a_screen_the_window_says_so(trust, monkeypatch):
    tkinter = pytest.importorskip("tkinter")

    def no_screen(**_):
        raise tkinter.TclError("no display name and no $DISPLAY environment variable")

    monkeypatch.setattr(tkinter, "Tk", no_screen)
    with pytest.raises(InputError, match=r"no window can be opened \(no display.*--headless"):
        Window("mien", (64, 48), trust)


def test_without_tkinter_the_window_says_how_to_get_it(trust, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "tkinter":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "tkinter", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"needs tkinter.*python3-tk.*--headless"):
        Window("mien", (64, 48), trust)


@pytest.fixture
def window(trust):
    """A window, where there is a screen."""
    pytest.importorskip("tkinter")
    try:
        with Window("mien live", (64, 48), trust) as found:
            yield found
    except InputError as error:
        pytest.skip(str(error))


def test_a_window_shows_moments_and_follows_its_size(window):
    window.show(moment(ROW))
    first = (window._photo.width(), window._photo.height())
    window._root.geometry("700x400")
    window._root.update()
    window.show(moment())
    assert (window._photo.width(), window._photo.height()) == (700, 400) != first


def test_a_notice_is_drawn_over_the_last_moment(window, monkeypatch):
    drawn = []
    window.wait("nothing is there yet")
    monkeypatch.setattr(
        "mien.live.window.picture_of",
        lambda *given: drawn.append(given[2]) or np.zeros((270, 480, 3), np.uint8),
    )
    window.show(moment(ROW))
    for notice in ("", "gone", "gone", ""):
        window.wait(notice)
    assert drawn == ["", "gone", ""]


@pytest.mark.parametrize("key", ["q", "<Escape>"])
def test_a_key_closes_the_window(window, key):
    assert window.is_open
    window._root.focus_force()
    window._root.update()
    window._root.event_generate(key)
    window.wait("")
    assert not window.is_open
