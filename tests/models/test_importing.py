"""Official checkpoints, strictly."""

import pytest
import torch

from mien.errors import InputError, WeightsError
from mien.models.importing import MODULES, from_official, read_official
from mien.models.megraphau import official

UNITS = 4


@pytest.fixture(scope="module")
def checkpoint():
    """A stage-2 network of four units, and its checkpoint as the authors would have saved it."""
    names = {"head.sc": torch.zeros(UNITS, 1), "head.edge_fc.weight": torch.zeros(1)}
    names |= {f"backbone.layer3.{n}.conv1.weight": torch.zeros(1) for n in range(2)}
    network, layout = official(names)
    state = {}
    for key, value in network.state_dict().items():
        sources = layout[key]
        parts = [value] * len(sources)
        if len(sources) > 1 and value.dim():
            parts = value.reshape(UNITS, -1, *value.shape[2:] if "norm" not in key else ())
        state |= {f"module.{name}": part for name, part in zip(sources, parts, strict=True)}
    return network, state


def test_every_tensor_finds_its_place(checkpoint):
    network, state = checkpoint
    found = from_official("megraphau", state)
    for key, value in network.state_dict().items():
        assert torch.equal(found.state_dict()[key], value), key
    assert not found.training


def test_a_missing_tensor_is_named(checkpoint):
    state = dict(checkpoint[1])
    del state["module.head.gnn.B2.weight"]
    with pytest.raises(WeightsError, match=r"lacks tensors for megraphau: head\.gnn\.B2\.weight"):
        from_official("megraphau", state)


def test_a_tensor_too_many_is_named(checkpoint):
    state = checkpoint[1] | {"head.extra": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"unknown tensors for megraphau: head\.extra"):
        from_official("megraphau", state)


def test_another_shape_is_named(checkpoint):
    state = checkpoint[1] | {"module.head.edge_fc.bias": torch.zeros(5)}
    with pytest.raises(WeightsError, match=r"head\.edge_fc\.bias .* shape \(5,\)"):
        from_official("megraphau", state)


def test_a_network_without_official_checkpoints():
    with pytest.raises(InputError, match="'resnet18' has no official checkpoints"):
        from_official("resnet18", {})


SIX = MODULES["jaanet"]


def save_six(folder, epoch=4, prefix=""):
    """A file for each module, each with a tensor of its own number."""
    for number, module in enumerate(SIX):
        torch.save({f"{prefix}a.weight": torch.tensor([number])}, folder / f"{module}_{epoch}.pth")
    return [folder / f"{module}_{epoch}.pth" for module in SIX]


@pytest.mark.parametrize("prefix", ["", "module."])
def test_six_files_become_one_dict_in_any_order(tmp_path, prefix):
    files = save_six(tmp_path, prefix=prefix)
    found = read_official("jaanet", files[::-1])
    assert {key: int(value) for key, value in found.items()} == {
        f"{module}.a.weight": number for number, module in enumerate(SIX)
    }


def test_one_file_is_read_as_it_is(tmp_path):
    torch.save({"state_dict": {"au_net.b": torch.ones(1)}}, tmp_path / "all.pth")
    assert list(read_official("jaanet", [tmp_path / "all.pth"])) == ["au_net.b"]


def test_files_that_do_not_belong_together_are_named(tmp_path):
    files = save_six(tmp_path)
    other = save_six(tmp_path, epoch=5)
    with pytest.raises(InputError, match=r"the file of align_net, au_net is missing; give one"):
        read_official("jaanet", [one for one in files if one not in (files[1], files[5])])
    with pytest.raises(InputError, match=r"local_au_net_5\.pth is a second file of local_au_net"):
        read_official("jaanet", [*files, other[3]])
    with pytest.raises(InputError, match=r"of the epochs 4, 5; give those of one epoch"):
        read_official("jaanet", [*files[:5], other[5]])
    strange = tmp_path / "au_network_4.pth"
    with pytest.raises(InputError, match=r"au_network_4\.pth is no module of jaanet; give one"):
        read_official("jaanet", [*files[:5], strange])
    with pytest.raises(InputError, match=r"is no module of megraphau; give one file$"):
        read_official("megraphau", files[:2])
    with pytest.raises(InputError, match="'resnet18' has no official checkpoints"):
        read_official("resnet18", files)
