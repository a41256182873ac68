"""Check a copy of a data set: pictures, labels and landmarks against each other. Only reads.

The readers pair the files and know their formats; what they found comes in. Here the pictures are
opened, compared and looked at, so that what is in step on paper is known to be in step.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.data.checkreport import Looked, Report, Shift
from mien.data.comparing import Seen, compare
from mien.data.finding import open_finder
from mien.data.findings import Findings
from mien.data.labels import STILL, Index, Points
from mien.data.looking import faults
from mien.data.picturefiles import FileFacts, Progress, look, same_bytes, sizes
from mien.data.placing import outside, posture
from mien.data.rates import Rates, completeness, rates
from mien.data.rendered import Find
from mien.data.sequences import SHORTEST, spread
from mien.errors import InputError, WeightsError
from mien.files import as_text
from mien.values import Float32

__all__ = ["SAMPLE", "check"]

SAMPLE = 1000
"""Pictures in which the face is looked for; as many others are decoded."""
SHOWN = 3
"""Findings of one kind and one sequence that are written out; the rest is counted."""

Rows = NDArray[np.bool_]


def check(
    index: Index,
    findings: Findings,
    *,
    sample: int = SAMPLE,
    every: bool = False,
    find: Find | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the pictures of an index against what the data set says of them.

    Header and end of every file are read, files that are the same are found by their bytes, and
    landmarks are checked by their shape and place. On ``sample`` pictures, stretches of sequences
    in which something moves and single ones, the mesh of the face is found and compared with
    landmarks and labels, also of the frames before and after.

    Args:
        index: as a reader made it.
        findings: what the reader found; more is added.
        sample: pictures in which the face is looked for; 0 leaves that out.
        every: decode every picture, not only ``sample`` more.
        find: finds the mesh in a picture; None opens the face models.
        progress: told the step, the pictures done and the share of them.

    Raises:
        InputError: the index is empty, or the findings are strict and something is wrong.
    """
    if len(index) == 0:
        raise InputError(
            f"{index.root} holds no picture with labels of {index.name}; "
            "expected the folder of a copy as it is given out"
        )
    state = _State(index, findings, left_out=findings.left_out)
    facts = look(index, progress)
    _files(state, facts)
    _duplicates(state, facts)
    size = sizes(index, facts)
    if index.points is not None:
        _points(state, index.points, size)
    if index.box is not None:
        _boxes(state, index.box, size)
    _faces(state, size, sample, find, progress)
    _decode(state, sample, every, progress)
    counted = rates(index)
    _constant(state, counted)
    return state.report(len(facts), counted)


@dataclass
class _State:
    """What is known up to now."""

    index: Index
    findings: Findings
    bad: Rows = field(init=False)
    decoded: int = 0
    looked: set[int] = field(default_factory=set)
    """Rows in which a face was looked for."""
    seen: Seen = field(default_factory=Seen)
    left_out: int = 0
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bad = np.zeros(len(self.index), bool)

    def place(self, row: int) -> str:
        """The picture of a row, by its file, and by its frame if that is a video."""
        path, frame = self.index.path[row], int(self.index.frame[row])
        return path if frame == STILL else f"{path}, frame {frame}"

    def add(self, kind: str, rows: Rows, what: Callable[[int], str]) -> None:
        """Note what is wrong with some rows: the first of each sequence, the others in a sum."""
        self.bad |= rows
        by_sequence: dict[str, list[int]] = {}
        for row in np.flatnonzero(rows).tolist():
            by_sequence.setdefault(self.index.sequence[row], []).append(row)
        for sequence, some in by_sequence.items():
            for row in some[:SHOWN]:
                self.findings.add(kind, self.place(row), what(row))
            if len(some) > SHOWN:
                more = f"{what(some[SHOWN])}; {len(some) - SHOWN} pictures of {sequence} like this"
                self.findings.add(kind, self.place(some[SHOWN]), more, len(some) - SHOWN)

    def report(self, files: int, counted: Rates) -> Report:
        """All of it."""
        told, whole = completeness(self.index)
        good = ~self.bad
        return Report(
            self.index.name,
            self.index.root,
            len(self.index),
            tuple(self.findings),
            np.flatnonzero(good),
            Looked(files, self.decoded, len(self.looked), len(self.seen.mesh)),
            counted,
            tuple(self.seen.shifts),
            tuple(self.notes),
            self.left_out,
            int((good & told & ~whole).sum()),
            int((good & ~told).sum()),
        )


