import json
import queue
import resource
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import InputError
from mien.results import writers
from mien.results.table import TableBuilder, make_batch, mesh_schema, table_schema
from mien.results.writers import WRITERS, open_writer

SCHEMA = table_schema(["AU12", "AU12_L", "AU12_R"], {"version": "1", "neutral": {"0": "auto"}})
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: "\0" not in t)
ROW = st.fixed_dictionaries(
    {
        "source": TEXT,
        "frame": st.integers(0, 2**53),
        "time": st.floats(0, 1e6),
        "face": st.none() | st.integers(0, 2**31 - 1),
        "AU12": st.none() | st.floats(0, 5, width=32),
        "AU12_L": st.none() | st.floats(width=32),
        "emotion": st.none() | TEXT,
    }
)


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def read_csv(path: Path) -> list[dict]:
    types = {field.name: field.type for field in pa.schema(SCHEMA)}
    options = pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(path, parse_options=parsing, convert_options=options).to_pylist()


READERS = {
    ".parquet": lambda path: pyarrow.parquet.read_table(path).to_pylist(),
    ".arrow": lambda path: pa.ipc.open_file(path).read_all().to_pylist(),
    ".feather": lambda path: pyarrow.feather.read_table(path).to_pylist(),
    ".csv": read_csv,
    ".jsonl": read_lines,
    ".ndjson": read_lines,
}


def test_every_suffix_is_tested():
    assert READERS.keys() == WRITERS.keys()


def batch_of(rows, schema=SCHEMA):
    builder = TableBuilder(schema)
    for row in rows:
        builder.add(row)
    return builder.batch()


def files(folder):
    return sorted(item.name for item in folder.iterdir())


@pytest.mark.parametrize("suffix", WRITERS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(ROW, max_size=8), max_size=4))
def test_what_is_read_back_is_what_was_written(tmp_path, suffix, batches):
    path = tmp_path / f"table{suffix}"
    with open_writer(path, SCHEMA) as writer:
        for rows in batches:
            writer.write(batch_of(rows))
    assert files(tmp_path) == [path.name]
    assert writer.rows == sum(map(len, batches))
    if suffix in (".jsonl", ".ndjson"):
        assert all(list(row) == SCHEMA.names for row in read_lines(path))
    wanted = []
    for rows in batches:
        wanted += pa.record_batch(batch_of(rows)).to_pylist()
    for row in wanted:
        assert row["AU12_L"] is None or np.isfinite(row["AU12_L"])
    got = READERS[suffix](path)
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted, strict=True):
        for name in SCHEMA.names:
            value = other[name]
            if isinstance(value, float):
                kind = np.float64 if name == "time" else np.float32
                assert kind(one[name]) == kind(value)
            else:
                assert one[name] == value


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
@pytest.mark.parametrize("schema", [SCHEMA, mesh_schema({"version": "1"})])
def test_units_meanings_and_facts_are_kept(tmp_path, suffix, schema):
    path = tmp_path / f"table{suffix}"
    with open_writer(path, schema) as writer:
        writer.write(make_batch(schema, {"frame": [1]}))
    read = pyarrow.parquet.read_schema(path) if suffix == ".parquet" else None
    read = read or pyarrow.ipc.open_file(path).schema
    assert read.equals(pa.schema(schema), check_metadata=True)


def test_an_empty_table_has_its_columns(tmp_path):
    for suffix in WRITERS:
        with open_writer(tmp_path / f"t{suffix}", SCHEMA):
            pass
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").schema.names == SCHEMA.names
    assert pyarrow.feather.read_table(tmp_path / "t.arrow").num_rows == 0
    assert (tmp_path / "t.csv").read_text() == ",".join(SCHEMA.names) + "\n"
    assert (tmp_path / "t.jsonl").read_text() == ""


def test_null_is_empty_in_csv_and_null_in_lines(tmp_path):
    row = {"source": 'a,"b"\nc', "frame": 1, "time": 0.5, "AU12": float("nan")}
    for suffix in (".csv", ".jsonl"):
        with open_writer(tmp_path / f"t{suffix}", SCHEMA) as writer:
            writer.write(batch_of([row]))
    line = (tmp_path / "t.csv").read_text().removeprefix(",".join(SCHEMA.names) + "\n")
    assert line.startswith('"a,""b""\nc",1,0.5,,,')
    assert "nan" not in line.lower()
    assert read_lines(tmp_path / "t.jsonl")[0]["AU12"] is None


MESHES = np.random.default_rng(0).normal(300, 90, (3, 478, 3)).astype(np.float32)


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_mesh_comes_back_to_the_bit(tmp_path, suffix):
    path, schema = tmp_path / f"mesh{suffix}", mesh_schema()
    columns = {"source": ["a"] * 4, "frame": [0, 1, 2, 3], "mesh": [*MESHES[:2], None, MESHES[2]]}
    with open_writer(path, schema) as writer:
        writer.write(make_batch(schema, columns))
    if suffix == ".csv":
        rows = pyarrow.csv.read_csv(path).to_pylist()
        names = [f"mesh_{axis}{point}" for point in range(478) for axis in "xyz"]
        assert list(rows[0]) == ["source", "frame", "time", "face", *names]
        got = [[row[name] for name in names] for row in rows]
        got = [None if row[0] is None else row for row in got]
    else:
        got = [row["mesh"] for row in READERS[suffix](path)]
    assert got[2] is None
    values = np.array([row for row in got if row is not None], np.float32)
    assert np.array_equal(values, MESHES.reshape(3, -1))


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_batch_of_no_rows_changes_nothing(tmp_path, suffix):
    path, schema = tmp_path / f"mesh{suffix}", mesh_schema()
    with open_writer(path, schema) as writer:
        for meshes in ([], MESHES[:1], []):
            writer.write(make_batch(schema, {"mesh": meshes}))
    rows = pyarrow.csv.read_csv(path).to_pylist() if suffix == ".csv" else READERS[suffix](path)
    assert len(rows) == 1


