import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import UnreadableSource
from mien.video import recording
from mien.video.clock import Clock
from mien.video.ledger import Ledger
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


def wipe(clip: Path, which: slice) -> None:
    """Overwrite the coded pictures of some frames with zeros, and nothing else."""
    with av.open(str(clip)) as container:
        packets = [bytes(p) for p in container.demux(video=0) if p.size]
    data = clip.read_bytes()
    for packet in packets[which]:
        place = data.index(packet[8:])
        data = data[:place] + bytes(len(packet) - 8) + data[place + len(packet) - 8 :]
    clip.write_bytes(data)


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


def test_frames_that_a_recorder_left_out_are_not_lost(tmp_path):
    places = [number for number in range(40) if number not in (7, 20, 21, 22)]
    with av.open(str(tmp_path / "clip.avi"), "w") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for number, place in enumerate(places):
            frame = av.VideoFrame.from_ndarray(picture(number))
            frame.pts, frame.time_base = place, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    frames, source = read(tmp_path / "clip.avi")
    assert [number_in(frame.image) for frame in frames] == list(range(36))
    assert [frame.index for frame in frames] == list(range(36))
    assert [frame.time for frame in frames] == pytest.approx([place / 25 for place in places])
    assert source.frames_in_container == 40
    assert (source.counts.dropped, source.notes) == ({}, [])


def test_a_truncated_mkv_tells_of_its_early_end(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mkv")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    frames, source = read(clip)
    assert 5 < len(frames) < FRAMES
    assert source.notes == [
        f"the last frame is at {frames[-1].time:.2f} s, "
        f"though the file promises to last until {source.duration:.2f} s"
    ]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("first", [0, 15, 27])
def test_frames_after_a_hole_keep_their_number_and_time(tmp_path, first, suffix):
    clip = noisy_clip(tmp_path / f"clip{suffix}")
    wipe(clip, slice(first, first + 3))
    frames, source = read(clip)
    assert source.frames_in_container == FRAMES
    assert source.counts.dropped == {"damaged": FRAMES - len(frames)}
    assert source.counts.decoded == len(frames) <= FRAMES - 3
    assert all(frame.time == pytest.approx(frame.index / 25, abs=0.002) for frame in frames)
    assert frames[-1].index == FRAMES - 1


def test_damage_before_the_start_is_no_loss(tmp_path):
    clip = noisy_clip(tmp_path / "clip.mp4")
    wipe(clip, slice(3))
    with open_source(clip, start=1.0) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(25, FRAMES))
    assert source.counts.dropped == {}


def test_a_disk_that_fails_on_the_way_ends_the_source_with_its_frames(tmp_path, monkeypatch):
    clip = noisy_clip(tmp_path / "clip.mp4")

    class Failing:
        def __init__(self, container):
            self._container = container

        def __getattr__(self, name):
            return getattr(self._container, name)

        def demux(self, stream):
            for number, packet in enumerate(self._container.demux(stream)):
                if number == 12:
                    raise av.error.OSError(5, "Input/output error", "clip.mp4")
                yield packet

    real = recording.open_container
    monkeypatch.setattr(recording, "open_container", lambda path: Failing(real(path)))
    frames, source = read(clip)
    assert [frame.index for frame in frames] == list(range(12))
    assert source.counts.dropped == {"damaged": FRAMES - 12}


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


def text_as_picture(folder: Path) -> Path:
    (folder / "notes.jpg").write_text("dies ist kein Bild, sondern Prosa für Leser\n" * 200)
    return folder / "notes.jpg"


def bytes_as_picture(folder: Path) -> Path:
    (folder / "noise.jpg").write_bytes(NOISE[0].tobytes())
    return folder / "noise.jpg"


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
        (text, "notes.mp4 is a text, expected a picture or a video"),
        (text_as_picture, "notes.jpg is a text, expected a picture or a video"),
        (plain_text, "notes.txt is a text"),
        (playlist, "list.m3u8 is a text"),
        (joiner, "list.ffconcat is a text"),
        (bytes_as_picture, "noise.jpg cannot be opened as a picture or a video .*something else"),
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
    wipe(clip, slice(None))
    with pytest.raises(UnreadableSource, match=r"no frame of clip\.mp4 can be decoded"):
        open_source(clip)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=40))
def test_the_ledger_numbers_frames_by_their_packets(fates):
    """Packets come out of order; a frame comes once all before it have come, or never."""
    ledger, sent, cursor = Ledger(), set(), 0
    for number in sorted(range(len(fates)), key=lambda n: n + fates[n][1]):
        ledger.packet(number * 40)
        sent.add(number)
        while cursor in sent:
            if fates[cursor][0]:
                assert ledger.frame(cursor * 40) == cursor
            cursor += 1
    assert ledger.close() == len(fates)
    assert ledger.lost == sum(not lives for lives, _ in fates)


def test_the_ledger_counts_one_by_one_where_stamps_are_missing_or_start_again():
    ledger = Ledger()
    ledger.packet(None)
    assert (ledger.frame(None), ledger.frame(7)) == (0, 1)
    ledger.failure()
    assert ledger.frame(None) == 3
    assert (ledger.close(), ledger.lost) == (4, 1)
    ledger, numbers = Ledger(), []
    for stamp in (0, 40, 0, 40):  # the frames at 0 do not come
        ledger.packet(stamp)
        if stamp == 40:
            numbers.append(ledger.frame(stamp))
    assert (numbers, ledger.lost) == ([1, 2], 1)  # the second of them is not known to be lost
    hidden = Ledger(sound=False)
    for stamp in (0, 1, 40):
        hidden.packet(stamp)
    assert (hidden.frame(0), hidden.frame(40), hidden.close(), hidden.lost) == (0, 1, 2, 0)


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


@pytest.mark.parametrize(
    ("stamps", "times", "estimated"),
    [
        ((10.0, 0.0, 0.04, 0.08), (10.0, 10.04, 10.08, 10.12), 1),  # a joined file counts anew
        ((10.0, 8.8, 8.84), (10.0, 10.04, 10.08), 1),
        ((10.0, 0.0, 0.04, 0.0, 0.04), (10.0, 10.04, 10.08, 10.1, 10.12), 3),  # and stumbles
        ((10.0, 9.5, 10.04), (10.0, 10.02, 10.04), 1),  # within a second it is a slip
        ((None, None, 5.0), (0.0, 0.04, 5.0), 2),
    ],
)
def test_stamps_that_go_back_start_a_new_count_or_are_slips_and_none_begins_at_0(
    stamps, times, estimated
):
    clock = Clock(0.04)
    assert [clock.time(one) for one in stamps] == pytest.approx(times)
    assert clock.estimated == estimated


def test_number_in_reads_what_picture_writes():
    assert [number_in(picture(n)) for n in (0, 1, 77, 255)] == [0, 1, 77, 255]
