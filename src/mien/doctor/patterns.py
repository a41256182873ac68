"""Each network on patterns of spots and waves: what it should say, and how long it takes.

Patterns need no photograph, and say which network a processor computes wrongly. What 8 bits round
otherwise differs from pattern to pattern, and goes in the mean of many; a fault stays.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.runtime import open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32

__all__ = ["Answers", "Asked", "ask", "deviation", "pattern"]

SHOWN = 64
"""Numbers of each output that are compared, evenly spread."""
ROWS = 128
"""Patterns of which a network of pictures that takes several at once gives the mean."""
ROUNDS = 3
"""Times that a network is asked; the quickest counts."""
COLOURS = 3
PICTURES = 4
"""Axes of pictures."""
FACTORS = 0.4
"""Height of the waves of features, which are numbers of about this size."""

WAVES = 0.2
"""Height of the waves over a picture."""
FACE = (
    (0.50, 0.50, 0.55, 0.65, 0.25),
    (0.30, 0.36, 0.08, 0.035, -0.6),
    (0.70, 0.36, 0.08, 0.035, -0.6),
    (0.30, 0.25, 0.13, 0.03, -0.35),
    (0.70, 0.25, 0.13, 0.03, -0.35),
    (0.50, 0.60, 0.07, 0.03, -0.2),
    (0.50, 0.76, 0.16, 0.03, -0.35),
)
"""Spots of skin, eyes, brows, nose and mouth: place and reach across and down, in sides of the
picture, and height. On what looks like a face a network rounds less than on waves alone."""

Answers = dict[str, list[float]]
"""Some numbers of each output, by its name, means over the patterns."""


@dataclass(frozen=True)
class Asked:
    """What a network said of its pattern."""

    answers: Answers
    milliseconds: float
    """CPU time of one call on one thread."""
    eight_bits: bool
    """Whether it computes in 8 bits, as its card says."""


def ask(path: Path) -> Asked:
    """Ask a network of its patterns.

    Raises:
        WeightsError: the file is no network.
    """
    session = open_session(path)
    shapes = {
        one.name: [side if isinstance(side, int) else 0 for side in one.shape]
        for one in session.get_inputs()
    }
    several = any(len(one) == PICTURES and not one[0] for one in shapes.values())
    feeds = {
        name: pattern([side or (ROWS if several else 1) for side in shape])
        for name, shape in shapes.items()
    }
    one_row = {name: rows[:1] for name, rows in feeds.items()}
    best = np.inf
    for _ in range(ROUNDS):
        begun = time.process_time()
        session.run(None, one_row)
        best = min(best, time.process_time() - begun)
    found = session.run(None, feeds)
    names = [one.name for one in session.get_outputs()]
    answers = {name: _some(np.mean(one, axis=0)) for name, one in zip(names, found, strict=True)}
    card = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    return Asked(
        answers, 1000 * best, card is not None and ModelSpec.from_json(card).precision == "int8"
    )


def pattern(shape: list[int]) -> Float32:
    """Spots as of a face under waves, pictures (n, 3, h, w) or (n, h, w, 3) within -1 to 1.

    Each picture has other waves. Of features (n, d), which are no picture, waves along them.
    """
    if len(shape) != PICTURES:
        at = np.arange(np.prod(shape))
        waves = FACTORS * np.sin(0.7 * at + np.sqrt(at))
        return np.asarray(waves.reshape(shape), np.float32)
    first = shape[1] == COLOURS
    height, width = shape[2:] if first else shape[1:3]
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    y, x = y / height, x / width
    face = sum(
        tall * np.exp(-(((x - across) / wide) ** 2) - ((y - down) / deep) ** 2)
        for across, down, wide, deep, tall in FACE
    )
    number = np.arange(shape[0])[:, None, None, None]
    colour = np.arange(COLOURS)[:, None, None]
    crests = np.sin(9 * x + 4 * y + colour + number)
    waves = crests * np.cos(7 * y - 3 * x * y + 2 * (colour + number))
    pictures = (face + WAVES * (1 - colour + waves)).astype(np.float32)
    return pictures if first else np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))


def deviation(found: Answers, wanted: Answers) -> float:
    """How far answers are from what they should be, as a share of how far those are from 0.

    Root mean squares; the worst of the outputs; infinite where one lacks or is no number.
    """
    worst = 0.0
    for name, values in wanted.items():
        given, right = np.array(found.get(name, ())), np.array(values)
        if given.shape != right.shape or not np.isfinite(given).all():
            return float("inf")
        size = max(float(np.sqrt(np.mean(right**2))), 1e-6)
        worst = max(worst, float(np.sqrt(np.mean((given - right) ** 2))) / size)
    return worst


def _some(values: Float32) -> list[float]:
    """A few of many numbers, of six digits."""
    flat = values.ravel()
    chosen = flat[np.linspace(0, len(flat) - 1, min(SHOWN, len(flat))).round().astype(int)]
    return [float(f"{one:.6g}") for one in chosen]
