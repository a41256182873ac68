"""Predictions beside their truths as a table: Parquet, one row a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Index, take
from mien.evaluation.predictions import Predictions
from mien.results.table import Column, class_column, make_batch, schema_of
from mien.results.writers import open_writer

__all__ = ["ERROR", "write_predictions"]

KEYS = (
    Column("path", "str", "", "picture or video, under the root of the data set"),
    Column("frame", "int64", "", "number of the frame in a video, from 0; null for a picture"),
    Column("number", "int64", "", "number that the data set gives to the frame"),
    Column("subject", "str", "", "the person"),
    Column("sequence", "str", "", "the recording"),
)

ERROR = Column(
    "landmark_error", "float32", "", "distance of the landmarks found from the true ones over that "
    "between the eyes",
)  # fmt: skip


def write_predictions(
    predictions: Predictions,
    index: Index,
    rows: NDArray[np.intp],
    path: Path,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write predictions and truths; what is not known is null.

    Occurrence has ``AU12_p`` and ``AU12_label``, intensity ``AU12`` and ``AU12_label``, expression
    a column for each class, ``expression`` and ``expression_label``; a network that finds landmarks
    has ``landmark_error`` as well.

    Args:
        predictions: of n pictures.
        index: the data set.
        rows: (n,) the pictures in the index.
        path: .parquet, or another kind that tables are written to.
        facts: what is worth knowing of them, as JSON in the table's metadata.

    Raises:
        InputError: the file cannot be written.
    """
    frames = index.frame[rows]
    values: dict[str, list[object] | NDArray[np.generic]] = {
        "path": list(take(index.path, rows)),
        "frame": [None if frame < 0 else frame for frame in frames.tolist()],
        "number": index.number[rows],
        "subject": list(take(index.subject, rows)),
        "sequence": list(take(index.sequence, rows)),
    }
    columns = list(KEYS)
    for column, found in _numbers(predictions):
        columns.append(column)
        values[column.name] = found
    if predictions.errors is not None:
        columns.append(ERROR)
        values[ERROR.name] = [None if np.isnan(one) else one for one in predictions.errors.tolist()]
    schema = schema_of([column.field() for column in columns], facts)
    with open_writer(path, schema) as writer:
        writer.write(make_batch(schema, values))


def _numbers(one: Predictions) -> list[tuple[Column, list[object] | NDArray[np.generic]]]:
    """Columns of what was said and what is so."""
    if one.task == "expression":
        return _classes(one)
    truth = np.where(one.known, one.truth, np.nan).astype(np.float32)
    end, unit, what = ("_p", "0-1", "probability") if one.task == "occurrence" else ("", "0-5", "")
    found: list[tuple[Column, list[object] | NDArray[np.generic]]] = []
    for place, name in enumerate(one.names):
        said = Column(f"AU{name}{end}", "float32", unit, f"{what or 'intensity'} by the network")
        label = Column(f"AU{name}_label", "float32", unit, "label of the data set")
        found += [(said, one.predicted[:, place]), (label, truth[:, place])]
    return found


def _classes(one: Predictions) -> list[tuple[Column, list[object] | NDArray[np.generic]]]:
    """The same of expressions."""
    found: list[tuple[Column, list[object] | NDArray[np.generic]]] = [
        (class_column(str(name)), one.predicted[:, place]) for place, name in enumerate(one.names)
    ]
    said: list[object] = [one.names[place] for place in one.predicted.argmax(axis=1).tolist()]
    so: list[object] = [
        one.names[place] if known else None
        for place, known in zip(one.truth.tolist(), one.known.tolist(), strict=True)
    ]
    named = Column("expression", "str", "", "the most probable class by the network")
    return [*found, (named, said), (Column("expression_label", "str", "", "of the data set"), so)]
