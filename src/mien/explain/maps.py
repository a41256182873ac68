"""The attention maps of a network over the face, one panel for each unit."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.errors import InputError
from mien.explain.heat import lay_over, scale_bar
from mien.explain.view import Seen
from mien.spec import ModelSpec
from mien.values import Float32, Image
from mien.video.palette import Colour, font_of

__all__ = ["MapsView"]

SIDE = 288
"""Of a panel's picture, in pixels."""
HEAD = 30
"""Height of the line above it."""
GAP = 8
ACROSS = 4
"""Most panels side by side."""
LETTERS = 17

GROUND: Colour = (18, 20, 26)
TEXT: Colour = (238, 240, 244)
MESH: Colour = (110, 255, 220)
FOUND: Colour = (255, 160, 60)

LEVEL = 0.02
"""A map that varies by less than this is told to be level: its colours are not stretched."""


class MapsView:
    """The face with its landmarks, then a panel for each unit with its map and its probability.

    Landmarks that the network found are drawn beside those of the mesh.

    Args:
        spec: card of the network.
        units: whose maps are wanted; empty: of all.
        stretch: colours from the lowest to the highest value of each map, which are written beside
            it; else from 0 to 1.

    Raises:
        InputError: the network gives no maps, or does not read one of the units.
    """

    def __init__(
        self, spec: ModelSpec, units: Sequence[int] = (), *, stretch: bool = False
    ) -> None:
        if "maps" not in spec.outputs:
            raise InputError(
                f"{spec.name} gives no attention maps; networks with maps are jaanet, eacnet and "
                "eacnet-enhancing, exported by this version of mien: mien export RUN"
            )
        if missing := [unit for unit in units if unit not in spec.units]:
            raise InputError(
                f"{spec.name} does not read {_named(missing)}; it reads {_named(spec.units)}"
            )
        wanted = tuple(dict.fromkeys(units)) or spec.units
        self.spec, self.stretch = spec, stretch
        self.places = [place for place, unit in enumerate(spec.units) if unit in wanted]
        self.places.sort(key=lambda place: wanted.index(spec.units[place]))
        count = len(self.places) + 1
        self._columns = min(count, ACROSS)
        self._rows = -(-count // self._columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn, in pixels."""
        width = self._columns * (SIDE + GAP) + GAP
        return width, self._rows * (SIDE + HEAD + GAP) + GAP + HEAD

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
        for number, place in enumerate(self.places, 1):
            head, coloured = self._panel(np.asarray(picture), seen, place)
            self._put(canvas, number, head, coloured)
        self._legend(canvas, seen)
        return np.array(canvas)

    def _panel(self, picture: Image, seen: Seen, place: int) -> tuple[str, Image]:
        """What stands above the panel of a unit, and its picture."""
        maps = seen.scores.maps
        if maps is None:  # pragma: no cover - the card promises them
            raise InputError(f"{self.spec.name} gave no maps")
        values = maps[0, min(place, maps.shape[1] - 1)]
        head = f"{self.spec.columns()[place]}  {self._value(seen, place)}"
        low, high = float(values.min()), float(values.max())
        if self.stretch:
            head += f"  map {low:.2f}-{high:.2f}"
            values = (values - low) / (high - low) if high - low >= LEVEL else values * 0 + 0.5
        return head, lay_over(picture, np.asarray(values, np.float32))

    def _value(self, seen: Seen, place: int) -> str:
        """What the network says of the unit."""
        for values in (seen.scores.probability, seen.scores.intensity):
            if values is not None:
                return f"{values[0, place]:.2f}"
        return ""

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
        row, column = divmod(number, self._columns)
        left = GAP + column * (SIDE + GAP)
        top = GAP + row * (SIDE + HEAD + GAP)
        pen = ImageDraw.Draw(canvas)
        pen.text((left, top + HEAD / 2), head, fill=TEXT, font=font_of(LETTERS), anchor="lm")
        canvas.paste(PIL.Image.fromarray(picture), (left, top + HEAD))

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
        ends = ("lowest", "highest") if self.stretch else ("0", "1")
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


def _named(units: Sequence[int]) -> str:
    return ", ".join(f"AU{unit}" for unit in dict.fromkeys(units))
