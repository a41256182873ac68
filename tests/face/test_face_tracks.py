"""Who is who, without any picture."""

import numpy as np

from mien.face.tracks import Sighting, Track, disown

HERE = np.array([100, 100, 160, 180], np.float32)


def look(seed):
    return np.random.default_rng(seed).normal(size=351).astype(np.float32)


def person(frames, box=HERE):
    mesh = np.zeros((478, 3), np.float32)
    return Track(0, mesh, box, look(1), look(1), 0.0, 0.0, frames=frames)


def seen(owner, seed, box=HERE):
    return Sighting(owner.mesh, 1.0, box, look(seed), owner)


def test_a_face_that_looks_like_somebody_else_is_taken_from_its_track():
    known = person(frames=2)
    sightings = [seen(known, 1), seen(known, 2)]
    disown(sightings, [known])
    assert [one.owner for one in sightings] == [known, None]


def test_the_first_fit_of_a_newcomer_may_look_like_nobody():
    new = person(frames=1)
    close, far = seen(new, 2, HERE + 4), seen(new, 2, HERE + 70)
    disown([close, far], [new])
    assert close.owner is new
    assert far.owner is None
    new.follow(close, 0.04, alone=True)
    assert (new.look == close.look).all()
    new.follow(seen(new, 3), 0.08, alone=True)
    assert (new.look != look(3)).any()
