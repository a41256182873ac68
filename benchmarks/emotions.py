"""What the emotion rules say of faces whose expression is known in words.

Two tables. The rules on units that are drawn as people showed them, so that no network can err. And
the whole way from a picture: synthetic portraits by their captions, read without a neutral by the
default networks; MIEN_PORTRAITS names their folder, with a table ``portraits.csv`` of the columns
``file`` and ``caption``. Intervals are 95 %, portraits drawn with replacement; a share of 0 or 1,
which never changes in such draws, has the exact binomial bound instead. Some seconds.
"""

import csv
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import mien
from mien.evaluation.bootstrap import intervals
from mien.evaluation.occurrence import auroc
from mien.evaluation.predictions import Predictions, summary, values
from mien.facs.emotions import EMOTIONS, NEUTRAL, read_many
from mien.facs.units import UNITS

CAPTIONS = {
    "smiling": "happiness",
    "surprised": "surprise",
    "sad or depressed": "sadness",
    "angry or enraged": "anger",
}
"""Captions that name an expression for which there are rules."""
UNDECIDED = "grim face"
"""A caption that names an expression for which there are none."""
OTHERS = "no expression named"
"""Captions of pose, gaze and light, taken together."""

SAID = (*EMOTIONS, NEUTRAL)

OBSERVED = {
    "happiness": ((12, 25), {6: 0.51}),
    "sadness": ((4, 15), {1: 0.60, 6: 0.50, 11: 0.26, 17: 0.67}),
    "fear": ((1, 4, 20, 25), {2: 0.57, 5: 0.63, 26: 0.33}),
    "anger": ((4, 7, 24), {10: 0.26, 17: 0.52, 23: 0.29}),
    "surprise": ((1, 2, 25, 26), {5: 0.66}),
    "disgust": ((9, 10, 17), {4: 0.31, 24: 0.26}),
}
"""Units that over 70 % of 230 persons used for a posed emotion, and the share of the persons who
used others (Du, Tao and Martinez 2014, table 1)."""
USUAL, RARE = 0.85, 0.05
"""Share taken for the first, and for units that the table does not list."""
DRAWN = 2000
"""Faces of each emotion."""
SHOWN = 3.0
"""Intensity of a unit that is shown."""


class Portraits(NamedTuple):
    """Portraits with a face, by the order of their table."""

    file: tuple[str, ...]
    row: tuple[str, ...]
    """Caption, or OTHERS."""
    said: tuple[str | None, ...]
    scores: NDArray[np.float64]
    """(n, 7), 0-1."""
    faceless: dict[str, int]
    """By row, portraits on which no face was found."""


def main() -> None:
    """Print both tables."""
    print("  The rules alone: units drawn by the shares of Du, Tao and Martinez (2014), each by")
    print(f"  itself, at intensity {SHOWN:g}; {DRAWN} faces of each emotion.")
    _print(_drawn())
    folder = os.environ.get("MIEN_PORTRAITS")
    if not folder:
        print("  not measured on portraits: MIEN_PORTRAITS names no folder")
        return
    seen = _read(Path(folder))
    print("\n  From the picture: synthetic portraits, default networks, single frame, no neutral.")
    _print(_judged(seen), seen)
    _print_curves(seen)


def _drawn() -> Predictions:
    """What the rules make of units as people showed them."""
    random = np.random.default_rng(0)
    units = tuple(UNITS)
    faces, truth = [], []
    for emotion, (usual, others) in OBSERVED.items():
        shares = dict.fromkeys(units, RARE) | dict.fromkeys(usual, USUAL) | others
        chance = np.array([shares[unit] for unit in units])
        faces.append(SHOWN * (random.random((DRAWN, len(units))) < chance))
        truth += [SAID.index(emotion)] * DRAWN
    said = read_many(np.concatenate(faces).astype(np.float32), units).emotion
    return _predictions(said, truth, tuple(map(str, range(len(said)))))


def _predictions(
    said: list[str | None], truth: list[int], subjects: tuple[str, ...]
) -> Predictions:
    """What was said as a score of 1; a truth of -1 is not known."""
    scores = np.zeros((len(said), len(SAID)))
    scores[np.arange(len(said)), [SAID.index(one or NEUTRAL) for one in said]] = 1
    known = np.array(truth) >= 0
    return Predictions("expression", SAID, scores, np.maximum(truth, 0), known, subjects)


