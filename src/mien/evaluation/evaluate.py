"""A network on prepared pictures: what it says, what is so, and the table of figures; no torch.

The network is asked through its ONNX file, so that what is measured is what is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.data.cache import Cache
from mien.data.labels import Index, Labels, take
from mien.errors import InputError
from mien.evaluation.landmarks import known_errors
from mien.evaluation.metrics import Task
from mien.evaluation.occurrence import THRESHOLD
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Name, Predictions
from mien.evaluation.scoretable import ScoreTable, title
from mien.evaluation.scoring import tabulate
from mien.facs.units import ACTIVE
from mien.runtime import Predictor, joined
from mien.spec import ModelSpec
from mien.values import Float32, Scores

__all__ = [
    "Evaluated",
    "check_cache",
    "evaluate",
    "read_rows",
    "readable",
    "scored",
]

Rows = NDArray[np.intp]
Progress = Callable[[int, int], None]

OUTPUTS = {"occurrence": "probability"}
"""Output of a task, where it has not its name."""

BATCH = 32
"""Pictures decoded before the network is asked."""


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What a network says of some pictures of a cache, beside what is so."""

    rows: Rows
    """(n,) of the cache."""
    predictions: Predictions
    table: ScoreTable
    notes: tuple[str, ...]
    """What is left out, in sentences."""


def evaluate(
    predictor: Predictor,
    cache: Cache,
    rows: Rows,
    *,
    present: float = ACTIVE,
    threshold: float = THRESHOLD,
    progress: Progress | None = None,
) -> Evaluated:
    """Ask a network of some pictures and score what it says.

    Units that the data set does not label, and classes that the network does not know, are left
    out and named.

    Args:
        predictor: a network that reads crops.
        cache: prepared pictures of the template and size that its card names.
        rows: (n,) which of them.
        present: intensity from which a unit is present where the set gives intensities only.
        threshold: probability from which the network's unit counts as present.
        progress: told how many pictures are done, of how many.

    Raises:
        InputError: the cache is of another template or size, labels nothing that the network
            reads, or no picture is asked for.
    """
    check_cache(predictor.spec, cache)

    def read(wanted: Rows) -> Scores:
        return read_rows(predictor, cache, wanted, progress)

    return scored(predictor.spec, cache, rows, read, present=present, threshold=threshold)


def scored(
    spec: ModelSpec,
    cache: Cache,
    rows: Rows,
    read: Callable[[Rows], Scores],
    *,
    present: float,
    threshold: float,
) -> Evaluated:
    """Score whatever can be asked of some pictures.

    Args:
        spec: what it says of them.
        cache: prepared pictures.
        rows: (n,) which of them.
        read: gives the scores of the pictures that are labelled for it.
        present: intensity from which a unit is present where the set gives intensities only.
        threshold: score from which it is said to be present.

    Raises:
        InputError: the cache labels nothing that it says, or no picture is asked for.
    """
    if not len(rows):
        raise InputError(f"no picture of {cache.index.name} is asked for; choose another part")
    truth = _expressions if spec.task == "expression" else _units
    names, value, known, columns, notes = truth(spec, cache.index, rows, present)
    keep = known if known.ndim == 1 else known.any(axis=1)
    if silent := int((~keep).sum()):
        notes = (*notes, f"{silent} pictures without a label for it are left out.")
    there, lost = readable(spec, cache, rows[keep])
    if lost:
        notes = (*notes, f"{lost} pictures without landmarks, which it reads, are left out.")
        keep &= np.isin(rows, there)
    rows, value, known = rows[keep], value[keep], known[keep]
    if not len(rows):
        raise InputError(
            f"no picture of {cache.index.name} that is asked for has landmarks, which {spec.name} "
            "reads; prepare the set from pictures in which a face is found"
        )
    scores = read(rows)
    said: Float32 = getattr(scores, OUTPUTS.get(spec.task, spec.task))
    predicted = np.stack([_joined(said[:, places], spec.reading) for places in columns], axis=1)
    people = take(cache.index.subject, rows)
    predictions = Predictions(
        spec.reading,
        names,
        predicted,
        value,
        known,
        None if "" in people else people,
        threshold,
        _errors(scores, spec, cache, rows),
    )
    return Evaluated(rows, predictions, tabulate(predictions), notes)


def read_rows(
    predictor: Predictor, cache: Cache, rows: Rows, progress: Progress | None = None
) -> Scores:
    """What the network says of some pictures, whose landmarks are known if it reads them.

    Maps are not kept.
    """
    parts: list[Scores] = []
    for first in range(0, len(rows), BATCH):
        images = np.stack([cache.image(int(row)) for row in rows[first : first + BATCH]])
        points = cache.landmarks[rows[first : first + BATCH]] if predictor.spec.points else None
        parts.append(replace(predictor.score_crops(images, points), maps=None))
        if progress is not None:
            progress(min(first + BATCH, len(rows)), len(rows))
    return joined(parts)


