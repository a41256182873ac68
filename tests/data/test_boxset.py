"""Sets with boxes made from portraits."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien.data import boxset, ict
from mien.data.boxset import BOX_SETS, FILLS, make_boxes
from mien.data.parts import PARTS, part_of
from mien.data.planted import moved
from mien.data.yolo import read
from mien.errors import InputError, UnreadableSource
from mien.face.geometry import SKIN
from tests.data.made_mesh import reference_mesh


def mesh_in(box):
    """A mesh with its skin in a box and open eyes."""
    x0, y0, x1, y1 = box
    rng = np.random.default_rng(0)
    mesh = rng.uniform((x0, y0, 0), (x1, y1, 1), (478, 3)).astype(np.float32)
    mesh[0, :2], mesh[1, :2] = (x0, y0), (x1, y1)
    mesh[33, :2] = x0 + 5, (y0 + y1) / 2
    mesh[263, :2] = x1 - 5, (y0 + y1) / 2
    return mesh


@pytest.fixture
def portraits(tmp_path):
    """Forty pictures of 200 pixels, in which a face is said to be in a bright box."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    for number in range(40):
        image = np.full((200, 200, 3), 30, np.uint8)
        image[60:140, 50:150] = 200
        Image.fromarray(image).save(folder / f"{number:02}.png")
    return folder


def find(image, again):
    return mesh_in((50, 60, 150, 140)) if image.max() > 100 else None


def make(portraits, tmp_path, name, **counts):
    return make_boxes(
        "faces", tmp_path / name, pictures=counts, source=portraits, data=tmp_path, find=find
    )


def test_faces_are_where_their_boxes_are(portraits, tmp_path):
    said = read(make(portraits, tmp_path, "set", train=8, val=2))
    assert said.names == BOX_SETS["faces"]
    assert [len(said.splits[part]) for part in ("train", "val", "test")] == [8, 2, 0]
    whole = said.splits["train"].boxes[0]
    # shares count from the corner of the first pixel, the mesh from its centre
    assert whole[0].tolist() == pytest.approx([0, 0.5025, 0.5025, 0.5, 0.4], abs=1e-6)
    counts = []
    for path, boxes in zip(said.splits["train"].path, said.splits["train"].boxes, strict=True):
        image = np.asarray(Image.open(path))
        height, width = image.shape[:2]
        counts.append(len(boxes))
        for _, x, y, *_ in boxes.tolist():
            assert image[int(y * height), int(x * width)].min() > 150
    assert max(counts) > 1


@pytest.mark.parametrize("box", [(29.5, 35.5, 89.5, 83.5), (5.5, 9.5, 115.5, 99.5)])
def test_boxes_of_pasted_faces_are_exact(box, tmp_path):
    folder = tmp_path / "portraits"
    folder.mkdir()
    down, across = 2 * np.mgrid[:120, :120].astype(np.uint8)  # where a pixel was is its colour
    for number in range(12):
        Image.fromarray(np.stack([across, down, 0 * down], 2)).save(folder / f"{number:02}.png")
    path = make_boxes(
        "faces", tmp_path / "set", pictures={"train": 24}, source=folder, data=tmp_path,
        find=lambda *_: mesh_in(box),
    )  # fmt: skip
    said = read(path).splits["train"]
    for file in (tmp_path / "set").rglob("*.txt"):
        told = np.loadtxt(file, ndmin=2)
        assert (np.abs(told[:, 1:3] - 0.5) + told[:, 3:] / 2).max() <= 0.5 + 2e-6  # in the picture
    wanted = (np.array(box[:2]) + box[2:]) / 2
    off = []
    for path, boxes in list(zip(said.path, said.boxes, strict=True))[1::2]:  # every other one
        image = np.asarray(Image.open(path)).astype(float)
        for _, x, y, wide, high in boxes.tolist():
            if min(x - wide / 2, y - high / 2) <= 0 or max(x + wide / 2, y + high / 2) >= 1:
                continue  # cut at the edge of the picture: its middle is another
            x, y = x * image.shape[1] - 0.5, y * image.shape[0] - 0.5  # centres of pixels
            around = image[int(y) : int(y) + 2, int(x) : int(x) + 2, :2]
            upper, lower = around[:, 0] + (x % 1) * (around[:, 1] - around[:, 0])
            off.append((upper + (y % 1) * (lower - upper)) / 2 - wanted)
    assert len(off) > 15
    assert np.mean(off, axis=0) == pytest.approx([0, 0], abs=0.2)


def test_the_same_seed_gives_the_same_set_and_parts_stay_apart(portraits, tmp_path):
    def digest(name):
        files = sorted((tmp_path / name).rglob("*.*"))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]

    make(portraits, tmp_path, "one", train=4, test=2)
    make(portraits, tmp_path, "two", train=4, test=2)
    assert digest("one") == digest("two")
    parts = {part_of(path.name) for path in portraits.iterdir()}
    assert parts == set(PARTS)


