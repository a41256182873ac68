"""The card of a face: the emotion that it resembles with its units, and a bar for each unit."""

from dataclasses import dataclass
from typing import NamedTuple

from PIL import ImageDraw

from mien.video.palette import BRIGHT, GROOVE, TAG, Colour, Font, colour_of, font_of
from mien.video.panel import FULL, fill_bar, highest

__all__ = ["Card", "UnitBar", "card_least", "draw_card", "fitted"]

SOFT = (196, 203, 211)
FAINT = (134, 143, 154)

HEAD = 5.0
"""Height of the emotion and what lies under it, over that of the letters."""
ROW = 1.42
"""The same of a bar with its label."""
NUMBER, LABEL, VALUE = 1.9, 11.6, 2.1
"""Widths of a unit's number, its name and its value."""
FEWEST = 4
"""Bars that a card should hold."""


class UnitBar(NamedTuple):
    """One action unit on a card."""

    label: str
    """What it is called: lip corner puller."""
    value: float
    """Intensity 0-5; NaN where only the probability is known."""
    number: int
    chance: float | None = None
    """Probability 0-1 that a network of the user's own gives, a thin line under the bar."""
    leads: bool = False
    """Whether the emotion rests on it."""
    is_weak: bool = False
    """Whether it is known to be read badly."""


@dataclass(frozen=True)
class Card:
    """What is written of one face."""

    track: int | None
    title: str
    """The emotion: resembles happiness."""
    score: float | None
    """0-1, of the emotion."""
    lines: tuple[str, str]
    """Under it: the units that led to it, and what they were measured against."""
    bars: tuple[UnitBar, ...]


def card_least(letters: int) -> int:
    """Height in pixels under which a card says too little."""
    return round((HEAD + FEWEST * ROW) * letters)


def draw_card(
    pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], card: Card, letters: int
) -> None:
    """Draw a card.

    Args:
        pen: of the picture.
        box: x0, y0, x1, y1.
        card: what is on it.
        letters: height of the letters in pixels.
    """
    x0, y0, x1, y1 = box
    colour = colour_of(card.track)
    left, right = x0 + letters, x1 - letters
    pen.rectangle((left, y0 + letters * 0.4, left + letters * 0.22, y1), fill=colour)
    left += letters
    _draw_head(pen, card, (left, y0, right), colour, letters)
    rows = max(0, int((y1 - y0 - HEAD * letters) / (ROW * letters)))
    bars, missing = card.bars, len(card.bars) - rows
    if missing > 0:  # a line tells how many
        worth = [_worth(bar) for bar in card.bars]
        bars = tuple(card.bars[place] for place in highest(worth, max(0, rows - 1)))
    top = y0 + HEAD * letters
    for place, bar in enumerate(bars):
        middle = top + (place + 0.5) * ROW * letters
        _draw_bar(pen, bar, (left, middle, right), colour, letters)
    if missing > 0 and rows:
        middle = top + (rows - 0.5) * ROW * letters
        text = f"and {missing + 1} lower ones"
        pen.text((left, middle), text, fill=FAINT, font=font_of(letters), anchor="lm")


def _worth(bar: UnitBar) -> float:
    """How much a bar should be seen: first those on which the emotion rests, then the strongest."""
    value = bar.value if bar.value == bar.value else bar.chance or 0.0
    return value + FULL * bar.leads


def fitted(pen: ImageDraw.ImageDraw, text: str, font: Font, width: float) -> str:
    """The text, cut short so that it is no wider than so many pixels."""
    if pen.textlength(text, font=font) <= width:
        return text
    while text and pen.textlength(f"{text}...", font=font) > width:
        text = text[:-1]
    return f"{text.rstrip()}..." if text else ""


def _draw_head(
    pen: ImageDraw.ImageDraw,
    card: Card,
    span: tuple[float, float, float],
    colour: Colour,
    letters: int,
) -> None:
    """Draw the emotion with its score, and two lines under it; ``span`` is x0, y0, x1."""
    left, top, right = span
    large, small = font_of(round(1.3 * letters)), font_of(letters)
    score = "" if card.score is None else f"{card.score:.2f}"
    middle, indent = top + 1.1 * letters, 0.0
    pen.text((right, middle), score, fill=colour, font=large, anchor="rm")
    if card.track is not None:
        indent = pen.textlength(str(card.track), font=small) + 1.3 * letters
        chip = (left, middle - 0.8 * letters, left + indent - 0.6 * letters, middle + 0.8 * letters)
        pen.rectangle(chip, fill=colour)
        place = ((chip[0] + chip[2]) / 2, middle)
        pen.text(place, str(card.track), fill=TAG, font=small, anchor="mm")
    room = right - left - indent - pen.textlength(score, font=large) - letters
    title = fitted(pen, card.title, large, room)
    pen.text((left + indent, middle), title, fill=BRIGHT, font=large, anchor="lm")
    for number, (line, shade) in enumerate(zip(card.lines, (SOFT, FAINT), strict=True)):
        middle = top + (2.65 + 1.3 * number) * letters
        text = fitted(pen, line, small, right - left)
        pen.text((left, middle), text, fill=shade, font=small, anchor="lm")


def _draw_bar(
    pen: ImageDraw.ImageDraw,
    bar: UnitBar,
    place: tuple[float, float, float],
    colour: Colour,
    letters: int,
) -> None:
    """Draw number, name, bar and value of a unit; ``place`` is left, middle, right."""
    left, middle, right = place
    font = font_of(letters)
    shade = colour if bar.leads else FAINT if bar.is_weak else SOFT
    pen.text((left + NUMBER * letters * 0.8, middle), f"{bar.number}", shade, font, anchor="rm")
    name = fitted(pen, bar.label, font, (LABEL - 0.6) * letters)
    pen.text((left + NUMBER * letters, middle), name, shade, font, anchor="lm")
    if bar.value == bar.value:
        pen.text((right, middle), f"{bar.value:.1f}", shade, font, anchor="rm")
    x0, x1 = left + (NUMBER + LABEL) * letters, right - VALUE * letters
    if x1 <= x0:
        return
    half = max(1.5, 0.26 * letters)
    pen.rectangle((x0, middle - half, x1, middle + half), fill=GROOVE)
    tint = _dimmed(colour) if bar.is_weak and not bar.leads else colour
    fill_bar(pen, (x0, middle - half, x1, middle + half), bar.value / FULL, tint)
    if bar.chance is not None:
        low = middle + half + 1
        fill_bar(pen, (x0, low, x1, low + max(1.0, letters / 10)), bar.chance, BRIGHT)


def _dimmed(colour: Colour) -> Colour:
    """The colour, half way to that of an empty bar."""
    red, green, blue = ((one + other) // 2 for one, other in zip(colour, GROOVE, strict=True))
    return red, green, blue
