"""The default units on portraits that the picture network never saw: the table of the docs.

Needs ``mien datasets crops`` and ``mien datasets exam`` in the folder ``data`` or the one that
MIEN_DATA names; for the captions MIEN_PORTRAITS, a folder with ``portraits.csv`` of the columns
``file`` and ``caption``; for the agreement MIEN_REFERENCE, a table of another network's readings
(`mien.data.teacher`). Intervals are 95 %, portraits drawn with replacement. A minute or two.
"""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import groups
from mien.analysis.reading import Reading, open_reading
from mien.data import parts, portraitexam, portraitset, teacher
from mien.data.expressions import OUTPUTS_OF, UNITS
from mien.data.portraitexam import STILL, PortraitExam
from mien.data.portraits import is_quiet
from mien.data.portraitset import PortraitSet
from mien.errors import UnreadableSource
from mien.evaluation.bootstrap import difference, intervals
from mien.evaluation.occurrence import auroc
from mien.evaluation.predictions import Predictions, values
from mien.evaluation.units import whole_units
from mien.recipes.pictureunits import picture
from mien.values import Float32
from mien.weights.store import open_store

WAYS = ("mesh", "picture")
KINDS = ("single", "mixture", "nuisance")
DRAWS = 500
NEUTRALS = {
    "the portrait": ("rest",),
    "turned a little": ("pose",),
    "blurred": ("blur",),
    "in other light": ("light",),
    "the mean of these three": ("pose", "blur", "light"),
    "the mean of all four": ("rest", "pose", "blur", "light"),
}
"""Pictures of a face at rest that may serve as its neutral, by the kind in the exam."""
CAPTIONS = (
    ("smiling", (12, 25, 6), ()),
    ("surprised", (26, 5, 1, 2), ()),
    ("eyes closed", (43,), ()),
    ("angry or enraged", (4, 7, 9), ("smiling", "surprised")),
    ("sad or depressed", (15, 1), ()),
)
"""Caption, the units it is known by, and what it is set against: no caption for all others."""
EXPRESSIONS = (
    "smiling", "surprised", "angry or enraged", "sad or depressed", "grim face", "eyes closed",
    "looking directly at camera", "looking straight ahead",
)  # fmt: skip
"""Captions that say something of the expression, or that there is none."""


class Seen(NamedTuple):
    """What one way reads from the exam, 0-5."""

    single: Float32
    against: Float32


def main() -> None:
    """Print the tables."""
    data = Path(os.environ.get("MIEN_DATA", Path(__file__).parent.parent / "data"))
    try:
        exam = portraitexam.read(data / portraitexam.exam_file("evaluation"))
        faces = portraitset.read(data / portraitset.FILE)
    except UnreadableSource as error:
        print(f"  not measured: {error}")
        return
    ways = {name: open_reading(name, open_store()) for name in WAYS}
    quiet = _quiet(exam)
    print(
        f"  {len(np.unique(exam.portrait))} portraits, {len(exam.kind)} pictures; "
        f"{len(np.unique(exam.portrait[quiet]))} portraits show nothing themselves. "
        f"Division {parts.digest(list(faces.name))[:12]}."
    )
    seen = {name: _read(way, exam) for name, way in ways.items()}
    _planted("S, single frame, on portraits that show nothing", exam, quiet, "single", seen)
    _planted("D, against the portrait, on all of them", exam, exam.kind >= 0, "against", seen)
    _sides("S, on portraits that show nothing", exam, quiet, "single", seen)
    _sides("D, on all of them", exam, exam.kind >= 0, "against", seen)
    _still(exam, quiet, seen)
    _strangers(exam, quiet & exam.of("rest"), ways)
    _neutrals(exam, ways["picture"])
    judged = faces.take("evaluation")
    _groups(exam, list(judged.name), quiet, seen)
    read = {
        name: way.read(way.describe(judged.mesh, list(judged.crop))) for name, way in ways.items()
    }
    _captions(judged, read)
    _agreement(judged, read)


def _read(way: Reading, exam: PortraitExam) -> Seen:
    """Both readings of every picture; the neutral is the portrait as it is."""
    described = way.describe(exam.mesh, list(exam.crop))
    against = np.zeros((len(described), len(UNITS)), np.float32)
    for number in np.unique(exam.portrait):
        rows = np.flatnonzero(exam.portrait == number)
        against[rows] = way.against(described[rows], described[rows[0]])
    return Seen(way.read(described), against)


