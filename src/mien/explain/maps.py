"""The maps of what is asked of a network over the face, one panel for each."""

from typing import Literal, get_args

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.errors import InputError
from mien.explain.faithful import LEAST, Verdict
from mien.explain.heat import lay_over, scale_bar
from mien.explain.targets import Targets
from mien.explain.view import Seen
from mien.values import Float32, Image
from mien.video.palette import GROUND, TEXT, Colour, font_of

__all__ = ["Colours", "MapsView"]

Colours = Literal["absolute", "stretched", "effect", "relative"]

SIDE = 288
"""Of a panel's picture, in pixels."""
HEAD = 30
"""Height of the line above it."""
GAP = 8
ACROSS = 4
"""Most panels side by side."""
LETTERS = 17

MESH: Colour = (110, 255, 220)
FOUND: Colour = (255, 160, 60)
BETTER: Colour = (140, 225, 120)

LEVEL = 0.02
"""A map that varies by less than this is told to be level: its colours are not stretched."""


ENDS = {
    "absolute": ("0", "1"),
    "stretched": ("lowest", "highest"),
    "effect": ("hidden: stays", "falls"),
    "relative": ("0", "highest"),
}
"""What the ends of the colours mean."""


class MapsView:
    """The face with its landmarks, then a panel for each number with its map and its value.

    Landmarks that the network found are drawn beside those of the mesh. Of maps that were tested
    a line below says whether they are better than chance.

    Args:
        wanted: what is asked.
        colours: what the colours span. absolute: 0 to 1; stretched: the lowest to the highest value
            of each map, written beside it; effect: 0 to the highest, which is written beside it, in
            the unit of the number; relative: 0 to the highest, of maps whose values mean nothing.
        tested: whether there is room for the line below.
    """

    def __init__(
        self, wanted: Targets, colours: Colours = "absolute", *, tested: bool = False
    ) -> None:
        if colours not in get_args(Colours):
            raise InputError(f"colours are {', '.join(get_args(Colours))}, and came {colours!r}")
        self.wanted, self.colours = wanted, colours
        self._foot = HEAD if tested else 0
        count = len(wanted.places) + 1
        self._columns = min(count, ACROSS)
        self._rows = -(-count // self._columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn, in pixels."""
        width = self._columns * (SIDE + GAP) + GAP
        return width, self._rows * self._tall + GAP + HEAD

    @property
    def _tall(self) -> int:
        """From one row of panels to the next."""
        return HEAD + SIDE + self._foot + GAP

    def draw(self, seen: Seen | None) -> Image:
        """The panels of one face; without a face they stay empty."""
        canvas = PIL.Image.new("RGB", self.size, GROUND)
        pen = ImageDraw.Draw(canvas)
        if seen is None:
            middle = (self.size[0] / 2, self.size[1] / 2)
            pen.text(middle, "no face", fill=TEXT, font=font_of(2 * LETTERS), anchor="mm")
            return np.array(canvas)
        picture = PIL.Image.fromarray(seen.image).resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
        self._put(canvas, 0, "landmarks", self._with_points(picture, seen))
        for number, label in enumerate(self.wanted.labels):
            head, coloured = self._panel(np.asarray(picture), seen, number)
            self._put(canvas, number + 1, f"{label}  {head}", coloured)
            if seen.verdicts:
                self._judge(pen, number + 1, seen.verdicts[number])
        self._legend(canvas, seen)
        return np.array(canvas)

    def _panel(self, picture: Image, seen: Seen, number: int) -> tuple[str, Image]:
        """What stands above a panel, and its picture."""
        if seen.maps is None:
            raise InputError(f"nothing was asked where {self.wanted.network} looked")
        values = seen.maps[number]
        head = f"{self.wanted.values(seen.scores)[0, number]:.2f}"
        low, high = float(values.min()), float(values.max())
        if self.colours == "stretched":
            head += f"  map {low:.2f}-{high:.2f}"
            values = (values - low) / (high - low) if high - low >= LEVEL else values * 0 + 0.5
        elif self.colours == "effect":
            means = seen.verdicts and seen.verdicts[number].better
            level = high <= 0 or (high < LEAST * self.wanted.range and not means)
            head += "  level" if level else f"  {-high:+.2f} hidden"
            values = values * 0 if level else np.maximum(values, 0) / high
        elif self.colours == "relative":
            values = np.maximum(values, 0) / high if high > 0 else values * 0
        return head, lay_over(picture, np.asarray(values, np.float32))

    def _judge(self, pen: ImageDraw.ImageDraw, number: int, verdict: Verdict) -> None:
        """The line below a panel."""
        left, top = self._place(number)
        said = "better than chance" if verdict.better else "no better than chance"
        text = f"{said}: {verdict.gap:+.2f}, random {verdict.chance:+.2f}"
        at = (left, top + HEAD + SIDE + HEAD / 2)
        colour = BETTER if verdict.better else FOUND
        pen.text(at, text, fill=colour, font=font_of(LETTERS - 3), anchor="lm")

    def _with_points(self, picture: PIL.Image.Image, seen: Seen) -> Image:
        """The face with landmarks: of the mesh, and those that the network found."""
        canvas = picture.copy()
        pen = ImageDraw.Draw(canvas)
        scale = SIDE / len(seen.image)
        _dots(pen, (seen.points + 0.5) * scale - 0.5, MESH, 2.6)
        if seen.scores.landmarks is not None:
            _crosses(pen, (seen.scores.landmarks[0] + 0.5) * scale - 0.5, FOUND, 4.0)
        return np.array(canvas)

    def _put(self, canvas: PIL.Image.Image, number: int, head: str, picture: Image) -> None:
        """Put a panel where it belongs."""
        left, top = self._place(number)
        pen = ImageDraw.Draw(canvas)
        pen.text((left, top + HEAD / 2), head, fill=TEXT, font=font_of(LETTERS), anchor="lm")
        canvas.paste(PIL.Image.fromarray(picture), (left, top + HEAD))

    def _place(self, number: int) -> tuple[int, int]:
        """Left and top of a panel."""
        row, column = divmod(number, self._columns)
        return GAP + column * (SIDE + GAP), GAP + row * self._tall

    def _legend(self, canvas: PIL.Image.Image, seen: Seen) -> None:
        """The line at the bottom: signs of the landmarks, colours of the maps."""
        pen, font = ImageDraw.Draw(canvas), font_of(LETTERS - 3)
        y = self.size[1] - HEAD / 2
        x = GAP + 6.0
        _dots(pen, np.array([[x, y]], np.float32), MESH, 4)
        pen.text((x + 10, y), "mesh", fill=TEXT, font=font, anchor="lm")
        x += 64
        if seen.scores.landmarks is not None:
            _crosses(pen, np.array([[x, y]], np.float32), FOUND, 5)
            pen.text((x + 10, y), "network", fill=TEXT, font=font, anchor="lm")
            x += 88
        ends = ENDS[self.colours]
        pen.text((x, y), ends[0], fill=TEXT, font=font, anchor="lm")
        x += pen.textlength(ends[0], font=font) + 6
        bar = scale_bar(90, 10)
        canvas.paste(PIL.Image.fromarray(bar), (round(x), round(y - 5)))
        pen.text((x + 96, y), ends[1], fill=TEXT, font=font, anchor="lm")


def _dots(pen: ImageDraw.ImageDraw, points: Float32, colour: Colour, radius: float) -> None:
    for x, y in points.tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _crosses(pen: ImageDraw.ImageDraw, points: Float32, colour: Colour, reach: float) -> None:
    for x, y in points.tolist():
        pen.line((x - reach, y - reach, x + reach, y + reach), colour, 2)
        pen.line((x - reach, y + reach, x + reach, y - reach), colour, 2)
