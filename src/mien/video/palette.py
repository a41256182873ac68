"""Colours of tracks and of what is drawn beside a face, and letters of any size."""

from functools import cache

from PIL import ImageFont

__all__ = [
    "BRIGHT",
    "GROOVE",
    "GROUND",
    "SMALLEST_LETTERS",
    "STRONG",
    "TAG",
    "TEXT",
    "WINDOW",
    "Colour",
    "Font",
    "colour_of",
    "font_of",
    "letter_size",
]

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

TRACKS: tuple[Colour, ...] = (
    (64, 196, 255),
    (255, 183, 77),
    (174, 213, 129),
    (240, 98, 146),
    (186, 147, 250),
    (255, 241, 118),
    (77, 208, 190),
    (255, 138, 101),
)
"""Light enough for dark letters on them, and apart from each other and from skin."""

GROUND: Colour = (18, 20, 26)
"""Of panels beside a face."""
TEXT: Colour = (238, 240, 244)
"""On that ground."""
TAG: Colour = (10, 14, 20)
"""Of a track's number, on the colour of the track."""
BRIGHT: Colour = (245, 248, 250)
"""Of letters on what is darkened of a picture, and in a window."""
GROOVE: Colour = (44, 50, 59)
"""Of what is empty of a bar in a window, and of lines there."""
WINDOW: Colour = (17, 20, 25)
"""Of a window, behind all that is drawn in it."""
STRONG: Colour = (255, 214, 90)
"""Of the strongest relation between units, and of its bar."""

LETTER_SHARE = 0.03
"""Height of the letters over the shorter side of the picture."""

SMALLEST_LETTERS = 9
"""Pixels under which digits are no longer told apart."""


def colour_of(track: int | None) -> Colour:
    """Colour of a person; the same number has the same colour throughout."""
    return TRACKS[(track or 0) % len(TRACKS)]


def letter_size(size: tuple[int, int]) -> int:
    """Height of letters in pixels for a picture of this width and height."""
    return max(SMALLEST_LETTERS, round(LETTER_SHARE * min(size)))


@cache
def font_of(letters: int) -> Font:
    """The font that comes with Pillow, in letters of this many pixels."""
    return ImageFont.load_default(letters)
