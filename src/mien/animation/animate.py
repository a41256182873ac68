"""A photograph to a clip or a picture in which its face moves, with the truth written beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from mien.animation.events import Script
from mien.animation.planted import planted_path, planting
from mien.animation.warp import Puppet
from mien.errors import InputError
from mien.files import as_text, by_suffix, same_file
from mien.values import Face, Image
from mien.video.writer import PICTURES, VIDEOS, VideoWriter, write_picture

__all__ = ["animate", "check_output", "choose", "resize"]

SMALLEST = 40.0
"""Pixels: a face narrower than this has no lids to move."""


def animate(
    image: Image,
    face: Face,
    script: Script,
    output: Path,
    told: Callable[[int], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Move a face and write the clip, or the picture at its height, and what was planted.

    Args:
        image: the photograph.
        face: the face in it that moves.
        script: what moves when.
        output: a video, or a picture (.png, .jpg, .webp): then every unit at its strongest.
        told: called with the number of each frame that is done.

    Returns:
        The files written: the clip, and for a clip the table and the events.
    """
    puppet = Puppet(image, face)
    if output.suffix.lower() in PICTURES:
        write_picture(output, puppet.picture(script.height))
        return (output,)
    height, width = image.shape[:2]
    facts = {
        "clip": as_text(output.name),
        "size": [width, height],
        "rate": script.rate,
        "length": script.length,
        "box": [round(float(side), 1) for side in face.box],
    }
    still: tuple[dict[Any, float], Image] | None = None
    with planting(output, script, facts) as truth, VideoWriter(output, width, height) as writer:
        for index, time in enumerate(script.times):
            now = script.at(time)
            if still is None or still[0] != now:
                still = (now, puppet.picture(now))
            writer.write(still[1], time)
            told(index)
    return (output, *truth)


def check_output(output: Path, photo: Path) -> None:
    """Refuse an output that cannot be, before any work is done for it.

    Args:
        output: the clip or picture to be.
        photo: what is read.

    Raises:
        InputError: the suffix is unknown, or the photograph itself would be overwritten.
    """
    by_suffix(output, dict.fromkeys([*VIDEOS, *PICTURES]), "a clip or a picture")
    written = [output]
    if output.suffix.lower() in VIDEOS:
        written += [planted_path(output), planted_path(output, ".json")]
    for path in written:
        if same_file(path, photo):
            raise InputError(
                f"{path} is the photograph that is read and would be overwritten; "
                "choose another --output"
            )


def choose(faces: list[Face], number: int, source: str) -> Face:
    """The face to move.

    Args:
        faces: of the picture, the largest first.
        number: which one, from 0.
        source: name of the picture, for the error.

    Raises:
        InputError: there is none, no such one, or it is too small.
    """
    if not faces:
        raise InputError(f"no face was found in {source}; choose a picture that shows one, upright")
    if not 0 <= number < len(faces):
        known = "one face: 0"
        if len(faces) > 1:
            known = f"{len(faces)} faces: choose 0 to {len(faces) - 1}, the largest is 0"
        raise InputError(f"face {number} was asked for, but {source} has {known}")
    face = faces[number]
    if (width := float(face.box[2] - face.box[0])) < SMALLEST:
        raise InputError(
            f"the face in {source} is {width:.0f} pixels wide, expected {SMALLEST:.0f} or more; "
            "use a larger picture, or enlarge it with --size"
        )
    return face


def resize(image: Image, longest: int | None) -> Image:
    """Scale a picture so that its longest side has so many pixels; None: leave it.

    Raises:
        InputError: the size is out of range.
    """
    if longest is None:
        return image
    if not 32 <= longest <= 8192:
        raise InputError(f"a size of {longest} pixels was asked for, expected 32 to 8192")
    height, width = image.shape[:2]
    factor = longest / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    scaled = PIL.Image.fromarray(image).resize(size, PIL.Image.Resampling.LANCZOS)
    return np.asarray(scaled)
