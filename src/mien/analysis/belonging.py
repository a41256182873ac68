"""Whose neutral a picture or file shows: it is compared with each person's own quietest part."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mien.analysis.judgement import Neutral
from mien.face.geometry import SKIN

__all__ = ["ALIKE", "distance", "share_out"]

ALIKE = 0.018
"""Root mean square difference of two aligned neutral faces, in outer-eye distances, up to which
they may be the same person. One portrait scaled, turned, blurred or darkened differs from itself by
0.013 or less in 99 of 100 cases; of 1035 pairs of different people 11 % lie below the limit."""


def distance(one: Neutral, other: Neutral) -> float | None:
    """How far two neutral faces differ; None if one of them is unknown."""
    if one.features is None or other.features is None:
        return None
    gap = (one.features - other.features)[: SKIN * 3]
    return float(np.sqrt(np.mean(gap**2)))


def share_out(given: Neutral, own: Mapping[int, Neutral]) -> dict[int, Neutral]:
    """Give the neutral of a picture or file to the faces that may be the person in it.

    The face that is most like it always gets it, for the user named it. Any other face
    gets it only if it is alike too; else its own quietest part is its neutral.

    Args:
        given: that neutral.
        own: the quietest part of each track.
    """
    gaps = {track: distance(given, neutral) for track, neutral in own.items()}
    known = {track: gap for track, gap in gaps.items() if gap is not None}
    nearest = min(known, key=lambda track: known[track]) if known else None
    shared: dict[int, Neutral] = {}
    for track, neutral in own.items():
        gap = gaps[track]
        if gap is None or gap <= ALIKE:
            shared[track] = given
        elif track == nearest:
            shared[track] = _doubtful(given, gap)
        else:
            shared[track] = _not_his(neutral, gap)
    return shared


def _doubtful(given: Neutral, gap: float) -> Neutral:
    """The named neutral for a face that it hardly resembles."""
    problem = (
        f"the neutral that was named differs from this face at its quietest by {gap:.3f} eye "
        f"distances (the same person: under {ALIKE}): it may show somebody else, or another "
        "expression; name one of this person at rest, or use --neutral auto"
    )
    quality = given.quality * max(0.1, min(1.0, ALIKE / gap) ** 2)
    return replace(given, quality=quality, problems=(*given.problems, problem))


def _not_his(own: Neutral, gap: float) -> Neutral:
    """A face's own quietest part, where the named neutral is of somebody else."""
    problem = (
        f"the neutral that was named seems to show another person ({gap:.3f} eye distances, the "
        f"same person: under {ALIKE}): the quietest part of the clip is used for this face"
    )
    return replace(own, problems=(problem, *own.problems))
