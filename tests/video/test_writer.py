import logging
import resource
from contextlib import contextmanager

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.video.reader import open_source
from mien.video.writer import VideoWriter, write_picture
from tests.video.numbered import number_in, picture

TIMES = [0.5, 0.511, 0.6, 1.75, 3.0, 3.001, 9.5]
NOISE = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)


@contextmanager
def small_disk():
    """A disk that refuses files over 40 kB. Only around the writing itself: what the tests say of
    themselves may go to a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write(path, frames, size=(128, 64)):
    with VideoWriter(path, *size) as writer:
        for image, time in frames:
            writer.write(image, time)


def files(folder):
    return sorted(item.name for item in folder.iterdir())


@pytest.mark.parametrize(
    ("suffix", "tick"),
    [(".mp4", 1e-5), (".mov", 1e-5), (".m4v", 1e-5), (".mkv", 6e-4), (".webm", 6e-4)],
)
def test_every_frame_comes_back_at_its_own_time(tmp_path, suffix, tick):
    path = tmp_path / f"out{suffix}"
    with VideoWriter(path, 128, 64) as writer:
        for number, time in enumerate(TIMES):
            writer.write(picture(number), time)
        assert path.name not in files(tmp_path)
    assert files(tmp_path) == [path.name]
    with open_source(path) as source:
        frames = list(source)
    assert [number_in(frame.image) for frame in frames] == list(range(len(TIMES)))
    assert [frame.time for frame in frames] == pytest.approx(TIMES, abs=tick)
    assert not source.notes
    assert source.duration >= TIMES[-1] - TIMES[0]


def test_a_video_that_begins_before_0_is_moved_to_0(tmp_path):
    path = tmp_path / "out.mp4"
    write(path, [(picture(number), time) for number, time in enumerate([-0.5, -0.2, 1.0])])
    with open_source(path) as source:
        assert [frame.time for frame in source] == pytest.approx([0.0, 0.3, 1.5], abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 500_000), min_size=1, max_size=12, unique=True).map(sorted))
def test_any_growing_times_are_kept(tmp_path_factory, stamps):
    path = tmp_path_factory.mktemp("clip") / "out.mp4"
    with VideoWriter(path, 128, 64) as writer:
        for number, stamp in enumerate(stamps):
            writer.write(picture(number), stamp / 1000)
    with open_source(path) as source:
        times = [frame.time for frame in source]
    assert times == pytest.approx([stamp / 1000 for stamp in stamps], abs=1e-5)


def test_the_codec_and_pixels_play_everywhere(tmp_path):
    with VideoWriter(tmp_path / "out.mp4", 64, 64) as writer:
        writer.write(np.full((64, 64, 3), (200, 50, 20), np.uint8), 0.0)
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        frame = next(container.decode(stream))
        assert (frame.colorspace, frame.color_range) == (1, 1)
    with open_source(tmp_path / "out.mp4") as source:
        pixel = next(iter(source)).image[32, 32]
    assert pixel.tolist() == pytest.approx([200, 50, 20], abs=4)


def test_odd_sides_get_their_last_line_twice_and_it_is_said(tmp_path, caplog):
    image = np.zeros((33, 47, 3), np.uint8)
    image[:, -1] = 255
    with caplog.at_level(logging.INFO), VideoWriter(tmp_path / "out.mp4", 47, 33) as writer:
        writer.write(image, 0.0)
    assert "47x33 got its last line of pixels twice" in caplog.text
    with open_source(tmp_path / "out.mp4") as source:
        read = next(iter(source)).image
    assert read.shape == (34, 48, 3)
    assert read[10, -1].mean() > 200


def test_an_error_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"older")

    def interrupted():
        yield picture(1), 0.0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, interrupted())
    assert files(tmp_path) == ["out.mp4"]
    assert path.read_bytes() == b"older"


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    frames = ((np.roll(NOISE, number, 0), number / 25) for number in range(50))
    message = r"out\.mp4 cannot be written \(File too large\)"
    with pytest.raises(InputError, match=message), small_disk():
        write(tmp_path / "out.mp4", frames, (320, 240))
    assert files(tmp_path) == []
    with pytest.raises(InputError, match=r"out\.png cannot be written"), small_disk():
        write_picture(tmp_path / "out.png", NOISE)
    assert files(tmp_path) == []


@pytest.mark.parametrize("time", [1.0, 0.5, -1.0, 1.000001])
def test_a_time_that_does_not_grow_is_refused(tmp_path, time):
    with pytest.raises(InputError, match="after that of the frame before"):
        write(tmp_path / "out.mp4", [(picture(1), 1.0), (picture(2), time)])
    assert files(tmp_path) == []


def test_a_frame_of_another_size_is_refused(tmp_path):
    with (
        pytest.raises(ShapeError, match=r"a frame of 128x64 came for out\.mp4, expected 64x64"),
        VideoWriter(tmp_path / "out.mp4", 64, 64) as writer,
    ):
        writer.write(picture(1), 0.0)
    with pytest.raises(ShapeError, match="expected 1x1 or more"):
        VideoWriter(tmp_path / "out.mp4", 0, 64)


def test_a_video_without_frames_is_refused(tmp_path):
    with (
        pytest.raises(InputError, match="got no frame"),
        VideoWriter(tmp_path / "out.mp4", 64, 64),
    ):
        pass
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.gif", r"suffix '\.gif'; a video is written to \.mp4, \.m4v, \.mov, \.mkv, \.webm"),
        ("none/out.mp4", "the folder .*none does not exist"),
        ("inner.mp4", "is a folder, expected the name of a file"),
    ],
)
def test_where_a_video_cannot_be_written_is_said(tmp_path, name, message):
    (tmp_path / "inner.mp4").mkdir()
    with pytest.raises(InputError, match=message), VideoWriter(tmp_path / name, 64, 64):
        pass


def test_where_a_picture_cannot_be_written_is_said(tmp_path):
    with pytest.raises(InputError, match=r"a picture is written to \.png, \.jpg, \.jpeg, \.webp"):
        write_picture(tmp_path / "out.svg", NOISE)
    with pytest.raises(ShapeError):
        write_picture(tmp_path / "out.png", NOISE[..., 0])
