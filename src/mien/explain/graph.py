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
from mien.video.graph import LEAST, draw_graph, nearest, strength_of
from mien.video.palette import GROUND, STRONG, TEXT, Colour, font_of

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

FAINT: Colour = (150, 158, 168)

TOGETHER = 4
"""Relations that networks tell whose last is the probability that both units are present."""
ALIKE = 2
"""Likenesses that are drawn for each unit, the strongest: all of them are near 1, and all drawn
would hide the face."""


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
        shown, span, meaning = _drawn(strength, kinds)
        face = PIL.Image.fromarray(seen.image).resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
        points = (seen.points + 0.5) * np.float32(SIDE / len(seen.image)) - 0.5
        places = points.astype(np.float32)
        drawn = draw_graph(np.array(face), places, units, chances, shown, span)
        canvas.paste(PIL.Image.fromarray(drawn), (0, 0))
        self._list(pen, units, strength)
        foot = (GAP, SIDE + FOOT / 2)
        pen.text(foot, meaning, fill=FAINT, font=font_of(LETTERS - 2), anchor="lm")
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
            pen.rectangle((left, middle + 8, left + width, middle + 10), fill=STRONG)
            named = f"AU{units[a]} + AU{units[b]}"
            font = font_of(LETTERS)
            pen.text((left, middle), named, fill=TEXT, font=font, anchor="lm")
            right = (SIDE + LIST - GAP, middle)
            pen.text(right, f"{share:.2f}", fill=TEXT, font=font, anchor="rm")


def _drawn(strength: Float32, kinds: int) -> tuple[Float32, tuple[float, float], str]:
    """The relations that are drawn, the strengths of the thinnest and widest line, what they say.

    Likenesses are drawn relative to one another, probabilities as they are.
    """
    kept = strength if kinds == TOGETHER else nearest(strength, ALIKE)
    there = kept[kept >= LEAST]
    if not len(there):
        return kept, (0.0, 1.0), f"no line: no relation reaches {LEAST:g}; circle: probability"
    if kinds == TOGETHER:
        return kept, (0.0, 1.0), "line: probability that both are present; circle: of the unit"
    low, high = float(there.min()), float(there.max())
    return (
        kept,
        (low - (high - low) / 3, high),
        f"line: how alike the features of both are, each unit's {ALIKE} most alike, blue "
        f"{low:.2f} to yellow {high:.2f}; circle: probability",
    )
