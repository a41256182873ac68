"""Values of more than 8 bits as 8: which of them is white depends on the bits that are in use."""

from pathlib import Path
from typing import cast

import av
import numpy as np
import PIL.Image
from av.video.frame import VideoFrame
from numpy.typing import NDArray

__all__ = ["bits_of", "deep_colours", "is_deep_colour", "to_bytes"]

DEPTHS = (8, 10, 12, 16)
"""Bits that cameras put into values of 16, right-aligned."""

BITS_PER_SAMPLE = 258
"""Number of the TIFF tag."""


def bits_of(picture: PIL.Image.Image) -> int:
    """Bits per value by the header of a TIFF; 16 where it says nothing, as a PNG with fewer."""
    tags = getattr(picture, "tag_v2", {})
    return int(tags.get(BITS_PER_SAMPLE, (16,))[0])


def is_deep_colour(picture: PIL.Image.Image) -> bool:
    """Whether a picture that is not loaded yet has 16 bits for each of red, green and blue."""
    parts = getattr(picture, "tile", ())
    return picture.mode == "RGB" and any("RGB;16" in str(part) for part in parts)


def to_bytes(values: NDArray[np.generic], bits: int) -> NDArray[np.uint8]:
    """Whole numbers of up to 32 bits, or fractions, as 0-255.

    The full scale of fractions is 1. That of whole numbers is told by their bits; of 16 it is that
    of the fewest bits in use that hold all values. Where values go beyond it, it is the largest.
    """
    numbers = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(numbers.max())
    full = 1.0
    if not np.issubdtype(values.dtype, np.floating):
        depths = (bits,) if bits < 16 else DEPTHS
        full = next((2.0**depth - 1 for depth in depths if largest < 2**depth), largest)
    full = max(full, largest)
    return cast("NDArray[np.uint8]", np.rint(numbers.clip(0) / full * 255).astype(np.uint8))


def deep_colours(path: Path) -> NDArray[np.uint8] | None:
    """The colours of a picture file from all of their 16 bits, of which Pillow keeps the upper 8.

    Returns:
        uint8 (h, w, 3), RGB, not turned; None where they cannot be had.
    """
    try:
        with av.open(f"file:{path}") as container:
            frame: VideoFrame = next(container.decode(video=0))
            return to_bytes(frame.to_ndarray(format="rgb48le"), 16)
    except (av.FFmpegError, OSError, ValueError, StopIteration):
        return None