def _quiet(exam: PortraitExam) -> NDArray[np.bool_]:
    """Pictures of portraits that show nothing themselves."""
    calm = {
        int(exam.portrait[row]): is_quiet(exam.mesh[row]) for row in np.flatnonzero(exam.of("rest"))
    }
    return np.array([calm[int(number)] for number in exam.portrait])


def _predictions(
    found: Float32, exam: PortraitExam, rows: NDArray[np.bool_], unit: int = 0
) -> Predictions:
    """Readings of some pictures as what the house scores: left and right averaged."""
    given, true = whole_units(found[rows]), whole_units(5 * exam.intensity[rows])
    names = (unit,) if unit else tuple(given)
    columns = [np.stack([one[name] for name in names], axis=1) for one in (given, true)]
    known = np.ones(columns[0].shape, bool)
    subjects = tuple(map(str, exam.portrait[rows]))
    return Predictions("intensity", names, columns[0], columns[1], known, subjects)


def _planted(
    title: str,
    exam: PortraitExam,
    among: NDArray[np.bool_],
    reading: str,
    seen: Mapping[str, Seen],
) -> None:
    """Correlation per unit and kind, of both ways; the interval of mixtures with nuisances."""
    print(f"\n  {title}: correlation with what was planted, mesh -> mesh and picture")
    print("     AU    single   mixture  nuisance         [95 %]   gain [95 %]      rise")
    columns = {}
    for kind in KINDS:
        for name in WAYS:
            found = getattr(seen[name], reading)
            if kind == "single":
                columns[kind, name] = _alone(found, exam, among)
            else:
                one = _predictions(found, exam, among & exam.of("rest", kind))
                columns[kind, name] = dict(zip(whole_units(found), values(one, "pcc"), strict=True))
    pair = [
        _predictions(getattr(seen[name], reading), exam, among & exam.of("rest", "nuisance"))
        for name in WAYS
    ]
    sure = intervals(pair[1], ["pcc"], count=DRAWS)["pcc"]
    gain = difference(pair[1], pair[0], "pcc", count=DRAWS)
    rise = _rise(pair[1])
    for place, unit in enumerate(dict.fromkeys(UNITS)):
        cells = [
            ">".join(f"{columns[kind, name].get(unit, np.nan):.2f}" for name in WAYS)
            for kind in KINDS
        ]
        print(
            f"  {unit:>5} {cells[0]:>10}{cells[1]:>10}{cells[2]:>10}"
            f"   [{sure.low[place]:5.2f},{sure.high[place]:5.2f}]"
            f"  {gain.values[place]:+.2f} [{gain.interval.low[place]:+.2f},"
            f"{gain.interval.high[place]:+.2f}] {rise[place]:6.2f}"
        )
    means = [
        ">".join(f"{np.mean(list(columns[kind, name].values())):.3f}" for name in WAYS)
        for kind in KINDS
    ]
    print(
        f"   mean {' '.join(means)} [{sure.mean[0]:.3f}, {sure.mean[1]:.3f}]; gain "
        f"{gain.mean:+.3f} [{gain.interval.mean[0]:+.3f}, {gain.interval.mean[1]:+.3f}]"
    )
    _errors("under nuisances", pair)
    alone = [
        _predictions(getattr(seen[name], reading), exam, among & exam.of("rest", "single"))
        for name in WAYS
    ]
    _errors("units alone", alone)


def _errors(title: str, pair: Sequence[Predictions]) -> None:
    """Errors in steps of 0-5, mean over the units, beside the answer that is always 0."""
    truth = np.asarray(pair[0].truth, np.float64)
    every = [*(one.predicted for one in pair), np.zeros_like(truth)]
    errors = {
        "absolute": [np.abs(one - truth).mean() for one in every],
        "root mean square": [np.sqrt(np.square(one - truth).mean(axis=0)).mean() for one in every],
    }
    cells = (
        f"{name} {mesh:.2f} > {both:.2f} (always 0: {none:.2f})"
        for name, (mesh, both, none) in errors.items()
    )
    print(f"   {title}: errors in steps, mean over units: {'; '.join(cells)}")


def _alone(found: Float32, exam: PortraitExam, among: NDArray[np.bool_]) -> dict[int, float]:
    """Correlation of each unit over the pictures that show it alone, and those at rest."""
    out = {}
    for unit in dict.fromkeys(UNITS):
        if (exam.unit == unit).any():
            rows = among & (exam.of("rest") | (exam.of("single") & (exam.unit == unit)))
            out[unit] = float(values(_predictions(found, exam, rows, unit), "pcc")[0])
    return out


