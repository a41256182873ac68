"""Whether a map tells what the network looks at: deletion and insertion, beside maps of chance.

Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC
2018, section 4: of a faithful map the number falls quickly when its highest cells are hidden first,
and rises quickly when they are shown first. A map of chance is one of the same maps, moved round
the crop and mirrored at random: as smooth, and of the same heights. What is below 0 is not drawn,
and counts as 0.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mien.explain.heat import enlarge
from mien.explain.hiding import Hidden, cells_of, hidden
from mien.values import Float32

if TYPE_CHECKING:
    from mien.explain.question import Question

__all__ = ["CHANCES", "LEAST", "Verdict", "verdicts"]

CHANCES = 19
"""Maps of chance: to be better than all of them happens to one in twenty that mean nothing."""
STEPS = 8
"""From the whole crop to nothing of it."""
LEAST = 0.01
"""Share of the range that the gap of a map has to reach, that it be worth a word."""


@dataclass(frozen=True)
class Verdict:
    """How faithful the map of one number is."""

    label: str
    """Such as AU12."""
    deletion: float
    """Area under the curve of the number, as the highest cells are hidden first; low is good."""
    insertion: float
    """The same as they are shown first; high is good."""
    chance: float
    """Insertion minus deletion of the maps of chance, their mean."""
    highest: float
    """The same, the highest of them."""
    better: bool
    """Whether the map is better than all of them, and by something."""

    @property
    def gap(self) -> float:
        """Insertion minus deletion."""
        return self.insertion - self.deletion

    def __str__(self) -> str:
        said = "better than chance" if self.better else "no better than chance"
        return (
            f"{self.label}: deletion {self.deletion:.3f}, insertion {self.insertion:.3f}, gap "
            f"{self.gap:+.3f}; random maps {self.chance:+.3f}, at most {self.highest:+.3f}: {said}"
        )


def verdicts(
    question: "Question", maps: Float32, labels: tuple[str, ...], wide: float
) -> tuple[Verdict, ...]:
    """Test the maps of one face.

    Args:
        question: the face.
        maps: (t, m, m), of any size and unit.
        labels: of the t numbers.
        wide: from the lowest to the highest number there can be.
    """
    side = cells_of(question.image)
    small = np.maximum([enlarge(one, side) for one in maps], 0).astype(np.float32)
    random = np.random.default_rng(0)
    others = np.stack([_moved(small[i % len(small)], random) for i in range(CHANCES)])
    every = np.concatenate([small, others])
    deletion, insertion = _areas(question, np.stack([_order(one, random) for one in every]))
    gaps = insertion - deletion  # (maps, t)
    found = []
    for place, label in enumerate(labels):
        chance = gaps[len(small) :, place]
        highest, gap = float(chance.max()), float(gaps[place, place])
        found.append(
            Verdict(
                label,
                float(deletion[place, place]),
                float(insertion[place, place]),
                float(chance.mean()),
                highest,
                gap > highest and gap >= LEAST * wide,
            )
        )
    return tuple(found)


def _moved(values: Float32, random: np.random.Generator) -> Float32:
    """A map moved round the crop by a quarter of it or more, and mirrored or not."""
    side = len(values)
    steps = np.arange(side)
    far = np.minimum(steps, side - steps) >= side // 4  # round the crop, either way
    places = np.argwhere(far[:, None] | far[None])
    turned = values[:, ::-1] if random.random() < 0.5 else values
    return np.roll(turned, tuple(random.choice(places)), axis=(0, 1))


def _order(values: Float32, random: np.random.Generator) -> Float32:
    """Rank of each cell, 0 the highest; equal ones in a random order."""
    flat = values.ravel()
    ranks = np.empty(len(flat), np.float32)
    ranks[np.lexsort((random.random(len(flat)), -flat))] = np.arange(len(flat))
    return ranks.reshape(values.shape)


def _areas(question: "Question", ranks: Float32) -> tuple[Float32, Float32]:
    """Areas under the curves of deletion and insertion, each (maps, t)."""
    count, side = len(ranks), ranks.shape[1]
    first = np.round(np.arange(1, STEPS) * side * side / STEPS)[None, :, None, None]
    gone: Hidden = ranks[:, None] < first  # (maps, steps, g, g): the highest cells
    cells = np.concatenate([gone, ~gone], axis=1).reshape(-1, side, side)
    said = question.ask(lambda some: hidden(question.image, cells[some]), len(cells))
    curves = said.reshape(count, 2, STEPS - 1, -1)
    ends = np.stack([np.zeros((side, side), bool), np.ones((side, side), bool)])
    whole, nothing = question.asked(hidden(question.image, ends))
    deletion = (curves[:, 0].sum(axis=1) + (whole + nothing) / 2) / STEPS
    insertion = (curves[:, 1].sum(axis=1) + (whole + nothing) / 2) / STEPS
    return np.asarray(deletion, np.float32), np.asarray(insertion, np.float32)
