"""The graph of a face's units over the face, and its strongest relations as a list."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.errors import InputError
from mien.explain.view import Seen
from mien.spec import ModelSpec
from mien.values import Float32, Image
from mien.video.graph import draw_graph, strength_of
from mien.video.palette import Colour, font_of

__all__ = ["GraphView"]

SIDE = 640
"""Of the face, in pixels."""
LIST = 250
"""Width of the list beside it."""
LINE = 26
"""Height of a line of the list."""
GAP = 12
LETTERS = 17
FOOT = 34

GROUND: Colour = (18, 20, 26)
TEXT: Colour = (238, 240, 244)
FAINT: Colour = (150, 158, 168)
BAR: Colour = (255, 214, 90)

MEANINGS = {
    4: "line: probability that both are present; circle: of the unit",
    1: "line: how alike the features of both are; circle: probability of the unit",
}
"""What is drawn, by the number of relations that the network tells."""


class GraphView:
    """Units at their regions, lines between them by the strength of their relation.

    Args:
        spec: card of the network.
        units: between which relations are wanted; empty: all that the network relates.

    Raises:
        InputError: the network gives no relations, or does not relate one of the units.
    """

    def __init__(self, spec: ModelSpec, units: Sequence[int] = ()) -> None:
        if "relations" not in spec.outputs:
            raise InputError(
                f"{spec.name} gives no relations between units; networks with a graph to look at "
                "are megraphau and stage 1 of opengraphau, exported by this version of mien: "
                "mien export RUN"
            )
        if missing := [unit for unit in units if unit not in spec.units]:
            named = ", ".join(f"AU{unit}" for unit in missing)
            raise InputError(f"{spec.name} does not read {named}; choose among its units")
        self.spec = spec
        self.units = tuple(units)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is drawn, in pixels."""
        return SIDE + LIST, SIDE + FOOT

    def draw(self, seen: Seen | None) -> Image:
        """The graph of one face; without a face it stays empty."""
        canvas = PIL.Image.new("RGB", self.size, GROUND)
        pen = ImageDraw.Draw(canvas)
        if seen is None:
            pen.text((SIDE / 2, SIDE / 2), "no face", fill=TEXT, font=font_of(34), anchor="mm")
            return np.array(canvas)
        units, chances, strength, kinds = self._chosen(seen)
        face = PIL.Image.fromarray(seen.image).resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
        points = (seen.points + 0.5) * np.float32(SIDE / len(seen.image)) - 0.5
        drawn = draw_graph(np.array(face), points.astype(np.float32), units, chances, strength)
        canvas.paste(PIL.Image.fromarray(drawn), (0, 0))
        self._list(pen, units, strength)
        foot = (GAP, SIDE + FOOT / 2)
        pen.text(foot, MEANINGS[kinds], fill=FAINT, font=font_of(LETTERS - 2), anchor="lm")
        return np.array(canvas)

    def _chosen(self, seen: Seen) -> tuple[list[int], Float32, Float32, int]:
        """Units, their probabilities, the strength of their relations, and of how many kinds."""
        relations, chances = seen.scores.relations, seen.scores.probability
        if relations is None or chances is None:
            raise InputError(
                f"{self.spec.name} gave no relations with probabilities; export it again"
            )
        known = self.spec.units[: relations.shape[1]]
        places = [place for place, unit in enumerate(known) if unit in (self.units or known)]
        strength = strength_of(relations[0])[np.ix_(places, places)]
        units = [known[place] for place in places]
        return units, chances[0, places], strength, relations.shape[-1]

    def _list(self, pen: ImageDraw.ImageDraw, units: Sequence[int], strength: Float32) -> None:
        """The strongest relations, with a bar for each."""
        pairs = sorted(combinations(range(len(units)), 2), key=lambda pair: -strength[pair])
        left = SIDE + GAP
        for number, (a, b) in enumerate(pairs[: (SIDE - GAP) // LINE]):
            middle = GAP + (number + 0.5) * LINE
            share = float(np.clip(strength[a, b], 0, 1))
            width = share * (LIST - 2 * GAP)
            pen.rectangle((left, middle + 8, left + width, middle + 10), fill=BAR)
            named = f"AU{units[a]} + AU{units[b]}"
            font = font_of(LETTERS)
            pen.text((left, middle), named, fill=TEXT, font=font, anchor="lm")
            right = (SIDE + LIST - GAP, middle)
            pen.text(right, f"{share:.2f}", fill=TEXT, font=font, anchor="rm")
