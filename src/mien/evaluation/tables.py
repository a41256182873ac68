"""Tables of several folds, averaged or pooled, and tables beside published figures."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import numpy as np

from mien.data.protocols import PROTOCOLS
from mien.errors import InputError
from mien.evaluation.landmarks import TITLES as LANDMARKS
from mien.evaluation.metrics import METRICS
from mien.evaluation.predictions import Name, Predictions, concatenate
from mien.evaluation.scoretable import Figures, ScoreTable, cell, grid, title
from mien.evaluation.scoring import tabulate

__all__ = [
    "MEAN_OF_FOLDS",
    "POOLED",
    "Beside",
    "Comparison",
    "Published",
    "beside",
    "mean_of_folds",
    "pooled",
]

MEAN_OF_FOLDS = "mean of folds"
POOLED = "folds pooled"


class Published(Protocol):
    """A published figure; `mien.training.recipe.Expected` is one."""

    @property
    def source(self) -> str:
        """Paper or table, with its year."""

    @property
    def metric(self) -> str:
        """Name, as in `mien.evaluation.metrics.METRICS`."""

    @property
    def mean(self) -> float:
        """Over the units, on the scale of ours."""

    @property
    def units(self) -> Mapping[int, float]:
        """The same per unit; may be empty."""

    @property
    def protocol(self) -> str:
        """Under which it was obtained, in words."""


@dataclass(frozen=True)
class Beside:
    """One published metric with ours; None where there is no figure."""

    source: str
    metric: str
    protocol: str
    """Of the publication."""
    mean: tuple[float | None, float | None]
    """Ours, the published."""
    units: Mapping[Name, tuple[float | None, float | None]]
    """The same per unit of either."""
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Our table beside publications."""

    ours: ScoreTable
    published: tuple[Beside, ...]

    def to_markdown(self) -> str:
        """One table for each publication, both protocols named."""
        parts = [f"Ours: {self.ours.facts()}"]
        for one in self.published:
            known = METRICS[self.ours.task].get(one.metric)
            name = known.title if known else LANDMARKS.get(one.metric, one.metric)
            rows = [[name, "ours", "published", "difference"]]
            rows += [[title(unit), *_pair(pair)] for unit, pair in one.units.items()]
            rows.append(["mean", *_pair(one.mean)])
            parts.append(f"{one.source}; published under: {one.protocol or 'not said'}.")
            parts += [grid(rows), *([one.note] if one.note else [])]
        return "\n\n".join(parts) + "\n"

    def to_json(self) -> str:
        """As JSON; figures that do not exist are null."""
        values = {
            "ours": json.loads(self.ours.to_json()),
            "published": [asdict(one) for one in self.published],
        }
        return json.dumps(values, indent=1, allow_nan=False)


def mean_of_folds(tables: Sequence[ScoreTable]) -> ScoreTable:
    """Each figure averaged over the folds, as most papers print it.

    Every fold weighs the same, however many pictures it has. A unit's figure that a fold lacks is
    left out of that unit's average, and noted; confusion matrices and counts are added. There are
    no intervals: those of the pooled table are by person.

    Raises:
        InputError: none, tables of several, or folds of different kinds.
    """
    first = _alike(tables)
    units: dict[Name, dict[str, float | None]] = {}
    notes = []
    for name in first.units:
        rows = [one.units[name] for one in tables]
        units[name] = _average(rows)
        for metric in first.units[name]:
            lacking = [
                one.fold or str(at + 1)
                for at, one in enumerate(tables)
                if one.units[name][metric] is None
            ]
            if lacking:
                what = METRICS[first.task][metric].title
                notes.append(
                    f"{what} of {title(name)} does not exist in fold {', '.join(lacking)}."
                )
    return replace(
        first,
        units=units,
        mean=_average([one.mean for one in tables]),
        landmarks=_average([one.landmarks for one in tables]),
        counts={name: _added([one.counts[name] for one in tables]) for name in first.units},
        pictures=sum(one.pictures for one in tables),
        subjects=_persons(tables),
        intervals={},
        mean_interval={},
        confusion=_summed(tables),
        notes=tuple(notes),
        fold=f"{MEAN_OF_FOLDS} {', '.join(one.fold for one in tables)}",
    )


def pooled(parts: Sequence[Predictions], folds: Sequence[int | str] = ()) -> ScoreTable:
    """One score over the predictions of all folds together, as the CK+ source prints it.

    F1 and correlations of all pictures at once are not the mean of those of the folds.

    Args:
        parts: predictions of each fold's test part.
        folds: their numbers, for the title.

    Raises:
        InputError: none, or predictions of different kinds.
    """
    named = folds or range(1, len(parts) + 1)
    return replace(tabulate(concatenate(parts)), fold=f"{POOLED} {', '.join(map(str, named))}")


def beside(table: ScoreTable, expected: Sequence[Published]) -> Comparison:
    """Our figures beside published ones."""
    return Comparison(table, tuple(_beside(table, one) for one in expected))


def _beside(table: ScoreTable, one: Published) -> Beside:
    names = list(table.units) + [unit for unit in one.units if unit not in table.units]
    units = {
        name: (
            table.units.get(name, {}).get(one.metric),
            one.units.get(name) if isinstance(name, int) else None,
        )
        for name in names
        if one.units
    }
    note = ""
    ours = {**table.mean, **table.landmarks}
    if one.metric not in ours:
        note = f"{one.metric} is not among our figures."
    elif one.units and set(one.units) != set(table.units):
        note = "The two means are over different units."
    mean = ours.get(one.metric), one.mean
    return Beside(one.source, one.metric, one.protocol, mean, units, note)


def _alike(tables: Sequence[ScoreTable]) -> ScoreTable:
    kinds = {(one.task, tuple(one.units), one.threshold, one.data, one.protocol) for one in tables}
    if len(kinds) != 1:
        raise InputError(
            f"got {len(tables)} tables of {len(kinds)} kinds, expected one or more of the same "
            "task, units, threshold, data set and protocol"
        )
    return tables[0]


def _persons(tables: Sequence[ScoreTable]) -> int | None:
    """How many persons were tested, if the protocol tests each once."""
    protocol = PROTOCOLS.get(tables[0].protocol)
    persons = [one.subjects for one in tables if one.subjects is not None]
    known = protocol is not None and protocol.apart and len(persons) == len(tables)
    return sum(persons) if known else None


def _average(rows: Sequence[Figures]) -> dict[str, float | None]:
    out: dict[str, float | None] = {}
    for name in rows[0]:
        there = [value for row in rows if (value := row.get(name)) is not None]
        out[name] = float(np.mean(there)) if there else None
    return out


def _added(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(one for one, _ in pairs), sum(two for _, two in pairs)


def _summed(tables: Sequence[ScoreTable]) -> tuple[tuple[int, ...], ...] | None:
    matrices = [one.confusion for one in tables if one.confusion is not None]
    if not matrices:
        return None
    return tuple(tuple(int(v) for v in row) for row in np.sum(matrices, axis=0))


def _pair(pair: tuple[float | None, float | None]) -> list[str]:
    ours, theirs = pair
    gap = "–" if ours is None or theirs is None else f"{ours - theirs:+.3f}"
    return [cell(ours), cell(theirs), gap]
