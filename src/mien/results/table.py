"""The AU table: its columns with unit and meaning, and the rows that become Arrow batches."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from arro3.core import Array, DataType, Field, RecordBatch, Schema, fixed_size_list_array
from numpy.typing import NDArray

from mien.errors import InputError
from mien.facs.emotions import EMOTIONS
from mien.facs.units import UNITS
from mien.files import as_text
from mien.values import MESH_POINTS

__all__ = [
    "KEYS",
    "Column",
    "TableBuilder",
    "class_column",
    "detected_column",
    "make_batch",
    "mesh_schema",
    "read_facts",
    "schema_of",
    "table_columns",
    "table_schema",
    "unit_column",
]

METADATA_KEY = b"mien"
"""Key of the table metadata under which the facts of the run stand, as JSON."""

Kind = Literal["str", "int32", "int64", "float32", "float64", "mesh"]

TYPES: dict[Kind, DataType] = {
    "str": DataType.utf8(),
    "int32": DataType.int32(),
    "int64": DataType.int64(),
    "float32": DataType.float32(),
    "float64": DataType.float64(),
    "mesh": DataType.list(Field("item", DataType.float32()), MESH_POINTS * 3),
}

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    """As it is spelled in the file."""
    kind: Kind
    """Type of its values; any of them may be null."""
    unit: str
    """Unit or range of its values; empty for names."""
    meaning: str
    """What it says, in words."""

    def field(self, **metadata: str) -> Field:
        """The column as an Arrow field that carries unit and meaning."""
        facts = {"unit": self.unit, "meaning": self.meaning, **metadata}
        return Field(self.name, TYPES[self.kind], nullable=True, metadata=facts)


KEYS = (
    Column("source", "str", "", "path of the picture or video, or name of the camera"),
    Column("frame", "int64", "", "number of the frame in the source, from 0"),
    Column("time", "float64", "s", "presentation time of the frame, from the container"),
    Column("face", "int32", "", "number that the same person keeps through the source, from 0"),
)
"""What a row of any table is found by. A frame without a face has one row, with a null face."""

PLACE = (
    Column("score", "float32", "0-1", "how sure it is that this is a face"),
    Column("x0", "float32", "px", "left side of the face's box in the frame"),
    Column("y0", "float32", "px", "upper side of the box, counted downwards"),
    Column("x1", "float32", "px", "right side of the box"),
    Column("y1", "float32", "px", "lower side of the box"),
    Column("pitch", "float32", "degrees", "head pose: looking up is positive"),
    Column("yaw", "float32", "degrees", "head pose: nose towards the image's right is positive"),
    Column("roll", "float32", "degrees", "head pose: turned clockwise in the image is positive"),
)

EYES = (
    Column("AU45_p", "float32", "0-1", "blink: 1 while the eyes close and open again, else 0"),
    Column("eye_open_L", "float32", "ratio", "height of the person's left eye over its width"),
    Column("eye_open_R", "float32", "ratio", "height of the person's right eye over its width"),
    Column(
        "gaze_x", "float32", "ratio", "irises: 0 at the eye corner at the image's left, 1 at right"
    ),
    Column("gaze_y", "float32", "ratio", "irises above the line of the eye corners, in eye widths"),
)

FEELING = (
    *(
        Column(name, "float32", "0-1", f"score of {name} by FACS rules; null: not scorable")
        for name in EMOTIONS
    ),
    Column("emotion", "str", "", "the highest of these, neutral below 0.2; null: none is scorable"),
    Column("emotion_rule", "str", "", "the combination of action units that gave its score"),
    Column(
        "emotion_coverage", "float32", "0-1", "share of that combination's units that are measured"
    ),
    Column(
        "neutral",
        "str",
        "",
        "what the action units were measured against: auto, picture, file, time or none",
    ),
    Column("neutral_quality", "float32", "0-1", "how far that is to be believed as a neutral"),
)

MESH = Column(
    "mesh", "mesh", "px", "478 points, each x, y, z: x and y in the frame, smaller z is nearer"
)

EXPRESSION = Column("expression", "str", "", "the most probable class of the added network")

DETECTED = Column("detected", "str", "", "the class that the detector gives the face")


def unit_column(name: str) -> Column:
    """The column of an action unit, by its name in the table.

    Args:
        name: ``AU12``, ``AU12_L`` or ``AU12_R`` (the person's side), or ``AU12_p``.

    Raises:
        InputError: there is no such action unit.
    """
    number, mark, form = name.removeprefix("AU").partition("_")
    known = name.startswith("AU") and number in map(str, UNITS)
    if not known or bool(mark) != bool(form):
        raise InputError(f"{name!r} is no column of an action unit, expected one such as AU12_L")
    unit = UNITS[int(number)].name
    if form == "p":
        return Column(name, "float32", "0-1", f"probability that {unit} is present")
    sides = {"": "", "L": ", the person's left", "R": ", the person's right"}
    if form not in sides:
        raise InputError(f"{name!r} ends in {form!r}, expected L, R, p or nothing")
    return Column(name, "float32", "0-5", f"intensity of {unit}{sides[form]}")


def class_column(name: str) -> Column:
    """The column of an expression class of an added network: ``happiness_p`` of "Happiness"."""
    return Column(f"{_spelled(name)}_p", "float32", "0-1", f"probability of {name}")


def detected_column(name: str) -> Column:
    """The column of a class of a detector: ``awake_score`` of "Awake"."""
    return Column(f"{_spelled(name)}_score", "float32", "0-1", f"score of {name} by the detector")


def _spelled(name: str) -> str:
    """The name of a class as columns are called."""
    return re.sub(r"\W+", "_", name.strip().lower())


def table_columns(
    units: Sequence[str], classes: Sequence[str] = (), detected: Sequence[str] = ()
) -> tuple[Column, ...]:
    """The columns of the AU table in their order.

    Args:
        units: names of the action-unit columns that the networks give; with ``AU45_p`` among them,
            it is theirs, not the blinks'.
        classes: names of the expression classes that an added network gives.
        detected: names of the classes of a detector of one's own.

    Raises:
        InputError: two columns would have the same name.
    """
    eyes = (column for column in EYES if column.name not in units)
    added = (*map(class_column, classes), EXPRESSION) if classes else ()
    found = (*map(detected_column, detected), DETECTED) if detected else ()
    columns = (*KEYS, *PLACE, *map(unit_column, units), *eyes, *FEELING, *added, *found)
    if len({column.name for column in columns}) < len(columns):
        names = [column.name for column in columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(
            f"the table would have two columns {', '.join(twice)}; expected units and classes of "
            "different names"
        )
    return columns


def table_schema(
    units: Sequence[str],
    facts: Mapping[str, object] | None = None,
    marks: Mapping[str, Mapping[str, str]] | None = None,
    classes: Sequence[str] = (),
    detected: Sequence[str] = (),
) -> Schema:
    """Schema of the AU table; unit and meaning of each column stand in its metadata.

    Args:
        units: names of the action-unit columns, such as ``AU12_L``.
        facts: what is worth knowing of the run (version, networks, neutral, options); JSON.
        marks: more metadata of columns by their name: ``reliability``, how far it can be trusted,
            and ``model``, the added network that gives it.
        classes: names of the expression classes that an added network gives.
        detected: names of the classes of a detector of one's own.
    """
    more = marks or {}
    columns = table_columns(units, classes, detected)
    fields = [column.field(**more.get(column.name, {})) for column in columns]
    return schema_of(fields, facts)


def mesh_schema(facts: Mapping[str, object] | None = None) -> Schema:
    """Schema of the mesh table: the keys of the AU table, and the points."""
    return schema_of([column.field() for column in (*KEYS, MESH)], facts)


def schema_of(fields: Sequence[Field], facts: Mapping[str, object] | None = None) -> Schema:
    """Fields, with what is worth knowing of the run, JSON, as table metadata."""
    return Schema(fields, metadata={METADATA_KEY: json.dumps(dict(facts or {})).encode()})


def read_facts(schema: Schema) -> dict[str, Any]:
    """The facts of the run that a table carries; empty if it carries none."""
    return cast(dict[str, Any], json.loads(schema.metadata.get(METADATA_KEY, b"{}")))


class TableBuilder:
    """Collects rows and gives them as Arrow batches; what is missing or not finite is null.

    Args:
        schema: of the table, from `table_schema` or `mesh_schema`.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._columns: dict[str, list[Any]] = {name: [] for name in schema.names}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, row: Mapping[str, object]) -> None:
        """Add a row.

        Args:
            row: values by column name; a column that it lacks is null.

        Raises:
            InputError: it has a column that the schema lacks.
        """
        if not row.keys() <= self._columns.keys():
            extra = ", ".join(sorted(row.keys() - self._columns.keys()))
            raise InputError(f"the row has columns that the table lacks: {extra}")
        for name, values in self._columns.items():
            values.append(row.get(name))
        self._rows += 1

    def batch(self) -> RecordBatch:
        """All rows since the last batch."""
        batch = make_batch(self.schema, self._columns)
        self._columns = {name: [] for name in self.schema.names}
        self._rows = 0
        return batch


