"""The second pass: rows to columns of the AU table, once the neutral and the blinks are known."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.analysis.blinks import BLINK, Watch
from mien.analysis.classes import class_columns
from mien.analysis.eyes import LEFT, RIGHT, masked
from mien.analysis.judgement import Neutral
from mien.analysis.networks import Networks
from mien.analysis.neutral import combine
from mien.analysis.rows import NOBODY, Rows
from mien.analysis.sides import Sides
from mien.facs.combinations import EMOTIONS
from mien.facs.emotions import SMOOTHED_REACH, read_many, smooth
from mien.values import Float32

__all__ = ["Columns", "Course", "Interpreter"]

Columns = dict[str, list[object] | NDArray[np.generic]]
"""Columns of the AU table by name; NaN and None are null."""

MARGIN = 2
"""Frames of a track on each side of a chunk that the median of five frames looks at."""


@dataclass(frozen=True, eq=False)
class Course:
    """A chunk of rows with its intensities, which the median of those around it looks at too."""

    rows: Rows
    values: Float32

    @property
    def start(self) -> float:
        """Time of its first row."""
        return float(self.rows.time[0])

    @property
    def end(self) -> float:
        """Time of its last row."""
        return float(self.rows.time[-1])


class Interpreter:
    """Reads rows of one source.

    Args:
        source: its name in the table.
        networks: the networks.
        neutrals: what is known of each track's neutral.
        watches: what the eyelids of each track did, with the times of its rows.
    """

    def __init__(
        self,
        source: str,
        networks: Networks,
        neutrals: Mapping[int, Neutral],
        watches: Mapping[int, tuple[NDArray[np.float64], Watch]],
    ) -> None:
        self._source = source
        self._networks = networks
        self.neutrals = neutrals
        self._watches = watches
        self._sides = Sides(networks.added.columns.layout(networks.single))

    def tables(self, chunks: Iterable[Rows]) -> Iterator[tuple[Rows, Columns]]:
        """Each chunk of rows with its columns, in order, once all in its reach has come."""
        past: list[Course] = []
        coming: deque[Course] = deque()
        for rows in chunks:
            coming.append(self.course(rows))
            while coming[0].end + SMOOTHED_REACH < coming[-1].end:
                yield self._next(past, coming)
        while coming:
            yield self._next(past, coming)

    def _next(self, past: list[Course], coming: deque[Course]) -> tuple[Rows, Columns]:
        """The first chunk of ``coming`` with its columns; it goes over to ``past``."""
        now = coming.popleft()
        past[:] = [course for course in past if course.end + SMOOTHED_REACH >= now.start]
        columns = self._columns(now, past, list(coming))
        past.append(now)
        return now.rows, columns

    def course(self, rows: Rows) -> Course:
        """Rows with their intensities, by what is known of the neutrals now."""
        return Course(rows, self.intensity(rows))

    def columns(self, course: Course, past: Sequence[Course]) -> Columns:
        """Columns of rows that follow on ``past``, with nothing known of what comes after."""
        return self._columns(course, list(past), [])

    def intensity(self, rows: Rows) -> Float32:
        """Intensities (n, k), 0-5: single-frame or against the neutral, or of added networks."""
        added = self._networks.added.columns
        return added.intensities(self._default(rows), rows.added, self._networks.single)

    def _default(self, rows: Rows) -> Float32:
        """Intensities (n, k), 0-5, of the default networks."""
        values = rows.single.copy()
        if rows.features.shape[1] == 0:
            return values
        sides = Sides(self._networks.single)
        for track, neutral in self.neutrals.items():
            here = np.flatnonzero(rows.track == track)
            if len(here) and neutral.features is not None:
                frames = rows.features[here].astype(np.float32)
                against = self._networks.reading.against(frames, neutral.features)
                unsettled = sides.outputs_of(neutral.unsettled)
                values[here] = combine(rows.single[here], against, unsettled)
        return values

    def _columns(self, now: Course, before: list[Course], after: list[Course]) -> Columns:
        """All columns of one chunk."""
        rows = now.rows
        return {
            **self._place(rows),
            **self._units(now.values),
            **self._eyes(rows),
            **self._networks.added.columns.columns(rows.added),
            **self._detected(rows),
            **self._feeling(now, before, after),
            **self._neutral(rows),
        }

    def _detected(self, rows: Rows) -> Columns:
        """What a detector of one's own says of the faces."""
        classed = self._networks.classed
        return {} if classed is None else class_columns(classed.spec.classes, rows.classed)

    def _place(self, rows: Rows) -> Columns:
        """Where and when."""
        columns: Columns = {
            "source": [self._source] * len(rows),
            "frame": rows.frame,
            "time": rows.time,
            "face": [None if track == NOBODY else int(track) for track in rows.track],
            "score": rows.score,
        }
        columns |= dict(zip(("x0", "y0", "x1", "y1"), rows.box.T, strict=True))
        return columns | dict(zip(("pitch", "yaw", "roll"), rows.pose.T, strict=True))

    def _units(self, values: Float32) -> Columns:
        """Intensities, of units and of their sides."""
        units = dict(zip(self._sides.units, self._sides.unit_values(values).T, strict=True))
        sided = dict(zip(self._sides.sided, self._sides.sided_values(values).T, strict=True))
        columns: Columns = {f"AU{unit}": column for unit, column in units.items()}
        return columns | {f"AU{unit}_{side}": column for (unit, side), column in sided.items()}

    def _eyes(self, rows: Rows) -> Columns:
        """Blinks, openness and gaze; the gaze is missing while the eyes are closed."""
        blink = np.full(len(rows), np.nan, np.float32)
        closed = np.zeros(len(rows), bool)
        for track, (times, watch) in self._watches.items():
            here = np.flatnonzero(rows.track == track)
            place = np.searchsorted(times, rows.time[here])
            known = watch.known[place]
            blink[here[known]] = watch.unit[place][known] == BLINK
            closed[here] = watch.unit[place] != 0
        gaze = masked(rows.gaze, closed)
        return {
            "AU45_p": blink,
            "eye_open_L": rows.openness[:, LEFT],
            "eye_open_R": rows.openness[:, RIGHT],
            "gaze_x": gaze[:, 0],
            "gaze_y": gaze[:, 1],
        }

    def _feeling(self, now: Course, before: list[Course], after: list[Course]) -> Columns:
        """Emotions, from intensities smoothed over five frames of the same track."""
        smoothed = self._smoothed(now, before, after)
        found = read_many(
            self._sides.unit_values(smoothed),
            self._sides.units,
            self._sides.sided_values(smoothed),
            self._sides.sided,
        )
        columns: Columns = dict(zip(EMOTIONS, found.scores.T, strict=True))
        coverage: list[object] = [
            None if name not in EMOTIONS else row[EMOTIONS.index(name)]
            for name, row in zip(found.emotion, found.coverage.tolist(), strict=True)
        ]
        columns["emotion"] = list(found.emotion)
        columns["emotion_rule"] = list(found.leading)
        columns["emotion_coverage"] = coverage
        return columns

    def _smoothed(self, now: Course, before: list[Course], after: list[Course]) -> Float32:
        """The chunk's intensities, each the median of five frames of its track."""
        smoothed = now.values.copy()
        for track in np.unique(now.rows.track[now.rows.present]):
            past, present, future = (
                _of_track(courses, track) for courses in (before, [now], after)
            )
            past, future = past.ending(MARGIN), future.starting(MARGIN)
            values = np.concatenate(
                [part.values for part in (past, present, future) if len(part.times)]
            )
            times = np.concatenate([past.times, present.times, future.times])
            whole = smooth(values, times)
            first = len(past.times)
            smoothed[now.rows.track == track] = whole[first : first + len(present.times)]
        return smoothed

    def _neutral(self, rows: Rows) -> Columns:
        """What each face was measured against, and how good that is."""
        known = [self.neutrals.get(int(track)) for track in rows.track]
        used: list[object] = [
            None if track == NOBODY else ("none" if neutral is None else neutral.source)
            for track, neutral in zip(rows.track.tolist(), known, strict=True)
        ]
        quality: list[object] = [
            None if neutral is None or neutral.features is None else neutral.quality
            for neutral in known
        ]
        return {"neutral": used, "neutral_quality": quality}


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Intensities of one track in order of time."""

    times: NDArray[np.float64]
    values: Float32

    def ending(self, count: int) -> "_Stretch":
        """The last ones."""
        first = max(len(self.times) - count, 0)
        return _Stretch(self.times[first:], self.values[first:])

    def starting(self, count: int) -> "_Stretch":
        """The first ones."""
        return _Stretch(self.times[:count], self.values[:count])


def _of_track(courses: list[Course], track: int) -> _Stretch:
    """One track's part of chunks that follow each other."""
    times = [course.rows.time[course.rows.track == track] for course in courses]
    values = [course.values[course.rows.track == track] for course in courses]
    if not courses:
        return _Stretch(np.zeros(0), np.zeros((0, 0), np.float32))
    return _Stretch(np.concatenate(times), np.concatenate(values))