def readable(spec: ModelSpec, cache: Cache, rows: Rows) -> tuple[Rows, int]:
    """The pictures that have what the network reads, and how many have not."""
    if not spec.points:
        return rows, 0
    known = np.isfinite(cache.landmarks[rows]).all(axis=(1, 2))
    return rows[known], int((~known).sum())


def _errors(scores: Scores, spec: ModelSpec, cache: Cache, rows: Rows) -> Floats | None:
    """Errors of the landmarks that the network found, (n,), if it gives any."""
    if scores.landmarks is None:
        return None
    cut = max(0, (cache.aligned - spec.size) // 2)
    return known_errors(scores.landmarks, cache.landmarks[rows] - np.float32(cut))


def check_cache(spec: ModelSpec, cache: Cache) -> None:
    """Raise InputError unless the pictures are such as the network was trained on."""
    if spec.reads != "crop":
        raise InputError(
            f"{spec.name} reads the {spec.reads}; only networks that read crops can be evaluated "
            "on prepared pictures"
        )
    side = spec.aligned or spec.size
    if (cache.template, cache.aligned) != (spec.template, side):
        raise InputError(
            f"{cache.folder} holds faces aligned as {cache.template} at {cache.aligned} px, and "
            f"{spec.name} reads {spec.template} at {side} px; prepare the data set with: "
            f"mien datasets prepare {cache.index.name} --template {spec.template} --size {side}"
        )


_Truth = tuple[
    tuple[Name, ...],
    NDArray[np.generic],
    NDArray[np.bool_],
    list[list[int]],
    tuple[str, ...],
]
"""Names of units or classes, labels, their mask, the network's columns of each name, notes."""


def _units(spec: ModelSpec, index: Index, rows: Rows, present: float) -> _Truth:
    """What is so of the units that the network reads and the set labels."""
    labels = _labels(spec.reading, index, present)
    asked = tuple(dict.fromkeys(spec.units))
    mine = labels.take(rows).of(asked)
    there = np.asarray(mine.known.any(axis=0))
    units = tuple(unit for unit, known in zip(asked, there.tolist(), strict=True) if known)
    if not units:
        raise InputError(
            f"{index.name} labels none of the units of {spec.name} in these pictures: it labels "
            f"{_listed(labels.units)}, and the network reads {_listed(asked)}"
        )
    columns = [[at for at, one in enumerate(spec.units) if one == unit] for unit in units]
    out = tuple(unit for unit in asked if unit not in units)
    note = f"{_listed(out)}: {index.name} does not label them here; they are left out."
    return units, mine.value[:, there], mine.known[:, there], columns, (note,) if out else ()


def _labels(task: Task, index: Index, present: float) -> Labels:
    """The labels that suit the task."""
    if task == "intensity":
        if index.intensity is None:
            raise InputError(
                f"{index.name} has no intensities, and the network gives intensities; evaluate it "
                "on a set that has them"
            )
        return index.intensity
    if index.occurrence is not None:
        return index.occurrence
    if index.intensity is None:
        raise InputError(
            f"{index.name} has no action units, and the network gives action units; evaluate it "
            "on a set that has them"
        )
    return index.intensity.present(present)


def _expressions(spec: ModelSpec, index: Index, rows: Rows, present: float) -> _Truth:  # noqa: ARG001
    """What is so of the expressions, classes matched by name."""
    if index.expression is None:
        raise InputError(
            f"{index.name} has no expressions, and the network gives expressions; evaluate it on "
            "a set that has them"
        )
    labels = index.expression.take(rows)
    places = {name.casefold(): at for at, name in enumerate(spec.classes)}
    number = np.array([places.get(name.casefold(), -1) for name in labels.classes], np.int64)
    value = number[labels.value]
    known = labels.known & (value >= 0)
    if not known.any():
        raise InputError(
            f"{index.name} shows none of the classes of {spec.name} in these pictures: it has "
            f"{', '.join(labels.classes)}, and the network knows {', '.join(spec.classes)}"
        )
    lost = bool((labels.known & (value < 0)).any())
    strange = ", ".join(name for name in labels.classes if name.casefold() not in places)
    note = f"{strange}: {spec.name} does not know this; these pictures are left out."
    columns = [[at] for at in range(len(spec.classes))]
    return spec.classes, np.where(known, value, 0), known, columns, (note,) if lost else ()


def _joined(values: Float32, task: Task) -> Float32:
    """One unit from the outputs of its sides: the larger probability, the mean intensity."""
    return np.asarray(values.max(axis=1) if task == "occurrence" else values.mean(axis=1))


def _listed(units: Sequence[int]) -> str:
    return ", ".join(map(title, units)) or "none"