def _read(folder: Path) -> Portraits:
    """The largest face of each portrait with a caption."""
    with (folder / "portraits.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["caption"]]
    table = mien.analyze([folder / row["file"] for row in rows], neutral="none", max_faces=1)
    columns = {name: table.column(name).to_pylist() for name in ("face", "emotion", *EMOTIONS)}
    captions = [
        row["caption"] if row["caption"] in {*CAPTIONS, UNDECIDED} else OTHERS for row in rows
    ]
    there = [place for place, face in enumerate(columns["face"]) if face is not None]
    gone = [captions[place] for place, face in enumerate(columns["face"]) if face is None]
    return Portraits(
        tuple(rows[place]["file"] for place in there),
        tuple(captions[place] for place in there),
        tuple(columns["emotion"][place] for place in there),
        np.array([[columns[name][place] for name in EMOTIONS] for place in there], np.float64),
        {row: gone.count(row) for row in dict.fromkeys(captions)},
    )


def _judged(seen: Portraits) -> Predictions:
    """Portraits whose caption names an emotion."""
    truth = [SAID.index(CAPTIONS[row]) if row in CAPTIONS else -1 for row in seen.row]
    return _predictions(list(seen.said), truth, seen.file)


def _print(judged: Predictions, seen: Portraits | None = None) -> None:
    """A line for each row: how many, the share called right, what they were called."""
    recall, spans = values(judged, "recall"), intervals(judged, ["accuracy", "recall"])
    wide = spans["recall"]
    matrix = summary(judged)
    print(f"  {'':<22}{'faces':>6}  {'first is right':<21}" + "".join(f"{s:>10}" for s in SAID))
    for place, emotion in enumerate(SAID):
        if not (count := int(matrix[place].sum())):
            continue
        caption = next((c for c, e in CAPTIONS.items() if e == emotion), "") if seen else ""
        low, high = _bounds(recall[place], count, wide.low[place], wide.high[place])
        share = f"{recall[place]:.2f} [{low:.2f}, {high:.2f}]"
        cells = "".join(f"{int(number):>10}" for number in matrix[place])
        print(f"  {caption or emotion:<22}{count:>6}  {share:<21}{cells}")
    if seen:
        _print_others(seen)
    low, high = spans["accuracy"].mean
    balanced = spans["recall"].mean
    print(
        f"  accuracy {float(values(judged, 'accuracy')):.2f} [{low:.2f}, {high:.2f}], mean of the "
        f"shares {np.nanmean(recall):.2f} [{balanced[0]:.2f}, {balanced[1]:.2f}]"
    )
    if seen:
        gone = ", ".join(f"{number} {row}" for row, number in seen.faceless.items() if number)
        print(f"  no face found: {gone or 'none'}; not scorable: {seen.said.count(None)}")


def _print_others(seen: Portraits) -> None:
    """The same of captions that no rule is asked for."""
    for row in (UNDECIDED, OTHERS):
        said = [one for one, mine in zip(seen.said, seen.row, strict=True) if mine == row]
        cells = "".join(f"{said.count(name):>10}" for name in SAID)
        print(f"  {row:<22}{len(said):>6}  {'-':<21}{cells}")


def _bounds(share: float, count: int, low: float, high: float) -> tuple[float, float]:
    """The interval of a share; of 0 and 1 the exact binomial one (Clopper and Pearson 1934)."""
    bound = 0.025 ** (1 / count)
    if share == 0:
        return 0.0, 1 - bound
    return (bound, 1.0) if share == 1 else (low, high)


def _print_curves(seen: Portraits) -> None:
    """How well each score sets its caption apart from the other three, without a threshold."""
    named = np.array([row in CAPTIONS for row in seen.row])
    truth = np.array([CAPTIONS.get(row, "") for row in seen.row])[named]
    asked = list(CAPTIONS.values())
    table = Predictions(
        "occurrence",
        tuple(asked),
        seen.scores[named][:, [EMOTIONS.index(one) for one in asked]],
        np.stack([truth == one for one in asked], axis=1).astype(np.float64),
        np.ones((int(named.sum()), len(asked)), bool),
        tuple(np.array(seen.file)[named].tolist()),
    )
    span = intervals(table, ["auroc"])["auroc"]
    print("  AUROC of its score against the other three captions:")
    for place, area in enumerate(auroc(table.predicted, table.truth, table.known)):
        print(f"  {asked[place]:<22}{area:>6.2f}  [{span.low[place]:.2f}, {span.high[place]:.2f}]")


if __name__ == "__main__":
    main()
