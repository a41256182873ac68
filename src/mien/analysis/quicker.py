"""Of a network and the same in 8 bits, the one that serves better on this machine.

Whether 8 bits are faster depends on the processor (without instructions for them they are not), and
how near they come depends on the network. So both read the first faces that come, in turns; then
one of them is let go.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from time import thread_time

import numpy as np

from mien.runtime import RANGES, Predictor
from mien.spec import ModelSpec
from mien.values import Float32, Image, Scores

__all__ = ["NEAR", "TRIED", "Quicker", "Say", "int8_beside"]

Say = Callable[[str], None]

NEAR = 0.02
"""How far outputs in 8 bits may be from those of float32 on average, as a share of their range."""

TRIED = 24
"""Crops that both read before one is chosen."""


def int8_beside(path: Path) -> Path | None:
    """The same network in 8 bits, where `mien export` puts it: model.int8.onnx by model.onnx."""
    other = path.with_suffix(f".int8{path.suffix}")
    return other if other.is_file() else None


class Quicker:
    """Reads crops as `mien.runtime.Predictor` does, by float32 until it has chosen.

    Args:
        path: of the network.
        whole: the network.
        small: the same in 8 bits.
        say: is told the choice in one line.
    """

    spec: ModelSpec

    def __init__(self, path: Path, whole: Predictor, small: Predictor, say: Say) -> None:
        self.spec = whole.spec
        self.chosen: Predictor | None = None
        """The network that was chosen, once there is one."""
        self._name, self._whole, self._small, self._say = path.name, whole, small, say
        self._crops = 0
        self._seconds: list[list[float]] = [[], []]
        self._gaps: list[float] = []
        if not alike(whole.spec, small.spec):
            self.chosen = whole
            say(
                f"{path.name}: fp32 is used, because the file beside it in 8 bits is of another "
                "network; export it again with --precision int8"
            )

    def score_crops(self, images: Image, points: Float32 | None = None) -> Scores:
        """Score n faces by their aligned crops, see `mien.runtime.Predictor.score_crops`."""
        if self.chosen is not None or not len(images):
            return (self.chosen or self._whole).score_crops(images, points)
        scores = self._timed(0, self._whole, images, points)
        self._gaps.append(gap(scores, self._timed(1, self._small, images, points)))
        self._crops += len(images)
        if self._crops >= TRIED:
            self._choose()
        return scores

    def _timed(
        self, place: int, network: Predictor, images: Image, points: Float32 | None
    ) -> Scores:
        """Ask one of them, and note what a crop cost."""
        begun = thread_time()  # neither decoding nor other programs count
        scores = network.score_crops(images, points)
        self._seconds[place].append((thread_time() - begun) / len(images))
        return scores

    def _choose(self) -> None:
        """Keep one: that in 8 bits if it is faster and near enough."""
        slow, quick = (1000 * float(np.median(seconds)) for seconds in self._seconds)
        apart = float(np.mean(self._gaps))
        is_near, is_faster = apart <= NEAR, quick < slow
        self.chosen = self._small if is_near and is_faster else self._whole
        self._say(
            f"{self._name}: {'int8' if self.chosen is self._small else 'fp32'} is used; int8 takes "
            f"{quick:.1f} ms a face and fp32 {slow:.1f} ms, and they are {apart:.3f} of the range "
            f"apart, {'within' if is_near else 'more than'} {NEAR:g} (on {self._crops} faces)"
        )


def alike(whole: ModelSpec, small: ModelSpec) -> bool:
    """Whether two cards are those of one network, but for its precision."""
    return small.precision == "int8" and replace(small, precision=whole.precision) == whole


def gap(one: Scores, other: Scores) -> float:
    """The mean difference of outputs, as a share of their range.

    >>> first = Scores(intensity=np.array([[0.0, 5.0]], np.float32))
    >>> second = Scores(intensity=np.array([[0.5, 5.0]], np.float32))
    >>> round(gap(first, second), 3)
    0.05
    """
    found = [
        float(np.abs(getattr(one, item.name) - getattr(other, item.name)).mean())
        / RANGES[item.name]
        for item in fields(Scores)
        if item.name in RANGES and getattr(one, item.name) is not None
    ]
    return max(found, default=0.0)
