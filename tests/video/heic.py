"""A HEIC picture put together from one HEVC key frame: few programs here can write one."""

import struct
from pathlib import Path

import av
import numpy as np


def write_heic(path: Path, image: np.ndarray) -> Path:
    """Write a picture with even sides as a HEIC file."""
    height, width = image.shape[:2]
    setup, frame = _encode(path.with_suffix(".mp4"), image)
    meta = _meta(width, height, setup, 0, len(frame))
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    place = len(head) + len(meta) + 8
    meta = _meta(width, height, setup, place, len(frame))
    path.write_bytes(head + meta + _box(b"mdat", frame))
    return path


def _encode(scratch: Path, image: np.ndarray) -> tuple[bytes, bytes]:
    """The decoder's set-up record and the one packet."""
    with av.open(str(scratch), "w") as output:
        stream = output.add_stream("libx265", rate=25, options={"x265-params": "log-level=none"})
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuv420p"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        output.mux(stream.encode())
    with av.open(str(scratch)) as source:
        stream = source.streams.video[0]
        packet = next(p for p in source.demux(stream) if p.size)
        return bytes(stream.codec_context.extradata), bytes(packet)


def _meta(width: int, height: int, setup: bytes, place: int, length: int) -> bytes:
    """The description of the one item."""
    handler = _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
    primary = _full(b"pitm", struct.pack(">H", 1))
    entry = _full(b"infe", struct.pack(">HH", 1, 0) + b"hvc1\0", version=2)
    items = _full(b"iinf", struct.pack(">H", 1) + entry)
    extent = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, place, length)
    location = _full(b"iloc", extent)
    extents = _full(b"ispe", struct.pack(">II", width, height))
    properties = _box(b"ipco", _box(b"hvcC", setup) + extents)
    links = _full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 2))
    parts = handler + primary + items + location + _box(b"iprp", properties + links)
    return _full(b"meta", parts)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def _full(name: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(name, bytes([version, 0, 0, 0]) + body)
