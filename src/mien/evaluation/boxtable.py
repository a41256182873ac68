"""A detector's table: precision, recall, mAP50, mAP50-95 per class, and its confusion matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.detection import Boxes, Found, average_precisions, iou, match
from mien.evaluation.paired import Floats

__all__ = ["ALL", "BoxTable", "ClassRow", "box_table", "confusion", "operating_point"]

ALL = "all"
STEPS = np.linspace(0, 1, 1000)
"""Scores at which precision and recall are looked at."""
SMOOTHED = 0.1
"""Share of the scores over which the F1 is smoothed before its highest point is looked for."""
CONFUSED_SCORE, CONFUSED_OVERLAP = 0.25, 0.45
"""From which score, and which overlap, boxes count in the confusion matrix."""


class ClassRow(NamedTuple):
    """The figures of one class, or of all."""

    name: str
    pictures: int
    """That were looked at."""
    instances: int
    """True boxes."""
    precision: float
    recall: float
    map50: float
    map50_95: float


@dataclass(frozen=True, eq=False)
class BoxTable:
    """What a detector is worth on a part of a set."""

    rows: tuple[ClassRow, ...]
    """All classes first, then each."""
    score: float
    """The score at which precision and recall are taken."""
    confusion: NDArray[np.int64]
    """(c + 1, c + 1): predicted (row) and true (column); the last is "nothing there"."""

    def to_markdown(self) -> str:
        """Both tables."""
        names = [row.name for row in self.rows[1:]]
        lines = [
            "| class | pictures | instances | P | R | mAP50 | mAP50-95 |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for row in self.rows:
            figures = " | ".join(_said(value) for value in row[3:])
            lines.append(f"| {row.name} | {row.pictures} | {row.instances} | {figures} |")
        lines += [
            "",
            f"P and R are those at an overlap of 0.5 and a score of {_said(self.score)}, where the "
            "mean F1 of the classes is highest.",
            "",
            f"Confusion of boxes with a score above {CONFUSED_SCORE} and an overlap above "
            f"{CONFUSED_OVERLAP}:",
            "",
            f"| found as | {' | '.join(f'is {name}' for name in names)} | nothing there |",
            f"| --- |{' ---: |' * (len(names) + 1)}",
        ]
        for name, counts in zip((*names, "not found"), self.confusion.tolist(), strict=True):
            shown = [str(count) for count in counts]
            if name == "not found":
                shown[-1] = "–"
            lines.append(f"| {name} | {' | '.join(shown)} |")
        return "\n".join(lines) + "\n"

    def to_values(self) -> dict[str, object]:
        """The same as JSON."""
        return {
            "classes": [
                {name: _plain(value) for name, value in row._asdict().items()} for row in self.rows
            ],
            "score": _plain(self.score),
            "confusion": self.confusion.tolist(),
        }


def box_table(said: Sequence[Boxes], true: Sequence[Boxes], names: Sequence[str]) -> BoxTable:
    """The table of a part.

    Args:
        said: boxes with scores, one value a picture, down to low scores.
        true: boxes of the same pictures.
        names: of the classes.
    """
    found = match(said, true, len(names))
    areas = average_precisions(found)
    precision, recall, score = operating_point(found)
    rows = [
        ClassRow(
            name, len(true), int(found.wanted[kind]), float(precision[kind]), float(recall[kind]),
            float(areas[kind, 0]), float(areas[kind].mean()),
        )
        for kind, name in enumerate(names)
    ]  # fmt: skip
    there = [row for row in rows if row.instances]
    figures = [(row.precision, row.recall, row.map50, row.map50_95) for row in there]
    means = np.mean(figures, axis=0) if figures else np.full(4, np.nan)
    whole = ClassRow(ALL, len(true), int(found.wanted.sum()), *map(float, means.tolist()))
    return BoxTable((whole, *rows), score, confusion(said, true, len(names)))


def operating_point(found: Found) -> tuple[Floats, Floats, float]:
    """Precision and recall of each class where the mean F1 is highest, and the score there.

    The curves over the score are read at a thousand scores, between two predictions in proportion,
    and the F1 is smoothed over a tenth of them, as YOLOv5 does; so the figures need not be shares
    of the number of boxes. NaN for a class without true boxes.
    """
    classes = len(found.wanted)
    curves = np.full((2, classes, len(STEPS)), np.nan)
    for kind in range(classes):
        if not found.wanted[kind]:
            continue
        own = found.kind == kind
        order = np.argsort(-found.score[own], kind="stable")
        right, score = found.right[own, 0][order], found.score[own][order]
        hits = np.cumsum(right)
        if len(score):  # interp wants rising scores
            rising = score[::-1]
            precision = (hits / np.arange(1, len(right) + 1))[::-1]
            recall = (hits / found.wanted[kind])[::-1]
            curves[0, kind] = np.interp(STEPS, rising, precision, right=1.0)
            curves[1, kind] = np.interp(STEPS, rising, recall, right=0.0)
        else:
            curves[:, kind] = 0.0
    if not found.wanted.any():
        return curves[0, :, 0], curves[1, :, 0], float("nan")
    precision, recall = curves
    f1 = 2 * precision * recall / (precision + recall + 1e-16)
    place = int(_smooth(f1[found.wanted > 0].mean(axis=0)).argmax())
    return precision[:, place], recall[:, place], float(STEPS[place])


def confusion(
    said: Sequence[Boxes],
    true: Sequence[Boxes],
    classes: int,
    least: float = CONFUSED_SCORE,
    overlap: float = CONFUSED_OVERLAP,
) -> NDArray[np.int64]:
    """Counts of predicted (row) and true (column) classes, matched by overlap alone, best first.

    The last row is what was not found, the last column what was found where nothing is.
    """
    counts = np.zeros((classes + 1, classes + 1), np.int64)
    for one, other in zip(said, true, strict=True):
        keep = np.ones(len(one.kind), bool) if one.score is None else one.score > least
        kinds = one.kind[keep]
        shared = iou(one.box[keep], other.box)
        free, left = set(range(len(kinds))), set(range(len(other.kind)))
        pairs = np.argwhere(shared > overlap)
        for row, column in pairs[np.argsort(-shared[shared > overlap], kind="stable")].tolist():
            if row in free and column in left:
                free.remove(row)
                left.remove(column)
                counts[kinds[row], other.kind[column]] += 1
        for row in free:
            counts[kinds[row], classes] += 1
        for column in left:
            counts[classes, other.kind[column]] += 1
    return counts


def _smooth(values: Floats) -> Floats:
    """Mean over the neighbours; beyond the ends the last value goes on."""
    half = round(len(values) * SMOOTHED * 2) // 2 // 2
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")


def _said(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _plain(value: object) -> object:
    return None if isinstance(value, float) and np.isnan(value) else value
