"""Indices of sequences, or of whole sets, as one."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Expressions, Index, Labels, Points
from mien.errors import InputError
from mien.values import Float32

__all__ = ["join", "known_units"]

_Table = TypeVar("_Table", Labels, Expressions, Points)


def join(name: str, root: Path, parts: Sequence[Index]) -> Index:
    """Put indices one after the other.

    Their paths must start from the same ``root``. Units, landmarks or boxes that only some of them
    have are not known in the others.

    Raises:
        InputError: they have landmarks of different schemes, or different expression classes.
    """
    rows = [len(part) for part in parts]
    return Index(
        name,
        root,
        tuple(chain.from_iterable(part.path for part in parts)),
        _row(np.int64, [part.frame for part in parts]),
        _row(np.int64, [part.number for part in parts]),
        tuple(chain.from_iterable(part.subject for part in parts)),
        tuple(chain.from_iterable(part.sequence for part in parts)),
        _labels(rows, [part.occurrence for part in parts]),
        _labels(rows, [part.intensity for part in parts]),
        _expressions(name, rows, [part.expression for part in parts]),
        _points(name, rows, [part.points for part in parts]),
        _boxes(rows, [part.box for part in parts]),
        None
        if all(part.part is None for part in parts)
        else tuple(chain.from_iterable(part.part or ("",) * len(part) for part in parts)),
    )


def known_units(labels: Labels | None) -> Labels | None:
    """The columns of the units that are known in some picture; None if there are none."""
    if labels is None:
        return None
    units = [unit for unit, known in zip(labels.units, labels.known.T, strict=True) if known.any()]
    return labels.of(units) if units else None


def _row(kind: type, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Arrays one after the other; of none an empty one."""
    return np.concatenate(arrays) if arrays else np.zeros(0, kind)


def _fill(
    rows: Sequence[int], tables: Sequence[_Table | None], empty: Callable[[int], _Table]
) -> list[_Table]:
    """What is missing becomes a table in which nothing is known."""
    return [
        empty(count) if table is None else table for count, table in zip(rows, tables, strict=True)
    ]


def _labels(rows: Sequence[int], tables: Sequence[Labels | None]) -> Labels | None:
    there = [table for table in tables if table is not None]
    if not there:
        return None
    units = tuple(sorted({unit for table in there for unit in table.units}))
    if all(table.units == there[0].units for table in there):
        units = there[0].units
    every = _fill(
        rows, tables, lambda n: Labels((), np.zeros((n, 0), np.float32), np.zeros((n, 0), bool))
    )
    every = [table if table.units == units else table.of(units) for table in every]
    return Labels(
        units,
        np.concatenate([table.value for table in every]),
        np.concatenate([table.known for table in every]),
    )


def _expressions(
    name: str, rows: Sequence[int], tables: Sequence[Expressions | None]
) -> Expressions | None:
    there = [table for table in tables if table is not None]
    if not there:
        return None
    classes = there[0].classes
    if any(table.classes != classes for table in there):
        raise InputError(f"{name} has pictures with different lists of expression classes")
    every = _fill(
        rows, tables, lambda n: Expressions(classes, np.zeros(n, np.int64), np.zeros(n, bool))
    )
    return Expressions(
        classes,
        np.concatenate([table.value for table in every]),
        np.concatenate([table.known for table in every]),
    )


def _points(name: str, rows: Sequence[int], tables: Sequence[Points | None]) -> Points | None:
    there = [table for table in tables if table is not None]
    if not there:
        return None
    schemes = sorted({table.scheme for table in there})
    if len(schemes) > 1:
        raise InputError(
            f"{name} has landmarks of {' and of '.join(schemes)} points; use landmarks of one kind"
        )
    count = there[0].value.shape[1]
    every = _fill(
        rows,
        tables,
        lambda n: Points(schemes[0], np.zeros((n, count, 2), np.float32), np.zeros(n, bool)),
    )
    return Points(
        schemes[0],
        np.concatenate([table.value for table in every]),
        np.concatenate([table.known for table in every]),
    )


def _boxes(rows: Sequence[int], boxes: Sequence[Float32 | None]) -> Float32 | None:
    if all(box is None for box in boxes):
        return None
    return np.concatenate(
        [
            np.full((count, 4), np.nan, np.float32) if box is None else box
            for count, box in zip(rows, boxes, strict=True)
        ]
    )
