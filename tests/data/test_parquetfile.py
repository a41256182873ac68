"""Damaged Parquet files: one sentence each, where their library would end in a panic."""

import numpy as np
import pytest
from arro3.core import Array, Table
from arro3.io import write_parquet

from mien.data.parquetfile import read_table
from mien.errors import InputError


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "one.parquet"
    write_parquet(Table.from_pydict({"a": Array.from_numpy(np.arange(5))}), str(path))
    return path


def test_a_whole_file_is_read(whole):
    assert read_table(whole)["a"].to_pylist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-20],
        lambda data: data[:7],
        lambda _: b"PAR1" + b"x" * 40 + b"PAR1",
        lambda data: data[:-8] + bytes(4) + b"PAR1",
        lambda data: b"x" + data[1:],
    ],
)
def test_one_that_is_cut_short_is_refused_before_the_library_sees_it(whole, damage):
    whole.write_bytes(damage(whole.read_bytes()))
    with pytest.raises(InputError, match=r"one\.parquet is no list, or is cut short; make it anew"):
        read_table(whole, "list")


def test_other_damage_and_no_file_are_one_sentence(whole, tmp_path):
    data = whole.read_bytes()
    described = int.from_bytes(data[-8:-4], "little")
    whole.write_bytes(data[: -8 - described] + b"\xff" * described + data[-8:])
    for path in (whole, tmp_path / "none.parquet"):
        with pytest.raises(InputError, match=r"is no Parquet file.*; make it anew") as raised:
            read_table(path)
        assert "\n" not in str(raised.value)
