"""The same person keeps the same number: clips of portraits that move over a background."""

from types import SimpleNamespace

import numpy as np
import pytest

from mien.errors import InputError
from mien.face import tracker as following
from mien.face.tracker import Tracker, find_faces
from mien.values import Frame

RATE = 25


class Counting:
    """A detector that counts how often it is asked."""

    def __init__(self, detector):
        self.detector, self.calls, self.turns = detector, 0, []

    def glimpse(self, image, odd):
        self.calls += 1
        self.turns.append(odd)
        return self.detector.glimpse(image, odd)

    def find(self, image):
        self.calls += 1
        return self.detector.find(image)


@pytest.fixture
def play(detector, fitter, paint):
    """Follow a clip; gives for each frame {track: x of the face's centre}, and the detector."""

    def run(scene, frames, rate=RATE, **options):
        counting = Counting(detector)
        tracker = Tracker(counting, fitter, **options)
        seen = []
        for index in range(frames):
            time = index / rate
            faces = tracker.follow(paint(scene(time), index, time))
            numbers = [face.track for face in faces]
            assert len(set(numbers)) == len(numbers)
            assert numbers == sorted(numbers)
            seen.append({face.track: float(face.box[[0, 2]].mean()) for face in faces})
        return SimpleNamespace(seen=seen, searches=counting.calls, turns=counting.turns)

    return run


def test_a_moving_face_keeps_its_number_and_is_seldom_searched(play):
    def scene(time):
        return [("A", 320 + 120 * np.sin(2 * time), 180 + 30 * np.cos(3 * time), 220, 0)]

    clip = play(scene, 40)
    assert all(list(frame) == [0] for frame in clip.seen)
    places = [frame[0] for frame in clip.seen]
    expected = [320 + 120 * np.sin(2 * index / RATE) for index in range(40)]
    assert np.abs(np.array(places) - expected - (places[0] - expected[0])).max() < 8
    assert 3 <= clip.searches <= 5  # once in half a second
    assert clip.turns[:2] == [True, False]  # the detectors take turns


def test_a_fast_and_rolling_face_is_not_lost(play):
    def scene(time):
        x, y, turn = 120 * np.sin(6 * time), 30 * np.cos(9 * time), 20 * np.sin(7 * time)
        return [("A", 320 + x, 180 + y, 220, turn)]

    clip = play(scene, 40)
    assert all(list(frame) == [0] for frame in clip.seen)


@pytest.mark.parametrize(("first", "second"), ["AB", "CD", "FH"])
def test_two_persons_who_cross_keep_their_numbers(first, second, play):
    def scene(time):
        return [(first, 120 + 160 * time, 180, 200, 0), (second, 520 - 160 * time, 190, 220, 0)]

    clip = play(scene, 62)
    before, after = clip.seen[0], clip.seen[-1]
    assert set(before) == set(after) == {0, 1}
    assert (before[0] < before[1]) == (after[0] > after[1])
    hidden = sum(len(frame) == 1 for frame in clip.seen)
    assert 3 < hidden < 25  # behind the other one there is no face to be found
    strangers = sum(bool(set(frame) - {0, 1}) for frame in clip.seen)
    assert strangers <= 5


def test_who_leaves_and_returns_gets_the_old_number(play):
    def scene(time):
        return [("B", 320 + 420 * np.sin(np.pi / 1.2 * min(time, 1.2)), 180, 240, 0)]

    clip = play(scene, 50)
    assert {} in clip.seen
    assert all(set(frame) <= {0} for frame in clip.seen)
    assert list(clip.seen[-1]) == [0]


def test_a_newcomer_is_found_within_the_search_interval(play):
    def scene(time):
        late = [("B", 480, 180, 220, 0)] if time >= 1 else []
        return [("A", 160, 180, 220, 0), *late]

    clip = play(scene, 34)
    arrival = next(index for index, frame in enumerate(clip.seen) if len(frame) == 2)
    assert RATE <= arrival <= RATE + 7
    assert clip.seen[-1].keys() == {0, 1}
    assert clip.seen[-1][0] < clip.seen[-1][1]


