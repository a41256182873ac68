"""Who came back: persons who were away for long are known by appearance and shape of face together.

The shape is the aligned mesh without mouth and lids, brought to 48 numbers in which persons differ
and expressions, turns and light do not: fitted to half of 823 synthetic portraits, each shown with
other planted expressions, turned, shrunk and relit. The rates below are of the other half.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from mien.face.appearance import likeness
from mien.face.geometry import SKIN, features
from mien.face.tracks import Sighting, Track
from mien.values import Float32

__all__ = ["MOST", "longest_seen", "recognise", "shape_of"]

MOST = 64
"""Persons who are remembered through a source."""
_SURE = 1.4
"""Sum of both likenesses from which a newcomer is an old acquaintance."""
_EACH = 0.5
"""Likeness that appearance and shape must reach each."""
_CLEARLY = 0.15
"""By how much the sum must exceed that with anybody else."""


def shape_of(mesh: Float32) -> Float32:
    """Describe the shape of a face, float32 (48,), for ``likeness``.

    Args:
        mesh: float32 (478, 3) in pixels.
    """
    points, usual, ways = _projection()
    skin = features(mesh)[0, : SKIN * 3].reshape(SKIN, 3)[points].ravel()
    return np.asarray((skin - usual) @ ways, np.float32)


def recognise(
    away: Sequence[Track], present: Sequence[Track], newcomers: Sequence[tuple[Sighting, Float32]]
) -> dict[int, Track]:
    """Find persons among the newcomers, wherever they stand and however long they were away.

    Args:
        away: persons who are not in the picture.
        present: those who are.
        newcomers: faces without a person, or with a new one who may be an old one after all, and
            the shape of each.

    Returns:
        For places in ``newcomers`` the person; every person at most once.
    """
    pairs = []
    for place, (sighting, shape) in enumerate(newcomers):
        track, worth = _best(away, present, sighting, shape)
        if track is not None:
            pairs.append((worth, place, track))
    found: dict[int, Track] = {}
    for _, place, track in sorted(pairs, key=lambda pair: -pair[0]):
        if all(track is not other for other in found.values()):
            found[place] = track
    return found


def _best(
    away: Sequence[Track], present: Sequence[Track], sighting: Sighting, shape: Float32
) -> tuple[Track | None, float]:
    """Find the one person whom a newcomer resembles, the earliest of several numbers of hers."""
    own = sighting.owner
    known = [one for one in (*away, *present) if one is not own]
    worth = [_resemblance(one.look, one.shape, sighting.look, shape) for one in known]
    best: tuple[Track | None, float] = None, 0.0
    for track, value in zip(known[: len(away)], worth, strict=False):
        if value < _SURE or (own is not None and own.born <= track.seen):
            continue  # somebody else, or they were in the picture together
        rivals = zip(known, worth, strict=True)
        clear = all(value >= other + _CLEARLY or _are_one(track, one) for one, other in rivals)
        if clear and (best[0] is None or track.number < best[0].number):
            best = track, value
    return best


def _are_one(first: Track, second: Track) -> bool:
    """Whether two numbers were given to what seems to be one person, never seen twice at once."""
    if first is second:
        return True
    if first.shape is None or max(first.born, second.born) <= min(first.seen, second.seen):
        return False
    return _resemblance(second.look, second.shape, first.look, first.shape) >= _SURE


def longest_seen(tracks: Sequence[Track]) -> list[Track]:
    """Keep the persons who are worth remembering, if there are too many."""
    return sorted(tracks, key=lambda track: -track.frames)[:MOST]


def _resemblance(
    look: Float32, shape: Float32 | None, other_look: Float32, other_shape: Float32
) -> float:
    """Sum of both likenesses, 0 where one of them says that it is somebody else."""
    if shape is None:
        return 0.0
    both = likeness(look, other_look), likeness(shape, other_shape)
    return sum(both) if min(both) >= _EACH else 0.0


@cache
def _projection() -> tuple[NDArray[np.intp], Float32, Float32]:
    """Read the points, their mean offsets, and the ways in which persons differ."""
    with files("mien.face").joinpath("files/shape.npz").open("rb") as file:
        table = np.load(file)
        points = table["points"].astype(np.intp)
        return points, table["usual"].astype(np.float32), table["ways"].astype(np.float32)
