import numpy as np
import onnx
import pytest
import torch
from torch import nn

from mien.errors import WeightsError
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.training import export as room
from mien.training.export import export, halve

CARD = ModelSpec(
    name="toy", task="intensity", reads="mesh", units=(1, 2, 4), sides=("", "", ""), size=40
)


class Toy(nn.Module):
    def __init__(self, width=300):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(40, width), nn.GELU(), nn.Linear(width, 3))

    def forward(self, features):
        return self.layers(features)


@pytest.fixture
def probe():
    return np.random.default_rng(0).normal(size=(7, 40)).astype(np.float32)


def test_the_file_gives_what_the_network_gives(tmp_path, probe):
    network = Toy()
    found = export(network, CARD, probe, tmp_path / "toy.onnx")
    assert found["float32"] < 1e-5
    predictor = Predictor(tmp_path / "toy.onnx")
    assert predictor.spec == CARD
    with torch.no_grad():
        wanted = network(torch.from_numpy(probe)).numpy()
    np.testing.assert_allclose(predictor.score(probe).intensity, wanted, atol=2e-3)
    assert len(predictor.score(probe[:1]).intensity) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["toy.onnx"]


def test_weights_are_stored_in_half_the_room(tmp_path, probe, monkeypatch):
    export(Toy(), CARD, probe, tmp_path / "half.onnx")
    monkeypatch.setattr(room, "HALVED", 0.0)
    export(Toy(), CARD, probe, tmp_path / "whole.onnx")
    half, whole = ((tmp_path / name).stat().st_size for name in ("half.onnx", "whole.onnx"))
    assert half < 0.65 * whole


def test_a_network_that_float16_would_change_stays_float32(tmp_path, probe, monkeypatch):
    monkeypatch.setattr(room, "HALVED", 1e-9)
    found = export(Toy(), CARD, probe, tmp_path / "toy.onnx")
    assert found["stored"] == found["float32"]
    kinds = {table.data_type for table in onnx.load(str(tmp_path / "toy.onnx")).graph.initializer}
    assert onnx.TensorProto.FLOAT16 not in kinds


def test_a_file_that_differs_is_not_written(tmp_path, probe, monkeypatch):
    monkeypatch.setattr(room, "_difference", lambda *_: 0.3)
    with pytest.raises(WeightsError, match=r"toy\.onnx was not written.*0\.3"):
        export(Toy(), CARD, probe, tmp_path / "toy.onnx")
    assert not list(tmp_path.iterdir())


def test_halving_keeps_small_tables(tmp_path, probe, monkeypatch):
    monkeypatch.setattr(room, "HALVED", 0.0)
    export(Toy(), CARD, probe, tmp_path / "toy.onnx")
    small = halve(onnx.load(str(tmp_path / "toy.onnx")))
    kinds = {table.dims[0] * (table.dims[1] if len(table.dims) > 1 else 1): table.data_type
             for table in small.graph.initializer if table.dims}  # fmt: skip
    assert kinds[12000] == onnx.TensorProto.FLOAT16
    assert kinds[300] == onnx.TensorProto.FLOAT
