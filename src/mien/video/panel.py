"""The panel of a face: a bar from 0 to 5 for each action unit, where it hides nobody."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.values import Float32
from mien.video.palette import BRIGHT, SMALLEST_LETTERS, Colour, font_of

__all__ = [
    "FULL",
    "Bars",
    "Panel",
    "draw_panel",
    "fill_bar",
    "highest",
    "panel_letters",
    "place_panel",
    "strongest",
]

Bars = Sequence[tuple[str, float]]
"""Labels and values 0-5."""

FULL = 5.0
"""Value of a bar that reaches its end."""

LINE = 1.45
"""Height of a line over that of the letters."""
LABEL, BAR, NUMBER, MARGIN = 3.9, 4.6, 1.9, 0.5
"""Widths of the parts of a line over the height of the letters."""
SHORT_BAR = 1.5
"""The same of a bar where there is little room."""
FEW = 3
"""Bars for which a panel is worth its room."""
NEAR = 40.0
"""Bars that are given up for a panel at the face rather than a picture's side away from it."""
OWN = 0.3
"""Share of a close-up face that its own panel may cover, where there is no room beside it."""
CLOSE_UP = 0.5
"""Side of such a face over the shorter side of the picture."""

TEXTS = LABEL + NUMBER + 2 * MARGIN

SHADE = (12, 16, 22)
SHADE_ALPHA = 165
RAIL = (82, 90, 102)
"""Of what is empty of a bar."""
FAINT = (170, 178, 188)


class Panel(NamedTuple):
    """Where a panel lies in the picture, in whole pixels, and how many bars fit in it."""

    x: int
    y: int
    width: int
    height: int
    bars: int

    @property
    def box(self) -> Float32:
        """Its sides: x0, y0, x1, y1."""
        return np.array([self.x, self.y, self.x + self.width, self.y + self.height], np.float32)


def panel_letters(letters: int, faces: int) -> int:
    """Height of the letters in panels: smaller among many faces, never too small to be read."""
    return max(SMALLEST_LETTERS, round(letters / math.sqrt(max(1.0, faces / 2))))


def strongest(bars: Bars, count: int) -> Bars:
    """Keep so many bars, those of the highest values, in the order in which they came."""
    return [bars[place] for place in highest([value for _, value in bars], count)]


def highest(values: Sequence[float], count: int) -> list[int]:
    """Places of so many values, the highest ones, in the order in which they came."""
    return sorted(sorted(range(len(values)), key=lambda place: -values[place])[:count])


def place_panel(
    size: tuple[int, int], box: Float32, taken: Sequence[Float32], bars: int, letters: int
) -> Panel | None:
    """Find room for the panel of a face, for many bars and near it, over nothing that is taken.

    A face that fills the picture is covered at the rim by its own panel.

    Args:
        size: width and height of the picture.
        box: of the face, x0, y0, x1, y1.
        taken: boxes of the other faces and of panels.
        bars: how many bars are wanted.
        letters: height of the letters in pixels.

    Returns:
        The place, or None where there is no room for a few bars.
    """
    places = list(_places(size, box, [*taken, box], bars, letters))
    if not places and min(box[2:] - box[:2]) >= CLOSE_UP * min(size):
        over = _places(size, box, taken, bars, letters)
        places = [place for place in over if _spares(place, box)]

    def worth(place: Panel) -> float:
        away = np.maximum(place.box[:2] - box[2:], box[:2] - place.box[2:])
        way = float(np.hypot(*np.clip(away - 2 * MARGIN * letters, 0, None)))
        return place.bars + place.width / size[0] - NEAR * way / max(size)

    return max(places, key=worth, default=None)


