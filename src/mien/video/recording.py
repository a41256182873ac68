"""A video file as upright RGB pictures with true time stamps, as far as it can be decoded."""

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.errors import UnreadableSource
from mien.video.clock import Clock
from mien.video.container import (
    is_single,
    nothing_in,
    open_container,
    picture_stream,
    promised_end,
    span_of,
    stamps_until,
    video_tracks,
)
from mien.video.ledger import HIDDEN_FRAMES, Ledger
from mien.video.screen import Screen
from mien.video.shots import DAMAGED, Counts, Kind, Shot

__all__ = ["Recording"]

USUAL_RATE = 25.0
"""Frames a second of a stream that says nothing of its rate."""

EARLY_END = 0.5
"""Seconds between the last frame and the duration in the header that are worth a note."""


class Recording:
    """A video file, opened at its picture stream.

    Args:
        path: the file. Its content decides what it is, not its suffix.
        threads: threads of the decoder. One costs the least CPU time per frame.

    Raises:
        UnreadableSource: the file is missing, empty, damaged, no video, or has sound only.
    """

    kind: Kind = "video"

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.name = str(path)
        self.counts = Counts()
        self.notes: list[str] = []
        self._path = path
        self._threads = threads
        head = self._open()
        if head is None:
            single = is_single(self._container)
            self.close()
            if single:
                raise nothing_in(path, "it cannot be decoded")
            raise UnreadableSource(
                f"no frame of {path.name} can be decoded; it is damaged, or cut off before its "
                "first frame: copy it again from where it was made"
            )
        rate = self._stream.guessed_rate or self._stream.average_rate
        self.rate = float(rate) if rate else None
        self.frames_in_container = self._stream.frames or None
        self.begin, end = span_of(self._container, self._stream)
        self.duration = None if end is None else end - self.begin
        self._coded = (head[1].width, head[1].height)
        self._noted_size = False
        self._screen = Screen(head[1], self._stream.sample_aspect_ratio)
        self.size = self._screen.size
        self._note_tracks()
        self._usual = self.rate or USUAL_RATE
        self._clock = Clock(1 / self._usual)

    def shots(self, start: float | None = None) -> Iterator[Shot]:
        """The frames in the order they are shown.

        Args:
            start: a moment in seconds. Frames before it may be left out, to save time; those that
                are given all the same come with their right number and time.
        """
        ahead = self._go_to(start) if start else 0
        for index, frame in self._frames:
            time = self._clock.time(_stamp(frame))
            self.counts.estimated = self._clock.estimated
            self.counts.decoded += 1
            self.counts.set_dropped(DAMAGED, self._ledger.lost)
            if not self._noted_size:
                self._note_size(frame, time)
            yield Shot(ahead + index, time, partial(self._screen.paint, frame))
        self._take_stock(ahead + self._ledger.close())

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _open(self, at: float = 0.0) -> tuple[int, VideoFrame] | None:
        """Open the file, at the key frame before a moment, and decode one frame.

        That frame comes again as the first of all; None where there is no frame.
        """
        self._container = open_container(self._path)
        self._discarded: set[int | None] = set()
        try:
            self._stream = picture_stream(self._container, self._path)
            self._stream.codec_context.thread_count = self._threads
            self._ledger = Ledger(self._stream.codec_context.name not in HIDDEN_FRAMES)
            if at:
                base = self._stream.time_base or Fraction(1)
                self._container.seek(int(at / base), stream=self._stream)
            frames = self._decode()
            head = next(frames, None)
        except BaseException:
            self._container.close()
            raise
        self._frames = frames if head is None else chain([head], frames)
        return head

    def _decode(self) -> Iterator[tuple[int, VideoFrame]]:
        """All frames that can be decoded from where the file stands, numbered from 0 there."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.FFmpegError, OSError):
                self._ledger.failure()
                yield from self._frames_of(None)
                return
            yield from self._frames_of(packet)

    def _frames_of(self, packet: "Packet[VideoStream] | None") -> Iterator[tuple[int, VideoFrame]]:
        """The frames that a packet completes; None or an empty packet ends the stream."""
        if packet is not None and packet.is_discard:
            self._discarded.add(packet.pts)
        elif packet is not None and packet.size:
            self._ledger.packet(packet.pts)
        try:
            frames = self._stream.decode(packet)
        except (av.FFmpegError, OSError):
            if packet is not None and packet.size:
                self._ledger.failure()
            return
        for frame in frames:
            if frame.is_corrupt:
                self._ledger.failure()
            else:
                yield self._ledger.frame(frame.pts), frame

    def _go_to(self, start: float) -> int:
        """Stand at the key frame before ``start``; how far the frames' numbers are ahead there.

        Packets are counted, not decoded. Where stamps or the index of the file are not sound, the
        file is read from its beginning.
        """
        if self._stream.codec_context.name in HIDDEN_FRAMES:
            return 0
        stamps, discarded, base = stamps_until(self._path, start)
        wanted = bisect_left(stamps, start, key=lambda stamp: float(stamp * base))
        if wanted == 0:
            return 0
        self._container.close()
        number, stamp = self._reach(start)
        rank = len(stamps) if stamp is None else bisect_left(stamps, stamp)
        if rank <= wanted and rank < len(stamps) and stamps[rank] == stamp:
            self._discarded |= discarded
            self._ledger.lost = 0
            return rank - number
        self._container.close()
        self._open()
        return 0

    def _reach(self, start: float) -> tuple[int, int | None]:
        """Stand at the key frame before ``start``; its number from here and its stamp, if any."""
        try:
            head = self._open(start)
        except (av.FFmpegError, OSError, OverflowError):
            head = None
        return (0, None) if head is None else (head[0], head[1].pts)

    def _note_tracks(self) -> None:
        """Say what is not read."""
        tracks = video_tracks(self._container)
        if len(tracks) > 1:
            self.notes.append(
                f"only number {tracks.index(self._stream) + 1} of its {len(tracks)} video tracks "
                "is read; copy each of the others into a file of its own"
            )

    def _note_size(self, frame: VideoFrame, time: float) -> None:
        """Say, once, that frames have another size than the first."""
        if (frame.width, frame.height) != self._coded:
            first = "x".join(map(str, self._coded))
            self.notes.append(
                f"from {time:.2f} s on the pictures are {frame.width}x{frame.height}, not {first}: "
                "they are fitted into the size of the first"
            )
            self._noted_size = True

    def _take_stock(self, index: int) -> None:
        """At the end of the file, compare with what its header promises.

        What is missing is missing at the end: where the last frame is there, the header counts what
        never comes, as that of an AVI whose recorder left frames out, or of an MP4 whose edit list
        cuts off more than a key frame's worth.
        """
        if self.frames_in_container is None:
            self.frames_in_container = index
        end = promised_end(self._container, self._stream)
        last = self._clock.last
        missing = 0
        if end is None or last is None or last < end - 1.5 / self._usual:
            missing = max(0, self.frames_in_container - len(self._discarded) - index)
        self.counts.set_dropped(DAMAGED, self._ledger.lost + missing)
        if end is not None and last is not None and last < end - 1 / self._usual - EARLY_END:
            self.notes.append(
                f"the last frame is at {last:.2f} s, "
                f"though the file promises to last until {end:.2f} s"
            )


def _stamp(frame: VideoFrame) -> float | None:
    """Presentation time of a frame in seconds, None if it carries none."""
    stamp = frame.dts if frame.pts is None else frame.pts
    return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)
