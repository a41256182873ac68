"""Networks as files: the same numbers, the card inside, nothing of the machine."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from mien.errors import WeightsError
from mien.models.heads import Heads
from mien.runtime import Predictor, normalised
from mien.spec import ModelSpec
from mien.training import export as room
from mien.training.export import OPSET, export
from mien.training.precision import halve, quantize, with_card

CARD = ModelSpec(
    name="toy", task="intensity", reads="mesh", units=(1, 2, 4), sides=("", "", ""), size=40
)
CROP = ModelSpec(
    name="toy-crop",
    task="occurrence",
    reads="crop",
    units=(1, 2),
    sides=("", ""),
    size=16,
    aligned=20,
    mean=(0.5, 0.4, 0.3),
    std=(0.2, 0.25, 0.3),
    template="ffhq",
    outputs=("probability",),
)


class Toy(nn.Module):
    def __init__(self, width=300):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(40, width), nn.GELU(), nn.Linear(width, 3))

    def forward(self, features):
        return self.layers(features)


class ToyCrop(nn.Module):
    """A little network with batch normalisation that has seen some pictures, and dropout."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), Heads(2, 8, (16, "relu", 8, "norm"), 0.5),
        )  # fmt: skip
        self.layers(torch.randn(8, 3, 16, 16) * 2 + 1)

    def forward(self, image):
        return (torch.sigmoid(self.layers(image)),)


@pytest.fixture(scope="module")
def probe():
    return np.random.default_rng(0).normal(size=(11, 40)).astype(np.float32)


def pictures(count, side=16):
    return np.random.default_rng(count).integers(0, 256, (count, side, side, 3), np.uint8)


@pytest.fixture(scope="module")
def whole(probe, tmp_path_factory):
    """The toy's file in a folder of its own, and what was found when it was written."""
    path = tmp_path_factory.mktemp("toy") / "toy.onnx"
    return path, export(Toy(), CARD, probe, path)


@pytest.fixture(scope="module")
def crop(tmp_path_factory):
    """The file of the little network of crops."""
    path = tmp_path_factory.mktemp("crop") / "toy.onnx"
    export(ToyCrop().train(), CROP, normalised(pictures(11), CROP), path)
    return path


@pytest.fixture
def written(whole, monkeypatch):
    """Torch has written the toy already: what becomes of it is what is looked at."""
    monkeypatch.setattr(room, "_to_onnx", lambda *_: onnx.load(str(whole[0])))


def test_the_file_gives_what_the_network_gives(whole, probe):
    path, found = whole
    assert found["float32"] == found["stored"] < 1e-5
    predictor = Predictor(path)
    assert predictor.spec == CARD
    with torch.no_grad():
        wanted = Toy()(torch.from_numpy(probe)).numpy()
    np.testing.assert_allclose(predictor.score(probe).intensity, wanted, atol=1e-5)
    assert len(predictor.score(probe[:1]).intensity) == 1
    assert [one.name for one in path.parent.iterdir()] == ["toy.onnx"]


def test_a_network_of_crops_reads_the_same_from_its_file(crop):
    network, images = ToyCrop(), pictures(11)
    predictor = Predictor(crop)
    given = (torch.from_numpy(images).float() / 255 - torch.tensor(CROP.mean)) / torch.tensor(
        CROP.std
    )
    with torch.no_grad():
        [wanted] = network.eval()(given.permute(0, 3, 1, 2))
    scores = predictor.score_crops(images)
    np.testing.assert_allclose(scores.probability, wanted.numpy(), atol=1e-5)
    assert scores.intensity is None
    assert predictor.score_crops(images[:1]).probability.shape == (1, 2)


