import io
import struct
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import UnreadableSource
from mien.video.clock import Clock
from mien.video.reader import open_source
from tests.video.numbered import number_in, picture, write_clip

FRAMES = 40
NOISE = np.random.default_rng(0).integers(0, 60, (FRAMES, 64, 128, 3), dtype=np.uint8)


def noisy_clip(path: Path, **options) -> Path:
    """A clip whose packets are large, so that a cut hits frames and not headers."""
    images = [
        np.clip(picture(n) // 2 + NOISE[n] + 30, 0, 255).astype(np.uint8) for n in range(FRAMES)
    ]
    return write_clip(path, FRAMES, images=images, encoder={"g": "10", "bf": "0"}, **options)


def read(path: Path):
    with open_source(path) as source:
        frames = list(source)
    return frames, source


def test_a_truncated_mp4_gives_its_frames_until_the_damage(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mp4", container={"movflags": "faststart"})
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    frames, source = read(clip)
    assert 10 < len(frames) < FRAMES
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert source.frames_in_container == FRAMES
    assert source.counts.dropped == {"damaged": FRAMES - len(frames)}
    assert "the last frame is at" in source.notes[0]


def test_a_truncated_mkv_tells_of_its_early_end(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mkv")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    frames, source = read(clip)
    assert 5 < len(frames) < FRAMES
    assert source.notes == [
        f"the last frame is at {frames[-1].time:.2f} s, "
        f"though the file promises to last until {source.duration:.2f} s"
    ]


def test_frames_after_a_hole_keep_their_number_and_time(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mp4")
    with av.open(str(clip)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    data = bytearray(clip.read_bytes())
    for packet in packets[15:18]:
        data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    clip.write_bytes(data)
    frames, source = read(clip)
    assert source.counts.dropped == {"damaged": 3}
    assert source.counts.decoded == len(frames) == FRAMES - 3
    assert all(frame.time == pytest.approx(frame.index / 25, abs=0.002) for frame in frames)
    assert [frame.index for frame in frames] == [*range(15), *range(18, FRAMES)]


def cut_before_its_index(folder: Path) -> Path:
    clip = noisy_clip(folder / "noindex.mp4")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    return clip


def audio_only(folder: Path) -> Path:
    return _audio(folder / "sound.mp4")


def music_with_a_cover(folder: Path) -> Path:
    path = _audio(folder / "song.mp3")
    buffer = io.BytesIO()
    PIL.Image.fromarray(picture(1)).save(buffer, format="JPEG")
    body = b"\0image/jpeg\0\3\0" + buffer.getvalue()
    entry = b"APIC" + struct.pack(">IH", len(body), 0) + body
    size = bytes(len(entry) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\3\0\0" + size + entry + path.read_bytes())
    with av.open(str(path)) as container:
        assert container.streams.video, "the cover is no stream, so this would prove nothing"
    return path


def _audio(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        _sound(output)
    return path


def _sound(output) -> None:
    codec = "libmp3lame" if output.format.name == "mp3" else "aac"
    stream = output.add_stream(codec, rate=44100)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), "fltp", "mono")
    for start in range(0, 44100, 1152):
        frame.rate, frame.pts = 44100, start
        output.mux(stream.encode(frame))
    output.mux(stream.encode())


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "notes.mp4").write_text("this is no video\n" * 50)
    return folder / "notes.mp4"


def plain_text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("this is no video\n" * 50)
    return folder / "notes.txt"


def playlist(folder: Path) -> Path:
    write_clip(folder / "part.ts", 5)
    (folder / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n"
    )
    return folder / "list.m3u8"


def joiner(folder: Path) -> Path:
    write_clip(folder / "part.ts", 5)
    (folder / "list.ffconcat").write_text("ffconcat version 1.0\nfile part.ts\n")
    return folder / "list.ffconcat"


def broken_picture(folder: Path) -> Path:
    PIL.Image.fromarray(NOISE[0]).save(folder / "photo.jpg")
    data = (folder / "photo.jpg").read_bytes()
    (folder / "photo.jpg").write_bytes(data[: len(data) * 3 // 4])
    return folder / "photo.jpg"


def missing(folder: Path) -> Path:
    return folder / "nothing.mp4"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (cut_before_its_index, "noindex.mp4 cannot be opened .* damaged or incomplete"),
        (audio_only, "sound.mp4 holds sound only; expected a picture or a video"),
        (music_with_a_cover, "song.mp3 holds sound only; expected a picture or a video"),
        (empty, "empty.mp4 is empty; expected"),
        (text, "notes.mp4 cannot be opened as a picture or a video"),
        (plain_text, "notes.txt (is a text|cannot be opened)"),
        (playlist, "list.m3u8 (is a text|cannot be opened)"),
        (joiner, "list.ffconcat (is a text|cannot be opened)"),
        (broken_picture, "photo.jpg is damaged or incomplete"),
        (missing, "nothing.mp4 cannot be opened: No such file"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path, make, message):
    path = make(tmp_path)
    with pytest.raises(UnreadableSource, match=message) as caught:
        open_source(path)
    assert "\n" not in str(caught.value)


def test_frames_that_were_all_lost_are_an_error(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mp4")
    with av.open(str(clip)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    data = bytearray(clip.read_bytes())
    for packet in packets:
        data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    clip.write_bytes(data)
    with pytest.raises(UnreadableSource, match=r"no frame of clip\.mp4 can be decoded"):
        open_source(clip)


@given(st.lists(st.none() | st.floats(-100, 100), min_size=1, max_size=30))
def test_times_always_grow(stamps):
    clock = Clock(1 / 25)
    times = [clock.time(stamp) for stamp in stamps]
    assert (np.diff(times) > 0).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30, unique=True).map(sorted))
def test_sound_stamps_are_kept_to_the_bit(stamps):
    clock = Clock(1 / 25)
    assert [clock.time(stamp) for stamp in stamps] == stamps
    assert clock.estimated == 0


def test_a_missing_stamp_is_bridged_and_the_next_sound_one_is_true_again():
    clock = Clock(0.04)
    assert [clock.time(s) for s in (1.0, None, 1.08)] == pytest.approx([1.0, 1.04, 1.08])
    assert clock.estimated == 1


def test_number_in_reads_what_picture_writes():
    assert [number_in(picture(n)) for n in (0, 1, 77, 255)] == [0, 1, 77, 255]
