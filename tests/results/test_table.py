import json
import os
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from arro3.core import Table
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.facs.emotions import EMOTIONS
from mien.results.table import (
    TableBuilder,
    make_batch,
    mesh_schema,
    read_facts,
    table_columns,
    table_schema,
)

UNITS = ["AU12", "AU12_L", "AU12_R", "AU1"]
PAGE = Path(__file__).parents[2] / "docs" / "outputs.md"


def test_the_columns_stand_in_the_order_of_the_house():
    names = table_schema(UNITS).names
    keys = ["source", "frame", "time", "face"]
    place = ["score", "x0", "y0", "x1", "y1", "pitch", "yaw", "roll"]
    eyes = ["AU45_p", "eye_open_L", "eye_open_R", "gaze_x", "gaze_y"]
    end = ["emotion", "emotion_rule", "emotion_coverage", "neutral", "neutral_quality"]
    assert names == [*keys, *place, *UNITS, *eyes, *EMOTIONS, *end]


def test_types_are_those_of_the_house():
    schema = pa.schema(table_schema(UNITS))
    types = {"source": "string", "frame": "int64", "time": "double", "face": "int32"}
    types |= {"score": "float", "AU12_L": "float", "anger": "float", "emotion": "string"}
    assert {name: str(schema.field(name).type) for name in types} == types
    assert all(field.nullable for field in schema)
    mesh = pa.schema(mesh_schema())
    assert mesh.names == ["source", "frame", "time", "face", "mesh"]
    assert mesh.field("mesh").type == pa.list_(pa.field("item", pa.float32()), 1434)


def test_every_column_says_its_unit_and_meaning():
    for schema in (table_schema(UNITS), mesh_schema()):
        for field in map(schema.field, schema.names):
            assert field.metadata[b"meaning"], field.name
            assert b"unit" in field.metadata, field.name
    twelve = table_schema(UNITS, marks={"AU12_L": {"reliability": "fair"}}).field("AU12_L").metadata
    assert twelve == {
        b"unit": b"0-5",
        b"meaning": b"intensity of lip corner puller, the person's left",
        b"reliability": b"fair",
    }
    assert table_schema(["AU4_p"]).field("AU4_p").metadata[b"unit"] == b"0-1"


@pytest.mark.parametrize(
    "name", ["AU3", "12", "AU", "AU12_X", "smile", "AU12_", "xAU12", "AU012", "AU١٢"]
)
def test_what_is_no_unit_is_no_column(name):
    with pytest.raises(InputError, match=re.escape(repr(name))):
        table_schema([name])


def test_the_facts_of_the_run_travel_with_the_table():
    facts = {"version": "1.2", "neutral": {"0": "auto"}, "networks": ["a"]}
    schema = table_schema(UNITS, facts)
    assert read_facts(schema) == facts
    assert json.loads(pa.schema(schema).metadata[b"mien"]) == facts
    assert read_facts(table_schema(UNITS)) == {}


def test_a_frame_without_a_face_is_a_row_of_nulls():
    builder = TableBuilder(table_schema(UNITS))
    builder.add({"source": "a.mp4", "frame": 3, "time": 0.1})
    row = pa.record_batch(builder.batch()).to_pylist()[0]
    assert {key: value for key, value in row.items() if value is not None} == {
        "source": "a.mp4",
        "frame": 3,
        "time": 0.1,
    }


def test_a_row_may_have_all_columns_or_none():
    builder = TableBuilder(table_schema(UNITS))
    builder.add(dict.fromkeys(builder.schema.names))
    builder.add({})
    assert builder.batch().num_rows == 2
    assert make_batch(builder.schema, {}).num_rows == 0


def test_what_is_not_finite_or_beyond_float32_becomes_null():
    builder = TableBuilder(table_schema(UNITS))
    for value in (2, float("nan"), float("inf"), np.float32("-inf"), None):
        builder.add(dict.fromkeys(("AU12", "time", "face", "frame"), value))
    builder.add({"AU12": 1e39})
    batch = builder.batch()
    for name in ("AU12", "time", "face", "frame"):
        assert batch[name].null_count == 5
        assert batch[name].to_pylist() == [2] + [None] * 5


def test_a_name_that_is_no_utf_8_is_kept_as_far_as_it_is():
    names = [os.fsdecode(b"a/x\xff.jpg"), "Jürgen.jpg", None]
    batch = make_batch(table_schema(()), {"source": names})
    shown = ["a/x\N{REPLACEMENT CHARACTER}.jpg", "Jürgen.jpg", None]
    assert batch.column("source").to_pylist() == shown


