"""What reading mesh and picture together costs over the mesh alone: CPU time per face and frame.

One face, found once, in frames of four sizes; what both ways do with it is done in turns: cut frame
by frame; describe, read by themselves and against the neutral as many at once as
``mien analyze`` does. The least of several rounds, for other work on
the machine only ever adds. One thread. Half a minute.
"""

import os
import time

import numpy as np
import PIL.Image
from skimage.data import astronaut

import mien
from mien.analysis.observe import CHUNK
from mien.analysis.reading import DEFAULTS, Reading, open_reading
from mien.values import Face, Float32, Image
from mien.weights.store import open_store

AIM = 2.0
"""Milliseconds that the picture may cost over the mesh."""
SIZES = ((640, 360), (1280, 720), (1920, 1080), (3840, 2160))
ROUNDS = 15


def main() -> None:
    """Print one line per size."""
    if hasattr(os, "sched_setaffinity"):  # else a network of crops would take several
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    photo: Image = astronaut()  # type: ignore[no-untyped-call]
    ways = {name: open_reading(name, open_store()) for name in DEFAULTS}
    print(f"  milliseconds of CPU time per face and frame over the mesh alone (aim: {AIM})")
    for width, height in SIZES:
        image = _frame(photo, width, height)
        face = mien.find_faces(image)[:1]
        rest = {name: _described(way, image, face) for name, way in ways.items()}
        costs: dict[str, list[float]] = {name: [] for name in ways}
        cutting = []
        for _ in range(ROUNDS):
            for name, way in ways.items():
                begun = time.process_time()
                described = _described(way, image, face, CHUNK)
                way.read(described)
                way.against(described, rest[name][0])
                costs[name].append((time.process_time() - begun) / CHUNK)
            begun = time.process_time()
            for _ in range(CHUNK):
                ways["picture"].cut(image, face)
            cutting.append((time.process_time() - begun) / CHUNK)
        each = (costs["mesh"], costs["picture"], cutting)
        mesh, picture, cut = (1000 * min(one) for one in each)
        across = face[0].box[2] - face[0].box[0]
        print(
            f"    {width}x{height}, face {across:.0f} pixels wide: {picture - mesh:.2f} "
            f"(mesh {mesh:.2f}, both {picture:.2f}; of this the crop {cut:.2f})"
        )


def _frame(photo: Image, width: int, height: int) -> Image:
    """The photograph's upper part as a frame of this size."""
    box = (0, 0, photo.shape[1], photo.shape[1] * height / width)
    return np.asarray(
        PIL.Image.fromarray(photo).resize((width, height), PIL.Image.Resampling.BICUBIC, box=box)
    )


def _described(way: Reading, image: Image, face: list[Face], count: int = 1) -> Float32:
    mesh = np.stack([one.mesh for one in face * count if one.mesh is not None])
    return way.describe(mesh, [crop for _ in range(count) for crop in way.cut(image, face)])


if __name__ == "__main__":
    main()