def test_the_file_is_lean(crop):
    model = onnx.load(str(crop))
    assert [one.version for one in model.opset_import if one.domain == ""] == [OPSET]
    kinds = [node.op_type for node in model.graph.node]
    assert "Dropout" not in kinds
    assert kinds.count("BatchNormalization") == 1  # of the heads; that of the convolution is in it
    tables = {table.name for table in model.graph.initializer}
    assert all(set(node.input) - tables for node in model.graph.node)
    assert model.graph.input[0].name == "image"
    assert [out.name for out in model.graph.output] == ["probability"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    assert b"test_export" not in crop.read_bytes()


def test_heads_side_by_side_become_eight_bits_too(crop, tmp_path, caplog):
    images = pictures(9)
    wanted = Predictor(crop).score_crops(images).probability
    caplog.clear()
    small = quantize(onnx.load(str(crop)), iter([normalised(images, CROP)]))
    kinds = [table.data_type for table in small.graph.initializer if len(table.dims) > 1]
    assert kinds.count(onnx.TensorProto.INT8) == 4
    assert onnx.TensorProto.FLOAT not in kinds
    assert not caplog.records
    (tmp_path / "small.onnx").write_bytes(with_card(small, CROP).SerializeToString())
    found = Predictor(tmp_path / "small.onnx").score_crops(images).probability
    np.testing.assert_allclose(found, wanted, atol=0.02)
    assert not np.array_equal(found, wanted)


@pytest.mark.usefixtures("written")
def test_weights_are_stored_in_half_the_room(whole, tmp_path, probe):
    found = export(Toy(), CARD, probe, tmp_path / "half.onnx", "fp16")
    assert found["float32"] < found["stored"] < 1e-3
    assert (tmp_path / "half.onnx").stat().st_size < 0.65 * whole[0].stat().st_size
    assert Predictor(tmp_path / "half.onnx").spec == replace(CARD, precision="fp16")


@pytest.mark.usefixtures("written")
def test_a_network_that_float16_would_change_stays_float32(tmp_path, probe, monkeypatch):
    monkeypatch.setattr(room, "HALVED", 1e-9)
    found = export(Toy(), CARD, probe, tmp_path / "toy.onnx", "fp16")
    assert found["stored"] == found["float32"]
    kinds = {table.data_type for table in onnx.load(str(tmp_path / "toy.onnx")).graph.initializer}
    assert onnx.TensorProto.FLOAT16 not in kinds
    assert Predictor(tmp_path / "toy.onnx").spec.precision == "fp32"


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("gap", [0.3, float("nan")])
def test_a_file_that_differs_is_not_written(tmp_path, probe, monkeypatch, gap):
    (tmp_path / "toy.onnx").write_text("as it was")
    monkeypatch.setattr(room, "_difference", lambda *_: gap)
    with pytest.raises(WeightsError, match=rf"toy\.onnx was not written.*{gap}"):
        export(Toy(), CARD, probe, tmp_path / "toy.onnx")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_every_output_and_every_face_is_compared(tmp_path):
    class Two(nn.Module):
        def forward(self, features):
            return features[:, :3], features.sum(dim=1, keepdim=True).expand(-1, 3)

    card = replace(CARD, outputs=("intensity", "probability"))
    probe = np.ones((19, 40), np.float32)
    export(Two(), card, probe, tmp_path / "two.onnx")
    assert Predictor(tmp_path / "two.onnx").score(probe).probability[18].tolist() == [40, 40, 40]
    model = onnx.load(str(tmp_path / "two.onnx"))
    wanted = [probe[:, :3], np.full((19, 3), 40, np.float32)]
    assert room._difference(model, tmp_path / "again.onnx", probe, wanted, card) < 1e-5
    wanted[1][18, 2] = 7
    found = room._difference(model, tmp_path / "again.onnx", probe, wanted, card)
    assert found == pytest.approx(33)
    wanted[1][18, 2] = np.nan
    assert np.isnan(room._difference(model, tmp_path / "again.onnx", probe, wanted, card))
    with pytest.raises(WeightsError, match=r"gives 2 outputs and its card names intensity$"):
        export(Two(), CARD, probe, tmp_path / "one.onnx")


def test_what_cannot_be_a_graph_is_refused_in_one_line(tmp_path):
    class Fickle(nn.Module):
        def forward(self, features):
            return features[:, :3] if features.sum() > 0 else features[:, 3:6]

    with pytest.raises(WeightsError, match="toy cannot be written as ONNX") as told:
        export(Fickle(), CARD, np.ones((3, 40), np.float32), tmp_path / "toy.onnx")
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_halving_keeps_small_tables(whole):
    small = halve(onnx.load(str(whole[0])))
    kinds = {table.dims[0] * (table.dims[1] if len(table.dims) > 1 else 1): table.data_type
             for table in small.graph.initializer if table.dims}  # fmt: skip
    assert kinds[12000] == onnx.TensorProto.FLOAT16
    assert kinds[300] == onnx.TensorProto.FLOAT
