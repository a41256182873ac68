"""Compare what a data set says of pictures with the faces that are seen on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.checkreport import Of, Shift
from mien.data.labels import Index, Labels
from mien.data.looking import meshes
from mien.data.picturefiles import Progress
from mien.data.placing import against_mesh, inner, unit_of
from mien.data.rendered import Find
from mien.data.sequences import Stretch, choose, spread
from mien.data.shifts import Course, Courses, course, judge, together
from mien.face.geometry import features
from mien.face.landmarks import landmarks
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.values import Float32
from mien.weights.store import model_path

__all__ = ["Seen", "compare"]

SINGLE = 0.2
"""Share of the pictures that are taken singly, from everywhere, beside the stretches."""
BEST = "dependable"
TRUSTED = (BEST, "fair")
"""How reliable the network must be for a unit whose course is compared with labels; where units of
the best kind move they speak alone."""
MOVING = 0.25
"""Deviation of a unit in the pictures, in intensities, from which on its course is compared."""

JUMP = 0.2
"""Eye distances by which a face that is found on one picture alone lies off its neighbours."""

Signal = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Frame numbers, and the values there."""


@dataclass
class Seen:
    """What was seen on the pictures that were looked at."""

    looked: tuple[int, ...] = ()
    """Rows that were looked at."""
    errors: dict[int, str] = field(default_factory=dict)
    """Rows that could not be decoded, and why."""
    mesh: dict[int, Float32] = field(default_factory=dict)
    """(478, 3) of each row with a face."""
    empty: list[int] = field(default_factory=list)
    """Rows without a face."""
    mirrored: list[int] = field(default_factory=list)
    """Rows whose landmarks are those of the mirrored picture."""
    missed: list[int] = field(default_factory=list)
    """Rows whose landmarks lie elsewhere."""
    shifts: list[Shift] = field(default_factory=list)


def compare(
    index: Index,
    sizes: NDArray[np.int64],
    sample: int,
    find: Find,
    progress: Progress | None = None,
) -> Seen:
    """Look at some pictures.

    Args:
        index: rows whose pictures can be read.
        sizes: (n, 2) width and height of the pictures.
        sample: how many to look at, at most.
        find: finds the mesh in a picture.
        progress: told how far it is.
    """
    stretches = choose(index, round(sample * (1 - SINGLE)))
    taken = np.unique(np.concatenate([np.zeros(0, np.intp), *(one.rows for one in stretches)]))
    others = np.setdiff1d(np.arange(len(index)), taken)
    rows = np.concatenate([taken, spread(others, sample - len(taken))])
    seen = Seen(tuple(rows.tolist()))
    for row, mesh in meshes(index, rows, find, progress):
        if mesh is None:
            seen.empty.append(row)
        elif isinstance(mesh, np.ndarray):
            seen.mesh[row] = mesh
        else:
            seen.errors[row] = str(mesh)
    _place(index, sizes, seen)
    _time(index, stretches, seen)
    return seen


def _place(index: Index, sizes: NDArray[np.int64], seen: Seen) -> None:
    """Whether the landmarks lie on the faces."""
    points = index.points
    if points is None:
        return
    rows = np.array([row for row in sorted(seen.mesh) if points.known[row]], np.intp)
    if len(rows) == 0:
        return
    found = np.stack([landmarks(seen.mesh[row], "49") for row in rows.tolist()])
    mirrored, missed = against_mesh(inner(points)[rows], found, sizes[rows, 0])
    seen.mirrored = rows[mirrored].tolist()
    seen.missed = rows[missed].tolist()


def _time(index: Index, stretches: list[Stretch], seen: Seen) -> None:
    """Whether landmarks and labels are in step with the pictures."""
    if not seen.mesh:
        return
    if index.points is not None:
        seen.shifts += _judged("landmarks", stretches, partial(_landmarks, index, seen))
    network = Predictor(model_path("au-mesh"))
    tables: tuple[tuple[Of, Labels | None], ...] = (
        ("occurrence", index.occurrence),
        ("intensity", index.intensity),
    )
    for of, labels in tables:
        if labels is not None and (columns := _columns(network.spec, labels.units)):
            reading = _Reading(network, columns, of == "occurrence")
            seen.shifts += _judged(of, stretches, partial(_labels, index, labels, reading, seen))


class _Reading(NamedTuple):
    """How the units that labels tell are read off meshes."""

    network: Predictor
    columns: dict[int, list[int]]
    """Outputs of the network for each unit."""
    presence: bool
    """Whether the labels only say present or not."""


