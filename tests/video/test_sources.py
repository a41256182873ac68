import errno
import os
import socket
from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError, UnreadableSource
from mien.video.pictures import is_picture, read_picture
from mien.video.reader import open_source
from mien.video.sources import check_file, expand, is_camera, path_of


@pytest.fixture
def folder(tmp_path):
    names = ["clip10.mp4", "clip2.mp4", "Photo.JPG", "notes.txt", ".hidden.jpg", "inner/deep.mkv"]
    for name in [*names, "table.parquet", "[odd].png"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(sources, folder):
    return [str(Path(source).relative_to(folder)) for source in sources]


def test_a_folder_stands_for_its_pictures_and_videos_in_natural_order(folder):
    found = names(expand(folder), folder)
    assert found == ["[odd].png", "clip2.mp4", "clip10.mp4", "Photo.JPG"]


def test_a_glob_stands_for_its_matches(folder):
    assert names(expand(str(folder / "clip*")), folder) == ["clip2.mp4", "clip10.mp4"]
    assert names(expand(str(folder / "**" / "*.mkv")), folder) == ["inner/deep.mkv"]


def test_a_file_stands_for_itself_whatever_its_suffix(folder):
    assert names(expand(folder / "notes.txt"), folder) == ["notes.txt"]
    assert names(expand(str(folder / "[odd].png")), folder) == ["[odd].png"]


def test_several_sources_come_in_their_order_each_once(folder):
    clip = str(folder / "clip2.mp4")
    found = expand([clip, "camera:0", folder, clip])
    assert found[:2] == [Path(clip), "camera:0"]
    assert len(found) == len(set(found)) == 5


def test_the_home_folder_is_found(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert expand("~/clip2.mp4") == [folder / "clip2.mp4"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.mp4", "none.mp4 does not exist; expected a picture, a video, a folder, a glob"),
        ("*.webm", "the glob .* holds no picture and no video"),
        ("inner/..", None),
        ("bare", "the folder .* holds no picture and no video; expected files such as"),
    ],
)
def test_what_stands_for_nothing_is_refused(folder, source, message):
    (folder / "bare").mkdir()
    if message is None:
        assert len(expand(folder / source)) == 4
        return
    with pytest.raises(UnreadableSource, match=message):
        expand(str(folder / source))


def test_no_source_at_all_is_refused():
    with pytest.raises(UnreadableSource, match="no source came"):
        expand([])


def test_a_camera_is_told_by_its_name():
    assert is_camera("camera:0")
    assert is_camera("camera:/dev/video2")
    assert not is_camera("camera.mp4")
    assert not is_camera(Path("camera:0"))


def test_the_same_file_by_two_ways_comes_once_by_its_first_name(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "link.mp4").symlink_to(folder / "clip2.mp4")
    assert expand(["clip2.mp4", folder / "clip2.mp4", "inner/../clip2.mp4", "link.mp4"]) == [
        Path("clip2.mp4")
    ]
    assert expand([folder / "clip10.mp4", "clip2.mp4", "clip10.mp4"]) == [
        *(folder / "clip10.mp4", Path("clip2.mp4"))
    ]


@pytest.mark.parametrize("sources", [None, 5, "", [""], [None], b"a.mp4", ["a.mp4", 3]])
def test_what_is_no_name_is_refused_in_a_sentence(folder, monkeypatch, sources):
    monkeypatch.chdir(folder)
    (folder / "a.mp4").touch()
    with pytest.raises(InputError, match="came as a source, expected the name of a file"):
        expand(sources)


@pytest.mark.parametrize("as_source", [expand, open_source])
def test_a_picture_that_is_no_file_is_refused_in_one_line(as_source):
    with pytest.raises(InputError, match=r"a ndarray came as a source.*mien\.find_faces") as error:
        as_source(np.zeros((40, 40, 3), np.uint8))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("question", ["is_dir", "exists", "is_file", "iterdir", "stat"])
def test_what_may_not_be_looked_at_is_said(folder, monkeypatch, question):
    def refuse(self, *args, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    source = folder if question in ("iterdir", "is_file") else folder / "clip2.mp4"
    monkeypatch.setattr(Path, question, refuse)
    with pytest.raises(UnreadableSource, match="cannot be opened: Permission denied"):
        expand(source)


def test_a_name_that_no_file_can_have_is_said():
    for read in (check_file, open_source, expand):
        with pytest.raises(UnreadableSource, match=r"cannot be opened|does not exist"):
            read(Path("a\0.mp4"))


@pytest.fixture(params=["pipe", "socket"])
def no_file(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if request.param == "pipe":
        os.mkfifo("a.mp4")
        yield Path("a.mp4")
        return
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("a.mp4")
        yield Path("a.mp4")


@pytest.mark.parametrize("read", [expand, is_picture, read_picture, open_source])
def test_pipes_and_sockets_are_refused_before_they_are_opened(no_file, read, monkeypatch):
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a pipe was opened"))
    with pytest.raises(
        UnreadableSource, match=r"a\.mp4 is a device or a pipe; expected a file, or"
    ):
        read(no_file)


def test_a_device_is_refused_and_a_camera_is_named_as_one(monkeypatch):
    with pytest.raises(UnreadableSource, match=r"/dev/null is a device or a pipe.*or camera:0"):
        expand("/dev/null")
    null = Path("/dev/null").stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: null)
    with pytest.raises(UnreadableSource, match="expected a file, or camera:2"):
        check_file(Path("/dev/video2"))


def test_a_tilde_that_is_no_home_is_part_of_the_name():
    assert path_of("~$photo.jpg") == Path("~$photo.jpg")
    assert path_of("~nobody-of-this-name/a.jpg") == Path("~nobody-of-this-name/a.jpg")
