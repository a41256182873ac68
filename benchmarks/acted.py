"""People who act: synthetic portraits that move by a script, seen by a camera that sways.

MIEN_PORTRAITS names their folder. Of the evaluation part, which no network has learned from, those
are taken that look into the camera and are at rest.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from mien.analysis.networks import Networks
from mien.analysis.observe import Keep, observe
from mien.analysis.rows import Rows
from mien.animation.events import Event, Script
from mien.animation.moves import Intensities
from mien.animation.warp import Puppet
from mien.data.parts import part_of
from mien.data.portraits import is_quiet, is_turned
from mien.face.tracker import find_faces
from mien.spec import ModelSpec
from mien.values import Float32, Frame, Image
from mien.video.reader import read_picture

__all__ = ["CALM", "LONG", "THROUGHOUT", "Camera", "act", "people", "planted"]

SIDE, RATE, LENGTH = 360, 15, 12.0
"""Pixels, frames per second, seconds."""

TALK = (
    Event({(1, ""): 3.5, (2, ""): 3.5}, start=2.5, duration=1.5),
    Event({(4, ""): 4.0}, start=4.5, duration=1.5),
    Event({(26, ""): 3.0, (25, ""): 3.0}, start=6.5, duration=1.0),
    Event({(15, ""): 3.5}, start=8.0, duration=1.2),
    Event({(9, ""): 3.0}, start=9.5, duration=1.2),
)
SMILE: Intensities = {(12, ""): 3.5, (6, ""): 3.0}
CALM = Script(TALK, LENGTH, RATE)
"""Five movements with rest between them."""
LONG = Script((*TALK, Event(SMILE, start=1.5, duration=10.0)), LENGTH, RATE)
"""The same, and a smile for five sixths of the clip."""
THROUGHOUT = Script((*TALK, Event(SMILE, start=0.0, duration=LENGTH, ramp=0.0)), LENGTH, RATE)
"""The same, and a smile from the first frame to the last."""


@dataclass(frozen=True)
class Camera:
    """How the person is seen."""

    seed: int
    near: float = 1.0
    """Of the picture's width that is seen at the middle of the sway."""
    light: float = 1.0
    """Factor of all pixels."""
    grain: float = 2.0
    """Grey levels of noise per frame."""

    def see(self, picture: Image, time: float, noise: np.random.Generator) -> Image:
        """The picture at a time."""
        height, width = picture.shape[:2]
        seen = min(self.near * (0.96 + 0.03 * np.sin(0.5 * time + self.seed)), 1.0)
        side = seen * min(height, width)
        left = (width - side) / 2 * (1 + 0.6 * np.sin(0.9 * time + self.seed))
        top = (height - side) / 2 * (1 + 0.6 * np.sin(1.3 * time))
        box = (left, top, left + side, top + side)
        view = PIL.Image.fromarray(picture).resize((SIDE, SIDE), 3, box=box)
        grain = noise.normal(0, self.grain, (SIDE, SIDE, 1)).astype(np.float32)
        lit = np.asarray(view, np.float32) * np.float32(self.light) + grain
        shown: Image = np.clip(lit, 0, 255).astype(np.uint8)
        return shown


def people(networks: Networks, count: int) -> Iterator[tuple[str, Puppet]]:
    """The first ones by their file's name."""
    folder = Path(os.environ["MIEN_PORTRAITS"])
    for path in sorted(folder.glob("*.jpg")):
        if part_of(path.name) != "evaluation" or count == 0:
            continue
        image = read_picture(path)
        faces = find_faces(image, networks.detector, networks.fitter)
        if len(faces) != 1 or faces[0].mesh is None:
            continue
        mesh = faces[0].mesh
        if is_quiet(mesh) and not is_turned(mesh):
            count -= 1
            yield path.name, Puppet(image, faces[0])


def act(who: Puppet, script: Script, camera: Camera, ways: Sequence[Networks]) -> list[list[Rows]]:
    """What each way of reading sees of the same frames; the rows carry their description."""
    noise = np.random.default_rng(camera.seed)
    frames = [
        Frame(camera.see(who.picture(script.at(time)), time, noise), index, time)
        for index, time in enumerate(script.times)
    ]
    return [list(observe(frames, way.tracker(1), way, Keep(features=True))) for way in ways]


def planted(script: Script, spec: ModelSpec) -> Float32:
    """(frames, outputs): the intensities that were acted, in the order of a network's outputs."""
    found = np.zeros((len(script.times), len(spec.units)), np.float32)
    for row, time in zip(found, script.times, strict=True):
        now = {(unit, str(side)): value for (unit, side), value in script.at(time).items()}
        for place, (unit, side) in enumerate(zip(spec.units, spec.sides, strict=True)):
            row[place] = now.get((unit, side), now.get((unit, ""), 0.0))
    return found
