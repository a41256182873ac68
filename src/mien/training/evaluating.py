"""A run or an ONNX file on a data set: which pictures, what to be warned of, and the report.

Needs no torch: the network is asked through its ONNX file.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.cache import Cache
from mien.data.labels import Index
from mien.data.protocols import split
from mien.data.splits import PARTS
from mien.errors import InputError
from mien.evaluation.evaluate import Evaluated, evaluate
from mien.evaluation.occurrence import THRESHOLD
from mien.evaluation.predictions_file import write_predictions
from mien.evaluation.scoretable import ScoreTable
from mien.evaluation.tables import Comparison, beside
from mien.facs.units import ACTIVE
from mien.files import cannot_write, write_whole
from mien.training.runfolder import (
    PREDICTIONS,
    RECIPE,
    REPORT,
    REPORT_JSON,
)
from mien.training.subject import Subject, warnings_of

__all__ = ["Choice", "Trial", "run_trial", "write_trial"]

Rows = NDArray[np.intp]

ALL = "all"


@dataclass(frozen=True)
class Choice:
    """Which pictures, and how labels and probabilities become yes or no."""

    protocol: str = ""
    """One of `mien.data.protocols.PROTOCOLS`; "" is the run's own split, or the whole set."""
    fold: int = 1
    folds: int = 10
    part: str = ""
    """train, validate or test of a split, a part that the set itself names, or all; "" is test of a
    split and all of a set."""
    present: float | None = None
    """Intensity from which a unit is present; None: that of the run, else 1."""
    threshold: float = THRESHOLD
    """Probability from which the network's unit counts as present."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of it."""

    evaluated: Evaluated
    table: ScoreTable
    facts: dict[str, Any]
    """What the figures belong to: network, data, pictures, by name and digest."""
    warnings: tuple[str, ...] = ()
    """Why the figures may be too good."""
    published: Comparison | None = field(default=None)

    def to_json(self) -> str:
        """Everything but the predictions."""
        values = {
            **self.facts,
            "warnings": list(self.warnings),
            "notes": list(self.evaluated.notes),
            "scores": json.loads(self.table.to_json()),
        }
        if self.published is not None:
            values["published"] = json.loads(self.published.to_json())["published"]
        return json.dumps(values, indent=1, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """The same to be read."""
        model, data = self.facts["model"], self.facts["data"]
        parts = [
            f"# {model['name']} on {data['name']}",
            *(f"**Warning:** {warning}" for warning in self.warnings),
            f"Network {model['file']} ({model['precision']}), SHA-256 {model['sha256'][:12]}. "
            f"Data {data['name']}, digest {data['digest'][:12]}, aligned as {data['template']} at "
            f"{data['aligned']} px; {self.facts['pictures']}.",
            self.table.to_markdown().rstrip(),
            *self.evaluated.notes,
        ]
        if self.published is not None:
            parts.append(self.published.to_markdown().rstrip())
        return "\n\n".join(parts) + "\n"


def run_trial(
    subject: Subject,
    cache: Cache,
    choice: Choice,
    progress: Callable[[int, int], None] | None = None,
) -> Trial:
    """Ask a network of the chosen pictures of a prepared set and score it.

    Raises:
        InputError: the choice does not fit the set, or the set does not fit the network.
    """
    rows, words = _chosen(subject, cache.index, choice)
    present = choice.present
    if present is None:
        present = subject.recipe.data.threshold if subject.recipe else ACTIVE
    found = evaluate(
        subject.predictor,
        cache,
        rows,
        present=present,
        threshold=choice.threshold,
        progress=progress,
    )
    spec = subject.predictor.spec
    facts = {
        "model": {
            "file": subject.file.name,
            "name": spec.name,
            "precision": spec.precision,
            "sha256": subject.digest,
        },
        "data": {
            "name": cache.index.name,
            "digest": cache.digest,
            "template": cache.template,
            "aligned": cache.aligned,
        },
        "pictures": words.pictures,
        "present": present if _from_intensity(subject, cache.index) else None,
    }
    published = None
    if words.own and subject.recipe is not None and subject.recipe.expected:
        published = beside(found.table, subject.recipe.expected)
    table = found.table.about(cache.index.name, words.protocol, words.fold)
    warnings = warnings_of(subject, cache.index, found.rows)
    if subject.owns(cache.index) and subject.data not in ("", cache.digest):
        warnings += (
            f"{cache.folder} holds the pictures of the run, prepared or labelled in another way "
            "than when it learned from them",
        )
    return Trial(found, table, facts, warnings, published)


def write_trial(trial: Trial, index: Index, folder: Path) -> tuple[Path, ...]:
    """Write report.md, report.json and predictions.parquet into a folder.

    Raises:
        InputError: the folder cannot be made or written to, or is that of a run.
    """
    if (folder / RECIPE).exists():
        raise InputError(
            f"{folder} is a run folder and keeps its own report; name another folder, such as "
            f"{folder / 'evaluated'}"
        )
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    one = trial.evaluated
    try:
        for name, text in ((REPORT, trial.to_markdown()), (REPORT_JSON, trial.to_json())):
            write_whole(folder / name, text)
        write_predictions(one.predictions, index, one.rows, folder / PREDICTIONS, trial.facts)
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()  # stays if some of the files are there
        raise
    return tuple(folder / name for name in (REPORT, REPORT_JSON, PREDICTIONS))


@dataclass(frozen=True)
class _Words:
    """What the pictures are called."""

    pictures: str
    protocol: str
    fold: str
    own: bool = False
    """Whether it is the run's own test part, as published figures are of."""


def _chosen(subject: Subject, index: Index, choice: Choice) -> tuple[Rows, _Words]:
    """Rows of the index, and what they are called."""
    parts = None
    own = not choice.protocol and subject.owns(index)
    if choice.protocol:
        parts = split(index, choice.protocol, choice.fold, folds=choice.folds, held=0.0)
    elif own:
        parts = subject.split
    part = choice.part or ("test" if parts is not None else ALL)
    if part == ALL:
        return np.arange(len(index)), _Words("all pictures", "all pictures", "no fold")
    if parts is not None and part in PARTS:
        about = f"part {part} of {parts.protocol}, fold {parts.fold} of {parts.folds}"
        words = _Words(
            f"{about}, split {parts.digest[:12]}",
            parts.protocol if part == "test" else f"{parts.protocol} ({part})",
            str(parts.fold),
            own and part == "test",
        )
        return parts.part(part), words
    if index.part is not None and part in index.part:
        rows = np.flatnonzero([one == part for one in index.part])
        return rows, _Words(f"part {part} of the set", f"part {part} of the set", "no fold")
    there = sorted({*(index.part or ()), *(PARTS if parts is not None else ()), ALL} - {""})
    raise InputError(
        f"{index.name} has no part {part!r} here; there are {', '.join(there)}; "
        "or name a --protocol"
    )


def _from_intensity(subject: Subject, index: Index) -> bool:
    """Whether occurrence is read off intensities."""
    return subject.predictor.spec.task == "occurrence" and index.occurrence is None
