import pickle
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from mien.errors import InputError, OfflineError, WeightsError
from mien.models import build, published, starting
from mien.models.starting import load, start
from tests.hostile import Runs


@pytest.fixture(scope="module")
def resnet(tmp_path_factory):
    """A file with the names and shapes that torchvision publishes."""
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("published") / "resnet18.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path


def network(name="resnet18", outputs=2, **options):
    torch.manual_seed(0)
    return build(name, outputs, **{"head": "plain", **options})


def test_nothing_is_loaded_where_nothing_is_named():
    one, other = network(), network()
    start(one, "")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_file_of_torchvision_fills_the_features(resnet):
    one, said = network(), []
    heads = {key: value.clone() for key, value in one.heads.state_dict().items()}
    start(one, str(resnet), said.append)
    published = torch.load(resnet, weights_only=True)
    for key, value in one.features.state_dict().items():
        assert torch.equal(value, published[key]), key
    for key, value in one.heads.state_dict().items():
        assert torch.equal(value, heads[key]), key
    (line,) = said
    assert "fc.bias, fc.weight left out" in line
    assert "120 tensors are loaded" in line


def test_old_files_do_not_count_batches(resnet, tmp_path):
    content = torch.load(resnet, weights_only=True)
    old = OrderedDict((k, v) for k, v in content.items() if "num_batches_tracked" not in k)
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    one = network()
    start(one, str(tmp_path / "old.pth"))
    assert torch.equal(one.features.conv1.weight, content["conv1.weight"])


@pytest.mark.parametrize("name", ["alexnet", "inception"])
def test_every_family_takes_torchvision_s_names(name, tmp_path):
    one = network(name)
    published = one.name
    with torch.device("meta"):
        options = {"init_weights": False} if name == "inception" else {}
        whole = torchvision.models.get_model(published, weights=None, **options)
    classifier = {
        key: torch.zeros(1) for key in whole.state_dict() if key not in one.features.state_dict()
    }
    features = {
        key: torch.full_like(value, 0.25) for key, value in one.features.state_dict().items()
    }
    said = []
    load(one, {**features, **classifier}, "made", said.append)
    assert all((value == 0.25).all() for value in one.features.parameters())
    assert {key.partition(".")[0] for key in classifier} <= {"classifier", "fc", "AuxLogits"}
    assert "left out" in said[0]


def test_imagenet_goes_through_torchvision_s_name(resnet, monkeypatch):
    asked = []

    def imagenet(name, say):
        asked.append(name)
        return resnet

    monkeypatch.setattr(starting, "imagenet", imagenet)
    one = network()
    start(one, "imagenet")
    assert asked == ["resnet18"]
    assert torch.equal(
        one.features.conv1.weight, torch.load(resnet, weights_only=True)["conv1.weight"]
    )


def test_offline_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"resnet18-f37072fd\.pth, the ImageNet weights"):
        start(network(), "imagenet")
    assert published.published("resnet18").file == "resnet18-f37072fd.pth"


def test_a_network_without_imagenet_is_said():
    with pytest.raises(InputError, match="Linear has no part that was trained on ImageNet"):
        start(nn.Linear(2, 2), "imagenet")


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"network": s, "epoch": 3}])
def test_a_run_of_ours_is_taken_whole(tmp_path, wrap):
    one, other = network(), network()
    for parameter in one.parameters():
        nn.init.normal_(parameter)
    fold = tmp_path / "fold1"
    fold.mkdir()
    torch.save(wrap(one.state_dict()), fold / "best.ckpt")
    for source in (fold, fold / "best.ckpt"):
        start(other, str(source))
        for key, value in other.state_dict().items():
            assert torch.equal(value, one.state_dict()[key]), key


def test_a_checkpoint_of_the_loop_is_taken_without_its_objective(tmp_path):
    one, other = network(), network()
    nn.init.ones_(one.heads[0].weight)
    state = {f"network.{key}": value for key, value in one.state_dict().items()}
    state["objective.scale"] = torch.ones(1)
    torch.save({"state_dict": state, "epoch": 2}, tmp_path / "last.ckpt")
    start(other, str(tmp_path / "last.ckpt"))
    assert (other.heads[0].weight == 1).all()


def test_another_network_of_ours_is_refused_with_names():
    one = network()
    before = {key: value.clone() for key, value in one.state_dict().items()}
    with pytest.raises(WeightsError) as raised:
        load(one, network("resnet18", 5, head="small").state_dict(), "runs/x")
    told = str(raised.value)
    assert "runs/x does not fit the network" in told
    assert "missing: heads.0.weight, heads.0.bias" in told
    assert "unexpected: heads.1.weight, heads.1.bias, heads.3.weight and 1 more" in told
    with pytest.raises(WeightsError, match=r"heads\.0\.weight \(5, 1, 512\) for \(2, 1, 512\)"):
        load(one, network("resnet18", 5).state_dict(), "runs/x")
    assert all(torch.equal(value, before[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("resnet34", r"0 of its 120 tensors are missing.* 96 are strange, such as layer1\.2\."),
        (
            "resnet50",
            r"23 of another shape .* such as layer1\.0\.conv1\.weight \(64, 64, 1, 1\) for "
            r"\(64, 64, 3, 3\); name weights of the same network, with the same backbone",
        ),
        ("alexnet", r"does not fit resnet18, it holds another network: 100 of its 120 .*conv1\."),
    ],
)
def test_another_network_of_torchvision_is_refused(name, told):
    with torch.device("meta"):
        other = torchvision.models.get_model(name, weights=None).state_dict()
    with pytest.raises(WeightsError, match=told):
        load(network(), other, "other.pth")


def test_a_hostile_pickle_does_nothing(tmp_path):
    trap = tmp_path / "trap"
    with (tmp_path / "plain.pth").open("wb") as file:
        pickle.dump({"conv1.weight": Runs(Path.touch, trap)}, file)
    torch.save({"conv1.weight": Runs(Path.touch, trap)}, tmp_path / "zip.pth")
    for name in ("plain.pth", "zip.pth"):
        with pytest.raises(WeightsError, match=r"no file of weights that can be trusted") as raised:
            start(network(), str(tmp_path / name))
        assert "\n" not in str(raised.value)
    assert not trap.exists()


def test_a_source_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match=r"there is no imagnet; model\.start is empty, 'imagenet'"):
        start(network(), "imagnet")
    with pytest.raises(InputError, match=r"there is no .*best\.ckpt.* folder of one fold"):
        start(network(), str(tmp_path))
