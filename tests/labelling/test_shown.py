"""Pictures as the page shows them."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from mien.labelling.shown import KEPT, LONGEST, Viewer, relative_boxes
from mien.values import Face
from tests.labelling.conftest import found, write_picture


def test_a_picture_is_shown_upright(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.new("RGB", (80, 60), "red").save(tmp_path / "1.jpg", exif=exif)
    shown = Viewer(None).show(tmp_path / "1.jpg")
    assert shown.size == (60, 80)
    with PIL.Image.open(BytesIO(shown.jpeg)) as picture:
        assert picture.size == (60, 80)
        assert not picture.getexif()
    assert shown.faces == ()


def test_a_large_picture_is_scaled_down_but_its_size_is_told(tmp_path):
    PIL.Image.new("L", (LONGEST + 400, 500)).save(tmp_path / "1.png")
    shown = Viewer(found).show(tmp_path / "1.png")
    assert shown.size == (LONGEST + 400, 500)
    with PIL.Image.open(BytesIO(shown.jpeg)) as picture:
        assert picture.size == (LONGEST, 400)
    np.testing.assert_allclose(shown.faces, [(0.5, 0.5, 0.5, 0.5)], atol=1e-6)


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n\0\0"])
def test_what_cannot_be_read_is_told(tmp_path, data):
    (tmp_path / "1.png").write_bytes(data)
    shown = Viewer(found).show(tmp_path / "1.png")
    assert shown.fault.startswith("1.png is")
    assert shown.jpeg == b""


def test_a_box_is_cut_at_the_edge_of_the_picture():
    image = np.zeros((100, 200, 3), np.uint8)
    faces = [
        Face(np.array(box, np.float32), 1.0)
        for box in ([-20.5, 9.5, 19.5, 49.5], [300, 0, 400, 50], [-0.5, -0.5, 199.5, 99.5])
    ]
    np.testing.assert_allclose(
        relative_boxes(image, faces), [(0.05, 0.3, 0.1, 0.4), (0.5, 0.5, 1, 1)], atol=1e-6
    )


def test_only_the_last_pictures_are_kept(tmp_path):
    seen = []
    viewer = Viewer(lambda image: seen.append(image.shape[1]) or ())
    paths = [write_picture(tmp_path / f"{n}.png", (10 + n, 10)) for n in range(KEPT + 1)]
    for path in (paths[0], paths[0], *paths, paths[-1], paths[0]):
        viewer.show(path)
    assert seen == [10 + n for n in range(KEPT + 1)] + [10]


def test_what_was_seen_longest_ago_goes_first(tmp_path):
    seen = []
    viewer = Viewer(lambda image: seen.append(image.shape[1]) or ())
    paths = [write_picture(tmp_path / f"{n}.png", (10 + n, 10)) for n in range(KEPT + 1)]
    for path in (*paths[:-1], paths[0], paths[-1], paths[0], paths[1]):
        viewer.show(path)
    assert seen == [10 + n for n in range(KEPT + 1)] + [11]
