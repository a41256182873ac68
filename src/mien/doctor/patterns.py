"""Each network on a pattern of sines: what it should say, and how long it takes.

A pattern needs no photograph, and says which network a processor computes wrongly.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.runtime import open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32

__all__ = ["Answers", "Asked", "ask", "deviation", "pattern"]

SHOWN = 24
"""Numbers of each output that are compared, evenly spread."""
ROUNDS = 3
"""Times that a network is asked; the quickest counts."""
COLOURS = 3
PICTURES = 4
"""Axes of pictures."""
FACTORS = 0.4
"""Height of the waves of features, which are numbers of about this size."""

Answers = dict[str, list[float]]
"""Some numbers of each output, by its name."""


@dataclass(frozen=True)
class Asked:
    """What a network said of its pattern."""

    answers: Answers
    milliseconds: float
    """CPU time of one call on one thread."""
    eight_bits: bool
    """Whether it computes in 8 bits, as its card says."""


def ask(path: Path) -> Asked:
    """Ask a network of its pattern.

    Raises:
        WeightsError: the file is no network.
    """
    session = open_session(path)
    feeds = {
        one.name: pattern([side if isinstance(side, int) else 1 for side in one.shape])
        for one in session.get_inputs()
    }
    best = np.inf
    for _ in range(ROUNDS):
        begun = time.process_time()
        found = session.run(None, feeds)
        best = min(best, time.process_time() - begun)
    names = [one.name for one in session.get_outputs()]
    answers = {name: _some(np.asarray(one)) for name, one in zip(names, found, strict=True)}
    card = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    return Asked(
        answers, 1000 * best, card is not None and ModelSpec.from_json(card).precision == "int8"
    )


def pattern(shape: list[int]) -> Float32:
    """Waves: over a picture (n, 3, h, w) or (n, h, w, 3) of -1 to 1, or along features (n, d)."""
    if len(shape) != PICTURES:
        at = np.arange(np.prod(shape))
        waves = FACTORS * np.sin(0.7 * at + np.sqrt(at))
        return np.asarray(waves.reshape(shape), np.float32)
    first = shape[1] == COLOURS
    height, width = shape[2:] if first else shape[1:3]
    y, x = np.mgrid[0:height, 0:width] / height
    waves = [np.sin(9 * x + 4 * y + c) * np.cos(7 * y - 3 * x * y + 2 * c) for c in range(COLOURS)]
    one = np.stack(waves, axis=0 if first else -1).astype(np.float32)
    return np.repeat(one[None], shape[0], axis=0)


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
