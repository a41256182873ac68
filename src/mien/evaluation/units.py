"""Figures per action unit: left and right averaged, on rendered heads and on planted portraits."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data import portraits, rendered
from mien.data.expressions import OUTPUTS_OF
from mien.data.portraits import MIX, REST, SINGLE, Planted
from mien.data.synthetic import Examples
from mien.evaluation.metrics import icc31, mae, mean, pcc, slope
from mien.evaluation.scoretable import plain
from mien.spec import Reliability
from mien.values import Float32

__all__ = [
    "DEPENDABLE",
    "FAIR",
    "Exam",
    "Figures",
    "Judged",
    "Predict",
    "figures",
    "judge",
    "planted_mixes",
    "planted_singles",
    "read_exam",
    "reliability",
    "whole_units",
]

Predict = Callable[[Float32], Float32]
"""Features (n, 1410) to intensities (n, 38) on the scale of the targets, 0-1."""

DEPENDABLE, FAIR = 0.75, 0.5
"""Lowest correlation of a dependable and of a fair unit, in the worse of two tests: rendered heads
and planted mixtures."""

MIN_RISE = 1e-3
"""Truths that vary by less than this give no correlation."""


@dataclass(frozen=True)
class Figures:
    """How one unit is read: correlation, rise per unit of truth, absolute error, ICC(3,1)."""

    pcc: float
    slope: float
    mae: float
    icc: float

    @property
    def worth(self) -> float:
        """The correlation as cards give it: two decimals, 0 of a reading that does not vary."""
        return 0.0 if np.isnan(self.pcc) else round(self.pcc, 2)


@dataclass(frozen=True, eq=False)
class Exam:
    """What no network has seen."""

    heads: Examples
    """Rendered heads of held-out persons."""
    faces: Planted
    """Planted portraits."""
    described: Examples
    """The same portraits as the network sees them."""


@dataclass(frozen=True)
class Judged:
    """Figures per unit on what the network never saw."""

    rendered: dict[int, Figures]
    single: dict[int, Figures]
    mixed: dict[int, Figures]

    def tables(self) -> dict[str, dict[int, Figures]]:
        """The three tables by name."""
        return {"rendered": self.rendered, "single": self.single, "mixed": self.mixed}

    def to_values(self) -> dict[str, dict[int, dict[str, float | None]]]:
        """All figures as JSON has them."""
        return {
            name: {
                unit: {figure: plain(value) for figure, value in asdict(one).items()}
                for unit, one in table.items()
            }
            for name, table in self.tables().items()
        }

    def means(self) -> dict[str, float]:
        """Mean correlation over the units, per test; a reading that does not vary counts as 0."""
        out = {}
        for name, table in self.tables().items():
            found = np.array([one.pcc for one in table.values()])
            out[name] = float(mean(found, np.ones(len(found), bool), zero=True))
        return out

    def evidence(self) -> dict[int, float]:
        """For each unit its worth in the worse of two tests: rendered heads, mixtures."""
        return {unit: min(self.rendered[unit].worth, self.mixed[unit].worth) for unit in self.mixed}


def read_exam(data: Path, difference: bool) -> Exam:
    """Read the held-out heads and portraits of a data folder.

    Args:
        data: folder made by ``mien datasets``.
        difference: as a network sees them that reads differences to the neutral.
    """
    heads = rendered.split(rendered.read(data / rendered.FOLDER))[1]
    faces = portraits.read_planted(data / portraits.EVALUATION_FILE)
    if difference:
        return Exam(rendered.pairs(heads), faces, portraits.pairs(faces))
    return Exam(rendered.singles(heads), faces, portraits.singles(faces))


def judge(predict: Predict, exam: Exam) -> Judged:
    """Figures of a network; errors and rises are on the scale 0-1."""
    heads, faces = predict(exam.heads.features), predict(exam.described.features)
    return Judged(
        figures(heads, exam.heads.target),
        planted_singles(faces, exam.faces),
        planted_mixes(faces, exam.faces),
    )


def whole_units(values: Float32) -> dict[int, Float32]:
    """Outputs (n, 38) as one column per unit: the mean of left and right."""
    return {unit: values[:, columns].mean(axis=1) for unit, columns in OUTPUTS_OF.items()}


def figures(predicted: Float32, true: Float32) -> dict[int, Figures]:
    """Figures of every unit whose truth varies; both (n, 38), on the same scale."""
    out = {}
    first, second = whole_units(predicted), whole_units(true)
    for unit in first:
        if second[unit].std() > MIN_RISE:
            pair = first[unit], second[unit]
            out[unit] = Figures(*(float(f(*pair)) for f in (pcc, slope, mae, icc31)))
    return out


def planted_singles(predicted: Float32, faces: Planted) -> dict[int, Figures]:
    """Figures of each unit planted alone, over its pictures and the unchanged ones."""
    out = {}
    for unit in OUTPUTS_OF:
        rows = (faces.kind == REST) | ((faces.kind == SINGLE) & (faces.unit == unit))
        if (faces.unit == unit).any():
            out[unit] = figures(predicted[rows], faces.intensity[rows])[unit]
    return out


def planted_mixes(predicted: Float32, faces: Planted) -> dict[int, Figures]:
    """Figures of every unit over random mixtures and the unchanged pictures."""
    rows: NDArray[np.bool_] = (faces.kind == REST) | (faces.kind == MIX)
    return figures(predicted[rows], faces.intensity[rows])


def reliability(worse: float) -> Reliability:
    """Class of a unit from its correlation in the worse of two tests.

    >>> reliability(0.76), reliability(0.6), reliability(0.4)
    ('dependable', 'fair', 'weak')
    """
    if worse >= DEPENDABLE:
        return "dependable"
    return "fair" if worse >= FAIR else "weak"
