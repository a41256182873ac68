"""Detectors side by side on the same pictures: figures, what tells them apart, what they cost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np

from mien.comparison.boxasking import SEEN, Look, Said, ask, readable
from mien.comparison.boxcosts import box_costs
from mien.comparison.boxvalues import BoxAbout, BoxChoice, BoxCompared, BoxPair, BoxStanding
from mien.comparison.detectors import Detector
from mien.data.yolo import BoxedPictures, source_of
from mien.errors import InputError
from mien.evaluation.bootstrap import Interval, interval_of
from mien.evaluation.boxbootstrap import FIGURES, drawn_figures, picture_weights
from mien.evaluation.boxtable import box_table
from mien.evaluation.detection import Boxes
from mien.evaluation.disagreement import apart, disputes
from mien.evaluation.paired import Floats
from mien.evaluation.predictions import Predictions
from mien.files import digest_of
from mien.training.boxparts import Parts, read_boxes

__all__ = ["compare_boxes"]

DISPUTES = 12
NAMED = 3
"""Pictures named in a warning."""


def compare_boxes(
    entrants: Sequence[Detector],
    data: Path,
    choice: BoxChoice,
    command: str,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> BoxCompared:
    """Ask all detectors of the pictures of a part, and set them side by side.

    Args:
        entrants: two or more of the same classes.
        data: a data.yaml, or the folder that holds it; its test part, else val.
        choice: what is compared.
        command: that gives the same again; every figure carries it.
        tell: told for whom how many pictures are done, of how many.

    Raises:
        InputError: they cannot be compared; the message says why.
    """
    parts = read_boxes(data)
    _check_classes(entrants, parts)
    name = next((one for one in ("test", "val") if len(parts.part(one))), "")
    if not name:
        raise InputError(f"{parts.said.path} has no pictures in test: or val: to compare on")
    warnings = _warnings(entrants, parts, name, anyway=choice.anyway)
    part, true, faults = readable(parts.part(name))
    if not len(part):
        raise InputError(f"no picture of {name} can be read; the first: {faults[0]}")
    said = tuple(_asked(one, one.file, parts, part, tell) for one in entrants)
    groups = [source_of(path) for path in part.path]
    weights = picture_weights(groups) if len(set(groups)) > 1 else None
    draws = [_draws(one, true, len(parts.names), weights) for one in said]
    standings = [
        BoxStanding(one, box_table(found.boxes, true, parts.names), _intervals(drawn))
        for one, found, drawn in zip(entrants, said, draws, strict=True)
    ]
    about = BoxAbout(
        parts.said.path.resolve().parent.name, parts.digest(), name, len(part), len(set(groups)),
        sum(len(one.kind) for one in true), version("mien"), command, warnings,
    )  # fmt: skip
    if choice.cost:
        standings = _with_costs(standings, parts, part, true, choice.metric)
    places = combinations(range(len(standings)), 2) if weights is not None else ()
    pairs = tuple(_pair(a, b, standings, draws, choice.metric) for a, b in places)
    stated = _stated(said, true, parts.names)
    return BoxCompared(
        about, choice.metric, parts.names, tuple(standings), pairs, apart(stated),
        disputes(stated, DISPUTES), part, said, true, _notes(parts, name, faults),
    )  # fmt: skip


def _check_classes(entrants: Sequence[Detector], parts: Parts) -> None:
    """Raise InputError unless the set has the classes of the detectors."""
    ours = entrants[0].spec.classes
    if {name.casefold() for name in ours} != {name.casefold() for name in parts.names}:
        raise InputError(
            f"{parts.said.path} has the classes {', '.join(parts.names)}, and {entrants[0].name} "
            f"finds {', '.join(ours)}; name a set with these"
        )


def _warnings(
    entrants: Sequence[Detector], parts: Parts, name: str, *, anyway: bool
) -> tuple[str, ...]:
    """Why figures are too good.

    Raises:
        InputError: pictures of the training part are among these, and ``anyway`` is not said.
    """
    digest, warnings = parts.digest(), []
    for one in entrants:
        if one.data != digest:
            warnings.append(
                f"It is not known whether {one.name} learned from these pictures: if they were "
                "among those that it learned from, its figures are too good."
            )
        elif name == "val":
            warnings.append(
                f"The epoch of {one.name} was chosen on these pictures: its figures are too good."
            )
    twice = _twice(parts.part("train").path, parts.part(name).path)
    if twice and any(one.data == digest for one in entrants):
        told = ", ".join(twice[:NAMED]) + (", ..." if len(twice) > NAMED else "")
        line = (
            f"LEAKAGE: {len(twice)} of the {len(parts.part(name))} pictures ({told}) are in the "
            "training part too, or were made from pictures there"
        )
        if not anyway:
            raise InputError(f"{line}; take them out, or say --anyway: then every table says so")
        warnings.insert(0, f"{line}, and all figures are too good.")
    return tuple(warnings)


def _twice(learned: Sequence[Path], asked: Sequence[Path]) -> list[str]:
    """Names of pictures that were learned from: the same file, or made from one by Roboflow."""
    sizes = {path.stat().st_size for path in asked}
    known = {digest_of(path) for path in learned if path.stat().st_size in sizes}
    sources = {source_of(path) for path in learned}
    return [
        path.name
        for path in asked
        if (source_of(path) != path.stem and source_of(path) in sources) or digest_of(path) in known
    ]


def _notes(parts: Parts, name: str, faults: Sequence[str]) -> tuple[str, ...]:
    """What is wrong with the set and its pictures."""
    found = []
    if name != "test":
        found.append(f"{parts.said.path.name} has no test part: detectors are compared on val.")
    if faults:
        found.append(
            f"{len(faults)} of {len(parts.part(name))} pictures cannot be read and are left out, "
            f"the first: {faults[0]}."
        )
    if parts.notes:
        found.append(f"Faults of the set ({len(parts.notes)}), the first: {parts.notes[0]}.")
    return tuple(found)


def _asked(
    one: Detector,
    file: Path,
    parts: Parts,
    part: BoxedPictures,
    tell: Callable[[str, int, int], None],
) -> Said:
    return ask(
        Look(file, one.spec), one.spec, part, parts.names,
        lambda done, of: tell(one.name, done, of),
    )  # fmt: skip


_Draws = tuple[Floats, Floats]
"""(d, c, 2) of each class, and (d, 2) of their mean."""


def _draws(
    said: Said, true: Sequence[Boxes], classes: int, weights: Floats | None
) -> _Draws | None:
    return None if weights is None else drawn_figures(said.boxes, true, classes, weights)


def _intervals(draws: _Draws | None) -> dict[str, Interval]:
    if draws is None:
        return {}
    each, means = draws
    return {
        name: interval_of(each[..., place], means[..., place]) for place, name in enumerate(FIGURES)
    }


def _pair(
    first: int,
    second: int,
    standings: Sequence[BoxStanding],
    draws: Sequence[_Draws | None],
    metric: str,
) -> BoxPair:
    """First minus second, both scored on the same drawn pictures."""
    one, other = draws[first], draws[second]
    if one is None or other is None:  # pragma: no cover - no pairs are asked for then
        raise InputError("no picture can be drawn")
    place = FIGURES.index(metric)
    rows = [
        np.array([getattr(row, metric) for row in standings[at].table.rows])
        for at in (first, second)
    ]
    gap = rows[0] - rows[1]
    spanned = interval_of((one[0] - other[0])[..., place], (one[1] - other[1])[..., place])
    return BoxPair(first, second, gap[1:], float(gap[0]), spanned)


def _stated(said: Sequence[Said], true: Sequence[Boxes], names: Sequence[str]) -> list[Predictions]:
    """Whether a picture shows a class: the highest score of each detector, and the labels."""
    shown = np.array([np.bincount(one.kind, minlength=len(names)) > 0 for one in true])
    known = np.ones(shown.shape, bool)
    return [
        Predictions("occurrence", tuple(names), one.highest, shown, known, None, SEEN)
        for one in said
    ]


def _with_costs(
    standings: Sequence[BoxStanding],
    parts: Parts,
    part: BoxedPictures,
    true: Sequence[Boxes],
    metric: str,
) -> list[BoxStanding]:
    """The same with what the detectors cost, and the metric in 8 bits."""
    costs = box_costs([one.entrant for one in standings], part)
    done = []
    for one, cost in zip(standings, costs, strict=True):
        small, file = None, one.entrant.small
        if file is not None:
            said = _asked(one.entrant, file, parts, part, lambda *_: None)
            table = box_table(said.boxes, true, parts.names)
            small = float(getattr(table.rows[0], metric))
        done.append(replace(one, costs=tuple(cost), small=small))
    return done
