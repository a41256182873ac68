import gc
import io
import math
import os
import resource
import sys
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from mien.errors import InputError, UnreadableSource
from mien.video.moments import TICK
from mien.video.reader import open_source
from mien.video.recording import Recording
from tests.video.numbered import number_in, picture, write_clip

SUFFIXES = [".mp4", ".mkv", ".mov", ".ts", ".flv", ".avi", ".webm"]
B_FRAMES = {"bf": "2", "g": "8", "preset": "veryfast"}
VARIABLE = [0.0, 0.011, 0.5, 0.6, 0.625, 2.0, 2.001, 7.25]


def read(path: Path, **options):
    """All frames of a source: indices, times, numbers in the pictures, and the source."""
    with open_source(path, **options) as source:
        frames = list(source)
    numbers = [number_in(frame.image) for frame in frames]
    return [f.index for f in frames], [f.time for f in frames], numbers, source


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_frame_comes_once_in_order_with_its_time(tmp_path, suffix):
    clip = write_clip(tmp_path / f"clip{suffix}", 30, rate=25)
    indices, times, numbers, source = read(clip)
    assert indices == numbers == list(range(30))
    assert np.diff(times) == pytest.approx(1 / 25, abs=0.0011)
    with av.open(str(clip)) as container:
        first = next(container.decode(video=0))
    assert times[0] == pytest.approx(float(first.pts * first.time_base))
    assert source.frames_in_container == 30
    assert source.counts.decoded == source.counts.yielded == 30
    assert source.counts.estimated == 0
    assert not source.counts.dropped
    assert not source.notes
    assert source.kind == "video"
    assert source.size == (128, 64)
    assert source.duration == pytest.approx(30 / 25, abs=0.06)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".flv"])
def test_b_frames_come_in_the_order_they_are_shown(tmp_path, suffix):
    clip = write_clip(tmp_path / f"clip{suffix}", 30, encoder=B_FRAMES)
    with av.open(str(clip)) as container:
        stamps = [p.pts for p in container.demux(video=0) if p.size]
    assert stamps != sorted(stamps), "the clip has no B-frames, so this test would prove nothing"
    indices, times, numbers, _ = read(clip)
    assert indices == numbers == list(range(30))
    assert times == sorted(times)


def test_a_stream_that_may_have_hidden_packets_is_read_and_sought_rightly(tmp_path):
    clip = write_clip(tmp_path / "clip.webm", 60, codec="libvpx", encoder={"g": "20"})
    indices, _, numbers, source = read(clip)
    assert indices == numbers == list(range(60))
    assert not source.counts.dropped
    assert read(clip, start=1.6)[2] == list(range(40, 60))


@pytest.mark.parametrize(("suffix", "tick"), [(".mp4", 1e-5), (".mkv", 0.0006), (".webm", 0.0006)])
def test_variable_frame_rate_keeps_its_true_times(tmp_path, suffix, tick):
    clip = write_clip(tmp_path / f"clip{suffix}", VARIABLE)
    _, times, numbers, source = read(clip)
    assert times == pytest.approx(VARIABLE, abs=tick)
    assert numbers == list(range(len(VARIABLE)))
    assert source.counts.estimated == 0


def test_time_is_the_containers_own_where_a_clip_starts_late(tmp_path):
    clip = write_clip(tmp_path / "late.mkv", [5.0, 5.5, 6.0])
    _, times, _, _ = read(clip)
    assert times == pytest.approx([5.0, 5.5, 6.0], abs=0.001)
    _, times, numbers, _ = read(clip, start=5.2)
    assert times == pytest.approx([5.5, 6.0], abs=0.001)
    assert numbers == [1, 2]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".nut"])
def test_a_clip_that_starts_hours_late_is_as_long_as_it_is(tmp_path, suffix):
    times = [36_000 + number / 25 for number in range(40)]
    clip = write_clip(tmp_path / f"late{suffix}", times)
    _, read_times, numbers, source = read(clip)
    assert read_times == pytest.approx(times, abs=0.001)
    assert numbers == list(range(40))
    assert source.begin == pytest.approx(36_000, abs=0.001)
    assert source.duration == pytest.approx(1.6, abs=0.05)
    assert not source.notes


def before_zero(path: Path) -> Path:
    """A clip whose first frames lie before 0, as where the stamps of a recorder start anew."""
    times = [number / 25 - 0.4 for number in range(20)]
    return write_clip(path, times, container={"avoid_negative_ts": "disabled"}, encoder={"bf": "0"})


@pytest.mark.parametrize(("start", "first"), [(None, 0), (0, 10), (0.2, 15)])
def test_frames_before_0_are_left_out_by_a_start_at_0(tmp_path, start, first):
    indices, times, numbers, _ = read(before_zero(tmp_path / "clip.ts"), start=start)
    assert indices == numbers == list(range(first, 20))
    assert times == pytest.approx([index / 25 - 0.4 for index in indices], abs=0.001)


