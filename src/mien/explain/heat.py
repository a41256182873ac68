"""A map laid over a picture in colours: dark where a network hardly looked, light where it did."""

import numpy as np
import PIL.Image

from mien.values import Float32, Image

__all__ = ["enlarge", "lay_over", "scale_bar"]

STEPS = np.array(
    [[22, 24, 90], [84, 28, 132], [170, 45, 120], [232, 98, 72], [252, 172, 60], [252, 250, 164]],
    np.float32,
)
"""Colours of 0, 0.2, ... 1: each lighter than the one before, so that they read in gray as well."""

THIN, THICK = 0.25, 0.75
"""Opacity of the colours at 0 and at 1."""


def enlarge(values: Float32, side: int) -> Float32:
    """A square map (m, m) as (side, side), bilinear; cells keep their place over the picture."""
    picture = PIL.Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((side, side), PIL.Image.Resampling.BILINEAR), np.float32)


def lay_over(picture: Image, values: Float32) -> Image:
    """Colour a picture by a map.

    Args:
        picture: uint8 (s, s, 3); made gray, so that colours mean the map alone.
        values: (m, m), 0-1; of any size.

    Returns:
        uint8 (s, s, 3).
    """
    there = np.clip(enlarge(values, len(picture)), 0, 1)[..., None]
    gray = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    opacity = THIN + (THICK - THIN) * there
    mixed = (1 - opacity) * gray[..., None] + opacity * _coloured(there[..., 0])
    return np.asarray(np.clip(mixed.round(), 0, 255), np.uint8)


def scale_bar(width: int, height: int) -> Image:
    """The colours from 0 on the left to 1 on the right."""
    line = np.linspace(0, 1, width, dtype=np.float32)
    return np.repeat(_coloured(line)[None].round().astype(np.uint8), height, axis=0)


def _coloured(values: Float32) -> Float32:
    """Colours of numbers 0-1, (...) to (..., 3)."""
    at = np.linspace(0, 1, len(STEPS))
    channels = [np.interp(values, at, STEPS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)
