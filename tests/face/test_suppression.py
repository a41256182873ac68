"""Non-maximum suppression by hand, and against torchvision's."""

import numpy as np
import pytest

from mien.face.suppression import suppress

BOXES = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], np.float32)


def test_the_better_of_two_boxes_of_one_thing_stays():
    kept = suppress(BOXES, np.array([[0.6], [0.9], [0.5]], np.float32))
    assert kept.row.tolist() == [1, 2]
    assert kept.score.tolist() == pytest.approx([0.9, 0.5])
    assert np.array_equal(kept.box, BOXES[[1, 2]])


def test_boxes_of_other_classes_stay():
    kept = suppress(BOXES, np.array([[0.6, 0], [0, 0.9], [0.5, 0]], np.float32))
    assert kept.row.tolist() == [1, 0, 2]
    assert kept.kind.tolist() == [1, 0, 0]


def test_a_box_stands_for_its_best_class_or_for_several():
    scores = np.array([[0.6, 0.7], [0.1, 0.1], [0.5, 0.25]], np.float32)
    assert suppress(BOXES, scores).kind.tolist() == [1, 0]
    several = suppress(BOXES, scores, several=True)
    assert list(zip(several.row.tolist(), several.kind.tolist(), strict=True)) == [
        (0, 1), (0, 0), (2, 0),
    ]  # fmt: skip


def test_the_limits():
    scores = np.array([[0.6], [0.9], [0.5]], np.float32)
    assert suppress(BOXES, scores, least=0.5).row.tolist() == [1]  # 0.5 itself is left out
    assert suppress(BOXES, scores, overlap=0.95).row.tolist() == [1, 0, 2]
    assert suppress(BOXES, scores, most=1).row.tolist() == [1]
    nothing = suppress(np.zeros((0, 4), np.float32), np.zeros((0, 2), np.float32))
    assert nothing.box.shape == (0, 4)


def test_it_keeps_what_torchvision_keeps():
    torch = pytest.importorskip("torch")
    ops = pytest.importorskip("torchvision.ops")
    rng = np.random.default_rng(4)
    low = rng.uniform(0, 60, (400, 2))
    boxes = np.column_stack([low, low + rng.uniform(5, 40, (400, 2))]).astype(np.float32)
    scores = np.zeros((400, 3), np.float32)
    kinds = rng.integers(0, 3, 400)
    scores[np.arange(400), kinds] = rng.uniform(0.3, 1, 400)
    wanted = ops.batched_nms(
        torch.from_numpy(boxes), torch.from_numpy(scores.max(axis=1)), torch.from_numpy(kinds), 0.5
    )
    assert suppress(boxes, scores, overlap=0.5, most=400).row.tolist() == wanted.tolist()
