"""Which units occur together: in the labels, and beside it in what a network says."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from mien.errors import InputError
from mien.evaluation.intensity import pcc
from mien.evaluation.paired import Bools, Floats, pair
from mien.evaluation.predictions import Name, Predictions
from mien.evaluation.scoretable import cell, grid, plain, title
from mien.facs.units import ACTIVE

__all__ = ["MOST", "Pair", "Together", "has_pairs", "together"]

MOST = 66
"""Pairs that a table shows, those of twelve units; of more units the most related."""


@dataclass(frozen=True)
class Pair:
    """Two units on the pictures that know both."""

    units: tuple[Name, Name]
    pictures: int
    both: tuple[float | None, float | None]
    """Share of the pictures with both: in the labels, predicted; of intensities both at least 1."""
    phi: tuple[float | None, float | None]
    """Correlation of the two, -1 to 1, 0 by chance: of the labels, of the predictions; None where a
    unit does not vary. Pearson's; of units that are there or not that is phi."""


@dataclass(frozen=True)
class Together:
    """All pairs of the units of a network."""

    pairs: tuple[Pair, ...]

    def to_markdown(self) -> str:
        """A table of the pairs, and how far labels and predictions are apart on the whole."""
        shown = sorted(self.pairs, key=lambda one: -abs(one.phi[0] or 0.0))[:MOST]
        rows = [["units", "pictures", "both: labels", "predicted", "phi: labels", "predicted"]]
        for one in self.pairs:
            if one in shown:
                names = " + ".join(map(title, one.units))
                rows.append([names, str(one.pictures), *map(cell, (*one.both, *one.phi))])
        text = (
            "Share of the pictures that show both units, and how the two are correlated (phi, 0 "
            "by chance), in the labels and as predicted.\n\n" + grid(rows)
        )
        apart = [abs(b - a) for a, b in _there(self.pairs, "both")]
        close = [abs(b - a) for a, b in _there(self.pairs, "phi")]
        if apart:
            text += f"\n\nOver all pairs the shares differ by {np.mean(apart):.3f} on average"
            text += f", phi by {np.mean(close):.3f}." if close else "."
        if len(shown) < len(self.pairs):
            text += f" Of {len(self.pairs)} pairs the {MOST} most related are shown."
        return text + "\n"

    def to_values(self) -> list[dict[str, object]]:
        """All pairs as JSON has them."""
        return [asdict(one) for one in self.pairs]


def together(predictions: Predictions) -> Together:
    """Count every pair of units on the pictures whose labels know both.

    >>> truth = np.array([[1, 1], [1, 1], [0, 0], [0, 1]])
    >>> said = np.array([[0.9, 0.8], [0.7, 0.1], [0.2, 0.4], [0.1, 0.9]])
    >>> known = np.array([[True, True], [True, True], [True, True], [True, False]])
    >>> (one,) = together(Predictions("occurrence", (6, 12), said, truth, known)).pairs
    >>> one.pictures, [round(share, 2) for share in one.both], [round(phi, 2) for phi in one.phi]
    (3, [0.67, 0.33], [1.0, 0.5])

    Raises:
        InputError: these are predictions of classes.
    """
    if predictions.task == "expression":
        raise InputError(f"units occur together, and the predictions are of {predictions.task}")
    said, truth, known = pair(predictions.predicted, predictions.truth, predictions.known)
    if predictions.task == "occurrence":
        said, truth = (one.astype(np.float64) for one in (said >= predictions.threshold, truth > 0))
    tables = truth, said
    return Together(
        tuple(
            _pair((predictions.names[a], predictions.names[b]), (a, b), tables, known)
            for a, b in combinations(range(len(predictions.names)), 2)
        )
    )


def has_pairs(predictions: Predictions) -> bool:
    """Whether a report has such a table: two or more units that are present or not."""
    return predictions.task == "occurrence" and len(predictions.names) > 1


def _pair(
    units: tuple[Name, Name], columns: tuple[int, int], tables: tuple[Floats, Floats], known: Bools
) -> Pair:
    """One pair of columns."""
    a, b = columns
    rows = known[:, a] & known[:, b]
    counts = [_counted(table[rows, a], table[rows, b]) for table in tables]
    return Pair(
        units,
        int(rows.sum()),
        (counts[0][0], counts[1][0]),
        (counts[0][1], counts[1][1]),
    )


def _counted(first: Floats, second: Floats) -> tuple[float | None, float | None]:
    """Share of both, and the correlation."""
    if not len(first):
        return None, None
    both = float(((first >= ACTIVE) & (second >= ACTIVE)).mean())
    return both, plain(pcc(first, second))


def _there(pairs: tuple[Pair, ...], name: str) -> Iterator[tuple[float, float]]:
    """The figures of the pairs that have them."""
    for one in pairs:
        labels, said = getattr(one, name)
        if labels is not None and said is not None:
            yield labels, said