def test_what_cannot_be_made_is_told(portraits, tmp_path):
    make(portraits, tmp_path, "set", train=2)
    (tmp_path / "file").touch()
    for name in ("set", "file"):
        with pytest.raises(InputError, match="not empty; write to a new folder"):
            make(portraits, tmp_path, name, train=2)
    with pytest.raises(UnreadableSource, match="holds no"):
        make(tmp_path / "set", tmp_path, "other", train=2)
    for path in portraits.iterdir():
        Image.new("RGB", (200, 200)).save(path)
    with pytest.raises(InputError, match="no usable portrait"):
        make(portraits, tmp_path, "none", train=2)


def test_awake_and_asleep_in_turns_close_to_the_face(model, tmp_path, monkeypatch):
    monkeypatch.setattr(ict, "load", lambda _: model)
    folder = tmp_path / "portraits"
    folder.mkdir()
    down, across = np.mgrid[:240, :240].astype(np.uint8)
    for number in range(20):  # where a pixel was is its colour
        Image.fromarray(np.stack([across, down, 0 * down], axis=2)).save(folder / f"{number}.png")
    mesh = reference_mesh(60, (150, 110))
    for upper, lower in ((159, 145), (386, 374)):
        mesh[lower, 1] = mesh[upper, 1] + 6  # of 14 pixels of width
    asleep = mesh.copy()
    asleep[[145, 374], 1] = mesh[[159, 386], 1]
    planted = [mesh, asleep, asleep, mesh, mesh, asleep] + [mesh] * 20
    seen = iter([one for made in planted for one in (mesh, made)])  # a portrait, what became of it
    was = np.concatenate([mesh[:SKIN, :2].min(axis=0), mesh[:SKIN, :2].max(axis=0)])
    said = read(
        make_boxes(
            "awake", tmp_path / "set", pictures={"train": 9}, source=folder, data=tmp_path,
            find=lambda *_: next(seen),
        )
    )  # fmt: skip
    part = said.splits["train"]
    assert said.names == ("awake", "sleep")
    # open eyes that are seen closed, and closed ones that are seen open, are left out
    assert [boxes[0, 0] for boxes in part.boxes] == [0, 1, 0, 1, 0]
    places = set()
    for path, boxes in zip(part.path, part.boxes, strict=True):
        image = np.asarray(Image.open(path)).astype(int)
        height, width = image.shape[:2]
        assert height == width
        _, x, y, wide, high = boxes[0].tolist()
        assert FILLS[0] - 0.02 < max(wide, high) < FILLS[1] + 0.02
        for corner in ((x - wide / 2, y - high / 2), (x + wide / 2, y + high / 2)):
            column, row = (min(int(one * width), width - 1) for one in corner)
            there = was[:2] if corner[0] < x else was[2:]
            assert image[row, column, :2] == pytest.approx(there, abs=6)
        places.add((round(x, 2), round(y, 2)))
    assert len(places) > 2


def test_lids_are_brought_together_and_turned_faces_are_left_out(model, tmp_path, monkeypatch):
    moving = model.expression.copy()
    for name, lid in (("eyeBlink_R", 159), ("eyeBlink_L", 386)):
        moving[model.names.index(name)] = 0
        moving[model.names.index(name), lid, 1] = -0.6  # centimetres of the 0.92 that are open
    monkeypatch.setattr(ict, "load", lambda _: replace(model, expression=moving))
    went = []

    def plant(portrait, model, weights):
        went.append(moved(portrait, model, weights))
        return portrait.image

    monkeypatch.setattr(boxset, "plant", plant)
    awake, turned, asleep = (reference_mesh(60, (150, 110), yaw) for yaw in (0, 40, 0))
    for upper, lower in ((159, 145), (386, 374)):
        for mesh in (awake, turned):
            mesh[lower, 1] = mesh[upper, 1] + 6
        asleep[lower, 1] = asleep[upper, 1]
    folder = tmp_path / "portraits"
    folder.mkdir()
    for number in range(20):
        Image.new("RGB", (240, 240)).save(folder / f"{number}.png")
    seen = iter([turned, awake, awake, awake, asleep])
    path = make_boxes(
        "awake", tmp_path / "set", pictures={"train": 2}, source=folder, data=tmp_path,
        find=lambda *_: next(seen),
    )  # fmt: skip
    assert [boxes[0, 0] for boxes in read(path).splits["train"].boxes] == [0, 1]
    open_by, shut_by = (
        [mesh[lower, 1] - mesh[upper, 1] for upper, lower in ((159, 145), (386, 374))]
        for mesh in went
    )
    assert open_by == pytest.approx([6, 6], abs=0.4)
    assert shut_by == pytest.approx([0, 0], abs=0.6)
