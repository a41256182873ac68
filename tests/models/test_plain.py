"""Files of torch: plain tensors by name, and never more."""

import pickle

import pytest
import torch

from mien.errors import WeightsError
from mien.models.plain import read_tensors
from tests.hostile import Runs

ONE = {"a": torch.ones(2)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.pth"


@pytest.mark.parametrize("name", ["network", "state_dict", "model"])
def test_tensors_are_read_alone_and_inside_a_checkpoint(path, name):
    for content in (ONE, {"epoch": 3, name: ONE}):
        torch.save(content, path)
        found = read_tensors(path)
        assert list(found) == ["a"]
        assert torch.equal(found["a"], ONE["a"])


def test_a_file_that_would_run_code_is_refused(path, capsys):
    torch.save({"state_dict": ONE, "extra": Runs(print, "run")}, path)
    with pytest.raises(WeightsError, match="to read it could run code"):
        read_tensors(path)
    path.write_bytes(pickle.dumps(Runs(print, "run"), protocol=2))
    with pytest.raises(WeightsError, match="to read it could run code"):
        read_tensors(path)
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 torn", b"\x80\x02cx"])
def test_a_damaged_file_is_said(path, content):
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"x\.pth is no file of weights") as caught:
        read_tensors(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [{}, {"epoch": 3}, torch.ones(2), {"network": {}}, {0: torch.ones(2)}]
)
def test_a_file_without_tensors_by_name_is_said(path, content):
    torch.save(content, path)
    with pytest.raises(WeightsError, match=r"x\.pth holds no tensors by name;"):
        read_tensors(path)


def test_what_is_no_tensor_among_them_is_named(path):
    torch.save({**ONE, "epoch": 3}, path)
    with pytest.raises(WeightsError, match=r"no tensors by name alone, but 'epoch' too;"):
        read_tensors(path)
