"""An index comes back from its file as it was."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pandas
import pytest

from mien.data.index_files import read_index, write_index
from mien.data.labels import STILL, Expressions, Index, Labels, Points
from mien.errors import InputError


def full(rows: int = 5) -> Index:
    random = np.random.default_rng(3)
    known = random.random((rows, 2)) < 0.6
    value = np.where(known, random.integers(0, 6, (rows, 2)), 0).astype(np.float32)
    some = np.arange(rows) % 2 == 0
    points = random.normal(0, 90, (rows, 49, 2)).astype(np.float32) * some[:, None, None]
    box = random.random((rows, 4)).astype(np.float32)
    box[1:2] = np.nan
    return Index(
        "bp4d",
        Path("/some/where else"),
        tuple(f"F001/T1/ü {row}.jpg" for row in range(rows)),
        np.where(some, np.arange(rows), STILL),
        np.arange(rows, dtype=np.int64) + 2440,
        ("F001",) * rows,
        ("F001/T1",) * rows,
        Labels((12, 4), (value > 0).astype(np.float32), known),
        Labels((6, 17), value, known),
        Expressions(("fear", "anger"), np.where(some, 1, 0), some),
        Points("49", points, some),
        box,
        ("train",) * rows,
    )


def same(one: object, other: object) -> None:
    assert type(one) is type(other)
    if is_dataclass(one):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("rows", [5, 1, 0])
def test_everything_comes_back(tmp_path, rows):
    index = full(rows)
    write_index(index, tmp_path / "index.parquet")
    same(read_index(tmp_path / "index.parquet"), index)


def test_what_a_set_lacks_stays_none(tmp_path):
    index = full()
    bare = Index(*(getattr(index, field.name) for field in fields(index)[:7]))
    write_index(bare, tmp_path / "index.parquet")
    same(read_index(tmp_path / "index.parquet"), bare)


def test_many_rows_come_back_in_order(tmp_path):
    index = full(20_000)
    write_index(index, tmp_path / "index.parquet")
    again = read_index(tmp_path / "index.parquet")
    same(again.points, index.points)
    same(again.number, index.number)


def test_pandas_sees_unknown_as_missing(tmp_path):
    index = full()
    write_index(index, tmp_path / "index.parquet")
    table = pandas.read_parquet(tmp_path / "index.parquet")
    np.testing.assert_array_equal(table["intensity_AU17"].notna(), index.intensity.known[:, 1])
    assert table["expression"].tolist()[:1] == ["anger"]
    assert table["expression"].isna().tolist() == (~index.expression.known).tolist()


def test_a_file_that_is_no_index(tmp_path):
    (tmp_path / "index.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="no index of a data set"):
        read_index(tmp_path / "index.parquet")
    pandas.DataFrame({"path": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no index of a data set"):
        read_index(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no index of a data set"):
        read_index(tmp_path / "missing.parquet")


def test_nothing_is_left_when_writing_fails(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_index(full(), tmp_path / "no" / "index.parquet")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_refuses_in_the_middle_is_one_sentence(tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(InputError, match=r"index\.parquet cannot be written"):
            write_index(full(50), tmp_path / "index.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
