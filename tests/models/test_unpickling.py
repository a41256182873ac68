"""Whole models read for their tensors, and files that would run something refused."""

import io
import os
import pickle
import sys
import tarfile
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mien.errors import WeightsError
from mien.models import build
from mien.models.importing import from_official, read_official
from mien.models.starting import start
from mien.models.unpickling import MAKERS, read_whole_model
from tests.hostile import Runs


def published(monkeypatch, network, path, **more):
    """A checkpoint as YOLOv5's authors write it: the network's objects, of modules we lack."""
    module = types.ModuleType("models.yolo")
    parent = types.ModuleType("models")
    made = type("Model", (nn.Module,), {"__module__": "models.yolo"})
    module.Model = made
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "models", parent)
        patch.setitem(sys.modules, "models.yolo", module)
        whole = made()
        whole.model = as_sequential(network, patch)
        torch.save({"epoch": -1, "model": whole.half(), "optimizer": None, **more}, path)


def as_sequential(network, patch):
    """Our blocks under names that the authors use."""
    names = types.ModuleType("models.common")
    patch.setitem(sys.modules, "models.common", names)
    kinds = {}
    for one in network.modules():
        kind = type(one)
        if kind.__module__.startswith("mien."):
            kinds.setdefault(kind, type(kind.__name__, (kind,), {"__module__": "models.common"}))
            setattr(names, kind.__name__, kinds[kind])
            one.__class__ = kinds[kind]
    return nn.Sequential(*network.model)


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    torch.manual_seed(3)
    network = build("yolov5n", 2)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    path = tmp_path / "yolov5n.pt"
    published(monkeypatch, network, path, best_fitness=np.float64(0.5), ema=None)
    return path, state


def test_a_published_model_gives_its_tensors(checkpoint):
    path, state = checkpoint
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)
    found = read_whole_model(path)
    assert list(found) == list(state)
    for name, value in state.items():
        assert torch.allclose(found[name], value, atol=1e-3, rtol=1e-3), name
    network = from_official("yolov5", read_official("yolov5", [path]))
    assert network.classes == 2
    assert "models.yolo" not in sys.modules


def test_a_run_starts_from_it_and_another_head_begins_anew(checkpoint):
    path, state = checkpoint
    said = []
    other = build("yolov5n", 1)
    head = other.state_dict()["model.24.m.0.weight"].clone()
    start(other, str(path), said.append)
    assert torch.allclose(
        other.state_dict()["model.0.conv.weight"],
        state["model.0.conv.weight"],
        atol=1e-3,
        rtol=1e-3,
    )
    assert torch.equal(other.state_dict()["model.24.m.0.weight"], head)
    assert "as it is: model.24" in said[0]
    same = build("yolov5n", 2)
    start(same, str(path), said.append)
    assert torch.allclose(same.state_dict()["model.24.m.0.weight"], state["model.24.m.0.weight"],
                          atol=1e-3, rtol=1e-3)  # fmt: skip


