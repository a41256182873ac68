"""What to show where an alignment's square leaves the frame: a blurred rim that fades away."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from mien.values import Image

__all__ = ["fade"]

_CROP_SIDE = 256
"""Side that decides whether a large square is shrunk first."""
REACH = 1.32
"""How deep the blur goes in, in widths of the padding: at 4/3 it ends, and here a twenty-fifth of
it is left."""
SPARSE = 4
"""Every so many pixels the median colour is looked for."""
NEAR = 1
"""Pixels around what is seen that sampling may touch."""


def fade(
    image: Image, quad: NDArray[np.float64], share: float = 1.0
) -> tuple[Image, NDArray[np.float64], float]:
    """Cut out the surroundings of a square, shrunk if large, with a faded rim outside the frame.

    Args:
        image: uint8 (h, w, 3).
        quad: (4, 2), corners of the square in pixels of the image.
        share: of its side, the middle that is looked at: only there the rim is faded.

    Returns:
        The picture; the place in the image of its first pixel, in pixels of the image; how often
        it was shrunk: a point p of the image is at (p - place + 0.5) / shrink - 0.5.
    """
    side = float(np.hypot(*(quad[3] - quad[0])))
    shrink = max(int(side / _CROP_SIDE * 0.5), 1)
    border = shrink * max(round(0.1 * side / shrink), 3)
    height, width = image.shape[:2]
    low = np.floor(quad.min(axis=0)).astype(int) - border
    high = np.ceil(quad.max(axis=0)).astype(int) + border
    first, last = np.maximum(low, 0), np.minimum(high, [width, height])
    first = np.minimum(first, [width - 1, height - 1])
    last = np.maximum(last, first + 1)
    part = np.ascontiguousarray(image[first[1] : last[1], first[0] : last[0]])
    if shrink > 1:
        part = np.asarray(Picture.fromarray(part).reduce(shrink))
    before, after = (first - low) / shrink, (high - last) / shrink
    pad = np.ceil(np.maximum(np.concatenate([before, after]), 0)).astype(int)
    if pad.max() <= border / shrink - 4:
        return part, first.astype(np.float64), float(shrink)
    pad = np.maximum(pad, round(0.3 * side / shrink))
    rows, columns = part.shape[0] + pad[1] + pad[3], part.shape[1] + pad[0] + pad[2]
    padded = np.zeros((rows, columns, 3), np.uint8)
    padded[pad[1] : rows - pad[3], pad[0] : columns - pad[2]] = part
    place = first - pad[:2] * shrink
    middle = quad.mean(axis=0)
    shown = middle + share * (quad - middle) - place
    seen = np.concatenate([shown.min(axis=0), shown.max(axis=0)]) / shrink
    faded = _fade(padded, pad, 0.02 * side / shrink, seen)
    return faded, place.astype(np.float64), float(shrink)


def _fade(padded: Image, pad: NDArray[np.int_], blur: float, seen: NDArray[np.float64]) -> Image:
    """Blur the padding and its neighbourhood, and take it to the median colour at the edge.

    Only what the square shows is done: of a face that leaves the frame at one side a tenth of all.

    Args:
        padded: the surroundings of the square.
        pad: how wide the padding is at the left, above, at the right, below.
        blur: standard deviation, in pixels.
        seen: box around the square, x0, y0, x1, y1.
    """
    height, width = padded.shape[:2]
    across = np.minimum(np.arange(width) / pad[0], np.arange(width)[::-1] / pad[2])
    down = np.minimum(np.arange(height) / pad[1], np.arange(height)[::-1] / pad[3])
    low = np.maximum(np.floor(seen[:2]).astype(int) - NEAR, 0)
    high = np.minimum(np.ceil(seen[2:]).astype(int) + NEAR, [width, height])
    columns, rows = slice(low[0], high[0]), slice(low[1], high[1])
    middle = np.median(padded[::SPARSE, ::SPARSE], axis=(0, 1)).astype(np.float32)
    faded = padded.copy()
    places = [(rows, run) for run in _runs(across < REACH, columns)]
    places += [(run, columns) for run in _runs(down < REACH, rows)]
    for place in places:
        mask = 1 - np.minimum(across[place[1]], down[place[0], None])[..., None].astype(np.float32)
        sharp, soft = padded[place].astype(np.float32), _blurred(padded, place, blur)
        mixed = sharp + (soft - sharp) * np.clip(3 * mask + 1, 0, 1)
        mixed += (middle - mixed) * np.clip(mask, 0, 1)
        faded[place] = np.clip(np.rint(mixed), 0, 255)
    return faded


def _runs(there: NDArray[np.bool_], within: slice) -> list[slice]:
    """The one or two stretches of a line that are True, at its ends, within a part of it."""
    places = np.flatnonzero(there[within]) + within.start
    parts = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [slice(int(one[0]), int(one[-1]) + 1) for one in parts if len(one)]


def _blurred(padded: Image, place: tuple[slice, slice], blur: float) -> NDArray[np.float32]:
    """A part of the blurred picture; as far around it is blurred as the blur reaches."""
    reach = int(np.ceil(3 * blur)) + 3
    around = tuple(slice(max(one.start - reach, 0), one.stop + reach) for one in place)
    soft = Picture.fromarray(padded[around]).filter(ImageFilter.GaussianBlur(blur))
    inner = tuple(
        slice(one.start - wide.start, one.stop - wide.start)
        for one, wide in zip(place, around, strict=True)
    )
    return np.asarray(soft)[inner].astype(np.float32)