@pytest.mark.parametrize(("first", "second"), ["AD", "IE", "KJ"])
def test_a_cut_to_another_person_gives_another_number_at_once(first, second, play):
    clip = play(lambda time: [(first if time < 0.3 else second, 320, 180, 300, 0)], 16)
    numbers = [list(frame) for frame in clip.seen]
    assert numbers[:8] == [[0]] * 8
    assert numbers[8:] == [[1]] * 8


def test_a_cut_to_another_picture(play, paint, detector, fitter):
    tracker = Tracker(detector, fitter)
    for index in range(4):
        frame = paint([("A", 200, 180, 260, 0)], index, index / RATE)
        assert [face.track for face in tracker.follow(frame)] == [0]
    for index in range(4, 8):
        painted = paint([("C", 420, 180, 260, 0)], index, index / RATE)
        other = Frame(np.ascontiguousarray(painted.image[::1, ::1, ::-1]), index, index / RATE)
        assert [face.track for face in tracker.follow(other)] == [1]


def test_a_gap_without_a_picture(play):
    clip = play(lambda time: [("A", 320, 180, 260, 0)] if not 0.5 < time < 1 else [], 36)
    numbers = [list(frame) for frame in clip.seen]
    assert numbers[13:25] == [[]] * 12
    assert all(frame == [0] for frame in numbers[:13] + numbers[25:])


@pytest.mark.parametrize("person", "ABDFHJ")
def test_who_is_away_for_three_seconds_and_returns_elsewhere_keeps_the_number(person, play):
    def scene(time):
        if 0.5 < time < 3.5:
            return []
        return [(person, 200, 180, 260, 0) if time < 1 else (person, 430, 190, 220, 8)]

    clip = play(scene, 20, rate=5)
    assert [list(frame) for frame in clip.seen] == [[0]] * 3 + [[]] * 15 + [[0]] * 2


@pytest.mark.parametrize(("first", "second"), ["AB", "CD", "EI", "GL"])
def test_another_person_after_three_seconds_at_the_same_place_has_a_new_number(first, second, play):
    def scene(time):
        return [] if 0.5 < time < 3.5 else [(first if time < 1 else second, 320, 180, 260, 0)]

    clip = play(scene, 20, rate=5)
    assert [list(frame) for frame in clip.seen] == [[0]] * 3 + [[]] * 15 + [[1]] * 2


def test_two_persons_who_come_back_at_swapped_places_keep_their_numbers(play):
    def scene(time):
        if 0.5 < time < 3.5:
            return []
        left, right = (160, 480) if time < 1 else (480, 160)
        return [("A", left, 180, 240, 0), ("B", right, 180, 240, 0)]

    clip = play(scene, 20, rate=5)
    assert clip.seen[0].keys() == clip.seen[-1].keys() == {0, 1}
    assert (clip.seen[0][0] < clip.seen[0][1]) != (clip.seen[-1][0] < clip.seen[-1][1])
    assert not any(set(frame) - {0, 1} for frame in clip.seen)


def test_a_short_absence_elsewhere_in_the_picture(play):
    def scene(time):
        moving = [] if 0.3 < time < 0.5 else [("B", 80 if time < 0.4 else 570, 250, 130, 0)]
        return [("A", 320, 180, 300, 0), *moving]

    clip = play(scene, 20)
    assert clip.seen[0].keys() == clip.seen[-1].keys() == {0, 1}
    assert not any(set(frame) - {0, 1} for frame in clip.seen)


def test_shapes_are_measured_seldom_once_a_person_is_known(play, monkeypatch):
    asked = []
    plain = following.shape_of
    monkeypatch.setattr(following, "shape_of", lambda mesh: asked.append(0) or plain(mesh))
    clip = play(lambda time: [("A", 320 + 20 * np.sin(time), 180, 260, 0)], 75)
    assert all(list(frame) == [0] for frame in clip.seen)
    assert RATE <= len(asked) <= RATE + 6


