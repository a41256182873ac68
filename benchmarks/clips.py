"""Clips to measure on: one face, 640x360, 30 frames per second, of any length."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image

import mien
from mien.animation.events import Event, Script
from mien.animation.warp import Puppet
from mien.values import Image
from mien.video.writer import VideoWriter

WIDTH, HEIGHT, RATE = 640, 360, 30
SECONDS = 20
GRAIN = 1.0
"""Grey levels of noise per frame: a webcam in daylight, about a megabit a second."""

EVENTS = (
    Event({(1, ""): 4.0, (2, ""): 4.0}, start=2.0, duration=2.0),
    Event({(26, ""): 4.0}, start=6.0, duration=2.0),
    Event({(43, ""): 5.0}, start=10.0, duration=0.3),
    Event({(4, ""): 4.0, (7, ""): 3.0}, start=12.0, duration=2.0),
    Event({(43, ""): 5.0}, start=16.0, duration=0.3),
)


def scene(face: Image, time: float, noise: np.random.Generator) -> Image:
    """The photograph seen by a camera that sways and has grain."""
    picture = PIL.Image.fromarray(face)
    centre_x = 224 + 18 * np.sin(0.9 * time)
    centre_y = 128 + 9 * np.sin(1.3 * time)
    width = 330 + 20 * np.sin(0.5 * time)
    height = width * HEIGHT / WIDTH
    box = (
        centre_x - width / 2,
        centre_y - height / 2,
        centre_x + width / 2,
        centre_y + height / 2,
    )
    view = picture.resize((WIDTH, HEIGHT), PIL.Image.Resampling.BICUBIC, box=box)
    grain = noise.normal(0, GRAIN, (HEIGHT, WIDTH, 1)).astype(np.float32)
    seen: Image = np.clip(np.asarray(view, np.float32) + grain, 0, 255).astype(np.uint8)
    return seen


def face_clip(path: Path) -> Path:
    """A clip of 20 seconds from the astronaut photograph, made once."""
    if path.exists():
        return path
    from skimage.data import astronaut

    photo: Image = astronaut()  # type: ignore[no-untyped-call]
    puppet = Puppet(photo, mien.find_faces(photo)[0])
    script = Script(EVENTS, SECONDS, RATE)
    noise = np.random.default_rng(0)
    with VideoWriter(path, WIDTH, HEIGHT) as writer:
        for time in script.times:
            writer.write(scene(puppet.picture(script.at(time)), time, noise), time)
    return path


def repeated(clip: Path, path: Path, times: int) -> Path:
    """The same clip several times in a row, without encoding it again."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        base = stream.time_base or Fraction(1, RATE)
        length = round(SECONDS / base)
        for turn in range(times):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts += turn * length
                packet.dts += turn * length
                packet.stream = copy
                target.mux(packet)
    return path
