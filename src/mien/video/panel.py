"""The panel beside a face: a bar from 0 to 5 for each action unit."""

from collections.abc import Sequence
from typing import NamedTuple

import PIL.Image
from PIL import ImageDraw

from mien.values import Float32
from mien.video.palette import Colour, font_of

__all__ = ["Bars", "Panel", "draw_panel", "place_panel"]

Bars = Sequence[tuple[str, float]]
"""Labels and values 0-5."""

FULL = 5.0
"""Value of a bar that reaches its end."""

LINE = 1.45
"""Height of a line over that of the letters."""
LABEL, BAR, NUMBER, MARGIN = 3.9, 4.6, 1.9, 0.5
"""Widths of the parts of a line over the height of the letters."""
SHORTEST_BAR = 1.5
"""The same of a bar where there is little room beside the face."""

TEXTS = LABEL + NUMBER + 2 * MARGIN

SHADE = (12, 16, 22)
SHADE_ALPHA = 165
GROOVE = (82, 90, 102)
TEXT = (245, 248, 250)


class Panel(NamedTuple):
    """Where a panel lies in the picture, in whole pixels, and how many bars fit in it."""

    x: int
    y: int
    width: int
    height: int
    bars: int


def place_panel(
    size: tuple[int, int], box: Float32, others: Sequence[Float32], bars: int, letters: int
) -> Panel:
    """Find a place beside a face: where it covers the least of any face, the nearest first.

    Args:
        size: width and height of the picture.
        box: of the face, x0, y0, x1, y1.
        others: boxes of all faces.
        bars: how many bars are wanted.
        letters: height of the letters in pixels.
    """
    free = max(size[0] - float(box[2]), float(box[0])) / letters - TEXTS - MARGIN
    width = min(size[0], int((TEXTS + min(max(free, SHORTEST_BAR), BAR)) * letters))
    room = max(1, int((size[1] - 2 * MARGIN * letters) / (LINE * letters)))
    shown = min(bars, room)
    height = min(size[1], round((shown * LINE + 2 * MARGIN) * letters))
    gap = round(MARGIN * letters)
    sides = (box[2] + gap, box[0] - gap - width, size[0] - width, 0)
    top = int(min(max(box[1], 0), size[1] - height))
    places = [
        Panel(int(min(max(x, 0), size[0] - width)), y, width, height, shown)
        for y in (top, 0, size[1] - height)
        for x in sides
    ]
    return min(places, key=lambda place: sum(_overlap(place, other) for other in others))


def _overlap(place: Panel, box: Float32) -> float:
    """Pixels of a box that a panel covers."""
    across = min(place.x + place.width, box[2]) - max(place.x, box[0])
    down = min(place.y + place.height, box[3]) - max(place.y, box[1])
    return float(max(0, across) * max(0, down))


def draw_panel(
    canvas: PIL.Image.Image, place: Panel, bars: Bars, colour: Colour, letters: int
) -> None:
    """Draw labels, bars and values on a shaded ground, into the picture itself."""
    corner = (place.x, place.y, place.x + place.width, place.y + place.height)
    ground = PIL.Image.new("L", (place.width, place.height), 0)
    ImageDraw.Draw(ground).rounded_rectangle(
        (0, 0, place.width - 1, place.height - 1), radius=letters // 2, fill=SHADE_ALPHA
    )
    canvas.paste(SHADE, corner, ground)
    pen = ImageDraw.Draw(canvas)
    font = font_of(letters)
    left, right = place.x + MARGIN * letters, place.x + place.width - MARGIN * letters
    for line, (label, value) in enumerate(bars[: place.bars]):
        middle = place.y + (MARGIN + (line + 0.5) * LINE) * letters
        pen.text((left, middle), label, fill=TEXT, font=font, anchor="lm")
        pen.text((right, middle), f"{value:.1f}", fill=TEXT, font=font, anchor="rm")
        half = max(1.5, 0.26 * letters)
        ends = (left + LABEL * letters, right - NUMBER * letters)
        _draw_bar(pen, (ends[0], middle - half, ends[1], middle + half), value, colour)


def _draw_bar(
    pen: ImageDraw.ImageDraw,
    groove: tuple[float, float, float, float],
    value: float,
    colour: Colour,
) -> None:
    """Draw a groove filled in proportion to a value."""
    x0, y0, x1, y1 = groove
    if x1 <= x0:
        return
    pen.rectangle(groove, fill=GROOVE)
    length = min(max(value / FULL, 0.0), 1.0) * (x1 - x0)
    if length >= 1:
        pen.rectangle((x0, y0, x0 + length, y1), fill=colour)