def test_far_apart_frames_are_searched_anew(play):
    def scene(time):
        return [("A", 160 + 20 * time, 180, 220, 0), ("B", 480 - 20 * time, 180, 200, 0)]

    clip = play(scene, 4, rate=1)
    assert clip.searches == 4
    for frame in clip.seen:
        assert set(frame) == {0, 1}
        assert (frame[0] < frame[1]) == (clip.seen[0][0] < clip.seen[0][1])


def test_another_person_a_second_later(play):
    clip = play(lambda time: [("A" if time < 2 else "C", 320, 180, 300, 0)], 4, rate=1)
    assert [list(frame) for frame in clip.seen] == [[0], [0], [1], [1]]


def test_while_nothing_but_the_face_changes_it_is_rarely_searched(play):
    def scene(time):
        return [("A", 320 + np.sin(4 * time), 180, 260, 0)]

    clip = play(scene, 50)
    assert all(list(frame) == [0] for frame in clip.seen)
    assert clip.searches == 2  # at the start and after a second


def test_max_faces_keeps_the_largest_and_stops_searching(play):
    def scene(time):
        return [("A", 120, 180, 160, 0), ("B", 320, 180, 300, 0), ("C", 540, 180, 290, 0)]

    assert [len(frame) for frame in play(scene, 2).seen] == [3, 3]
    clip = play(scene, 20, max_faces=1)
    assert clip.searches == 1
    assert all(list(frame) == [0] for frame in clip.seen)
    assert clip.seen[0][0] == pytest.approx(320, abs=30)
    two = play(scene, 2, max_faces=2).seen[0]
    assert sorted(two.values()) == pytest.approx([320, 540], abs=30)


def test_max_faces_is_at_least_one(detector, fitter):
    with pytest.raises(InputError, match="max_faces is 0"):
        Tracker(detector, fitter, max_faces=0)


def test_a_jump_back_in_time_starts_anew(paint, detector, fitter):
    tracker = Tracker(detector, fitter)
    assert [face.track for face in tracker.follow(paint([("A", 320, 180, 260, 0)], 0, 5.0))] == [0]
    assert [face.track for face in tracker.follow(paint([("B", 320, 180, 260, 0)], 1, 1.0))] == [1]


def test_faces_are_whole_and_finite(paint, detector, fitter):
    frame = paint([("A", 160, 180, 220, 0), ("B", 480, 180, 220, 10)], 0, 0.0)
    for faces in (
        Tracker(detector, fitter).follow(frame),
        find_faces(frame.image, detector, fitter),
    ):
        assert len(faces) == 2
        for face in faces:
            low, high = face.mesh[:, :2].min(axis=0), face.mesh[:, :2].max(axis=0)
            assert face.box == pytest.approx(np.concatenate([low, high]))
            assert 0.5 < face.score <= 1
            assert np.isfinite(face.mesh).all()
            assert np.isfinite(face.pose).all()


def test_static_faces_have_no_number_and_the_largest_is_first(paint, detector, fitter):
    frame = paint([("A", 130, 180, 160, 0), ("B", 400, 180, 300, 0)], 0, 0.0)
    faces = find_faces(frame.image, detector, fitter)
    assert [face.track for face in faces] == [None, None]
    assert faces[0].box[0] > faces[1].box[0]


def test_no_face_no_row_and_tiny_frames(detector, fitter):
    tracker = Tracker(detector, fitter)
    for index, shape in enumerate([(360, 640), (1, 1), (1, 300), (10, 20000)]):
        frame = Frame(np.full((*shape, 3), 90, np.uint8), index, index / RATE)
        assert tracker.follow(frame) == []


def test_a_newcomer_is_fitted_as_one_who_is_followed(detector, fitter, astronaut):
    def first_step(settle: bool) -> float:
        tracker = Tracker(detector, fitter, settle=settle)
        meshes = [tracker.follow(Frame(astronaut, i, i / 30))[0].mesh for i in range(2)]
        eyes = np.linalg.norm(meshes[0][33] - meshes[0][263])
        return float(np.linalg.norm(meshes[1] - meshes[0], axis=1).mean() / eyes)

    assert first_step(settle=True) < 0.5 * first_step(settle=False)
