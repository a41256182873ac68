"""A picture or video through a network and a view, into a file of the same kind."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.analysis.networks import Networks
from mien.errors import InputError
from mien.explain.faithful import Verdict
from mien.explain.look import Look
from mien.explain.view import View
from mien.files import by_suffix, check_place, same_file
from mien.values import Face, Frame, Image
from mien.video.reader import Source, open_source
from mien.video.sources import is_camera, path_of
from mien.video.writer import PICTURES, VideoWriter, write_picture

__all__ = ["Explained", "Span", "explain", "explain_face"]

TEST_EVERY = 30
TESTS = 5
"""Of a video the maps of every so many faces are tested, and of no more than so many: it takes a
thousand times the time of the network."""

Progress = Callable[[int, float | None], None]
"""Told how many frames are done, and which share of the whole that is if it is known."""


@dataclass(frozen=True)
class Span:
    """Which part of a video; see `mien.video.reader.open_source`."""

    start: str | None = None
    end: str | None = None
    every: str | None = None


@dataclass(frozen=True)
class Explained:
    """What was drawn."""

    path: Path
    frames: int
    faceless: int
    """Frames without a face that could be cut out."""
    verdicts: tuple[tuple[Verdict, ...], ...] = ()
    """Of each face whose maps were tested, one for each number."""


def explain(  # noqa: PLR0913 - what is read, by what, how it is drawn and where it goes
    source: str | Path,
    look: Look,
    view: View,
    out: Path,
    networks: Networks,
    *,
    span: Span | None = None,
    progress: Progress | None = None,
) -> Explained:
    """Draw what a network sees in the largest face of a picture, or of each frame of a video.

    Nothing but the picture is needed: the face is found, and aligned as the card says.

    Args:
        source: a picture or a video.
        look: whom to ask, and how.
        view: how it is drawn.
        out: a picture for a picture, a video for a video; appears when it is complete.
        networks: those that find faces.
        span: the part of a video.
        progress: told of each frame.

    Raises:
        UnreadableSource: the source cannot be read.
        InputError: there is no face, or the suffix of ``out`` does not fit.
    """
    _keep(source, out)
    part = span or Span()
    with (
        open_source(source, start=part.start, end=part.end, every=part.every) as opened,
        ExitStack() as files,
    ):
        video = None
        if opened.kind == "video":
            video = files.enter_context(VideoWriter(out, *view.size))
        else:
            by_suffix(out, PICTURES, "a picture")
            check_place(out)
        tracker = networks.tracker(max_faces=1)
        done = faceless = 0
        verdicts: list[tuple[Verdict, ...]] = []
        for frame in opened:
            face = _largest(tracker.follow(frame))
            due = done - faceless == len(verdicts) * TEST_EVERY and len(verdicts) < TESTS
            seen = (look if due else look.untested()).see(frame.image, face)
            faceless += seen is None
            done += 1
            if seen is not None and seen.verdicts:
                verdicts.append(seen.verdicts)
            if video is not None:
                video.write(view.draw(seen), frame.time)
            elif seen is not None:
                write_picture(out, view.draw(seen))
            if progress is not None:
                progress(done, _share(opened, frame))
        if not done:
            raise InputError(f"{opened.name} has no frame in the chosen span; choose another")
        if faceless == done:
            raise InputError(
                f"no face was found in {opened.name}; give a picture in which a face is at least "
                "some 40 pixels wide and not turned away"
            )
    return Explained(out, done, faceless, tuple(verdicts))


def explain_face(image: Image, face: Face, look: Look, view: View) -> Image:
    """The same of one face of a picture at hand.

    Args:
        image: uint8 (h, w, 3).
        face: with its mesh, as `mien.find_faces` gives it.
        look: whom to ask, and how.
        view: how it is drawn.

    Returns:
        uint8 (height, width, 3) of the view's size.
    """
    return view.draw(look.see(image, face))


def _largest(faces: list[Face]) -> Face | None:
    return max(faces, key=lambda face: float(np.prod(face.box[2:] - face.box[:2])), default=None)


def _share(source: Source, frame: Frame) -> float | None:
    """How far a video is."""
    return min(1.0, (frame.time - source.begin) / source.duration) if source.duration else None


def _keep(source: str | Path, out: Path) -> None:
    """Refuse a camera, and to write over what is read."""
    if is_camera(source):
        raise InputError("a camera cannot be explained live; record it first: a picture or video")
    if same_file(path_of(source), out):
        raise InputError(f"{out} is the source; write to another name")
