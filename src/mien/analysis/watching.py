"""What is gathered of each track during the first pass: its eyes and its neutral."""

from array import array

import numpy as np
from numpy.typing import NDArray

from mien.analysis.belonging import share_out
from mien.analysis.blinks import Watch, watch
from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import INSTEAD, NO_NEUTRAL, Neutral, neutral_of
from mien.analysis.neutral import MOMENT, NeutralCollector
from mien.analysis.rows import Rows
from mien.analysis.sides import Sides
from mien.values import Float32

__all__ = ["Gathering"]

NAMED = ("picture", "file")
"""Sources of a neutral that was named: it is compared with each person's own quietest part."""


class Gathering:
    """Takes rows as they come and remembers little of each track.

    Args:
        sides: layout of the single-frame network's outputs.
        choice: where the neutral is to come from.
        given: the neutral of a picture or a file, when one was named.
    """

    def __init__(self, sides: Sides, choice: NeutralChoice, given: Neutral | None) -> None:
        self._sides = sides
        self._choice = choice
        self._given = given
        self._eyes: dict[int, _Eyes] = {}
        self._quiet: dict[int, NeutralCollector] = {}
        self._moment: dict[int, list[tuple[Float32, Float32, Float32]]] = {}
        self.faceless = 0
        """Frames without a face."""
        self.has_new_track = False
        """Whether the rows added last show somebody for the first time."""

    def add(self, rows: Rows) -> None:
        """Take a chunk of rows."""
        self.faceless += int(np.count_nonzero(~rows.present))
        known = len(self._eyes)
        for track in np.unique(rows.track[rows.present]).tolist():
            here = np.flatnonzero(rows.track == track)
            self._eyes.setdefault(track, _Eyes()).add(rows, here)
            if self._choice.source in ("auto", *NAMED):
                self._add_quiet(track, rows, here)
            elif self._choice.source == "time":
                self._add_moment(track, rows, here)
        self.has_new_track = len(self._eyes) > known

    @property
    def lengths(self) -> dict[int, int]:
        """Frames in which each track is seen."""
        return {track: len(self._eyes[track]) for track in self.tracks}

    @property
    def tracks(self) -> tuple[int, ...]:
        """Numbers of the tracks seen."""
        return tuple(sorted(self._eyes))

    def watches(self) -> dict[int, tuple[NDArray[np.float64], Watch]]:
        """What the eyelids of each track did, with the times of its rows."""
        return {track: eyes.watch() for track, eyes in self._eyes.items()}

    def neutrals(self) -> dict[int, Neutral]:
        """The neutral of each track."""
        if self._choice.source in NAMED and self._given is not None:
            own = {track: quiet.neutral() for track, quiet in self._quiet.items()}
            return share_out(self._given, own)
        return {track: self._neutral(track) for track in self.tracks}

    def _neutral(self, track: int) -> Neutral:
        """The neutral of one track, as chosen."""
        if self._choice.source == "auto":
            return self._quiet[track].neutral()
        if self._choice.source == "time":
            return self._neutral_of_moment(track)
        return NO_NEUTRAL

    def _neutral_of_moment(self, track: int) -> Neutral:
        """The neutral at the chosen time, or none with the reason."""
        parts = self._moment.get(track)
        if not parts:
            problem = (
                f"the face is not seen at {self._choice.time:g} s, the moment chosen for the "
                f"neutral: {INSTEAD}; choose a moment at which it is seen"
            )
            return Neutral(None, 0, "none", 0.0, (problem,))
        features, values, pose = (np.concatenate(part) for part in zip(*parts, strict=True))
        return neutral_of(features, values, pose, self._sides.units, "time")

    def _add_quiet(self, track: int, rows: Rows, here: NDArray[np.intp]) -> None:
        """Offer rows to the track's collector."""
        if track not in self._quiet:
            self._quiet[track] = NeutralCollector(self._sides.units)
        self._quiet[track].add(
            rows.time[here],
            rows.features[here],
            self._sides.unit_values(rows.single[here]),
            rows.pose[here],
            rows.openness[here],
        )

    def _add_moment(self, track: int, rows: Rows, here: NDArray[np.intp]) -> None:
        """Keep the rows around the chosen time."""
        near = here[np.abs(rows.time[here] - (self._choice.time or 0.0)) <= MOMENT]
        if len(near):
            features = rows.features[near].astype(np.float32)
            values = self._sides.unit_values(rows.single[near])
            self._moment.setdefault(track, []).append((features, values, rows.pose[near]))


class _Eyes:
    """Eye openness and yaw of one track, sixteen bytes a row."""

    def __init__(self) -> None:
        self._times = array("d")
        self._openness = array("f")
        self._yaw = array("f")

    def __len__(self) -> int:
        return len(self._times)

    def add(self, rows: Rows, here: NDArray[np.intp]) -> None:
        """Take the rows of this track."""
        self._times.extend(rows.time[here].tolist())
        self._openness.extend(rows.openness[here].mean(axis=1).tolist())
        self._yaw.extend(rows.pose[here, 1].tolist())

    def watch(self) -> tuple[NDArray[np.float64], Watch]:
        """What the eyelids did, with the times."""
        times = np.array(self._times, np.float64)
        return times, watch(times, np.array(self._openness), np.array(self._yaw))
