from pathlib import Path

import pytest

from mien.errors import UnreadableSource
from mien.video.sources import expand, is_camera


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
