"""Arrays in a file: whole or not there, and refused with their cure."""

from dataclasses import dataclass

import numpy as np
import pytest

from mien.data import arrayfile
from mien.errors import InputError, UnreadableSource


@dataclass
class Pair:
    first: np.ndarray
    second: np.ndarray


PAIR = Pair(np.arange(3.0), np.array(["a", "b"]))


def test_what_was_written_is_read(tmp_path):
    arrayfile.write(tmp_path / "one.npz", {**arrayfile.columns(PAIR), "more": np.zeros(1)})
    read = Pair(**arrayfile.read(tmp_path / "one.npz", Pair, "pairs"))
    np.testing.assert_array_equal(read.first, PAIR.first)
    assert read.second.tolist() == ["a", "b"]


def test_a_file_that_lacks_or_is_damaged_is_refused_with_its_cure(tmp_path):
    path = tmp_path / "one.npz"
    cure = f"make it with: mien datasets pairs --of B --data {tmp_path}"
    with pytest.raises(UnreadableSource, match=rf"one\.npz is not there; {cure}"):
        arrayfile.read(path, Pair, "pairs --of B")
    arrayfile.write(path, {"first": np.zeros(1)})
    whole = path.read_bytes()
    mixed = whole[:70] + b"\xff" * 20 + whole[90:]
    for content in (whole, whole[:60], mixed, b"", b"no archive"):
        path.write_bytes(content)
        with pytest.raises(UnreadableSource, match=rf"one\.npz is damaged .*; {cure}"):
            arrayfile.read(path, Pair, "pairs --of B")


def test_where_the_disk_refuses_what_was_there_stays(tmp_path, monkeypatch):
    path = tmp_path / "one.npz"
    arrayfile.write(path, arrayfile.columns(PAIR))
    before = path.read_bytes()

    def full(file, **_):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(InputError, match=r"one\.npz cannot be written \(No space"):
        arrayfile.write(path, arrayfile.columns(PAIR))
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [before]