def _files(state: _State, facts: dict[str, FileFacts]) -> None:
    """Files that are missing or do not open; frames that a video does not have."""
    index = state.index
    for path, one in facts.items():
        if one.kind:
            state.findings.add(one.kind, path, one.what)
    state.bad |= np.array([bool(facts[path].kind) for path in index.path])
    frames = np.array([facts[path].frames or np.iinfo(np.int64).max for path in index.path])
    beyond = (index.frame != STILL) & (index.frame >= frames) & ~state.bad
    state.add("no picture", beyond, lambda row: f"the video has {frames[row]} frames")


def _duplicates(state: _State, facts: dict[str, FileFacts]) -> None:
    """Files of the same bytes. One of them is kept where it makes no difference which."""
    index = state.index
    groups = same_bytes(index.root, facts)
    members = {path for group in groups for path in group}
    rows_of: dict[str, list[int]] = {}
    for row, path in enumerate(index.path):
        if path in members:
            rows_of.setdefault(path, []).append(row)
    held = 0
    for group in groups:
        rows = sorted(row for path in group for row in rows_of[path])
        if _held(index, rows):
            held += len(rows) - 1
            continue
        keep = 1 if _agree(index, rows) else 0
        for path in group[1:]:
            state.findings.add("duplicate", path, f"the same picture as {as_text(group[0])}")
        state.bad[rows[keep:]] = True
    if held:
        state.notes.append(
            f"{held} pictures are the same as the one before, landmarks included: frames were "
            "repeated when the video was made"
        )


def _agree(index: Index, rows: list[int]) -> bool:
    """Whether all is the same that is said of some rows, the person included."""
    if len({index.subject[row] for row in rows}) > 1:
        return False
    same = True
    for labels in (index.occurrence, index.intensity, index.expression):
        if labels is not None:
            same &= bool((labels.value[rows] == labels.value[rows[0]]).all())
            same &= bool((labels.known[rows] == labels.known[rows[0]]).all())
    return same


def _held(index: Index, rows: list[int]) -> bool:
    """Whether rows are neighbours in a sequence whose landmarks are the same too."""
    points = index.points
    if points is None or not points.known[rows].all():
        return False
    numbers = np.sort(index.number[rows])
    return bool(
        len({index.sequence[row] for row in rows}) == 1
        and (np.diff(numbers) == 1).all()
        and np.array_equal(points.value[rows], points.value[[rows[0]] * len(rows)])
        and _agree(index, rows)
    )


def _points(state: _State, points: Points, size: NDArray[np.int64]) -> None:
    """Landmarks by their shape and by the edge of the picture."""
    placed = posture(points)
    state.add("landmarks mirrored", placed.mirrored, lambda _: "left and right are exchanged")
    state.add(
        "landmarks mirrored",
        placed.flipped,
        lambda _: "up and down are exchanged; y is counted from the top of the picture",
    )
    state.add("landmarks off", placed.strange, lambda _: "the points do not form an upright face")
    beyond = outside(points, size)
    state.add(
        "landmarks outside",
        beyond > 0,
        lambda row: f"{beyond[row]:.0f} pixels outside a picture of {size[row, 0]}x{size[row, 1]}",
    )