def test_parquet_has_row_groups_of_a_few_megabytes(tmp_path):
    schema = mesh_schema()
    batch = make_batch(schema, {"mesh": np.repeat(MESHES, 400, axis=0)})
    with open_writer(tmp_path / "m.parquet", schema) as writer:
        for _ in range(3):
            writer.write(batch)
    meta = pyarrow.parquet.read_metadata(tmp_path / "m.parquet")
    sizes = [meta.row_group(n).total_byte_size for n in range(meta.num_row_groups)]
    assert meta.num_rows == 3600
    assert 1 < len(sizes) < 5
    assert max(sizes) < 10e6
    assert meta.row_group(0).column(4).compression == "ZSTD"


@contextmanager
def largest_file(size):
    """A disk that refuses files over this many bytes. Only around the writing itself: what the
    tests say of themselves may go to a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_much(path, schema, batches):
    with open_writer(path, schema) as writer:
        for batch in batches:
            writer.write(batch)


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_full_disk_is_one_sentence_without_a_hang_and_leaves_nothing(tmp_path, suffix, capfd):
    schema = mesh_schema()
    batches = [make_batch(schema, {"mesh": MESHES})] * 40
    (tmp_path / f"t{suffix}").write_bytes(b"older")
    message = rf"t\{suffix} cannot be written \(File too large\)"
    with pytest.raises(InputError, match=message), largest_file(20_000):
        write_much(tmp_path / f"t{suffix}", schema, batches)
    assert files(tmp_path) == [f"t{suffix}"]
    assert (tmp_path / f"t{suffix}").read_bytes() == b"older"
    assert capfd.readouterr().err == ""
    assert "mien-writer" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_disk_that_is_full_at_the_very_end_is_told_too(tmp_path, suffix):
    """Ten bytes are too few for what waits in memory until the end."""
    message = rf"t\{suffix} cannot be written \(File too large\)"
    with pytest.raises(InputError, match=message), largest_file(10):
        write_much(tmp_path / f"t{suffix}", SCHEMA, [batch_of([{"frame": 1}])])
    assert files(tmp_path) == []


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_table_leaves_nothing(tmp_path, suffix, error):
    def rows():
        yield batch_of([{"frame": 1}])
        raise error

    with pytest.raises(error):
        write_much(tmp_path / f"t{suffix}", SCHEMA, rows())
    assert files(tmp_path) == []
    assert "mien-writer" not in [thread.name for thread in threading.enumerate()]


def test_a_slow_disk_holds_the_rows_back(tmp_path, monkeypatch):
    awaited, ahead, written = threading.Event(), [], []

    class Watched(queue.Queue):
        def put(self, item, timeout):
            if self.full():
                awaited.set()  # whoever brings rows is about to wait
            super().put(item, timeout=timeout)

    def slow(schema, batches, disk):
        for batch in batches:
            awaited.wait()
            written.append(batch["frame"][0].as_py())

    monkeypatch.setattr(writers.queue, "Queue", Watched)
    monkeypatch.setitem(writers.WRITERS, ".csv", slow)
    with open_writer(tmp_path / "t.csv", SCHEMA) as writer:
        for number in range(12):
            writer.write(batch_of([{"frame": number}]))
            if not awaited.is_set():
                ahead.append(number)
        awaited.set()
    assert len(ahead) <= 3  # one in hand, two waiting
    assert written == list(range(12))


def test_what_goes_wrong_in_the_thread_is_raised_where_the_rows_come_from(tmp_path, monkeypatch):
    def broken(schema, batches, disk):
        next(batches)
        raise RuntimeError("the sky fell")

    monkeypatch.setitem(writers.WRITERS, ".csv", broken)
    with pytest.raises(InputError, match=r"t\.csv cannot be written: the sky fell"):
        write_much(tmp_path / "t.csv", SCHEMA, [batch_of([{"frame": 1}])] * 20)
    assert files(tmp_path) == []


def test_rows_of_another_table_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"rows with the columns .*mesh came for t\.csv, expected"):
        write_much(tmp_path / "t.csv", SCHEMA, [make_batch(mesh_schema(), {"frame": [1]})])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.xlsx", r"t\.xlsx has the suffix '\.xlsx'; a table is written to \.parquet, \.arrow"),
        ("t", r"t has the suffix ''; a table is written to"),
        ("none/t.csv", "the folder .*none does not exist"),
        ("inner.csv", r"inner\.csv is a folder, expected the name of a file to write"),
    ],
)
def test_where_a_table_cannot_be_written_is_said(tmp_path, name, message):
    (tmp_path / "inner.csv").mkdir()
    with pytest.raises(InputError, match=message):
        write_much(tmp_path / name, SCHEMA, [])


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InputError, match=r"t\.csv cannot be written \(Permission denied\)"):
        write_much(tmp_path / "t.csv", SCHEMA, [])


def test_capital_suffixes_are_the_same(tmp_path):
    write_much(tmp_path / "T.PARQUET", SCHEMA, [batch_of([{"frame": 4}])])
    assert pyarrow.parquet.read_table(tmp_path / "T.PARQUET")["frame"].to_pylist() == [4]
