"""YOLOv5s of two classes against the reference network with the same weights."""

import json

import numpy as np
import pytest
import torch

from mien.losses.assigning import assign
from mien.losses.detection import detection, gains
from mien.models.decoding import decode
from mien.models.folding import folded
from mien.models.importing import from_official
from tests.parity.drawn import drawn_state

ANCHORS = "model.24.anchors"


@pytest.fixture(scope="module")
def network(shared):
    from mien.models import build

    state = drawn_state(shared / "parity" / "yolov5s_nc2_keys.json")
    state[ANCHORS] = build("yolov5s", 2).anchors
    return from_official("yolov5", state)


@pytest.fixture(scope="module")
def wanted(shared):
    return np.load(shared / "parity" / "yolov5s_nc2.npz")


@pytest.fixture(scope="module")
def grids(network):
    with torch.no_grad():
        return network.grids(picture())


def picture():
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.random((1, 3, 256, 256)).astype(np.float32))


def count(network):
    return sum(one.numel() for one in network.parameters())


def test_the_three_grids_say_the_same(network, wanted, grids):
    assert count(network) == 7_025_023
    for number, grid in enumerate(grids):
        assert np.abs(grid.numpy() - wanted[f"raw_p{3 + number}"]).max() < 1e-5


def test_the_boxes_are_the_same(network, wanted):
    with torch.no_grad():
        boxes = decode(network(picture()).logits, network.anchors, 256, 256)
    assert np.abs(boxes.numpy() - wanted["decoded"]).max() < 1e-3


def test_folded_it_says_the_same_with_fewer_parameters(network, grids):
    one = folded(network)
    assert count(one) == 7_015_519
    assert count(network) == 7_025_023
    with torch.no_grad():
        for was, now in zip(grids, one.grids(picture()), strict=True):
            assert (was - now).abs().max() < 1e-5


def test_matches_and_losses_are_the_same(shared, network, grids):
    stored = json.loads((shared / "parity" / "yolov5s_nc2_loss.json").read_text())
    true = torch.tensor(stored["targets (image,class,cx,cy,w,h)"])
    for grid, own, cells in zip(
        grids, network.anchors, stored["matches_level_anchor_gy_gx"], strict=True
    ):
        found = assign(true, own, *grid.shape[2:4])
        places = torch.stack([found.anchor, found.row, found.column], dim=1)
        assert places.tolist() == cells
    losses = detection(grids, true, network.anchors)
    factors = gains(256, 2)
    assert factors == pytest.approx(tuple(stored["gains"].values()))
    parts = [float(loss) * gain for loss, gain in zip(losses.values(), factors, strict=True)]
    assert parts == pytest.approx(stored["box_obj_cls_after_gain"], rel=1e-5)
    assert sum(parts) == pytest.approx(stored["total_times_batch"], rel=1e-5)
