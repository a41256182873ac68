"""One source from its frames to the columns of the AU table, in two passes."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np

from mien.analysis.interpret import Columns, Interpreter
from mien.analysis.judgement import NO_NEUTRAL, Neutral
from mien.analysis.networks import Networks
from mien.analysis.observe import Keep, ahead, observe
from mien.analysis.options import Options
from mien.analysis.rows import Rows, Spool
from mien.analysis.sides import Sides
from mien.analysis.stopping import patient
from mien.analysis.watching import Gathering
from mien.results.report import SourceReport
from mien.values import Frame
from mien.video.reader import Source, open_source

__all__ = ["Progress", "SourceRun"]

Progress = Callable[[str, int, float | None], None]
"""Told the source, the frames analysed so far, and the share of it done (None: unknown)."""


@dataclass(frozen=True)
class _Mark:
    """How far the first pass is: times of the first and the last frame, and how many there were."""

    first: float | None = None
    last: float | None = None
    frames: int = 0


class SourceRun:
    """The analysis of one source; iterate once, then read ``report``.

    Args:
        source: path of a picture or video, or a camera.
        networks: the networks.
        options: how to read it.
        neutral: the neutral of a picture or file that was named.
        keep_mesh: whether the rows that come out carry the mesh.
        on_rows: is shown each chunk of the first pass, mesh included.
        progress: is told how far the first pass is.
    """

    report: SourceReport

    def __init__(  # noqa: PLR0913 - all but three by keyword
        self,
        source: str | Path,
        networks: Networks,
        options: Options,
        *,
        neutral: Neutral | None = None,
        keep_mesh: bool = False,
        on_rows: Callable[[Rows], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._networks = networks
        self._options = options
        self._given = neutral
        self._keep_mesh = keep_mesh
        self._on_rows = on_rows
        self._progress = progress
        self._mark = _Mark()
        self._source: Source = open_source(
            source, start=options.start, end=options.end, every=options.every
        )
        self.kind = self._source.kind
        self._wanted = options.neutral
        if self.kind == "picture" and options.neutral.source in ("auto", "time"):
            self._options = replace(options, neutral=replace(options.neutral, source="none"))

    def __iter__(self) -> Iterator[tuple[Rows, Columns]]:
        sides = Sides(self._networks.single)
        gathering = Gathering(sides, self._options.neutral, self._given)
        with Spool() as spool, self._source:
            with patient() if self.kind == "camera" else nullcontext(Event()) as stop:
                self._first_pass(spool, gathering, stop)
            neutrals = gathering.neutrals()
            watches = gathering.watches()
            interpreter = Interpreter(self._source.name, self._networks, neutrals, watches)
            blind = {face: watch.summary.reason for face, (_, watch) in watches.items()}
            self.report = self._reported(gathering, neutrals, blind)
            yield from interpreter.tables(spool)

    def _first_pass(self, spool: Spool, gathering: Gathering, stop: Event) -> None:
        """Follow the faces and keep the rows."""
        keep = Keep(
            features=self._options.neutral.source != "none",
            mesh=self._keep_mesh or self._on_rows is not None,
        )
        tracker = self._networks.tracker(self._options.max_faces)
        for rows in observe(self._frames(stop), tracker, self._networks, keep):
            gathering.add(rows)
            if self._on_rows is not None:
                self._on_rows(rows)
            if not self._keep_mesh:
                rows = replace(rows, mesh=rows.mesh[:, :0])
            spool.append(rows)
            first = self._mark.first if self._mark.first is not None else float(rows.time[0])
            frames = self._mark.frames + len(np.unique(rows.frame))
            self._mark = _Mark(first, float(rows.time[-1]), frames)
            self._tell(float(rows.time[-1]))

    def _frames(self, stop: Event) -> Iterator[Frame]:
        """The frames; a camera is ended by an interruption, and that is no error."""
        if self._source.kind != "camera":
            yield from ahead(self._source)
            return
        with suppress(KeyboardInterrupt):
            for frame in self._source:
                yield frame
                if stop.is_set():
                    return

    def _tell(self, time: float) -> None:
        """Report progress."""
        if self._progress is None:
            return
        start, end = self._source.begin, None
        if self._source.duration is not None:
            end = start + self._source.duration
        start = max(start, self._options.start or start)
        if self._options.end is not None:
            end = min(self._options.end, end or self._options.end)
        share = None if end is None or end <= start else min((time - start) / (end - start), 1.0)
        self._progress(self._source.name, self._mark.frames, share)

    def _reported(
        self,
        gathering: Gathering,
        neutrals: dict[int, Neutral],
        blind: dict[int, str | None],
    ) -> SourceReport:
        """What became of the source."""
        source, counts = self._source, self._source.counts
        problems = [
            (face, problem) for face, neutral in neutrals.items() for problem in neutral.problems
        ]
        if self.kind != "picture":
            problems += [
                (face, f"blinks are not read, AU45_p is empty: {reason}")
                for face, reason in blind.items()
                if reason is not None
            ]
        return SourceReport(
            source=source.name,
            kind=source.kind,
            frames_in_container=source.frames_in_container,
            decoded=counts.decoded,
            analysed=counts.yielded,
            without_face=gathering.faceless,
            skipped=counts.skipped,
            outside=counts.outside,
            estimated_times=counts.estimated,
            dropped=dict(counts.dropped),
            faces=len(gathering.tracks),
            first_time=self._mark.first,
            last_time=self._mark.last,
            neutral={
                str(track): {
                    "source": neutral.source,
                    "quality": round(neutral.quality, 3),
                    "frames": neutral.frames,
                    "single_frame_units": list(neutral.unsettled),
                }
                for track, neutral in neutrals.items()
                if neutral is not NO_NEUTRAL
            },
            notes=(*source.notes, *self._oddities(), *_by_sentence(problems)),
        )

    def _oddities(self) -> tuple[str, ...]:
        """Sentences on options that did not fit the source."""
        if self.kind == "picture" and self._wanted.time is not None:
            return ("a picture has but one moment: it is read without a neutral",)
        if self._source.counts.yielded:
            return ()
        begin, length = self._source.begin, self._source.duration
        lasts = "" if length is None else f"; it goes from {begin:.2f} to {begin + length:.2f} s"
        return (f"no frame was analysed: none lies between start and end{lasts}",)


def _by_sentence(problems: list[tuple[int, str]]) -> list[str]:
    """Problems of faces as notes; what several faces share is said once."""
    faces: dict[str, list[int]] = {}
    for face, problem in problems:
        faces.setdefault(problem, []).append(face)
    return [
        f"face{'s' * (len(who) > 1)} {', '.join(map(str, who))}: {problem}"
        for problem, who in faces.items()
    ]