def _boxes(state: _State, box: Float32, size: NDArray[np.int64]) -> None:
    """Boxes that hold nothing, or whose middle lies outside the picture."""
    told = np.isfinite(box).all(axis=1) & (size[:, 0] > 0)
    middle = (box[:, :2] + box[:, 2:]) / 2
    inside = ((middle >= 0) & (middle < size)).all(axis=1)
    empty = (box[:, 2:] <= box[:, :2]).any(axis=1)
    state.add(
        "landmarks outside",
        told & (empty | ~inside),
        lambda row: (
            f"the box {', '.join(f'{edge:g}' for edge in box[row].tolist())} in a picture of "
            f"{size[row, 0]}x{size[row, 1]}"
        ),
    )


def _constant(state: _State, counted: Rates) -> None:
    """Units that cannot be learned: in none of the pictures, or in all."""
    absent: list[int] = []
    for word, rate in (("never", 0.0), ("always", 1.0)):
        units = [unit for unit, share in counted.occurrence.items() if share.rate == rate]
        if units:
            names = ", ".join(f"AU{unit}" for unit in units)
            state.notes.append(f"{word} present: {names}")
        absent += units if word == "never" else []
    still = [
        unit
        for unit, row in counted.levels.items()
        if row[0] and not any(row[1:]) and unit not in absent
    ]
    if still:
        state.notes.append(f"never above 0: {', '.join(f'AU{unit}' for unit in still)}")


def _decode(state: _State, sample: int, every: bool, progress: Progress | None) -> None:
    """Decode pictures in full, all or some."""
    left = ~state.bad
    left[list(state.looked)] = False
    if every:
        rows = np.flatnonzero(left)
    else:  # one frame of a video is not decoded without those before it
        rows = spread(np.flatnonzero(left & (state.index.frame == STILL)), sample)
    for row, error in faults(state.index, rows, progress):
        state.decoded += 1
        if error is not None:
            state.bad[row] = True
            state.findings.add("unreadable picture", state.place(row), str(error))


def _faces(
    state: _State,
    size: NDArray[np.int64],
    sample: int,
    find: Find | None,
    progress: Progress | None,
) -> None:
    """Look for the faces of some pictures, and compare."""
    rows = np.flatnonzero(~state.bad)
    if sample <= 0 or len(rows) == 0:
        state.notes.append("no face was looked for: landmarks and labels may be out of step")
        return
    try:
        finder = find or open_finder()
        seen = compare(state.index.take(rows), size[rows], sample, finder, progress)
    except WeightsError as error:
        state.notes.append(
            f"no face was looked for, landmarks and labels may be out of step: {error}"
        )
        return
    state.seen = seen
    if len(seen.mesh) < len(seen.looked) / 2:
        state.notes.append("on most pictures no face was found: are these the right files?")
    state.looked = {int(rows[place]) for place in seen.looked}
    state.decoded += len(seen.looked)

    def add(kind: str, places: Iterable[int], what: Callable[[int], str]) -> None:
        marked = np.zeros(len(state.index), bool)
        marked[rows[list(places)]] = True
        state.add(kind, marked, what)

    why = {int(rows[place]): reason for place, reason in seen.errors.items()}
    add("unreadable picture", seen.errors, lambda row: why[row])
    kept = state.bad.copy()
    add("no face", seen.empty, lambda _: "no face was found")
    state.bad = kept  # only a sample was looked at, and with landmarks a picture can be aligned
    add("landmarks mirrored", seen.mirrored, lambda _: "they fit the mirrored picture")
    add("landmarks off", seen.missed, lambda _: "they lie far from the face that was found")
    if not seen.shifts and len(set(state.index.sequence)) < len(rows):
        state.notes.append(
            f"no sequence has {SHORTEST} pictures of a face that moves: whether landmarks and "
            "labels are in step with the pictures cannot be told"
        )
    for shift in seen.shifts:
        _shifted(state, shift)


def _shifted(state: _State, shift: Shift) -> None:
    """Note a shift; the rows of its sequence are bad."""
    if shift.verdict == "shifted":
        state.findings.add(shift.kind, shift.first, str(shift))
        state.bad |= np.array([name == shift.sequence for name in state.index.sequence])
