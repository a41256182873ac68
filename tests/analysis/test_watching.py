"""What is gathered of each track while the rows go by."""

from dataclasses import replace

import numpy as np
import pytest

from mien.analysis.blinks import BLINK
from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import NO_NEUTRAL, Neutral
from mien.analysis.neutral import FEWEST, MOMENT
from mien.analysis.rows import NOBODY
from mien.analysis.sides import Sides
from mien.analysis.watching import Gathering
from tests.analysis.made_up import SINGLE, cut, made_up_rows, part

CHOICES = {
    "auto": NeutralChoice(),
    "none": NeutralChoice("none"),
    "time": NeutralChoice("time", time=0.5),
    "picture": NeutralChoice("picture"),
    "file": NeutralChoice("file"),
}


def gathering(choice="none", given=None):
    return Gathering(Sides(SINGLE), CHOICES[choice], given)


def two_people(frames):
    """Two tracks in every frame."""
    return made_up_rows([3, 1] * frames, frame=np.repeat(np.arange(frames), 2))


def test_tracks_and_frames_without_a_face_are_counted():
    seen = gathering()
    seen.add(made_up_rows([2, 0, NOBODY], frame=[0, 0, 1]))
    seen.add(made_up_rows([NOBODY, 2], frame=[2, 3]))
    assert seen.tracks == (0, 2)
    assert seen.faceless == 2


def test_a_new_track_is_new_once():
    seen = gathering()
    new = []
    for tracks in ([0], [0], [0, 1], [NOBODY], [1], [2]):
        seen.add(made_up_rows(tracks))
        new.append(seen.has_new_track)
    assert new == [True, False, True, False, False, True]


def test_eyes_of_each_track_are_watched_with_its_own_times():
    rows = two_people(60)
    rows.openness[rows.track == 3] = 0.32
    rows.openness[(rows.track == 3) & (rows.frame >= 30) & (rows.frame < 36)] = 0.05
    seen = gathering()
    for chunk in cut(rows, 7):
        seen.add(chunk)
    watches = seen.watches()
    assert watches.keys() == {1, 3}
    times, watched = watches[3]
    assert times.tolist() == rows.time[rows.track == 3].tolist()
    assert np.flatnonzero(watched.unit == BLINK).tolist() == list(range(30, 36))
    assert not watches[1][1].unit.any()


def test_one_open_eye_is_half_an_open_pair():
    rows = made_up_rows([0] * 60)
    rows.openness[:] = 0.32
    rows.openness[20:26, 0] = 0.05
    seen = gathering()
    seen.add(rows)
    [closure] = seen.watches()[0][1].closures
    assert closure.amplitude == pytest.approx(0.135, abs=1e-3)


def test_a_head_turned_aside_is_not_judged():
    rows = made_up_rows([0] * 60)
    rows.pose[40:, 1] = 50
    rows.pose[:, [0, 2]] = 60
    seen = gathering()
    seen.add(rows)
    assert np.flatnonzero(seen.watches()[0][1].known).tolist() == list(range(40))


@pytest.mark.parametrize("choice", ["none", "picture"])
def test_without_a_neutral_there_is_none(choice):
    seen = gathering(choice)
    seen.add(two_people(12))
    assert seen.neutrals() == {1: NO_NEUTRAL, 3: NO_NEUTRAL}


def test_the_neutral_of_a_picture_is_everybodys():
    given = Neutral(np.zeros(1410, np.float32), 1, "picture", 0.9)
    seen = gathering("picture", given)
    seen.add(two_people(2))
    assert seen.neutrals() == {1: given, 3: given}
    kept = gathering("file", given)
    kept.add(two_people(2))
    assert kept.neutrals() == {1: given, 3: given}
    unasked = gathering("none", given)
    unasked.add(two_people(2))
    assert unasked.neutrals() == {1: NO_NEUTRAL, 3: NO_NEUTRAL}


def test_the_quiet_part_of_each_track_is_its_neutral():
    rows = two_people(40)
    rows.single[:] = 4
    rows.openness[:] = 0.32
    rows.pose[:] = 0
    quiet = (rows.frame >= 20) & (rows.frame < 32)
    for track, value in ((1, 0.25), (3, -0.5)):
        rows.single[quiet & (rows.track == track)] = 0
        rows.features[quiet & (rows.track == track)] = value
    seen = gathering("auto")
    for chunk in cut(rows, 16):
        seen.add(chunk)
    found = seen.neutrals()
    assert {track: set(neutral.features.tolist()) for track, neutral in found.items()} == {
        1: {0.25},
        3: {-0.5},
    }
    assert {neutral.source for neutral in found.values()} == {"auto"}
    assert all(FEWEST <= neutral.frames <= 12 for neutral in found.values())


def test_closed_eyes_and_a_turned_head_are_not_quiet():
    rows = made_up_rows([0] * 40)
    rows.single[:], rows.openness[:], rows.pose[:], rows.features[:] = 0, 0.32, 0, 1
    rows.openness[:14] = 0.05
    rows.pose[26:, 1] = 25
    rows.features[14:26] = 2
    seen = gathering("auto")
    seen.add(rows)
    assert set(seen.neutrals()[0].features.tolist()) == {2}


def test_the_moment_takes_the_frames_around_it_from_several_chunks():
    rows = two_people(30)
    near = np.abs(rows.time - 0.5) <= MOMENT
    rows.features[:] = 9
    rows.features[near & (rows.track == 1)] = 0.25
    rows.features[near & (rows.track == 3)] = 0.75
    rows.single[:], rows.pose[:] = 0, 0
    rows.single[near & (rows.track == 3), :2] = [4.5, 4]
    seen = gathering("time")
    for chunk in cut(rows, 10):
        seen.add(chunk)
    one, three = seen.neutrals().values()
    assert (one.source, one.frames, set(one.features.tolist())) == ("time", 7, {0.25})
    assert set(three.features.tolist()) == {0.75}
    assert one.unsettled == ()
    assert three.unsettled == (12,)
    assert "AU12 at 4.2" in three.problems[0]


def test_a_track_that_is_not_there_at_the_moment_has_no_neutral():
    seen = gathering("time")
    seen.add(part(made_up_rows([0] * 30), 0, 10))
    seen.add(replace(made_up_rows([1] * 3), time=np.array([0.5, 0.5, 0.5])))
    found = seen.neutrals()
    assert found[0].features is None
    assert (found[0].source, found[0].frames, found[0].quality) == ("none", 0, 0)
    assert "not seen at 0.5 s" in found[0].problems[0]
    assert found[1].frames == 3


def test_rows_of_a_frame_without_a_face_are_nobodys():
    for choice in CHOICES:
        seen = gathering(choice)
        seen.add(made_up_rows([NOBODY] * 5))
        assert (seen.tracks, seen.neutrals(), seen.watches()) == ((), {}, {})
        assert not seen.has_new_track