def _rise(one: Predictions) -> NDArray[np.float64]:
    """How much of a true change is shown, per unit."""
    truth = np.asarray(one.truth, np.float64)
    moved = truth - truth.mean(axis=0)
    found = one.predicted - one.predicted.mean(axis=0)
    rise: NDArray[np.float64] = (found * moved).sum(axis=0) / (moved**2).sum(axis=0)
    return rise


def _sides(
    title: str,
    exam: PortraitExam,
    among: NDArray[np.bool_],
    reading: str,
    seen: Mapping[str, Seen],
) -> None:
    """Units on one side of the face: what either side reads, and how often the side is told.

    A movement is told as one-sided as `mien.facs` asks of contempt: the stronger side reads 1 or
    more, the other at most half of it.
    """
    print(
        f"\n  One side alone, {title}, mesh > mesh and picture: rise of the side that moves / of "
        "the other; the side that moves reads more; told as one-sided; even movements told so"
    )
    every = []
    for unit, columns in OUTPUTS_OF.items():
        rows = np.flatnonzero(among & exam.of("onesided") & (exam.unit == unit))
        both = np.flatnonzero(among & exam.of("single") & (exam.unit == unit))
        if not len(rows):
            continue
        true = 5 * exam.intensity[rows][:, columns]
        moving = true.argmax(axis=1)[:, None]
        level = np.take_along_axis(true, moving, 1)
        cells = []
        for name in WAYS:
            found = getattr(seen[name], reading)[:, columns]
            one, other = (np.take_along_axis(found[rows], side, 1) for side in (moving, 1 - moving))
            rises = [float((side * level).sum() / np.square(level).sum()) for side in (one, other)]
            even = _told(found[both, 0], found[both, 1]) + _told(found[both, 1], found[both, 0])
            cells.append((*rises, float((one > other).mean()), _told(one, other), even))
        every.append(cells)
        print(f"    AU{unit:<3} {_side_cells(cells)}  ({len(rows)} and {len(both)} pictures)")
    if every:
        print(f"    mean  {_side_cells(np.mean(every, axis=0))}")
    else:
        print("    not measured: the exam has no such pictures; make it again")


def _told(one: Float32, other: Float32) -> float:
    """Share of pictures told as one-sided, the first side being the stronger one."""
    return float(((one >= 1) & (2 * other <= one)).mean())


def _side_cells(cells: Sequence[Sequence[float]] | NDArray[np.float64]) -> str:
    both = (
        f"{one:.2f} / {other:.2f} {100 * right:3.0f} {100 * half:3.0f} {100 * even:3.0f} %"
        for one, other, right, half, even in cells
    )
    return " > ".join(both)


def _still(exam: PortraitExam, quiet: NDArray[np.bool_], seen: Mapping[str, Seen]) -> None:
    """What moves although no unit does: root mean square of all outputs, in steps of 0-5."""
    print("\n  False movement, rms over all outputs in steps of 0-5, mesh > mesh and picture:")
    first = {int(exam.portrait[row]): row for row in np.flatnonzero(exam.of("rest"))}
    rest = np.array([first[int(number)] for number in exam.portrait])
    for kind in STILL:
        rows = exam.of(kind)
        cells = []
        for reading in ("single", "against"):
            both = []
            for name in WAYS:
                found = getattr(seen[name], reading)
                moved = found[rows] - (found[rest[rows]] if reading == "single" else 0)
                both.append(float(np.sqrt(np.square(moved).mean())))
            cells.append(f"{reading} {both[0]:.3f} > {both[1]:.3f}")
        print(f"    {kind:>9}: {'; '.join(cells)}")
    calm = quiet & exam.of("rest")
    means = [float(seen[name].single[calm].mean()) for name in WAYS]
    print(f"    quiet portraits read on average {means[0]:.3f} > {means[1]:.3f}")


def _strangers(exam: PortraitExam, rest: NDArray[np.bool_], ways: Mapping[str, Reading]) -> None:
    """What is read of a quiet face against the quiet face of another person, the next portrait."""
    faces, crops = exam.mesh[rest], list(exam.crop[rest])
    cells = []
    for way in ways.values():
        found = way.describe(faces, crops)
        pairs = zip(found, np.roll(found, 1, axis=0), strict=True)
        read = np.concatenate([way.against(one[None], other) for one, other in pairs])
        cells.append(f"{float(np.sqrt(np.square(read).mean())):.3f}")
    print(f"    another person's neutral: against {' > '.join(cells)} ({len(faces)} portraits)")


