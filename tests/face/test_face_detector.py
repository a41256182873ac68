"""Detectors: decoding, merging, and pictures of every shape."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Picture

from mien.errors import ShapeError
from mien.face.detector import Detection, Detector, merge, overlap, overlaps
from mien.face.tracker import find_faces


class Network:
    """Stands in for a session: gives the numbers that a test wants."""

    def __init__(self, names, count, hits=()):
        self.boxes = np.zeros((1, count, 16), np.float32)
        self.logits = np.full((1, count, 1), -200, np.float32)
        for place, logit, numbers in hits:
            self.logits[0, place] = logit
            self.boxes[0, place] = numbers
        self.names, self.seen = names, []

    def get_inputs(self):
        return [SimpleNamespace(name="image")]

    def run(self, outputs, feed):
        self.seen.append(feed["image"])
        return [{self.names[0]: self.boxes, self.names[1]: self.logits}[name] for name in outputs]


def short(*hits):
    return Network(("regressors", "classificators"), 896, hits)


def full(*hits):
    return Network(("Identity", "Identity_1"), 2304, hits)


def numbers(x=0.0, y=0.0, width=16.0, height=16.0):
    """Raw network output: centre offset and size, then six keypoints, all in input pixels."""
    return [x, y, width, height, *(range(12))]


def box(x0, y0, x1, y1, score=0.9):
    return Detection(np.array([x0, y0, x1, y1], np.float32), score, np.zeros((6, 2), np.float32))


def test_the_short_network_is_decoded_from_its_anchors():
    # anchor 2 * (16 * 3 + 5): row 3, column 5 of the 16 grid; a frame twice the input's size
    network = short((2 * (16 * 3 + 5), 2.0, numbers(4, -2, 20, 30)))
    found = Detector(network, full()).find(np.zeros((256, 256, 3), np.uint8))
    centre = (np.array([5.5, 3.5]) / 16 + np.array([4, -2]) / 128) * 256
    assert len(found) == 1
    half = np.array([20, 30])
    assert found[0].box == pytest.approx(np.concatenate([centre - half, centre + half]), abs=1e-3)
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-2)))
    anchor = np.array([5.5, 3.5]) / 16 * 256
    keypoints = anchor + np.arange(12).reshape(6, 2) / 128 * 256
    assert found[0].keypoints == pytest.approx(keypoints, abs=1e-3)


def test_the_second_grid_and_the_full_network():
    coarse = short((512 + 6 * (8 * 1 + 2), 2.0, numbers()))
    found = Detector(coarse, full()).find(np.zeros((128, 128, 3), np.uint8))
    assert found[0].box == pytest.approx([40 - 8, 24 - 8, 40 + 8, 24 + 8], abs=1e-3)
    fine = full((48 * 10 + 20, 2.0, numbers()))
    found = Detector(short(), fine).find(np.zeros((192, 192, 3), np.uint8))
    assert found[0].box == pytest.approx([82 - 8, 42 - 8, 82 + 8, 42 + 8], abs=1e-3)


def test_thresholds_differ():
    weak = 0.2  # score 0.55
    image = np.zeros((100, 100, 3), np.uint8)
    assert len(Detector(short((0, weak, numbers())), full()).find(image)) == 1
    assert Detector(short(), full((0, weak, numbers()))).find(image) == []


def test_overlapping_boxes_are_averaged_by_score():
    network = short((0, 3.0, numbers(0)), (1, 0.0, numbers(6)), (300, 1.0, numbers(0)))
    found = Detector(network, full()).find(np.zeros((128, 128, 3), np.uint8))
    assert len(found) == 2
    best = 1 / (1 + np.exp(-3.0))
    shift = 6 * 0.5 / (best + 0.5)
    assert found[0].score == pytest.approx(best)
    assert found[0].box[0] == pytest.approx(4 - 8 + shift, abs=1e-3)


def test_the_letterbox_keeps_the_proportions():
    network = short()
    image = np.full((100, 200, 3), 255, np.uint8)
    Detector(network, full()).find(image)
    seen = network.seen[0][0]
    assert seen.shape == (128, 128, 3)
    assert seen[64, 64] == pytest.approx([1, 1, 1])
    assert seen[20, 64] == pytest.approx([-1, -1, -1])
    assert seen[108, 64] == pytest.approx([-1, -1, -1])
    inside = np.flatnonzero(seen[:, 64, 0] > 0.9)
    assert (inside.min(), inside.max()) == (32, 95)


def test_a_large_picture_is_averaged_and_its_boxes_scaled_back():
    fine = np.zeros((3000, 3000, 3), np.uint8)
    fine[::2] = 254  # stripes that sampling would turn into noise
    network = short((2 * (16 * 8 + 8), 2.0, numbers()))
    found = Detector(network, full()).find(fine)
    assert np.abs(network.seen[0][0, 1:-1, 1:-1]).max() < 0.5
    middle = (found[0].box[:2] + found[0].box[2:]) / 2
    assert middle == pytest.approx([3000 * 8.5 / 16] * 2, abs=1.5)
    assert found[0].box[2] - found[0].box[0] == pytest.approx(3000 / 8, rel=1e-3)


def test_merge_prefers_the_short_box_and_keeps_the_other_at_hand():
    mine, other = box(10, 10, 50, 50, 0.7), box(12, 12, 55, 55, 0.95)
    merged = merge([mine], [other])
    assert len(merged) == 1
    assert (merged[0].box == mine.box).all()
    assert merged[0].second is other


def test_merge_splits_a_short_box_over_several_faces():
    whole = box(0, 0, 100, 100)
    parts = [box(5, 30, 40, 65, 0.8), box(60, 30, 95, 65, 0.7)]
    assert merge([whole], parts) == parts


def test_merge_keeps_what_only_one_has_best_first():
    near, far = box(0, 0, 50, 50, 0.6), box(200, 200, 220, 220, 0.9)
    assert merge([near], [far]) == [far, near]
    # a small face in front of a large one is no double
    inner = box(5, 5, 17, 17, 0.8)
    assert merge([near], [inner]) == [inner, near]


def test_overlap_of_boxes():
    first = np.array([0.0, 0, 4, 4])
    assert overlap(first, first) == 1
    assert overlap(first, np.array([2.0, 0, 6, 4])) == pytest.approx(1 / 3)
    empty = np.array([[1.0, 1, 1, 1], [5, 5, 9, 9]])
    assert overlaps(first, empty).tolist() == [0, 0]


def test_numbers_that_are_not_finite_give_no_face():
    network = short((0, 3.0, [np.nan] * 16), (400, 3.0, numbers(width=-5)))
    assert Detector(network, full()).find(np.zeros((64, 64, 3), np.uint8)) == []


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 500), (500, 1), (10, 20000), (20000, 10), (2, 3), (360, 640)]
)
@pytest.mark.parametrize("value", [0, 255, None])
def test_pictures_without_a_face_are_empty(shape, value, detector, fitter):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*shape, 3)) if value is None else np.full((*shape, 3), value)
    assert find_faces(image.astype(np.uint8), detector, fitter) == []


def test_a_picture_of_another_kind_is_refused(detector):
    with pytest.raises(ShapeError, match="uint8"):
        detector.find(np.zeros((10, 10), np.uint8))


def collage(portraits, letters, columns, side):
    rows = -(-len(letters) // columns)
    sheet = Picture.new("RGB", (columns * side, rows * side), (120, 120, 120))
    for place, letter in enumerate(letters):
        tile = Picture.fromarray(portraits[letter]).resize((side, side))
        sheet.paste(tile, (place % columns * side, place // columns * side))
    return np.asarray(sheet)


@pytest.mark.parametrize(
    ("letters", "columns", "side"),
    [("ABCDE", 3, 300), ("ABCDEFGHIJKL", 4, 220), ("ABCDEFGHIJKL", 4, 470), ("AB", 2, 700)],
)
def test_every_face_of_a_collage_is_found_once(letters, columns, side, portraits, detector, fitter):
    faces = find_faces(collage(portraits, letters, columns, side), detector, fitter)
    cells = [
        (int(x // side), int(y // side))
        for x, y in ((face.box[:2] + face.box[2:]) / 2 for face in faces)
    ]
    expected = [(place % columns, place // columns) for place in range(len(letters))]
    assert sorted(cells) == sorted(expected)
    areas = [float((face.box[2:] - face.box[:2]).prod()) for face in faces]
    assert areas == sorted(areas, reverse=True)


def test_a_face_in_a_large_picture(portraits, detector, fitter):
    picture = Picture.fromarray(portraits["A"])
    small = find_faces(portraits["A"], detector, fitter)[0]
    large_image = np.asarray(picture.resize((4000, 4000), Picture.Resampling.BICUBIC))
    large = find_faces(large_image, detector, fitter)[0]
    scale = np.float32([4000 / picture.width, 4000 / picture.height])
    eyes = np.linalg.norm(small.mesh[33, :2] - small.mesh[263, :2])
    distance = np.linalg.norm(large.mesh[:, :2] / scale - small.mesh[:, :2], axis=1)
    assert np.median(distance) < 0.02 * eyes
    wide = Picture.new("RGB", (2600, 1500), (90, 100, 110))
    wide.paste(picture.resize((470, 470)), (1800, 700))
    faces = find_faces(np.asarray(wide), detector, fitter)
    assert len(faces) == 1
    assert 1800 < faces[0].box[0] < faces[0].box[2] < 2270


def test_a_glimpse_asks_one_detector_at_a_time():
    image = np.zeros((128, 128, 3), np.uint8)
    both = Detector(short((0, 3.0, numbers())), full((0, 3.0, numbers())))
    only_short = Detector(short((0, 3.0, numbers())), full())
    only_full = Detector(short(), full((0, 3.0, numbers())))
    assert len(both.glimpse(image, True)) == len(both.glimpse(image, False)) == 1
    assert (len(only_short.glimpse(image, True)), only_short.glimpse(image, False)) == (1, [])
    assert (only_full.glimpse(image, True), len(only_full.glimpse(image, False))) == ([], 1)
