"""What each way to a person's neutral is worth, on acted clips (`benchmarks.acted`).

Three clips of each of twelve persons: a calm one; one with a smile of ten of its twelve seconds;
one that smiles throughout. The second and third are other recordings: nearer, darker. Of each way:
the correlation over time with what was acted (mean over the units that move and the persons) and
the mean absolute error of these units; and, while the smile lasts, the mean reading of AU12, of
which 3.5 were added. Intervals are 95 %, persons drawn with replacement. Some minutes.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.acted import CALM, LONG, THROUGHOUT, Camera, act, people, planted
from mien.analysis.interpret import Interpreter
from mien.analysis.judgement import NO_NEUTRAL, Neutral, neutral_of
from mien.analysis.networks import Networks, shared_networks
from mien.analysis.neutral import NeutralCollector
from mien.analysis.neutralfile import read_neutral, write_neutral
from mien.analysis.rows import Rows
from mien.analysis.sides import Sides
from mien.animation.events import Script
from mien.values import Float32

PERSONS = 12
FIRST, MOMENT = slice(0, 1), slice(5, 11)
"""Frames of the picture, and of the moment at half a second."""
CLIPS = {
    "calm": (CALM, Camera(1)),
    "long smile": (LONG, Camera(2, near=0.85, light=0.75)),
    "smiles throughout": (THROUGHOUT, Camera(3, near=0.85, light=0.75)),
}
DRAWS = 2000


class Person:
    """One clip of a person, and the ways to read it.

    Args:
        rows: all rows, without gaps.
        networks: the networks.
        kept: the file of the calm recording.
    """

    def __init__(self, rows: Rows, networks: Networks, kept: Neutral) -> None:
        self.rows, self.networks, self.kept = rows, networks, kept
        self.sides = Sides(networks.single)
        self.values = self.sides.unit_values(rows.single)

    def read(self, neutral: Neutral, rows: Rows | None = None) -> Float32:
        """Intensities against one neutral."""
        reader = Interpreter("", self.networks, {0: neutral}, {})
        return reader.intensity(self.rows if rows is None else rows)

    def of(self, frames: slice) -> Float32:
        """Against the neutral that some frames make."""
        return self.read(self._of(frames))

    def _of(self, frames: slice) -> Neutral:
        described = self.rows.features[frames].astype(np.float32)
        pose, values = self.rows.pose[frames], self.values[frames]
        return neutral_of(described, values, pose, self.sides.units, "time")

    def whole(self) -> Float32:
        """Against the quietest part of the clip."""
        return self.read(self.collected(slice(None)).neutral())

    def collected(self, frames: slice) -> NeutralCollector:
        """What was kept of some frames."""
        rows, found = self.rows, NeutralCollector(self.sides.units)
        found.add(
            rows.time[frames], rows.features[frames], self.values[frames], rows.pose[frames],
            rows.openness[frames],
        )  # fmt: skip
        return found

    def so_far(self) -> Float32:
        """As `mien.stream`: against the quietest part up to now, renewed every second."""
        return self._growing(lambda past: self.collected(past).neutral())

    def average(self) -> Float32:
        """Against the plain mean of all frames up to now, which a long smile poisons."""

        def mean(past: slice) -> Neutral:
            one = self._of(past)
            described = self.rows.features[past].astype(np.float32).mean(axis=0)
            return Neutral(described, one.frames, "auto", 1.0)

        return self._growing(mean)

    def _growing(self, made: Callable[[slice], Neutral]) -> Float32:
        """By what is known each second."""
        found = np.empty_like(self.rows.single)
        neutral = NO_NEUTRAL
        for first in range(0, len(self.rows), 15):
            part = slice(first, first + 15)
            if first:
                neutral = made(slice(0, first))
            found[part] = self.read(neutral)[part]
        return found


WAYS: dict[str, Callable[[Person], Float32]] = {
    "none: single frames": lambda one: one.rows.single,
    "picture: the first frame": lambda one: one.of(FIRST),
    "moment: six frames at 0.5 s": lambda one: one.of(MOMENT),
    "plain mean up to now": Person.average,
    "live: quietest part up to now": Person.so_far,
    "auto: quietest part of the clip": Person.whole,
    "file of the calm recording": lambda one: one.read(one.kept),
}


def main() -> None:
    """Act, read, print."""
    networks = shared_networks()
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for _, who in people(networks, PERSONS):
        kept: Neutral | None = None
        for clip, (script, camera) in CLIPS.items():
            [chunks] = act(who, script, camera, [networks])
            rows = joined(chunks)
            if kept is None:
                kept = _through_a_file(Person(rows, networks, NO_NEUTRAL), networks)
            person = Person(rows, networks, kept)
            for way, read in WAYS.items():
                found.setdefault((clip, way), []).append(figures(read(person), script, networks))
    for clip in CLIPS:
        print(f"  {clip:34} correlation      95 %  error  AU12 in the smile")
        for way in WAYS:
            figure = np.array(found[clip, way])
            low, high = _interval(figure[:, 0])
            mean = figure.mean(axis=0)
            smile = "" if np.isnan(mean[2]) else f"{mean[2]:8.2f}"
            print(f"    {way:36} {mean[0]:5.2f}  {low:.2f}-{high:.2f}  {mean[1]:5.2f} {smile}")


def _through_a_file(person: Person, networks: Networks) -> Neutral:
    """The neutral of a recording, written and read back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "person.neutral"
        write_neutral(person.collected(slice(None)).neutral(), path, networks.describer)
        return read_neutral(path, networks.describer, networks.reading.length)


def joined(chunks: list[Rows]) -> Rows:
    """Chunks as one."""
    names = Rows.__dataclass_fields__
    return Rows(**{name: np.concatenate([getattr(one, name) for one in chunks]) for name in names})


def figures(read: Float32, script: Script, networks: Networks) -> tuple[float, float, float]:
    """Correlation, error and AU12 in the smile, of one clip."""
    spec, goal = networks.single, planted(script, networks.single)
    moving = [
        place for place, unit in enumerate(spec.units)
        if np.ptp(goal[:, place]) > 0 and unit != 25
    ]  # fmt: skip
    seen = read[: len(goal)]
    with np.errstate(invalid="ignore"):
        known = [np.corrcoef(seen[:, place], goal[:, place])[0, 1] for place in moving]
    error = np.abs(seen[:, moving] - goal[:, moving]).mean()
    corners = [place for place, unit in enumerate(spec.units) if unit == 12]
    smiling = goal[:, corners[0]] > 3.4
    smile = seen[smiling][:, corners].mean() if smiling.any() else np.nan
    return float(np.nan_to_num(known).mean()), float(error), float(smile)


def _interval(values: Float32) -> tuple[float, float]:
    """95 % of the means of persons drawn with replacement."""
    drawn = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
