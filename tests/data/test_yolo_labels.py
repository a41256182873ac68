"""Lines of YOLO label files."""

from pathlib import Path

import numpy as np
import pytest

from mien.data.yolo_labels import BoxFault, label_path, parse_labels, read_labels, write_labels
from mien.errors import InputError


def test_boxes_and_outlines_side_by_side():
    boxes = parse_labels("0 .5 .5 .2 .4\n\n1 0.1 0.2 0.5 0.2 0.5 0.6 0.3 0.7 0.1 0.6\n", 2)
    assert boxes.dtype == np.float32
    np.testing.assert_allclose(
        boxes, [[0, 0.5, 0.5, 0.2, 0.4], [1, 0.3, 0.45, 0.4, 0.5]], rtol=1e-6
    )


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_nothing_is_no_object(text):
    assert parse_labels(text, 2).shape == (0, 5)


def test_a_line_that_comes_twice_counts_once():
    assert len(parse_labels("0 .5 .5 .2 .4\r\n0 .5 .5 0.20 .4\r\n0 .5 .5 .2 .3", 1)) == 2


def test_a_class_may_be_written_with_a_point():
    assert parse_labels("1.0 .5 .5 .2 .4", 2)[0, 0] == 1


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        ("0 .5 .5 .2", "bad line", "4 numbers, expected class x y width height"),
        ("0 .5 .5 .2 .2 .9", "bad line", "6 numbers"),
        ("0 .5 .5 .2 .2 .9 .1 .1", "bad line", "8 numbers"),
        ("awake .5 .5 .2 .4", "bad line", "'awake', expected a number"),
        ("0_1 .5 .5 .2 .4", "bad line", "'0_1', expected a number"),
        ("0 .5 .5 nan .4", "bad line", "not finite"),
        ("0 .5 .5 0 .4", "bad line", "without width"),
        ("0 .5 .5 .2 1e-60", "bad line", "without width or height"),
        ("0 .1 .1 .1 .3 .1 .2", "bad line", "without width"),
        ("2 .5 .5 .2 .4", "code out of range", "class 2, expected 0 to 1"),
        ("-1 .5 .5 .2 .4", "code out of range", "class -1"),
        ("0.5 .5 .5 .2 .4", "code out of range", r"class 0\.5"),
        ("0 1.5 .5 .2 .4", "box outside", r"1\.5 \.5 \.2 \.4, expected shares"),
        ("0 .5 .5 .2 -.4", "box outside", "expected shares"),
        ("0 320 240 100 100", "box outside", "expected shares"),
    ],
)
def test_a_bad_line_is_named(line, kind, what):
    with pytest.raises(BoxFault, match=what) as fault:
        parse_labels(f"0 .5 .5 .2 .4\n{line}\n", 2)
    assert (fault.value.kind, fault.value.line) == (kind, 2)


def test_a_box_over_the_edge_is_cut_there():
    boxes = parse_labels("0 0.1 0.5 0.4 1\n0 .95 .98 .1 .1", 1)
    np.testing.assert_allclose(
        boxes, [[0, 0.15, 0.5, 0.3, 1], [0, 0.95, 0.965, 0.1, 0.07]], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("picture", "labels"),
    [
        ("a/images/train/1.jpg", "a/labels/train/1.txt"),
        ("images/train/images/1.v2.jpg", "images/train/labels/1.v2.txt"),
        ("forty/1.jpg", "forty/1.txt"),
        ("images.jpg", "images.txt"),
    ],
)
def test_where_labels_lie(picture, labels):
    assert label_path(Path(picture)).as_posix() == labels


def test_labels_beside_the_picture_are_found_below_any_folder(tmp_path):
    picture = tmp_path / "images" / "1.jpg"
    picture.parent.mkdir()
    picture.with_suffix(".txt").touch()
    assert label_path(picture) == picture.with_suffix(".txt")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "1.txt").touch()
    assert label_path(picture) == tmp_path / "labels" / "1.txt"


def test_what_is_written_is_read_again(tmp_path):
    rng = np.random.default_rng(3)
    size = rng.uniform(0.01, 0.4, (20, 2))
    centre = rng.uniform(size / 2, 1 - size / 2)
    boxes = np.hstack([rng.integers(0, 3, (20, 1)), centre, size]).astype(np.float32)
    write_labels(tmp_path / "1.txt", boxes)
    again = read_labels(tmp_path / "1.txt", 3)
    np.testing.assert_array_equal(again[:, 0], boxes[:, 0])
    np.testing.assert_allclose(again, boxes, atol=1e-6)
    write_labels(tmp_path / "1.txt", boxes[:0])
    assert (tmp_path / "1.txt").read_bytes() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["1.txt"]


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_labels(tmp_path / "no" / "1.txt", np.zeros((0, 5), np.float32))


def test_a_missing_file_is_no_object(tmp_path):
    assert read_labels(tmp_path / "1.txt", 2).shape == (0, 5)
