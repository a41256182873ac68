"""Networks that start from others of their kind: of other units, or of an earlier stage."""

import pytest
import torch

from mien.errors import WeightsError
from mien.models import build
from mien.models.starting import load

BP4D = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
DISFA = (1, 2, 4, 6, 9, 12, 25, 26)


@pytest.fixture(scope="module")
def before():
    """Weights of a small JAA-Net of BP4D: every tensor of a branch has the unit's number."""
    network = build("jaanet", units=BP4D, version=1, size=32)
    for key, value in network.state_dict().items():
        if key.partition(".")[0] in ("refine", "local") and value.dim():
            value.reshape(len(BP4D), -1).copy_(torch.tensor(BP4D)[:, None])
    return network.state_dict()


def test_disfa_takes_the_branches_of_bp4d_by_their_units(before):
    network = build("jaanet", units=DISFA, version=1, size=32)
    own = {key: value.clone() for key, value in network.state_dict().items()}
    told = []
    load(network, before, "a run", told.append)
    like = {25: 23, 26: 17}
    for key, value in network.state_dict().items():
        part = key.partition(".")[0]
        if part in ("regions", "align", "landmarks", "whole"):
            assert torch.equal(value, before[key]), key
        elif part == "joint":
            assert torch.equal(value, own[key]), key
        elif value.dim():
            rows, start = value.reshape(len(DISFA), -1), own[key].reshape(len(DISFA), -1)
            for unit, row, fresh in zip(DISFA, rows, start, strict=True):
                if unit == 9:
                    assert torch.equal(row, fresh), key
                else:
                    assert (row == like.get(unit, unit)).all(), (key, unit)
    assert "joint.0.weight" in told[0]


def test_weights_of_the_same_units_are_loaded_whole(before):
    network = build("jaanet", units=BP4D, version=1, size=32)
    load(network, before, "a run")
    assert torch.equal(network.state_dict()["joint.1.weight"], before["joint.1.weight"])
    with pytest.raises(WeightsError, match="heads"):
        load(build("jaanet", units=BP4D, version=2, size=32), before, "a run")


def test_stage_2_takes_all_but_the_graph_of_stage_1():
    first, second = (
        build("megraphau", 3, stage=stage, backbone="resnet18", neighbours=2) for stage in (1, 2)
    )
    own = {key: value.clone() for key, value in second.state_dict().items()}
    load(second, first.state_dict(), "a run")
    found, weights = second.state_dict(), first.state_dict()
    for key, value in found.items():
        wanted = weights[key] if key in weights else own[key]
        assert torch.equal(value, wanted), key
    fresh = {key.split(".")[1] for key in found if key not in weights}
    assert fresh == {"edges", "gated", "weight", "bias"}
    with pytest.raises(WeightsError, match="missing"):
        load(first, second.state_dict(), "a run")


def test_the_crops_take_the_groups_of_the_enhancing_network():
    with torch.device("meta"):
        first, second = build("eacnet-enhancing", 2), build("eacnet", 2)
    taken = second.goes_on(first.state_dict())
    assert {key.split(".")[0] for key in taken} == {"features"}
    assert {key for key in second.state_dict() if key.startswith("features")} == set(taken)
    assert second.goes_on(second.state_dict()) is None


@pytest.mark.parametrize(("first", "then"), [("resnet50", "resnet101"), ("swin_s", "swin_t")])
def test_stage_2_does_not_go_on_from_another_backbone(first, then):
    """Layers that both have are of the same sizes: those that only one has would be forgotten."""
    with torch.device("meta"):
        weights = build("megraphau", 3, backbone=first, neighbours=2).state_dict()
        second = build("megraphau", 3, stage=2, backbone=then)
    with pytest.raises(WeightsError, match=rf"stage 2 on {then} cannot.*another backbone"):
        load(second, weights, "a run")