def make_batch(
    schema: Schema, columns: Mapping[str, Sequence[object] | NDArray[Any]]
) -> RecordBatch:
    """Columns as an Arrow batch; None, NaN, and what is infinite or beyond float32, become null.

    Args:
        schema: of the table.
        columns: n values each, by name; a column that is not given is null throughout.

    Raises:
        InputError: the columns are of different lengths, or the schema lacks one.
    """
    if extra := sorted(columns.keys() - set(schema.names)):
        raise InputError(f"the rows have columns that the table lacks: {', '.join(extra)}")
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise InputError(f"the columns have different lengths: {sorted(lengths)}")
    nothing = [None] * max(lengths, default=0)
    arrays = [
        _array(field.type, columns.get(field.name, nothing))
        for field in map(schema.field, schema.names)
    ]
    return RecordBatch.from_arrays(arrays, schema=schema)


def _array(kind: DataType, values: Sequence[object] | NDArray[Any]) -> Array:
    """One column; arro3 takes nulls from lists only."""
    if kind.list_size is not None:
        return _lists(kind, values)
    convert: Callable[[Any], object] = as_text
    if kind in (TYPES["float32"], TYPES["float64"]):
        convert = _finite
    elif kind in (TYPES["int32"], TYPES["int64"]):
        convert = _whole
    plain = np.asarray(values, object).tolist()
    return Array([None if value is None else convert(value) for value in plain], kind)


def _finite(value: Any) -> float | None:  # noqa: ANN401 - any number, numpy's too
    """The number, None if it is NaN, infinite, or beyond float32."""
    return float(value) if abs(value) <= LARGEST else None


def _whole(value: Any) -> int | None:  # noqa: ANN401 - any number, numpy's too
    """The whole number, None if it is NaN or infinite."""
    return int(value) if math.isfinite(value) else None


def _lists(kind: DataType, values: Sequence[object] | NDArray[Any]) -> Array:
    """A column of equally long lists of numbers; one that is not finite throughout is null."""
    size = kind.list_size or 0
    lists = np.zeros((len(values), size), np.float32)
    missing = []
    for row, value in zip(lists, values, strict=True):
        flat = np.ravel(np.nan if value is None else cast(NDArray[np.float32], value))
        missing.append(not (np.abs(flat) <= LARGEST).all())
        if not missing[-1]:
            row[:] = flat
    mask = Array([bool(item) for item in missing], DataType.bool())
    return fixed_size_list_array(Array.from_numpy(lists.ravel()), size, type=kind, mask=mask)
