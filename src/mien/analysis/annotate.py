"""A copy of a picture or video with what was found drawn in."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from mien.analysis.interpret import Columns
from mien.analysis.options import Options
from mien.analysis.rows import Rows
from mien.errors import InputError
from mien.values import Face, Frame, Image
from mien.video.draw import Bars, draw_faces
from mien.video.reader import open_source
from mien.video.sources import is_camera
from mien.video.writer import VideoWriter, write_picture

__all__ = ["Annotator"]


class Annotator:
    """Reads a source once more, beside the rows of its table, and draws; use it in ``with``.

    Args:
        path: the picture or video to be.
        source: the picture or video that was analysed.
        options: with which it was.
        units: columns that get a bar, from top to bottom.

    Raises:
        InputError: the source is a camera, whose frames are gone, or the suffix is unknown.
    """

    def __init__(
        self, path: Path, source: str | Path, options: Options, units: tuple[str, ...]
    ) -> None:
        if is_camera(source):
            raise InputError(
                "--annotate needs a picture or a video, and a camera's frames are not kept; "
                "record it first and analyse the recording"
            )
        self._path = path
        self._units = units
        self._source = open_source(
            source, start=options.start, end=options.end, every=options.every
        )
        self._files = ExitStack()
        self._video: VideoWriter | None = None

    def __enter__(self) -> Self:
        self._files.enter_context(self._source)
        if self._source.kind == "video":
            self._video = self._files.enter_context(VideoWriter(self._path, *self._source.size))
        self._frames: Iterator[Frame] = iter(self._source)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.__exit__(kind, error, trace)

    def draw(self, rows: Rows, columns: Columns) -> None:
        """Draw a chunk of rows, whose frames come in the same order as when they were analysed.

        Raises:
            InputError: the source has changed since.
        """
        for first in np.flatnonzero(np.diff(rows.frame, prepend=rows.frame[0] - 1)).tolist():
            here = np.flatnonzero(rows.frame == rows.frame[first]).tolist()
            frame = next(self._frames, None)
            if frame is None or frame.index != rows.frame[first]:
                raise InputError(
                    f"{self._source.name} is not what it was when it was analysed a moment ago; "
                    "leave it alone until the run ends"
                )
            faces = [_face(rows, row) for row in here if rows.present[row]]
            bars = [self._bars(columns, row) for row in here if rows.present[row]]
            self._write(frame, draw_faces(frame.image, faces, bars))

    def _write(self, frame: Frame, image: Image) -> None:
        """Put a finished picture where it belongs."""
        if self._video is None:
            write_picture(self._path, image)
        else:
            self._video.write(image, frame.time)

    def _bars(self, columns: Columns, row: int) -> Bars:
        """Label and value of each unit of one face."""
        return [(unit, float(columns[unit][row])) for unit in self._units]  # type: ignore[arg-type]


def _face(rows: Rows, row: int) -> Face:
    """The face of a row."""
    return Face(
        box=rows.box[row],
        score=float(rows.score[row]),
        track=int(rows.track[row]),
        mesh=rows.mesh[row],
        pose=rows.pose[row],
    )
