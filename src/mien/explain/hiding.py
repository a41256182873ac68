"""Crops with parts of them hidden under their own mean colour."""

import numpy as np
from numpy.typing import NDArray

from mien.values import Image

__all__ = ["CELLS", "Hidden", "cells_of", "hidden"]

CELLS = 14
"""Cells of a crop along a side; a smaller crop has one for each pixel."""

Hidden = NDArray[np.bool_]


def cells_of(image: Image) -> int:
    """How many cells a side of this crop has."""
    return min(CELLS, len(image))


def hidden(image: Image, cells: Hidden) -> Image:
    """A crop with some cells hidden, in several ways.

    Args:
        image: uint8 (s, s, 3).
        cells: (n, g, g), True where it is hidden.

    Returns:
        uint8 (n, s, s, 3).
    """
    count = cells.shape[1]
    # pixel to cell: equal parts, as far as whole pixels allow
    place = np.arange(len(image)) * count // len(image)
    mask = cells[:, place][:, :, place]
    colour = image.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
    return np.where(mask[..., None], colour, image[None])