def test_a_builder_starts_anew_after_each_batch():
    builder = TableBuilder(table_schema(UNITS))
    builder.add({"frame": 1})
    assert len(builder) == 1
    assert builder.batch()["frame"].to_pylist() == [1]
    assert len(builder) == 0
    assert builder.batch().num_rows == 0
    builder.add({"frame": np.int64(2), "face": np.int32(7), "source": Path("x")})
    assert pa.record_batch(builder.batch()).to_pylist()[0]["face"] == 7


def test_columns_that_the_table_lacks_are_refused():
    with pytest.raises(InputError, match="columns that the table lacks: AU99, smile"):
        TableBuilder(table_schema(UNITS)).add({"smile": 1, "AU99": 2, "AU12": 3})
    with pytest.raises(InputError, match="columns that the table lacks: smile"):
        make_batch(table_schema(UNITS), {"smile": [1]})
    with pytest.raises(InputError, match=r"different lengths: \[1, 2\]"):
        make_batch(table_schema(UNITS), {"frame": [1], "face": [1, 2]})


def test_a_mesh_that_is_missing_or_not_finite_is_null():
    mesh = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    broken = mesh.copy()
    broken[5, 1] = np.nan
    huge = np.where(np.isnan(broken), 1e39, broken.astype(np.float64))
    batch = make_batch(mesh_schema(), {"mesh": [mesh, None, broken, huge]})
    assert batch["mesh"].null_count == 3
    column = pa.record_batch(batch)["mesh"]
    assert np.array_equal(np.array(column[0].as_py(), np.float32), mesh.ravel())
    assert column[1].as_py() is None
    stacked = make_batch(mesh_schema(), {"mesh": np.stack([broken, mesh])})
    assert [value.as_py() is None for value in pa.record_batch(stacked)["mesh"]] == [True, False]


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(width=32),
            st.none() | st.integers(-(2**31), 2**31 - 1),
            st.none() | st.text(),
        ),
        max_size=20,
    )
)
def test_arrays_and_rows_make_the_same_batch(rows):
    schema = table_schema(UNITS)
    builder = TableBuilder(schema)
    for intensity, face, emotion in rows:
        builder.add({"AU12": intensity, "face": face, "emotion": emotion})
    numbers = np.array([np.nan if row[0] is None else row[0] for row in rows], np.float32)
    columns = {"AU12": numbers, "face": [r[1] for r in rows], "emotion": [r[2] for r in rows]}
    one = pa.record_batch(builder.batch())
    assert one == pa.record_batch(make_batch(schema, columns))
    wanted = [None if not np.isfinite(n) else float(n) for n in numbers]
    assert one["AU12"].to_pylist() == wanted
    assert one["AU12"].null_count == wanted.count(None)
    assert one["emotion"].to_pylist() == [r[2] for r in rows]


def test_pandas_and_polars_take_the_table_as_it_is():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = {
        "source": ["a", "b"],
        "frame": [1, None],
        "AU12": [None, 2.5],
        "emotion": [None, "x"],
    }
    table = Table.from_batches([make_batch(table_schema(UNITS), columns)])
    frame = pandas.DataFrame.from_arrow(table)
    assert frame["AU12"].isna().tolist() == [True, False]
    assert frame["AU12"][1] == 2.5
    assert polars.DataFrame(table)["AU12"].to_list() == [None, 2.5]
    assert pa.table(table).column("emotion").to_pylist() == [None, "x"]


def test_the_outputs_page_equals_the_schema():
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.*?) \| (.*?) \|$", PAGE.read_text(), re.M)
    said = {name: (kind, unit, meaning) for name, kind, unit, meaning in rows}
    shown = table_columns(["AU12", "AU12_L", "AU12_R"])
    mesh = mesh_schema().field("mesh").metadata
    added = table_columns(["AU12", "AU12_L", "AU12_R", "AU12_p"], ["happiness"], ["awake"])
    wanted = {c.name: (c.kind, c.unit, c.meaning) for c in (*shown, *added)}
    wanted["mesh"] = ("float32[1434]", mesh[b"unit"].decode(), mesh[b"meaning"].decode())
    assert said == wanted
    assert [row[0] for row in rows] == list(wanted)


def test_a_network_of_ones_own_adds_its_columns():
    names = [column.name for column in table_columns(["AU45_p", "AU12_p"], ["Glad", "in awe"])]
    assert names[-3:] == ["glad_p", "in_awe_p", "expression"]
    assert names.count("AU45_p") == 1
    assert names.index("AU45_p") < names.index("AU12_p")
    with pytest.raises(InputError, match="two columns glad_p"):
        table_columns([], ["glad", "Glad"])
