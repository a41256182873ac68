"""A video file opened: its picture stream, its length, its time stamps."""

import codecs
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from mien.errors import UnreadableSource
from mien.video.sources import check_file

__all__ = [
    "is_single",
    "nothing_in",
    "open_container",
    "picture_stream",
    "promised_end",
    "span_of",
    "stamps_until",
    "video_tracks",
]

NOT_VIDEO = frozenset({"tty", "bin", "xbin", "adf", "idf", "concat", "hls", "dash"})
"""Formats in which a text would pass for a video, or that reach for other files and hosts."""


def open_container(path: Path) -> InputContainer:
    """Open a video file.

    Raises:
        UnreadableSource: it is missing, empty, damaged, or no video.
    """
    check_file(path)
    if path.stat().st_size == 0:
        raise UnreadableSource(f"{path.name} is empty; expected a picture or a video")
    try:
        container = av.open(f"file:{path}", metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise nothing_in(path, str(reason)) from error
    if NOT_VIDEO & set(container.format.name.split(",")):
        container.close()
        raise nothing_in(path, f"its format is {container.format.name}")
    return container


def nothing_in(path: Path, reason: str) -> UnreadableSource:
    """The error to raise for a file that is no picture and no video."""
    if _is_text(path):
        return UnreadableSource(f"{path.name} is a text, expected a picture or a video")
    return UnreadableSource(
        f"{path.name} cannot be opened as a picture or a video ({reason}); it is "
        "something else, or damaged or incomplete: copy it again from where it was made"
    )


def _is_text(path: Path) -> bool:
    """Whether a file begins with what people write: letters, signs, line ends."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except (OSError, UnicodeDecodeError):
        return False
    return bool(text) and all(letter.isprintable() or letter.isspace() for letter in text)


def is_single(container: InputContainer) -> bool:
    """Whether the file was taken for a picture, by its name or its first bytes."""
    name = container.format.name
    return name.startswith("image2") or name.endswith("_pipe")


def picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream of moving pictures; the cover of a piece of music is none.

    Raises:
        UnreadableSource: there is none, or its codec is not known.
    """
    streams = video_tracks(container)
    if not streams:
        what = "sound only" if container.streams.audio else "no pictures"
        raise UnreadableSource(f"{path.name} holds {what}; expected a picture or a video")
    best = container.streams.best("video")
    stream = next((item for item in streams if item is best), streams[0])
    if stream.codec_context is None:
        raise UnreadableSource(
            f"the pictures of {path.name} are in a codec that is not known; "
            "convert it to H.264 in .mp4"
        )
    for other in container.streams:
        other.discard = Discard.default if other is stream else Discard.all
    return stream


def video_tracks(container: InputContainer) -> list[VideoStream]:
    """The streams of moving pictures, without covers."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]


def span_of(container: InputContainer, stream: VideoStream) -> tuple[float, float | None]:
    """When a video begins and ends by its header, in seconds; the end is None if it says none.

    Where only the file as a whole has a length, some programs count it from 0 and some from the
    first frame: it is taken for the end unless it lies before the beginning.
    """
    base = stream.time_base or Fraction(0)
    begin = float((stream.start_time or 0) * base)
    if stream.duration is not None and base:
        return begin, begin + float(stream.duration * base)
    if container.duration is None:
        return begin, None
    length = container.duration / av.time_base
    return begin, length if length > begin else begin + length


def promised_end(container: InputContainer, stream: VideoStream) -> float | None:
    """When the pictures end by the header, in seconds; None if it speaks of other tracks too."""
    if stream.duration is None and len(container.streams) > 1:
        return None
    return span_of(container, stream)[1]


def stamps_until(path: Path, moment: float) -> tuple[list[int], set[int | None], Fraction]:
    """Presentation time stamps of the frames up to a moment, in order.

    Only packets are read, nothing is decoded. The list is empty where the stamps are not sound.

    Returns:
        The stamps of what is shown, those of what the file says not to show, and their unit in
        seconds.
    """
    with open_container(path) as container:
        stream = picture_stream(container, path)
        base = stream.time_base or Fraction(1)
        stamps: list[int] = []
        discarded: set[int | None] = set()
        last: int | None = None
        try:
            for packet in container.demux(stream):
                if packet.is_discard:
                    discarded.add(packet.pts)
                if packet.size == 0 or packet.is_discard:
                    continue
                if packet.pts is None or (last is not None and (packet.dts or last) < last):
                    return [], discarded, base
                stamps.append(packet.pts)
                last = packet.dts if packet.dts is not None else last
                if last is not None and last * base > moment:
                    break
        except (av.FFmpegError, OSError):
            return sorted(stamps), discarded, base
        return sorted(stamps), discarded, base
