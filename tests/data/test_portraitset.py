"""Portraits with their mesh, their crop and their part."""

import numpy as np
import pytest
from PIL import Image as Picture

from mien.data.parts import part_of
from mien.data.portraitset import gather, read, write
from mien.errors import UnreadableSource
from mien.face.geometry import reference

FLIP = np.array([1, -1, -1])


def mesh_of(size, yaw=0.0):
    """The reference face, eye corners ``size`` pixels apart, turned to the side."""
    skin = reference()[0]
    eyes = [skin[[a, b]].mean(axis=0) for a, b in ((33, 133), (362, 263))]
    points = np.concatenate([skin, np.repeat(eyes, 5, axis=0)])
    cosine, sine = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return (size * points @ turn.T * FLIP + [120, 120, 0]).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """Portraits whose grey says what is found on them."""
    for number, grey in enumerate((10, 20, 30, 40, 50, 60)):
        path = tmp_path / f"{number:04d}.png"
        Picture.fromarray(np.full((240, 240, 3), grey, np.uint8)).save(path)
    return tmp_path


FOUND = {10: mesh_of(80), 20: mesh_of(30), 30: mesh_of(80, 50), 40: None, 50: mesh_of(90),
         60: mesh_of(70, 20)}  # fmt: skip


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


def test_no_usable_portrait_is_said(folder):
    with pytest.raises(UnreadableSource, match="no portrait"):
        gather(folder, lambda *_: None, reader)
