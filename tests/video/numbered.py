"""Clips whose every frame carries its own number, so that a lost or doubled one is seen."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

BITS = 8
CODECS = {".avi": "mpeg4", ".webm": "libvpx-vp9"}
FAST = {"libx264": {"preset": "ultrafast"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}
TICKS = 90_000


def picture(number: int, width: int = 128, height: int = 64) -> np.ndarray:
    """A picture with a number as black and white blocks in its upper half."""
    image = np.full((height, width, 3), (90, 120, 60), np.uint8)
    block = width // BITS
    for bit in range(BITS):
        image[: height // 2, bit * block : (bit + 1) * block] = 255 * (number >> bit & 1)
    return image


def number_in(image: np.ndarray) -> int:
    """The number that a picture carries."""
    height, width = image.shape[:2]
    block = width // BITS
    middle = [image[height // 4, bit * block + block // 2].mean() for bit in range(BITS)]
    return sum(1 << bit for bit, value in enumerate(middle) if value > 127)


def write_clip(
    path: Path,
    times: Sequence[float] | int,
    *,
    size: tuple[int, int] = (128, 64),
    rate: int = 25,
    rotation: tuple[Any, ...] | None = None,
    images: Sequence[np.ndarray] | None = None,
    container: dict[str, str] | None = None,
    encoder: dict[str, str] | None = None,
    codec: str | None = None,
) -> Path:
    """Write a clip of numbered pictures at known times (or so many at a steady rate)."""
    steady = isinstance(times, int)
    moments = [number / rate for number in range(times)] if isinstance(times, int) else times
    codec = codec or CODECS.get(path.suffix, "libx264")
    with av.open(str(path), "w", options=container or {}) as output:
        stream = output.add_stream(codec, rate=rate, options=FAST.get(codec, {}) | (encoder or {}))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        if not steady:
            stream.codec_context.time_base = Fraction(1, TICKS)
        if rotation is not None:
            stream.set_display_rotation(*rotation)
        for number, time in enumerate(moments):
            image = picture(number, *size) if images is None else images[number]
            frame = av.VideoFrame.from_ndarray(image)
            frame.time_base = Fraction(1, rate) if steady else Fraction(1, TICKS)
            frame.pts = number if steady else round(time * TICKS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path