HOSTILE = {
    "a shell command": Runs(os.system, "touch hostile"),
    "python": Runs(eval, "open('hostile', 'w')"),
    "an import": Runs(__import__, "antigravity"),
    "an attribute": Runs(getattr, "text", "join"),
    "a class of torch that reads files": Runs(torch.load, "hostile"),
    "a function of a layer's module": Runs(torch.nn.modules.module.register_module_forward_hook, 1),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_would_run_is_refused_and_not_run(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model": nn.Linear(1, 1), "date": HOSTILE[what]}, "bad.pt")
    with pytest.raises(WeightsError, match=r"bad\.pt"):
        read_whole_model(tmp_path / "bad.pt")
    assert not (tmp_path / "hostile").exists()
    with pytest.raises(WeightsError):
        start(build("yolov5n", 1), str(tmp_path / "bad.pt"))
    assert not (tmp_path / "hostile").exists()


def test_the_name_that_was_refused_is_told(tmp_path):
    torch.save({"model": Runs(os.system, "true")}, tmp_path / "bad.pt")
    with pytest.raises(WeightsError, match=r"names posix\.system, which is neither") as told:
        read_whole_model(tmp_path / "bad.pt")
    assert "state dict alone" in str(told.value)


def test_a_path_through_a_trusted_module_is_refused(tmp_path):
    code = b"\x80\x04\x8c\x0bmodels.yolo\x8c\tos.system\x93\x8c\x04true\x85R."
    write(tmp_path / "bad.pt", code)
    with pytest.raises(WeightsError, match=r"names models\.yolo\.os\.system"):
        read_whole_model(tmp_path / "bad.pt")


@pytest.mark.parametrize("how", ["legacy", "bare pickle", "tar"])
def test_older_forms_are_refused_and_not_run(how, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = Runs(os.system, "touch hostile")
    if how == "legacy":
        torch.save(
            {"model": nn.Linear(1, 1), "date": bad}, "bad.pt", _use_new_zipfile_serialization=False
        )
    elif how == "tar":
        with tarfile.open("bad.pt", "w") as archive:
            content = pickle.dumps(bad)
            for name in ("sys_info", "pickle", "storages", "tensors"):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    else:
        Path("bad.pt").write_bytes(pickle.dumps(bad, protocol=2))
    for read in (read_whole_model, lambda path: read_official("yolov5", [path])):
        with pytest.raises(WeightsError, match=r"bad\.pt"):
            read(tmp_path / "bad.pt")
    with pytest.raises(WeightsError, match=r"bad\.pt"):
        start(build("yolov5n", 1), "bad.pt")
    assert not Path("hostile").exists()


MODEL = b"cmodels.yolo\nModel\n)R"
"""A shell."""
TABLE = b"(X\x07\0\0\0storage%sX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ"
"""A reference to a table of one number, of a type."""
HALF = TABLE % b"ctorch\nHalfStorage\n"

BY_HAND = {
    "a call in a reference": (TABLE % b"cposix\nsystem\n(X\x04\0\0\0truetR", r"posix\.system"),
    "a reference in a reference": (TABLE % HALF, "not written by torch|table of numbers"),
    "an old way to call": (b"(S'true'\niposix\nsystem\n", r"posix\.system"),
    "a function of ours changed": (
        b"ctorch._utils\n_rebuild_parameter\n}X\x04\0\0\0evilK\x01sb", "changes what makes tensors"
    ),
    "defaults of a function of ours changed": (
        b"ctorch\nSize\n(N}X\x0c\0\0\0__defaults__(K\x01tstb", "changes what makes tensors"
    ),
    "a layer inside itself": (
        MODEL + b"q\0}X\x08\0\0\0_modules}(X\x01\0\0\0ah\0X\x01\0\0\0bh\0usb", "inside itself"
    ),
    "a tensor without end": (
        MODEL + b"}X\x0b\0\0\0_parameters}X\x01\0\0\0w"
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + HALF
        + b"K\0J\0\xca\x9a;J\0\xca\x9a;\x86K\0K\0\x86tRssb",
        "more than 500 million numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BY_HAND)
def test_pickles_written_by_hand_are_refused(what, tmp_path):
    code, said = BY_HAND[what]
    makers = [getattr(one, "__dict__", None) for one in MAKERS.values()]
    write(tmp_path / "bad.pt", b"\x80\x02" + code + b".")
    with pytest.raises(WeightsError, match=said):
        read_whole_model(tmp_path / "bad.pt")
    assert [getattr(one, "__dict__", None) for one in MAKERS.values()] == makers


def test_a_tensor_beyond_its_table_is_refused(tmp_path):
    torch.save({"model": nn.Linear(2, 2)}, tmp_path / "good.pt")
    assert read_whole_model(tmp_path / "good.pt")["weight"].shape == (2, 2)
    with (
        zipfile.ZipFile(tmp_path / "good.pt") as good,
        zipfile.ZipFile(tmp_path / "bad.pt", "w") as bad,
    ):
        for name in good.namelist():
            content = good.read(name)
            bad.writestr(name, content[:4] if "/data/" in name else content)
    with pytest.raises(WeightsError, match="beyond its table"):
        read_whole_model(tmp_path / "bad.pt")


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"nothing of the kind"])
def test_damage_is_told_in_a_sentence(tmp_path, content):
    write(tmp_path / "bad.pt", content)
    with pytest.raises(WeightsError, match=r"bad\.pt is damaged"):
        read_whole_model(tmp_path / "bad.pt")
    (tmp_path / "worse.pt").write_bytes(content)
    with pytest.raises(WeightsError, match=r"worse\.pt"):
        read_official("yolov5", [tmp_path / "worse.pt"])


def write(path, content):
    """A file of torch around a pickle."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/data/0", b"\0\0")
    path.write_bytes(whole.getvalue())