def test_of_several_video_tracks_one_is_read_and_that_is_said(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for number in range(40):
            for track, stream in enumerate(streams if number < 20 else streams[:1]):
                frame = av.VideoFrame.from_ndarray(picture(number + 100 * track))
                frame.pts, frame.time_base = number, Fraction(1, 25)
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode())
    _, _, numbers, source = read(path)
    which, first, length = (1, 0, 40) if numbers[0] < 100 else (2, 100, 20)
    assert numbers == list(range(first, first + length))
    assert source.notes == [
        f"only number {which} of its 2 video tracks is read; copy each of the others into a file "
        "of its own"
    ]


@pytest.mark.parametrize("suffix", [".mjpeg", ".MJPG"])
def test_jpegs_one_after_the_other_are_a_video(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    pages = [io.BytesIO() for _ in range(5)]
    for number, page in enumerate(pages):
        PIL.Image.fromarray(picture(number)).save(page, "JPEG")
    path.write_bytes(b"".join(page.getvalue() for page in pages))
    indices, times, numbers, source = read(path)
    assert source.kind == "video"
    assert indices == numbers == list(range(5))
    assert times == pytest.approx([number / 25 for number in range(5)])


def test_a_stream_without_stamps_is_timed_by_its_rate_and_says_so(tmp_path):
    clip = write_clip(tmp_path / "clip.h264", 20, rate=10)
    indices, times, numbers, source = read(clip)
    assert indices == numbers == list(range(20))
    assert times == pytest.approx([number / 10 for number in range(20)])
    assert source.counts.estimated == 20
    assert source.duration is None
    assert source.frames_in_container == 20


def test_fragmented_mp4_without_an_index_is_read_whole(tmp_path):
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    clip = write_clip(tmp_path / "clip.mp4", 30, container=flags, encoder={"g": "10"})
    indices, _, numbers, source = read(clip)
    assert indices == numbers == list(range(30))
    assert source.frames_in_container == 30
    indices, _, numbers, _ = read(clip, start=0.8)
    assert indices == numbers == list(range(20, 30))


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".h264"])
@pytest.mark.parametrize("start", [0.03, 0.4, 0.79, 1.16])
def test_start_gives_what_reading_from_the_beginning_gives(tmp_path, suffix, start):
    encoder = {"g": "8"} if suffix in (".webm", ".avi") else B_FRAMES
    clip = write_clip(tmp_path / f"clip{suffix}", 30, encoder=encoder)
    indices, times, _, _ = read(clip)
    keep = [number for number, time in enumerate(times) if time >= start - TICK]
    late_indices, late_times, late_numbers, source = read(clip, start=start)
    assert late_indices == late_numbers == [indices[k] for k in keep]
    assert late_times == pytest.approx([times[k] for k in keep])
    assert source.counts.decoded == source.counts.yielded + source.counts.outside


def test_start_decodes_from_the_key_frame_before_only(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 200, encoder={"g": "10"}, rate=20)
    indices, _, numbers, source = read(clip, start=9.3)
    assert indices == numbers == list(range(186, 200))
    assert source.counts.outside == 6


@pytest.mark.parametrize("start", [None, 0.1, 1.2])
@pytest.mark.parametrize("cut", [5, 25])
def test_frames_before_an_edit_list_are_not_shown_and_not_lost(tmp_path, start, cut):
    path = tmp_path / "edited.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"g": "10", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for number in range(60):
            frame = av.VideoFrame.from_ndarray(picture(number))
            frame.pts, frame.time_base = number - cut, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    indices, times, numbers, source = read(path, start=start)
    first = 0 if start is None else math.ceil(start * 25)
    assert indices == list(range(first, 60 - cut))
    assert numbers == [index + cut for index in indices]
    assert times == pytest.approx([index / 25 for index in indices])
    assert source.frames_in_container == 60
    assert not source.counts.dropped


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_sound_beside_the_pictures_changes_nothing(tmp_path, suffix):
    path = tmp_path / f"talk{suffix}"
    with av.open(str(path), "w") as output:
        stream, sound = output.add_stream("libx264", rate=25), output.add_stream("aac", rate=44100)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(picture(number))
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        for start in range(0, 3 * 44100, 1024):
            noise = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            noise.rate, noise.pts = 44100, start
            output.mux(sound.encode(noise))
        output.mux(sound.encode())
    indices, _, numbers, source = read(path)
    assert indices == numbers == list(range(25))
    assert not source.notes
    assert not source.counts.dropped


@pytest.mark.parametrize("name", ["with space: 100%d [x]#?.mp4", "-dash.mp4", "ümläut.mp4"])
def test_any_file_name_is_only_a_name(tmp_path, name):
    clip = write_clip(tmp_path / "plain.mp4", 3).rename(tmp_path / name)
    assert read(clip, threads=2)[2] == [0, 1, 2]


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UnreadableSource, match="is a device or a pipe"):
        open_source(tmp_path / "pipe.mp4")


