"""How training pictures are varied: crop, mirror, colour, erase; pure functions of arrays.

What a picture is varied by depends on nothing but seed, epoch and row, so that a resumed run sees
the same pictures, whatever the number of workers. Nothing is changed in place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageEnhance

from mien.errors import InputError, ShapeError
from mien.face.landmarks import mirror
from mien.values import Float32, Image

__all__ = [
    "COLOURS",
    "Augment",
    "Variation",
    "erased_box",
    "middle",
    "mirrored",
    "mirrored_columns",
    "moved",
    "normalised",
    "varied",
    "vary",
]

COLOURS = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}
"""What is changed by a factor: towards black, towards the mean grey, towards the grey picture."""

ATTEMPTS = 10
"""Times that a box is drawn until one fits into the picture; then nothing is erased."""
SLIMMEST = 0.3
"""Smallest height over width of an erased box; the largest is its inverse, 3.3."""


@dataclass(frozen=True)
class Augment:
    """How training pictures are varied; testing pictures never are."""

    flip: float = 0.5
    """Probability of mirroring; landmarks, and sided units if there are any, are mirrored too."""
    shift: bool = True
    """Cut the crop at a random place of the aligned picture; else from its middle."""
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    """Largest relative change of each."""
    erase: float = 0.0
    """Probability of an erased box."""
    erased: tuple[float, float] = (0.02, 0.1)
    """Smallest and largest share of the picture that is erased."""

    def __post_init__(self) -> None:
        for name in ("flip", "erase"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}, expected a probability, 0-1")
        for name in COLOURS:
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} changes by {getattr(self, name)}, expected 0-1")
        if not 0 < self.erased[0] <= self.erased[1] <= 1:
            raise InputError(
                f"erased is {self.erased}, expected two shares of 1, the smaller first"
            )


@dataclass(frozen=True)
class Variation:
    """What is done to one picture in one epoch."""

    left: int
    """First column of the aligned picture that is inside the crop."""
    top: int
    flip: bool = False
    colours: tuple[tuple[str, float], ...] = ()
    """Names of COLOURS with their factors, in the order in which they are applied."""
    erase: tuple[int, int, int, int] | None = None
    """x0, y0, x1, y1 of a box of the crop that is erased."""


def middle(aligned: int, size: int) -> Variation:
    """The crop from the middle, as testing pictures are cut, here and by `mien.runtime`.

    Raises:
        InputError: the crop is larger than the aligned picture.
    """
    place = _room(aligned, size) // 2
    return Variation(place, place)


def vary(augment: Augment, aligned: int, size: int, random: Generator) -> Variation:
    """Draw what is done to one picture.

    Args:
        augment: what may be done.
        aligned: side of the aligned picture.
        size: side of the crop.
        random: the picture's own source of chance.
    """
    room = _room(aligned, size)
    still = middle(aligned, size)
    left, top = random.integers(0, room, 2, endpoint=True).tolist()
    flip = bool(random.random() < augment.flip)
    colours = [
        (name, float(random.uniform(1 - width, 1 + width)))
        for name in COLOURS
        if (width := getattr(augment, name))
    ]
    order = random.permutation(len(colours))
    erase = None
    if random.random() < augment.erase:
        erase = erased_box(augment.erased, size, random)
    return Variation(
        left if augment.shift else still.left,
        top if augment.shift else still.top,
        flip,
        tuple(colours[place] for place in order),
        erase,
    )


def erased_box(
    share: tuple[float, float], size: int, random: Generator
) -> tuple[int, int, int, int] | None:
    """Draw a box of a picture: its share of the area, its shape, its place.

    Zhong et al., "Random Erasing Data Augmentation", AAAI 2020.

    Args:
        share: smallest and largest share of the area.
        size: side of the picture.
        random: where chance comes from.

    Returns:
        x0, y0, x1, y1; None if no box fitted.
    """
    limit = math.log(SLIMMEST)
    for _ in range(ATTEMPTS):
        area = random.uniform(*share) * size * size
        shape = math.exp(random.uniform(limit, -limit))
        height, width = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
        if 0 < height < size and 0 < width < size:
            top = int(random.integers(0, size - height, endpoint=True))
            left = int(random.integers(0, size - width, endpoint=True))
            return left, top, left + width, top + height
    return None


def varied(image: Image, variation: Variation, size: int) -> Image:
    """The crop of an aligned picture: cut, mirrored, its colours changed; not yet erased.

    Args:
        image: uint8 (a, a, 3).
        variation: what is done.
        size: side of the crop.

    Returns:
        uint8 (size, size, 3); a view of ``image`` unless colours are changed.
    """
    left, top = variation.left, variation.top
    cut = image[top : top + size, left : left + size]
    if variation.colours:
        picture = Picture.fromarray(np.ascontiguousarray(cut))
        for name, factor in variation.colours:
            picture = COLOURS[name](picture).enhance(factor)
        cut = np.asarray(picture)
    # mirrored last and as a view: to copy single pixels backwards would cost as much as decoding
    return cut[:, ::-1] if variation.flip else cut


def moved(points: Float32, variation: Variation, size: int, scheme: str = "49") -> Float32:
    """Landmarks of the aligned picture as they lie in the crop; a new array.

    Args:
        points: float32 (p, 2), pixels of the aligned picture.
        variation: what is done to the picture.
        size: side of the crop.
        scheme: which points they are.
    """
    there = points - np.array([variation.left, variation.top], np.float32)
    return mirrored(there, size, scheme) if variation.flip else there


def mirrored(points: Float32, size: int, scheme: str = "49") -> Float32:
    """Landmarks in a mirrored picture: what was the right eye's is then the left eye's.

    Args:
        points: float32 (p, 2), pixels of a picture.
        size: width of the picture.
        scheme: which points they are.
    """
    turned = points[mirror(scheme)]
    turned[:, 0] = size - 1 - turned[:, 0]
    return turned


def mirrored_columns(units: Sequence[int], sides: Sequence[str]) -> NDArray[np.intp]:
    """The table that reorders the columns of labels of a mirrored face: ``columns[table]``.

    Args:
        units: number of each column.
        sides: L, R (the person's) or empty for both, of each column.

    Raises:
        InputError: a sided column has no counterpart.
    """
    other = {"L": "R", "R": "L", "": ""}
    columns = list(zip(units, sides, strict=True))
    table = []
    for unit, side in columns:
        if (unit, other[side]) not in columns:
            raise InputError(
                f"AU{unit}_{side} has no AU{unit}_{other[side]} beside it, so its pictures cannot "
                "be mirrored; set augment.flip to 0"
            )
        table.append(columns.index((unit, other[side])))
    return np.array(table, np.intp)


def normalised(
    image: Image,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    erase: tuple[int, int, int, int] | None = None,
    out: Float32 | None = None,
) -> Float32:
    """A crop as networks read it; what is erased is 0, the mean.

    Args:
        image: uint8 (s, s, 3).
        mean: per channel, of pictures scaled to 0-1.
        std: per channel.
        erase: x0, y0, x1, y1 of a box to erase.
        out: float32 (3, s, s) to write into.

    Returns:
        float32 (3, s, s).
    """
    if image.ndim != 3 or image.shape[2] != len(mean) or len(mean) != len(std):
        raise ShapeError(
            f"a crop of shape {image.shape} came for {len(mean)} means and {len(std)} deviations"
        )
    scale = np.float32(1) / (255 * np.array(std, np.float32))
    shift = np.array(mean, np.float32) / np.array(std, np.float32)
    if out is None:
        out = np.empty((len(mean), *image.shape[:2]), np.float32)
    for channel, plane in enumerate(out):
        np.multiply(image[..., channel], scale[channel], out=plane, dtype=np.float32)
        plane -= shift[channel]
    if erase is not None:
        x0, y0, x1, y1 = erase
        out[:, y0:y1, x0:x1] = 0
    return out


def _room(aligned: int, size: int) -> int:
    """Pixels by which the crop can be moved."""
    if not 0 < size <= aligned:
        raise InputError(
            f"crops of {size} pixels cannot be cut out of aligned pictures of {aligned}; "
            "prepare larger ones, or choose a smaller data.size"
        )
    return aligned - size
