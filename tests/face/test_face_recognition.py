"""Who came back, after long: by appearance and shape of face, and only without doubt."""

from itertools import permutations

import numpy as np
import pytest
from PIL import Image as Picture

from mien.face.appearance import describe, likeness
from mien.face.recognition import MOST, longest_seen, recognise, shape_of
from mien.face.tracker import find_faces
from mien.face.tracks import Sighting, Track, box_of


@pytest.fixture(scope="module")
def meet(portraits, detector, fitter):
    """Give look and mesh of a person, as in the portrait or turned, smaller and in other light."""
    known = {}

    def see(letter, changed=False):
        if (letter, changed) not in known:
            picture = Picture.fromarray(portraits[letter])
            if changed:
                picture = picture.resize((300, 300)).rotate(-11, Picture.Resampling.BICUBIC)
                picture = picture.point(lambda grey: 0.85 * 255 * (grey / 255) ** 1.15)
            image = np.asarray(picture)
            mesh = find_faces(image, detector, fitter)[0].mesh
            known[letter, changed] = describe(image, mesh), mesh
        return known[letter, changed]

    return see


def track(meeting, number, born=0.0, seen=1.0):
    look, mesh = meeting
    person = Track(number, mesh, box_of(mesh), look, look, seen, born)
    person.learn(shape_of(mesh), True, born)
    return person


def newcomer(meeting, owner=None):
    look, mesh = meeting
    return Sighting(mesh, 1.0, box_of(mesh), look, owner), shape_of(mesh)


def test_the_shape_tells_persons_apart(meet):
    shapes = {letter: shape_of(meet(letter)[1]) for letter in "ABCDEFGHIJKL"}
    between = [likeness(shapes[a], shapes[b]) for a, b in permutations(shapes, 2)]
    assert np.median(np.abs(between)) < 0.3
    again = [likeness(shapes[letter], shape_of(meet(letter, True)[1])) for letter in shapes]
    assert min(again) > 0.6
    assert np.median(again) > 0.8


def test_everybody_is_known_again_among_all_and_no_stranger_is(meet):
    people = {letter: track(meet(letter), n) for n, letter in enumerate("ABCDEFGHIJKL")}
    for letter, person in people.items():
        coming = [newcomer(meet(letter, changed=True))]
        assert recognise([*people.values()], [], coming) == {0: person}
        others = [one for one in people.values() if one is not person]
        assert recognise(others, [], coming) == {}


def test_several_at_once(meet):
    a, b = track(meet("A"), 0), track(meet("B"), 1)
    coming = [newcomer(meet(letter, changed=True)) for letter in "BCA"]
    assert recognise([a, b], [], coming) == {0: b, 2: a}
    assert recognise([a], [b], coming) == {2: a}


def test_appearance_or_shape_alone_is_not_enough(meet):
    person = track(meet("A"), 0)
    look, mesh = meet("A")
    stranger_look, stranger_mesh = meet("B")
    assert recognise([person], [], [newcomer((look, mesh))]) == {0: person}
    assert recognise([person], [], [newcomer((look, stranger_mesh))]) == {}
    assert recognise([person], [], [newcomer((stranger_look, mesh))]) == {}
    assert recognise([person], [], [newcomer((np.zeros_like(look), mesh))]) == {}


def test_who_is_as_like_somebody_in_the_picture_is_nobody_known(meet):
    person, twin = track(meet("A"), 0), track(meet("A"), 1)
    assert recognise([person], [twin], [newcomer(meet("A", changed=True))]) == {}


def test_of_two_numbers_of_one_person_the_earlier_counts(meet):
    first, again = track(meet("A"), 0, 0.0, 5.0), track(meet("A", True), 1, 9.0, 9.2)
    assert recognise([again, first], [], [newcomer(meet("A", True))]) == {0: first}


def test_a_new_number_is_no_rival_to_its_own_bearer(meet):
    old, new = track(meet("A"), 0, 0.0, 5.0), track(meet("A", True), 1, 9.0, 9.2)
    assert recognise([old], [new], [newcomer(meet("A", True), new)]) == {0: old}
    together = track(meet("A"), 0, 0.0, 9.1)
    assert recognise([together], [new], [newcomer(meet("A", True), new)]) == {}


def test_the_shape_is_that_of_the_frontal_frames(rest):
    def at(value):
        return np.full(48, value, np.float32)

    person = Track(0, rest, box_of(rest), at(0), at(0), 0.0, 0.0)
    for value, frontal in ((9, False), (1, True), (9, False), (3, True)):
        person.learn(at(value), frontal, 0.1)
    assert person.shape == pytest.approx(at(2))
    assert person.wants_shape(0.2)
    assert not person.wants_shape(1.5) or person.shaped < 1.0
    person.learn(at(2), True, 1.4)
    assert not person.wants_shape(1.5)
    assert person.wants_shape(2.0)


def test_who_was_seen_longest_is_remembered(rest):
    look = np.zeros(351, np.float32)
    people = [Track(n, rest, box_of(rest), look, look, 0.0, 0.0, frames=n) for n in range(80)]
    assert {one.number for one in longest_seen(people)} == set(range(80 - MOST, 80))
