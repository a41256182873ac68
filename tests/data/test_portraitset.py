"""Portraits with their mesh, their crop and their part."""

import numpy as np
import pytest
from PIL import Image as Picture

from mien.data.parts import part_of
from mien.data.portraits import read_one
from mien.data.portraitset import gather, read, write
from mien.errors import UnreadableSource
from mien.video.pictures import ORIENTATION
from tests.data.made_mesh import reference_mesh


@pytest.fixture
def folder(tmp_path):
    """Portraits whose grey says what is found on them."""
    for number, grey in enumerate((10, 20, 30, 40, 50, 60)):
        path = tmp_path / f"{number:04d}.png"
        Picture.fromarray(np.full((240, 240, 3), grey, np.uint8)).save(path)
    return tmp_path


CENTRE = 120, 120
FOUND = {
    10: reference_mesh(80, CENTRE),
    20: reference_mesh(30, CENTRE),
    30: reference_mesh(80, CENTRE, 50),
    40: None,
    50: reference_mesh(90, CENTRE),
    60: reference_mesh(70, CENTRE, 20),
}


def find(image, _):
    return FOUND[int(image[0, 0, 0])]


def reader(features):
    return np.tile(features[:, :1], (1, 38))


def test_small_and_turned_faces_are_left_out(folder):
    portraits, pictures = gather(folder, find, reader)
    assert portraits.name.tolist() == ["0000.png", "0004.png", "0005.png"]
    assert portraits.part.tolist() == [part_of(name) for name in portraits.name]
    assert portraits.crop.shape == (3, 112, 112, 3)
    assert (portraits.crop[1] == 50).all()
    assert [int(one.image[0, 0, 0]) for one in pictures] == [10, 50, 60]
    assert portraits.take("training").name.tolist() == [
        name for name in portraits.name if part_of(name) == "training"
    ]


def test_a_set_survives_a_round_trip(folder, tmp_path):
    portraits, _ = gather(folder, find, reader)
    write(portraits, tmp_path / "set.npz")
    again = read(tmp_path / "set.npz")
    for name in ("name", "part", "mesh", "crop", "shown"):
        np.testing.assert_array_equal(getattr(again, name), getattr(portraits, name))
    with pytest.raises(UnreadableSource, match="mien datasets crops"):
        read(tmp_path / "other.npz")


def test_a_portrait_is_seen_upright_and_what_is_none_is_named(tmp_path):
    lying = Picture.new("RGB", (90, 60))
    exif = lying.getexif()
    exif[ORIENTATION] = 6  # as a telephone that was held upright writes it
    lying.save(tmp_path / "a.jpg", exif=exif)
    seen = []
    assert read_one(tmp_path / "a.jpg", lambda image, _: seen.append(image.shape)) is None
    assert seen == [(90, 60, 3)]
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    with pytest.raises(UnreadableSource, match=r"not a picture .*; take .*b\.jpg out of"):
        read_one(tmp_path / "b.jpg", find)


def test_no_usable_portrait_is_said(folder):
    with pytest.raises(UnreadableSource, match="no portrait"):
        gather(folder, lambda *_: None, reader)
