"""Files of a set as they lie there: whole, cut short, the same twice, and how large."""

import numpy as np
import PIL.Image
import pytest

from mien.data.picturefiles import look, same_bytes, sizes
from mien.video.writer import VideoWriter
from tests.data.made_index import index_of


def picture(path, size=(40, 30), seed=0, **how):
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)
    PIL.Image.fromarray(pixels).save(path, **how)


def kinds(root, *paths):
    return {path: one.kind for path, one in look(index_of(root, paths)).items()}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.webp", "a.tif"])
def test_whole_pictures_open_and_tell_their_size(tmp_path, name):
    picture(tmp_path / name)
    index = index_of(tmp_path, [name])
    facts = look(index)
    assert facts[name].kind == ""
    assert sizes(index, facts).tolist() == [[40, 30]]


def test_a_picture_that_lies_on_its_side_is_as_wide_as_it_is_shown(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "a.jpg", exif=exif)
    assert look(index_of(tmp_path, ["a.jpg"]))["a.jpg"].size == (30, 40)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("kept", [0.99, 0.5, 0.01])
def test_a_picture_that_was_half_copied_is_found(tmp_path, name, kept):
    picture(tmp_path / name, (400, 300))
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(kept * len(data))])
    assert kinds(tmp_path, name) == {name: "unreadable picture"}


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xd8\xff\xe0" + bytes(100)])
def test_what_is_no_picture_is_found(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    facts = look(index_of(tmp_path, ["a.jpg"]))["a.jpg"]
    assert facts.kind == "unreadable picture"
    assert str(tmp_path) not in facts.what


def test_bytes_after_the_end_of_a_jpeg_are_no_fault(tmp_path):
    picture(tmp_path / "a.jpg")
    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(bytes(9000))
    assert kinds(tmp_path, "a.jpg") == {"a.jpg": ""}


def test_a_missing_file_and_a_folder(tmp_path):
    (tmp_path / "b.jpg").mkdir()
    assert kinds(tmp_path, "a.jpg", "b.jpg") == {"a.jpg": "no picture", "b.jpg": "no picture"}


def test_each_file_is_looked_at_once_and_told_of(tmp_path):
    picture(tmp_path / "a.png")
    told = []
    facts = look(index_of(tmp_path, ["a.png"] * 5), lambda *step: told.append(step))
    assert list(facts) == ["a.png"]
    assert told == [("files", 1, 1.0)]


def test_the_same_bytes_are_grouped_whatever_their_names(tmp_path):
    for name, seed in (("a.png", 1), ("b.png", 2), ("c.png", 1), ("d.png", 3), ("e.png", 2)):
        picture(tmp_path / name, seed=seed)
    facts = look(index_of(tmp_path, ["a.png", "b.png", "c.png", "d.png", "e.png"]))
    assert same_bytes(tmp_path, facts) == [["a.png", "c.png"], ["b.png", "e.png"]]


def test_files_that_differ_in_the_middle_only_are_not_the_same(tmp_path):
    picture(tmp_path / "x.bmp", (100, 100))
    whole = bytearray((tmp_path / "x.bmp").read_bytes())
    for name, value in (("y.bmp", 7), ("z.bmp", 7)):
        whole[15_000] = value
        (tmp_path / name).write_bytes(whole)
    facts = look(index_of(tmp_path, ["x.bmp", "y.bmp", "z.bmp"]))
    assert facts["x.bmp"].key == facts["y.bmp"].key
    assert same_bytes(tmp_path, facts) == [["y.bmp", "z.bmp"]]


def test_a_video_tells_its_size_and_its_frames(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 48, 32) as writer:
        for frame in range(7):
            writer.write(np.full((32, 48, 3), 30 * frame, np.uint8), frame / 25)
    (tmp_path / "b.mp4").write_bytes(b"no video")
    facts = look(index_of(tmp_path, ["a.mp4", "b.mp4"], [3, 3]))
    assert (facts["a.mp4"].size, facts["a.mp4"].frames) == ((48, 32), 7)
    assert facts["b.mp4"].kind == "unreadable picture"
