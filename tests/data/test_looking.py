from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from mien.data.labels import STILL
from mien.data.looking import faults, images, meshes
from mien.data.sequences import STRETCH, choose, spread
from mien.errors import InputError
from mien.video.writer import VideoWriter
from tests.data.made_index import index_of
from tests.data.moving_face import SIDE, made_up_mesh, made_up_set

FRAMES = 200


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Two hundred frames whose brightness is their number, eight seconds."""
    root = tmp_path_factory.mktemp("video")
    with VideoWriter(root / "a.mp4", 32, 32) as writer:
        for frame in range(FRAMES):
            writer.write(np.full((32, 32, 3), frame + 20, np.uint8), frame / 25)
    return root


@pytest.mark.parametrize("wanted", [[0, 1, 5], [150, 151, 199], [199], [3, 198]])
def test_frames_of_a_video_are_those_of_their_numbers(video, wanted):
    index = index_of(video, ["a.mp4"] * len(wanted), wanted)
    found = dict(images(index, np.arange(len(wanted))))
    assert sorted(found) == list(range(len(wanted)))
    for row, frame in enumerate(wanted):
        assert found[row].mean() - 20 == pytest.approx(frame, abs=2)


def test_a_frame_that_a_video_does_not_have_is_an_error(video):
    found = dict(images(index_of(video, ["a.mp4"] * 2, [10, FRAMES]), np.arange(2)))
    assert isinstance(found[0], np.ndarray)
    assert isinstance(found[1], InputError)


def test_decoding_finds_damage_inside_a_file(tmp_path):
    index, _ = made_up_set(tmp_path, count=3, subjects=1)
    path = tmp_path / index.path[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    told = []
    found = dict(faults(index, np.arange(3), lambda *step: told.append(step)))
    assert found[0] is None
    assert found[2] is None
    assert isinstance(found[1], InputError)
    assert told[-1] == ("pictures", 3, 1.0)


def test_faults_of_pictures_and_videos_come_together(video):
    PIL.Image.new("RGB", (8, 8)).save(video / "b.png")
    index = index_of(video, ["b.png", "a.mp4", "a.mp4"], [STILL, 4, FRAMES + 3])
    found = dict(faults(index, np.arange(3)))
    assert [found[row] is None for row in range(3)] == [True, True, False]


def test_the_mesh_in_a_box_comes_in_pixels_of_the_picture(tmp_path):
    index, _ = made_up_set(tmp_path, count=1, subjects=1)
    box = np.array([[20, 24, 40, 44]], np.float32)
    shown = []

    def find(image, _):
        shown.append(image.shape[:2])
        return made_up_mesh()

    ((row, mesh),) = meshes(replace(index, box=box), np.arange(1), find)
    assert row == 0
    assert shown == [(41, 41)]
    assert mesh - made_up_mesh() == pytest.approx(np.tile([10, 14, 0], (478, 1)))


def test_without_a_box_the_whole_picture_is_shown(tmp_path):
    index, _ = made_up_set(tmp_path, count=1, subjects=1)
    nowhere = replace(index, box=np.full((1, 4), np.nan, np.float32))
    shown = []
    list(meshes(nowhere, np.arange(1), lambda image, _: shown.append(image.shape[:2])))
    assert shown == [(SIDE, SIDE)]


def moving_in(index, rows, pixels=3.0):
    value = index.points.value.copy()
    for number, row in enumerate(rows):
        value[row] += pixels * (number % 2)
    return replace(index, points=replace(index.points, value=value))


def test_the_liveliest_stretch_of_each_person_is_chosen(tmp_path):
    index, _ = made_up_set(tmp_path, count=200, subjects=2)
    index = moving_in(index, range(60, 160))
    index = moving_in(index, range(310, 390))
    first, second = choose(index, 1000)
    assert (first.sequence, second.sequence) == ("P0/T1", "P1/T1")
    assert len(first.rows) == len(second.rows) == STRETCH
    assert set(np.diff(first.rows)) == {2}
    assert 55 <= first.rows[0] <= 65
    assert 290 <= second.rows[0] <= 310
    assert first.around.tolist() == list(range(200))


def test_labels_that_change_draw_the_stretch_too(tmp_path):
    labels = np.zeros((200, 2), np.float32)
    labels[150:, 0] = 5
    index, _ = made_up_set(tmp_path, count=200, subjects=1, labels=labels)
    (only,) = choose(index, 1000)
    assert 99 <= only.rows[0] <= 101


def test_a_small_budget_goes_to_as_many_persons_as_it_can(tmp_path):
    index, _ = made_up_set(tmp_path, count=30, subjects=3)
    assert [len(one.rows) for one in choose(index, 75)] == [30, 30, 15]
    assert [len(one.rows) for one in choose(index, 65)] == [30, 30]
    assert choose(index, 0) == []


def test_short_sequences_are_left_out(tmp_path):
    index, _ = made_up_set(tmp_path, count=11, subjects=2)
    assert choose(index, 1000) == []


def test_rows_come_by_their_numbers_not_by_their_place(tmp_path):
    index, _ = made_up_set(tmp_path, count=20, subjects=1)
    index = replace(index, number=index.number[::-1].copy())
    (only,) = choose(index, 1000)
    assert only.rows.tolist() == list(range(20))[::-1]


def test_spread_takes_from_everywhere():
    rows = np.arange(100, 200)
    assert spread(rows, 3).tolist() == [100, 150, 199]
    assert spread(rows, 500).tolist() == rows.tolist()
    assert spread(rows, 0).tolist() == []
    assert spread(rows[:0], 5).tolist() == []
