"""Faces one picture at a time: find_faces for an array, stream for what is still going on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.analysis.interpret import Course, Interpreter
from mien.analysis.networks import Models, Networks, shared_networks
from mien.analysis.neutralsource import given_neutral
from mien.analysis.observe import Keep, observation, rows_of
from mien.analysis.options import Options
from mien.analysis.reading import USUAL
from mien.analysis.rows import Rows
from mien.analysis.sides import Sides
from mien.analysis.watching import Gathering
from mien.face import tracker
from mien.results.table import table_columns
from mien.values import Face, Frame, Image, check_image
from mien.video.reader import open_source

__all__ = ["FrameReader", "FrameReading", "find_faces", "stream"]

MEMORY = 4
"""Frames before the present one that the median of five looks at."""

RENEWAL = 1.0
"""Seconds after which the neutral is estimated anew from all that was seen."""


@dataclass(frozen=True, eq=False)
class FrameReading:
    """One frame and what its faces show."""

    frame: Frame
    faces: tuple[Face, ...]
    rows: tuple[dict[str, object], ...] = field(repr=False)
    """For each face its row of the AU table, by column name; None is null. A blink is known only
    after it, so ``AU45_p`` is always None here."""
    single_frame_units: tuple[tuple[int, ...], ...] = field(repr=False)
    """For each row the units that are read from this frame alone because the neutral shows them
    itself."""


def find_faces(image: Image) -> list[Face]:
    """Find the faces of one picture.

    Args:
        image: uint8 (h, w, 3), RGB.

    Returns:
        Faces with box, score, mesh (478, 3) and pose, the largest first.

    Raises:
        ShapeError: ``image`` is of another shape or type.
        WeightsError: the face models cannot be had.
    """
    check_image(image)
    networks = shared_networks()
    return tracker.find_faces(image, networks.detector, networks.fitter)


def stream(  # noqa: PLR0913 - the front door: all by keyword
    source: str | Path,
    *,
    neutral: str | Path = "auto",
    every: str | float | None = None,
    start: str | float | None = None,
    end: str | float | None = None,
    max_faces: int | None = None,
    model: Models = (),
    expression: str | Path | None = None,
    default: str = USUAL,
) -> Iterator[FrameReading]:
    """Read a picture, a video or a camera frame by frame, as it comes.

    Only what was seen so far is known: with ``neutral="auto"`` the neutral is that of the quietest
    part up to now, renewed every second, and the first frames are read without one. `analyze`
    knows the whole clip and is the better choice for a recording.

    Args:
        source: a picture, a video or ``camera:0``.
        neutral: ``auto``, ``none``, a picture, a file of ``mien neutral``, or a time, which
            holds from then on.
        every: seconds between the frames that are read; None: all.
        start: seconds; earlier frames are left out.
        end: seconds; frames from here on are left out.
        max_faces: follow at most so many faces, the largest.
        model: networks of your own, as in `analyze`.
        expression: a network of expressions, as in `analyze`.
        default: how the units are read, as in `analyze`.

    Yields:
        A `FrameReading` per frame.
    """
    options = Options.of(neutral, every, start, end, max_faces)
    networks = shared_networks().with_default(default)
    networks = networks.with_models(model, expression=expression)
    reader = FrameReader(str(source), networks, options)
    with open_source(source, start=options.start, end=options.end, every=options.every) as frames:
        for frame in frames:
            yield reader.read(frame)


class FrameReader:
    """Reads one frame after the other of one source, from what was seen so far.

    Args:
        source: its name in the rows.
        networks: the networks.
        options: the neutral, and how many faces are followed.

    Raises:
        InputError: the picture or file of the neutral cannot be used.
    """

    def __init__(self, source: str, networks: Networks, options: Options) -> None:
        self._networks = networks
        self._keep = Keep(features=options.neutral.source != "none")
        given = given_neutral(options.neutral, networks)
        self._gathering = Gathering(Sides(networks.single), options.neutral, given)
        self._follower = networks.tracker(options.max_faces)
        if self._keep.features:
            networks.difference  # noqa: B018 - opened now, not when the first neutral is there
        self._interpreter = Interpreter(source, networks, {}, {})
        added = networks.added.columns
        units = added.unit_columns(networks.single)
        detected = networks.detected_classes
        columns = table_columns(units, tuple(added.classes), detected)
        self._names = tuple(one.name for one in columns)
        self._past: list[Course] = []
        self._renewed = -np.inf

    def read(self, frame: Frame) -> FrameReading:
        """Find and read the faces of the next frame."""
        faces = tuple(self._follower.follow(frame))
        rows = rows_of([observation(frame, faces, self._networks)], self._networks, self._keep)
        if not faces:
            return FrameReading(frame, faces, (), ())
        shown = self._table_rows(rows)
        neutrals = (self._interpreter.neutrals.get(int(track)) for track in rows.track)
        fallen_back = tuple(() if one is None else one.unsettled for one in neutrals)
        return FrameReading(frame, faces, shown, fallen_back)

    def _table_rows(self, rows: Rows) -> tuple[dict[str, object], ...]:
        """The table's rows of one frame."""
        self._gathering.add(rows)
        now = float(rows.time[0])
        if now - self._renewed >= RENEWAL or self._gathering.has_new_track:
            self._interpreter.neutrals = self._gathering.neutrals()
            self._renewed = now
        course = self._interpreter.course(rows)
        columns = self._interpreter.columns(course, self._past)
        self._past = [*self._past, course][-MEMORY:]
        return tuple(
            {name: _plain(columns[name], row) for name in self._names} for row in range(len(rows))
        )


def _plain(values: Sequence[object] | NDArray[np.generic], row: int) -> object:
    """One value as Python has it; NaN is None."""
    value = values[row]
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not np.isfinite(plain) else plain