def _places(
    size: tuple[int, int], box: Float32, taken: Sequence[Float32], bars: int, letters: int
) -> Iterator[Panel]:
    """Give places beside, over and under a face and at the picture's sides, as high as may be."""
    gap = round(MARGIN * letters)
    for bar in (BAR, SHORT_BAR):
        width = int((TEXTS + bar) * letters)
        columns = (box[2] + gap, box[0] - gap - width, box[0], box[2] - width)
        for x in dict.fromkeys(int(column) for column in (*columns, size[0] - width, 0)):
            if x < 0 or x + width > size[0]:
                continue
            for top, bottom in _gaps(x, x + width, size[1], taken):
                lines = int((bottom - top - 2 * MARGIN * letters) / (LINE * letters))
                shown = bars if lines >= bars else lines - 1  # a line tells how many are missing
                if shown >= min(bars, FEW):
                    height = int((min(lines, bars) * LINE + 2 * MARGIN) * letters)
                    y = int(min(max(box[1], top), bottom - height))
                    yield Panel(x, max(y, top), width, height, shown)


def _gaps(
    left: float, right: float, height: int, taken: Sequence[Float32]
) -> Iterator[tuple[int, int]]:
    """Give the free stretches of a column of the picture, from top to bottom."""
    here = sorted((one for one in taken if one[0] < right and one[2] > left), key=lambda b: b[1])
    top = 0
    for one in here:
        yield top, int(np.floor(min(max(one[1], 0), height)))
        top = max(top, int(np.ceil(min(max(one[3], 0), height))))
    yield top, height


def _spares(place: Panel, box: Float32) -> bool:
    """Whether a panel leaves most of a face to be seen."""
    low, high = np.maximum(place.box[:2], box[:2]), np.minimum(place.box[2:], box[2:])
    return float(np.clip(high - low, 0, None).prod()) <= OWN * float((box[2:] - box[:2]).prod())


def draw_panel(
    canvas: PIL.Image.Image, place: Panel, bars: Bars, colour: Colour, letters: int
) -> None:
    """Draw labels, bars and values on a shaded ground with the face's colour at its side.

    Where there is no room for all, the strongest are drawn, and how many are missing.
    """
    corner = (place.x, place.y, place.x + place.width, place.y + place.height)
    ground = PIL.Image.new("L", (place.width, place.height), 0)
    ImageDraw.Draw(ground).rounded_rectangle(
        (0, 0, place.width - 1, place.height - 1), radius=letters // 2, fill=SHADE_ALPHA
    )
    canvas.paste(SHADE, corner, ground)
    pen = ImageDraw.Draw(canvas)
    side = (place.x, place.y + letters // 2, place.x, place.y + place.height - letters // 2)
    pen.line(side, fill=colour, width=max(2, letters // 5))
    font = font_of(letters)
    left, right = place.x + MARGIN * letters, place.x + place.width - MARGIN * letters
    for line, (label, value) in enumerate(strongest(bars, place.bars)):
        middle = place.y + (MARGIN + (line + 0.5) * LINE) * letters
        pen.text((left, middle), label, fill=BRIGHT, font=font, anchor="lm")
        pen.text((right, middle), f"{value:.1f}", fill=BRIGHT, font=font, anchor="rm")
        half = max(1.5, 0.26 * letters)
        ends = (left + LABEL * letters, right - NUMBER * letters)
        _draw_bar(pen, (ends[0], middle - half, ends[1], middle + half), value, colour)
    if place.bars < len(bars):
        middle = place.y + (MARGIN + (place.bars + 0.5) * LINE) * letters
        rest = f"+{len(bars) - place.bars} lower"
        pen.text((left, middle), rest, fill=FAINT, font=font, anchor="lm")


def _draw_bar(
    pen: ImageDraw.ImageDraw,
    groove: tuple[float, float, float, float],
    value: float,
    colour: Colour,
) -> None:
    """Draw a groove filled in proportion to a value."""
    if groove[2] <= groove[0]:
        return
    pen.rectangle(groove, fill=RAIL)
    fill_bar(pen, groove, value / FULL, colour)


def fill_bar(
    pen: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    share: float,
    colour: Colour,
) -> None:
    """Fill a box from the left by a share, 0-1; what is not known stays empty."""
    length = min(max(share, 0.0), 1.0) * (box[2] - box[0]) if share == share else 0.0
    if length >= 1:
        pen.rectangle((box[0], box[1], box[0] + length, box[3]), fill=colour)