def _judged(
    of: Of,
    stretches: list[Stretch],
    signals: Callable[[Stretch], Courses | None],
) -> list[Shift]:
    """A judgement of each sequence, and one of all together."""
    found: dict[str, Course] = {}
    for stretch in stretches:
        courses = signals(stretch)
        if courses is not None:
            found[stretch.sequence] = course(courses)
    if not found:
        return []
    each = [judge(one, of, sequence) for sequence, one in found.items()]
    return [judge(together(list(found.values())), of), *each]


def _landmarks(index: Index, seen: Seen, stretch: Stretch) -> Courses | None:
    """Courses of the 49 points, in eye distances: the place of the head and its expression."""
    points = index.points
    rows = np.array([row for row in stretch.rows.tolist() if row in seen.mesh], np.intp)
    if points is None or len(rows) == 0:
        return None
    found = np.stack([landmarks(seen.mesh[row], "49") for row in rows.tolist()])
    unit = float(np.median(unit_of(found)))
    around = stretch.around[points.known[stretch.around]]
    courses = []
    for places, faces in ((rows, found), (around, inner(points.take(around)))):
        calm = _steady(faces / unit)
        flat = (faces[calm] / unit).reshape(int(calm.sum()), -1).astype(np.float64)
        courses.append((index.number[places[calm]], flat))
    seen_at, told_at = _spread(courses[0], courses[1])
    return Courses(seen_at, told_at, scaled=False, first=index.path[rows[0]])


def _labels(
    index: Index, labels: Labels, reading: _Reading, seen: Seen, stretch: Stretch
) -> Courses | None:
    """Courses of the units that move, in the labels and in the network's reading of the mesh.

    A label of presence is compared only where the unit both comes and goes: the course of an
    intensity that only rises fits many moments at which a coder may have called it present.
    """
    rows = [row for row in stretch.rows.tolist() if row in seen.mesh]
    if not rows:
        return None
    scores = reading.network.score(features(np.stack([seen.mesh[row] for row in rows]))).intensity
    if scores is None:  # pragma: no cover - the card promises intensities
        return None
    kept: list[tuple[bool, NDArray[np.float64], NDArray[np.float64]]] = []
    trust = dict(reading.network.spec.reliability)
    for unit, outputs in reading.columns.items():
        place = labels.units.index(unit)
        value = labels.value[:, place].astype(np.float64)
        value = np.where(labels.known[:, place], value, np.nan)
        own = value[rows]
        course_of = scores[:, outputs].mean(axis=1).astype(np.float64)
        told = own[np.isfinite(own)]
        if len(told) == 0 or np.ptp(told) == 0 or course_of.std() < MOVING:
            continue
        if not reading.presence or told[0] == told[-1]:
            kept.append((trust[unit] == BEST, course_of, value[stretch.around]))
    if not kept:
        return None
    best = any(dependable for dependable, *_ in kept)
    kept = [one for one in kept if one[0] == best]
    seen_at, told_at = _spread(
        (index.number[rows], np.stack([course_of for _, course_of, _ in kept], axis=1)),
        (index.number[stretch.around], np.stack([told for *_, told in kept], axis=1)),
    )
    return Courses(seen_at, told_at, scaled=True, first=index.path[rows[0]])


def _steady(faces: Float32) -> NDArray[np.bool_]:
    """Faces (n, 49, 2), in eye distances, that do not jump away and back for a moment."""
    if len(faces) < 3:
        return np.ones(len(faces), bool)
    padded = np.concatenate([faces[:1], faces[:1], faces, faces[-1:], faces[-1:]])
    usual = np.median(np.stack([padded[i : i + len(faces)] for i in range(5)]), axis=0)
    away = np.linalg.norm(faces - usual, axis=2).mean(axis=1)
    return np.asarray(away < JUMP)


def _columns(card: ModelSpec, units: tuple[int, ...]) -> dict[int, list[int]]:
    """Outputs of the network for each unit that both know and the network reads well."""
    trusted = {unit for unit, how in card.reliability if how in TRUSTED}
    return {
        unit: [place for place, other in enumerate(card.units) if other == unit]
        for unit in units
        if unit in trusted
    }


def _spread(seen: Signal, told: Signal) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values by frame number on one line of numbers without gaps, NaN where there is none."""
    low = int(min(seen[0].min(), told[0].min(initial=seen[0].min())))
    high = int(max(seen[0].max(), told[0].max(initial=seen[0].max())))
    lines = []
    for numbers, values in (seen, told):
        line = np.full((high - low + 1, values.shape[1]), np.nan)
        line[numbers.astype(np.intp) - low] = values
        lines.append(line)
    return lines[0], lines[1]