def _neutrals(exam: PortraitExam, way: Reading) -> None:
    """What one picture as the neutral is worth, and the mean of several of the same face."""
    described = way.describe(exam.mesh, list(exam.crop))
    rows = exam.of("nuisance")
    print("\n  D under nuisances against other neutrals, mean correlation over units:")
    for title, kinds in NEUTRALS.items():
        against = np.zeros((len(described), len(UNITS)), np.float32)
        among = exam.of(*kinds)
        for number in np.unique(exam.portrait):
            own = exam.portrait == number
            neutral = described[own & (among if (own & among).any() else exam.of("rest"))]
            against[own & rows] = way.against(described[own & rows], neutral.mean(axis=0))
        print(f"    {title:<28} {np.mean(values(_predictions(against, exam, rows), 'pcc')):.3f}")


def _groups(
    exam: PortraitExam, names: list[str], quiet: NDArray[np.bool_], seen: Mapping[str, Seen]
) -> None:
    """The same figures for lighter and darker, for younger and older faces."""
    rest = exam.of("rest")
    portraits = exam.portrait[rest]
    tones = groups.by_tone(exam.crop[rest], portraits)
    for title, named in (
        ("skin tone (ITA of the cheeks, thirds)", tones),
        (
            "apparent age (looked at by us)",
            groups.by_age([names[number] for number in portraits], portraits),
        ),
    ):
        print(f"\n  By {title}, nuisance mixtures, mean correlation:")
        for name, members in named.items():
            cells = []
            for reading, among in (("single", quiet), ("against", exam.kind >= 0)):
                rows = among & np.isin(exam.portrait, members) & exam.of("rest", "nuisance")
                one, other = (_predictions(getattr(seen[way], reading), exam, rows) for way in WAYS)
                both = " > ".join(f"{np.nanmean(values(way, 'pcc')):.2f}" for way in (one, other))
                low, high = intervals(other, ["pcc"], count=DRAWS)["pcc"].mean
                count = len(np.unique(exam.portrait[rows]))
                cells.append(f"{reading} {both} [{low:.2f}, {high:.2f}] ({count} portraits)")
            print(f"    {name:<28} {'; '.join(cells)}")


def _captions(faces: PortraitSet, read: Mapping[str, Float32]) -> None:
    """Area under the curve: faces of a caption against those of the others."""
    folder = os.environ.get("MIEN_PORTRAITS")
    if not folder:
        print("\n  captions not measured: MIEN_PORTRAITS names no folder")
        return
    with (Path(folder) / "portraits.csv").open(newline="", encoding="utf-8") as file:
        said = {row["file"]: row["caption"] for row in csv.DictReader(file)}
    caption = np.array([said.get(str(name), "") for name in faces.name])
    print("\n  Captions: area under the curve, mesh > mesh and picture [95 %]")
    for name, units, others in CAPTIONS:
        own = caption == name
        against = np.isin(caption, others or [one for one in EXPRESSIONS if one != name])
        rows = own | against
        for unit in units:
            cells = []
            for way in WAYS:
                level = whole_units(read[way])[unit][rows]
                cells.append(f"{float(auroc(level[:, None], own[rows][:, None])[0]):.2f}")
            low, high = _auc_interval(whole_units(read["picture"])[unit], own, against)
            print(
                f"    {name:<17} AU{unit:<3} {' > '.join(cells)} [{low:.2f}, {high:.2f}]   "
                f"{own.sum()} against {against.sum()}"
            )


def _auc_interval(
    level: Float32, own: NDArray[np.bool_], against: NDArray[np.bool_]
) -> tuple[float, float]:
    """Middle 95 % of draws of portraits of both kinds."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        one, two = (rng.choice(level[rows], rows.sum()) for rows in (own, against))
        gap = one[:, None] - two
        found.append(((gap > 0) + 0.5 * (gap == 0)).mean())
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def _agreement(faces: PortraitSet, read: Mapping[str, Float32]) -> None:
    """Correlation with another network on the portraits as they are."""
    path = os.environ.get("MIEN_REFERENCE")
    if not path:
        print("\n  agreement not measured: MIEN_REFERENCE names no table")
        return
    theirs = whole_units(teacher.read(Path(path), list(faces.name)))
    taught = picture().taught
    print("\n  Agreement with another network, portraits as they are, mesh > mesh and picture:")
    for unit, levels in theirs.items():
        known = np.isfinite(levels)
        if known.sum() > 2 and levels[known].std() > 0:
            cells = [
                f"{np.corrcoef(whole_units(read[way])[unit][known], levels[known])[0, 1]:.2f}"
                for way in WAYS
            ]
            note = "   (it was a teacher of this unit: no evidence)" if unit in taught else ""
            print(f"    AU{unit:<3} {' > '.join(cells)}{note}")


if __name__ == "__main__":
    main()