def test_a_seek_that_lands_late_loses_no_frame(tmp_path, monkeypatch):
    clip = write_clip(tmp_path / "clip.mp4", 60, encoder={"g": "5"})
    punctual = Recording._open

    def late(self, at=0.0):
        return punctual(self, at + 1 if at else at)

    monkeypatch.setattr(Recording, "_open", late)
    assert read(clip, start=0.8)[2] == list(range(20, 60))


def test_a_stamp_rounded_down_by_the_container_still_counts(tmp_path):
    clip = write_clip(tmp_path / "clip.mkv", 12, rate=30, encoder={"g": "1"})
    assert read(clip, start=1 / 30)[2] == list(range(1, 12))
    assert read(clip, end=1 / 30)[2] == [0]
    assert read(clip, every=1 / 30)[2] == list(range(12))


def test_a_start_beyond_all_numbers_gives_nothing(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 12)
    assert read(clip, start=1e20)[2] == []


def test_start_after_the_end_gives_nothing(tmp_path):
    indices, _, _, source = read(write_clip(tmp_path / "clip.mp4", 10), start=60)
    assert indices == []
    assert source.counts.yielded == 0


def test_end_is_left_out_and_stops_the_decoder(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 100)
    indices, _, _, source = read(clip, start="0.4s", end="0:00.8")
    assert indices == list(range(10, 20))
    assert source.counts.decoded < 30
    assert not source.counts.dropped
    assert source.frames_in_container == 100


def test_every_takes_the_first_frame_of_each_step(tmp_path):
    clip = write_clip(tmp_path / "clip.mkv", 50, rate=30)
    indices, _, numbers, source = read(clip, every="0.2s")
    assert indices == numbers == [0, 6, 12, 18, 24, 30, 36, 42, 48]
    assert source.counts.skipped == 41
    assert not source.counts.dropped
    indices, _, _, _ = read(clip, every=0.5, start=0.1)
    assert indices == [3, 18, 33, 48]


def test_every_over_a_gap_takes_one_frame(tmp_path):
    indices, times, _, _ = read(write_clip(tmp_path / "clip.mp4", VARIABLE), every=0.5)
    assert indices == [0, 2, 5, 7]
    assert times == pytest.approx([0.0, 0.5, 2.0, 7.25], abs=1e-5)


def test_impossible_spans_are_refused(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 3)
    with pytest.raises(InputError, match=r"end is 1\.0 s, expected a moment after"):
        open_source(clip, start=2, end=1)
    with pytest.raises(InputError, match=r"every is 0\.0 s, expected more than 0"):
        open_source(clip, every=0)


def test_joined_streams_whose_stamps_start_again_go_on_in_time(tmp_path):
    part = write_clip(tmp_path / "part.ts", 60, rate=25).read_bytes()
    joined = tmp_path / "both.ts"
    joined.write_bytes(part + part)
    indices, times, _, source = read(joined)
    assert indices == list(range(120))
    assert (np.diff(times) > 0).all()
    assert times[-1] == pytest.approx(times[0] + 119 / 25, abs=0.1)
    assert source.counts.estimated == 1


def test_memory_stays_flat(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 250, size=(320, 240))
    with open_source(clip) as source:
        frames = iter(source)
        next(frames)
        tracemalloc.start()
        for _ in frames:
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5 * 320 * 240 * 3


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system of Linux")
def test_decoded_frames_do_not_wait_for_the_garbage_collector(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 250, size=(320, 240))

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    with open_source(clip) as source:
        frames = iter(source)
        for _ in range(20):
            next(frames)
        gc.disable()
        try:
            before = resident()
            for _ in frames:
                pass
            grown = resident() - before
        finally:
            gc.enable()
    assert grown < 10e6, "230 frames of 115 kB each"


def test_content_decides_not_the_suffix(tmp_path):
    photo = tmp_path / "photo.mp4"
    PIL.Image.fromarray(picture(5)).save(photo, format="JPEG")
    with open_source(photo) as source:
        frames = list(source)
        assert source.kind == "picture"
        assert (source.frames_in_container, source.duration) == (1, None)
    assert [(f.index, f.time, number_in(f.image)) for f in frames] == [(0, 0.0, 5)]
    clip = write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / "clip.jpg")
    assert read(clip)[2] == [0, 1, 2]


def test_a_picture_takes_no_notice_of_spans(tmp_path):
    photo = tmp_path / "photo.png"
    PIL.Image.fromarray(picture(9)).save(photo)
    _, times, numbers, source = read(photo, start=3, end=4, every=1)
    assert (times, numbers, source.counts.yielded) == ([0.0], [9], 1)


def test_a_source_shows_what_it_is(tmp_path):
    with open_source(write_clip(tmp_path / "clip.mp4", 2)) as source:
        assert repr(source) == f"Source({str(tmp_path / 'clip.mp4')!r}, video, 128x64)"
        assert source.name == str(tmp_path / "clip.mp4")
        assert source.rate == pytest.approx(25)


def test_a_folder_is_refused_as_one_source(tmp_path):
    with pytest.raises(UnreadableSource, match="is a folder; expected one file"):
        open_source(tmp_path)
