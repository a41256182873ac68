"""YOLOv5: its sizes by the published table, its head, and going on with other classes."""

import math

import pytest
import torch
from torch import nn

from mien.errors import InputError, ShapeError
from mien.models import build
from mien.models.decoding import Decoded, cells, decode
from mien.models.folding import folded
from mien.models.importing import from_official
from mien.models.starting import start
from mien.models.yolo import CBS

TABLE = {
    ("yolov5n", 2): (1_766_623, 1_761_871),
    ("yolov5n", 7): (1_773_388, 1_768_636),
    ("yolov5s", 2): (7_025_023, 7_015_519),
    ("yolov5s", 7): (7_038_508, 7_029_004),
    ("yolov5m", 2): (20_875_359, 20_856_975),
}


def count(network):
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize(("name", "classes"), TABLE)
def test_parameters_as_built_and_folded(name, classes):
    network = build(name, classes)
    assert (count(network), count(folded(network))) == TABLE[name, classes]
    assert network.classes == classes


def test_folding_changes_nothing_that_is_said():
    torch.manual_seed(0)
    network = build("yolov5n", 2)
    network(torch.rand(4, 3, 64, 64))  # so that the norms have something of their own
    image = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        gap = network.eval()(image).logits - folded(network)(image).logits
    assert gap.abs().max() < 1e-5


def test_a_norm_of_small_variance_is_folded_with_what_it_adds_to_it():
    torch.manual_seed(0)
    block = CBS(3, 4, 1, 1).eval()
    block.bn.running_var.fill_(2 * block.bn.eps)
    image = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(folded(nn.Sequential(block))(image), block(image))


def test_the_head_begins_with_rare_boxes():
    torch.manual_seed(0)
    network = build("yolov5n", 2).eval()
    with torch.no_grad():
        for grid in network.model[-1].m:
            grid.weight.zero_()
        said = network(torch.rand(1, 3, 64, 64)).logits
    near = 1 / math.sqrt(64)  # of the convolutions' own biases
    for rows, step in ((slice(0, 192), 8), (slice(192, 240), 16), (slice(240, 252), 32)):
        assert said[0, rows, 4].mean() == pytest.approx(math.log(8 / (640 / step) ** 2), abs=near)
        assert said[0, rows, 5:].mean() == pytest.approx(math.log(0.6 / 1.00001), abs=near)


def test_a_side_that_is_no_multiple_of_32_is_refused():
    with pytest.raises(ShapeError, match="100 x 64 pixels, expected multiples of 32"):
        build("yolov5n", 1)(torch.rand(1, 3, 64, 100))


def test_a_network_of_other_classes_gives_all_but_its_head(tmp_path):
    torch.manual_seed(0)
    old, new = build("yolov5n", 80), build("yolov5n", 2)
    old.anchors.mul_(2)
    head = new.state_dict()["model.24.m.1.weight"].clone()
    anchors = new.anchors.clone()
    torch.save(old.state_dict(), tmp_path / "coco.pt")
    start(new, str(tmp_path / "coco.pt"), lambda _: None)
    assert torch.equal(new.model[9].cv1.conv.weight, old.model[9].cv1.conv.weight)
    assert torch.equal(new.state_dict()["model.24.m.1.weight"], head)
    assert torch.equal(new.anchors, anchors)


def test_one_of_the_same_classes_gives_its_head_and_anchors_too(tmp_path):
    torch.manual_seed(0)
    old, new = build("yolov5n", 2), build("yolov5n", 2)
    old.anchors.mul_(2)
    torch.save(old.state_dict(), tmp_path / "own.pt")
    start(new, str(tmp_path / "own.pt"), lambda _: None)
    assert all(
        torch.equal(new.state_dict()[key], old.state_dict()[key]) for key in new.state_dict()
    )


def test_a_checkpoint_of_another_size_is_refused_in_a_sentence():
    with pytest.raises(InputError, match="of no YOLOv5 of size n, s or m"):
        from_official("yolov5", {"model.0.conv.weight": torch.zeros(80, 3, 6, 6)})


def test_cells_and_boxes_by_hand():
    anchors = torch.arange(18, dtype=torch.float32).reshape(3, 3, 2) + 1
    of = cells(anchors, 64, 96)
    assert len(of.place) == 3 * (8 * 12 + 4 * 6 + 2 * 3)
    second = 12 + 5  # first anchor, row 1, column 5
    assert of.place[second].tolist() == [5, 1]
    assert of.stride[second].tolist() == [8]
    assert of.anchor[second].tolist() == [8.0, 16.0]
    other = 96 + second  # the next anchor of the same cell
    assert of.place[other].tolist() == [5, 1]
    assert of.anchor[other].tolist() == [24.0, 32.0]
    numbers = torch.zeros(1, len(of.place), 6)
    numbers[0, second] = torch.tensor([100.0, -100, 100, -100, 0, 100])
    box = decode(numbers, anchors, 64, 96)[0, second]
    assert box.tolist() == pytest.approx([(1.5 + 5) * 8, (-0.5 + 1) * 8, 4 * 8, 0, 0.5, 1.0])


def test_a_file_gives_corners_and_scores():
    torch.manual_seed(0)
    network = build("yolov5n", 2).eval()
    with torch.no_grad():
        boxes, scores = Decoded(network)(image := torch.rand(2, 3, 64, 64))
        decoded = decode(network(image).logits, network.anchors, 64, 64)
    assert (boxes.shape, scores.shape) == ((2, 252, 4), (2, 252, 2))
    assert torch.allclose((boxes[..., :2] + boxes[..., 2:]) / 2, decoded[..., :2], atol=1e-4)
    assert torch.allclose(boxes[..., 2:] - boxes[..., :2], decoded[..., 2:4], atol=1e-4)
    assert torch.allclose(scores[..., 1], decoded[..., 4] * decoded[..., 6])
