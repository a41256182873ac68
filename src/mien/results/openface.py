"""The AU table under the column names of OpenFace 2, for scripts that read its files.

Names and meaning follow its page on the output format; what we do not measure (rays of the gaze in
space, the head's place in millimetres, AU23, its own landmarks) is left out and never filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from arro3.core import RecordBatch, Schema
from numpy.typing import NDArray

from mien.facs.units import ACTIVE
from mien.results.table import Column, make_batch

__all__ = ["LAYOUTS", "Layout", "openface_batch", "openface_schema"]

Numbers = NDArray[np.float64]

SAME = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 25, 26)
INTENSITIES = {**{unit: f"AU{unit}" for unit in SAME}, 45: "AU43"}
"""OpenFace's units of intensity that we read, and our columns; AU45 is our closing of the eyes."""

PLACE = (
    Column("frame", "int64", "", "number of the frame in the source, from 1"),
    Column("face_id", "int32", "", "number that the same person keeps through the source, from 0"),
    Column("timestamp", "float64", "s", "presentation time of the frame"),
    Column("confidence", "float32", "0-1", "how sure it is that this is a face; 0 without one"),
    Column("success", "int32", "0, 1", "1 where there is a face"),
    Column("pose_Rx", "float32", "radians", "head pose: looking down is positive"),
    Column("pose_Ry", "float32", "radians", "head pose: turning to the person's right is positive"),
    Column("pose_Rz", "float32", "radians", "head pose: clockwise in the image is positive"),
)


@dataclass(frozen=True)
class Layout:
    """Another form of the AU table."""

    schema: Callable[[Schema], Schema]
    """From the schema of the table."""
    batch: Callable[[RecordBatch, Schema], RecordBatch]
    """From rows of the table, and the schema made of theirs."""


def openface_schema(table: Schema) -> Schema:
    """Schema of the table under OpenFace's names; the facts of the run stay.

    Args:
        table: of the AU table.
    """
    units = _units(table)
    fields = [
        *(one.field() for one in PLACE),
        *(
            Column(f"AU{unit:02}_r", "float32", "0-5", f"our {ours}").field()
            for unit, ours in units.items()
        ),
        *(
            Column(f"AU{unit:02}_c", "int32", "0, 1", _presence(unit)).field()
            for unit in sorted({**units, **_lips(table)})
        ),
    ]
    return Schema(fields, metadata=table.metadata)


def openface_batch(rows: RecordBatch, schema: Schema) -> RecordBatch:
    """Rows of the AU table under OpenFace's names; what is missing stays missing.

    Args:
        rows: of the AU table.
        schema: of the result, from `openface_schema`.
    """
    seen = np.array([value is not None for value in rows.column("face").to_pylist()])
    columns: dict[str, object] = {
        "frame": _numbers(rows, "frame") + 1,
        "face_id": rows.column("face").to_pylist(),
        "timestamp": _numbers(rows, "time"),
        "confidence": np.nan_to_num(_numbers(rows, "score")),
        "success": seen.astype(int),
        "pose_Rx": -np.radians(_numbers(rows, "pitch")),
        "pose_Ry": -np.radians(_numbers(rows, "yaw")),
        "pose_Rz": np.radians(_numbers(rows, "roll")),
    }
    units = _units(rows.schema)
    for unit, ours in units.items():
        columns[f"AU{unit:02}_r"] = _numbers(rows, ours)
    for unit, ours in (units | _lips(rows.schema)).items():
        blink = unit == 45 and "AU45_p" in rows.schema.names
        strong = _numbers(rows, "AU45_p") >= 0.5 if blink else _numbers(rows, ours) >= ACTIVE
        known = np.isfinite(_numbers(rows, "AU45_p" if blink else ours))
        columns[f"AU{unit:02}_c"] = [
            int(there) if is_known else None for there, is_known in zip(strong, known, strict=True)
        ]
    return make_batch(schema, columns)  # type: ignore[arg-type]


def _units(table: Schema) -> dict[int, str]:
    """Units of intensity that the table has."""
    return {unit: ours for unit, ours in INTENSITIES.items() if ours in table.names}


def _lips(table: Schema) -> dict[int, str]:
    """AU28, of which OpenFace gives the presence only."""
    return {28: "AU28"} if "AU28" in table.names else {}


def _presence(unit: int) -> str:
    """What the column of a presence says."""
    return "1 during a blink" if unit == 45 else f"1 where AU{unit} is {ACTIVE:g} or more"


def _numbers(rows: RecordBatch, name: str) -> Numbers:
    """A column of numbers; NaN where there is none."""
    values = rows.column(name).to_pylist()
    return np.array([np.nan if value is None else value for value in values], np.float64)


LAYOUTS: dict[str, Layout | None] = {
    "mien": None,
    "openface": Layout(openface_schema, openface_batch),
}
"""Forms of the table's file by name; None is the table as it is."""
