"""The neutral of a person from pictures and recordings that show the person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.analysis.belonging import ALIKE, distance
from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import INSTEAD, Neutral, mean_of, neutral_of
from mien.analysis.networks import Networks
from mien.analysis.neutralfile import read_neutral
from mien.analysis.observe import Keep, ahead, observation, observe, rows_of
from mien.analysis.options import Options
from mien.analysis.sides import Sides
from mien.analysis.watching import Gathering
from mien.errors import InputError, UnreadableSource
from mien.values import Frame
from mien.video.reader import open_source, read_picture
from mien.video.sources import is_camera

__all__ = ["Seen", "given_neutral", "neutral_of_picture", "neutral_of_sources"]

KEPT = ".neutral"
"""How files of kept neutrals are mostly named."""
SHARED = 0.25
"""Share of the frames from which on a second face makes it doubtful whose neutral is meant."""


@dataclass(frozen=True)
class Seen:
    """What one source gave."""

    source: str
    face: int
    neutral: Neutral


def given_neutral(choice: NeutralChoice, networks: Networks) -> Neutral | None:
    """The neutral of the picture or file that was named; None where none was.

    Raises:
        UnreadableSource: the picture cannot be read.
        InputError: it shows no face, or the file is no neutral.
    """
    if choice.path is None:
        return None
    if choice.source == "file":
        return read_neutral(choice.path, networks.describer, networks.reading.length)
    try:
        return neutral_of_picture(choice.path, networks)
    except UnreadableSource as error:
        if choice.path.suffix.lower() != KEPT:
            raise
        raise UnreadableSource(
            f"{choice.path} is neither a neutral that mien neutral wrote nor a picture; make it "
            "again with mien neutral"
        ) from error


def neutral_of_picture(path: Path, networks: Networks) -> Neutral:
    """The neutral that a picture shows, of its largest face.

    Raises:
        UnreadableSource: it is no picture.
        InputError: it shows no face.
    """
    image = read_picture(path)
    frame = Frame(image, 0, 0.0)
    faces = networks.tracker(max_faces=1, settle=True).follow(frame)
    if not faces:
        raise InputError(
            f"no face is found in {path}, expected a picture of the person's neutral face; "
            "choose another picture"
        )
    rows = rows_of([observation(frame, (faces[0],), networks)], networks, Keep(features=True))
    sides = Sides(networks.single)
    features = rows.features.astype(np.float32)
    return neutral_of(features, sides.unit_values(rows.single), rows.pose, sides.units, "picture")


def neutral_of_sources(
    sources: Sequence[str | Path], networks: Networks, options: Options, face: int | None = None
) -> tuple[Neutral, list[Seen]]:
    """The neutral of one person: of each source its own, and of several their mean.

    Args:
        sources: pictures at rest and videos, all of the same person.
        networks: the networks.
        options: of videos: the part to look at, and the moment if one was chosen.
        face: number of the person's face; None for the only one.

    Returns:
        The neutral, and what each source gave.

    Raises:
        UnreadableSource: a source cannot be read.
        InputError: a source shows nobody, several people, or hardly the same person.
    """
    seen = [_seen(source, networks, options, face) for source in sources]
    for place, one in enumerate(seen[1:], 1):
        gap = distance(seen[0].neutral, one.neutral)
        if gap is None or gap <= ALIKE:
            continue
        told = (
            f"{one.source} shows a face that differs from that of {seen[0].source} by "
            f"{gap:.3f} eye distances (the same person at rest: under {ALIKE}); "
        )
        if gap > 2 * ALIKE:
            raise InputError(f"{told}give sources of one person at rest")
        problems = (*one.neutral.problems, f"{told}look whether both show the same person at rest")
        seen[place] = replace(one, neutral=replace(one.neutral, problems=problems))
    return mean_of([one.neutral for one in seen]), seen


def _seen(source: str | Path, networks: Networks, options: Options, face: int | None) -> Seen:
    """The neutral that one source shows."""
    if is_camera(source):
        raise InputError(f"{source} is a camera; record some seconds of rest, and give the file")
    gathering = Gathering(Sides(networks.single), options.neutral, None)
    tracker = networks.tracker(options.max_faces)
    with open_source(source, start=options.start, end=options.end, every=options.every) as frames:
        if frames.kind == "picture":
            return Seen(str(source), 0, neutral_of_picture(Path(source), networks))
        for rows in observe(ahead(frames), tracker, networks, Keep(features=True)):
            gathering.add(rows)
    which = _whose(str(source), gathering.lengths, face)
    neutral = gathering.neutrals()[which]
    if neutral.features is None:
        reason, _, _ = neutral.problems[0].partition(f": {INSTEAD}")
        raise InputError(
            f"{source}: {reason}; give a longer recording, another moment, or a picture of the "
            "person at rest"
        )
    return Seen(str(source), which, neutral)


def _whose(source: str, lengths: dict[int, int], face: int | None) -> int:
    """Number of the face that is meant."""
    if not lengths:
        raise InputError(f"{source} shows no face; expected the person whose neutral is wanted")
    listed = ", ".join(f"{track} in {count} frames" for track, count in lengths.items())
    if face is not None:
        if face not in lengths:
            raise InputError(f"{source} shows no face {face}; it shows {listed}")
        return face
    first, *others = sorted(lengths, key=lambda track: -lengths[track])
    if others and lengths[others[0]] > SHARED * lengths[first]:
        raise InputError(
            f"{source} shows several people (face {listed}); say with --face whose neutral is meant"
        )
    return first
