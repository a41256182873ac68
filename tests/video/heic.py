"""A HEIC picture put together from one HEVC key frame: few programs here can write one."""

import re
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

VPS, SPS, PPS = 32, 33, 34
"""Kinds of the units that describe a stream."""


def write_heic(path: Path, image: np.ndarray) -> Path:
    """Write a picture with even sides as a HEIC file."""
    height, width = image.shape[:2]
    setup, frame = _encode(image)
    meta = _meta(width, height, setup, 0, len(frame))
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    place = len(head) + len(meta) + 8
    meta = _meta(width, height, setup, place, len(frame))
    path.write_bytes(head + meta + _box(b"mdat", frame))
    return path


def _encode(image: np.ndarray) -> tuple[bytes, bytes]:
    """The decoder's set-up record and the coded picture."""
    coder = av.CodecContext.create("libx265", "w")
    coder.height, coder.width = image.shape[:2]
    coder.pix_fmt, coder.time_base = "yuv420p", Fraction(1, 25)
    coder.options = {"x265-params": "log-level=none:info=0:pools=none:frame-threads=1"}
    frame = av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")
    frame.pts = 0
    packets = [*coder.encode(frame), *coder.encode(None)]
    units = re.split(b"\0?\0\0\1", b"".join(map(bytes, packets)))[1:]
    kinds = {VPS: b"", SPS: b"", PPS: b""} | {unit[0] >> 1: unit for unit in units}
    slices = [unit for unit in units if unit[0] >> 1 < VPS]
    profile = kinds[SPS].replace(b"\0\0\3", b"\0\0")[3:15]
    setup = b"\1" + profile + bytes.fromhex("f000fcfdf8f800000f03")
    for kind in (VPS, SPS, PPS):
        setup += struct.pack(">BHH", 0x80 | kind, 1, len(kinds[kind])) + kinds[kind]
    return setup, b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)


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
