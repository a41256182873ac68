"""MATLAB files as scipy writes and reads them."""

import struct

import numpy as np
import pytest
import scipy.io

from mien.data.matfile import read_mat, write_mat
from mien.errors import InputError

MATRIX = np.random.default_rng(0).normal(0, 100, (66, 2))


@pytest.mark.parametrize("compress", [False, True])
def test_what_scipy_writes(tmp_path, compress):
    fit = np.empty((1, 3), [("pred", object), ("isTracked", object), ("name", object)])
    for place in range(3):
        fit[0, place] = (MATRIX[:49] + place, np.array([[place]], np.uint8), "text")
    fit[0, 1]["pred"] = np.zeros((0, 0))
    cell = np.empty((1, 2), object)
    cell[0, 0], cell[0, 1] = MATRIX, "text"
    values = {
        "pts": MATRIX,
        "single": MATRIX.astype(np.float32),
        "whole": np.arange(-3, 3).reshape(2, 3),
        "small": np.array([[200]], np.uint8),
        "cell": cell,
        "fit": fit,
        "a_text": "text",
    }
    scipy.io.savemat(tmp_path / "x.mat", values, do_compression=compress)
    found = read_mat(tmp_path / "x.mat")
    assert list(found) == list(values)
    for name in ("pts", "single", "whole", "small"):
        np.testing.assert_array_equal(found[name], values[name])
    assert found["a_text"] is None
    np.testing.assert_array_equal(found["cell"][0], MATRIX)
    assert found["cell"][1] is None
    assert [one["pred"].shape for one in found["fit"]] == [(49, 2), (0, 0), (49, 2)]
    np.testing.assert_array_equal(found["fit"][2]["pred"], MATRIX[:49] + 2)
    assert [int(one["isTracked"][0, 0]) for one in found["fit"]] == [0, 1, 2]


def test_what_we_write_scipy_reads(tmp_path):
    write_mat(tmp_path / "x.mat", "pts", MATRIX)
    np.testing.assert_array_equal(scipy.io.loadmat(tmp_path / "x.mat")["pts"], MATRIX)
    np.testing.assert_array_equal(read_mat(tmp_path / "x.mat")["pts"], MATRIX)


def test_a_file_of_version_73(tmp_path):
    (tmp_path / "x.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(126) + b"IM" + b"\x89HDF")
    with pytest.raises(InputError, match=r"version 7\.3"):
        read_mat(tmp_path / "x.mat")


@pytest.mark.parametrize("compress", [False, True])
def test_any_cut_is_damage(tmp_path, compress):
    path = tmp_path / "x.mat"
    scipy.io.savemat(path, {"pts": MATRIX[:3]}, do_compression=compress)
    whole = path.read_bytes()
    for length in range(129, len(whole), 3):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="damaged"):
            read_mat(path)


def test_cells_within_cells_without_end_are_damage(tmp_path):
    def element(kind, data):
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    path = tmp_path / "x.mat"
    write_mat(path, "pts", MATRIX)
    cell = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1))
    inner = b""
    for _ in range(2000):
        inner = element(14, cell + element(1, b"") + inner)
    path.write_bytes(path.read_bytes()[:128] + inner)
    with pytest.raises(InputError, match="damaged"):
        read_mat(path)


def test_something_else(tmp_path):
    (tmp_path / "x.mat").write_text("1 2 3\n" * 40)
    with pytest.raises(InputError, match="no MATLAB file"):
        read_mat(tmp_path / "x.mat")
    with pytest.raises(InputError, match="cannot be read"):
        read_mat(tmp_path / "y.mat")
