"""The page of a comparison of detectors: one HTML file that needs nothing else."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from html import escape

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from mien.comparison.boxasking import SEEN
from mien.comparison.boxvalues import TITLES, BoxCompared
from mien.comparison.drawing import Fast, against_time, letter, letters_of, spread_of, strip
from mien.comparison.evidence import (
    COSTS,
    Disagreement,
    cost_rows,
    differences,
    learning,
    wide,
)
from mien.comparison.learning import Learned, typed, version_of
from mien.comparison.sections import named, soft, source
from mien.errors import InputError
from mien.evaluation.boxbootstrap import FIGURES
from mien.evaluation.boxtable import ClassRow
from mien.evaluation.scoretable import cell
from mien.machine import processor
from mien.results.html import boxes, document, picture, pictures, table
from mien.training.boxrecipe import BoxRecipe
from mien.training.epochs import Line, read_metrics
from mien.training.runfolder import REPORT_JSON
from mien.values import Float32
from mien.video.palette import colour_of
from mien.video.pictures import read_picture

__all__ = ["box_page", "learned_boxes"]

SIDE = 240
"""Longer side of the pictures that are shown."""
WHITE = (255, 255, 255)

FOOTER = (
    "Figures hold for these pictures. Intervals tell how sure they are for other pictures of the "
    "same kind; where one person is in many pictures they are too narrow."
)


def learned_boxes(
    compared: BoxCompared, base: Callable[[str], BoxRecipe | None]
) -> Iterator[Learned]:
    """How the detectors learned whose runs are known.

    Args:
        compared: what came of it.
        base: the recipes that come with mien.
    """
    for place, standing in enumerate(compared.standings):
        one = standing.entrant
        if one.recipe is None:
            continue
        folder = one.file.parent
        lines: tuple[Line, ...] = ()
        chosen = None
        with suppress(InputError):  # an older run, or one that was carried without it
            lines = read_metrics(folder)
        with suppress(OSError, ValueError, KeyError, TypeError):
            chosen = int(json.loads((folder / REPORT_JSON).read_text(encoding="utf-8"))["epoch"])
        words = ["mien", "train", one.recipe.name, "--data", "DATA.yaml"]
        about = f"losses of train and of val, {version_of(folder)}."
        command = typed(words, one.recipe, base(one.recipe.name))
        yield Learned(place, one.name, 1, lines, chosen, about, command)


def box_page(compared: BoxCompared, learned: Sequence[Learned], *, show: bool = False) -> str:
    """The page.

    Args:
        compared: what came of it.
        learned: how the detectors learned.
        show: put the pictures into it on which they differ most, with the boxes of all.
    """
    about = compared.about
    items = [
        ("data set", about.data), ("part", about.part), ("pictures", str(about.pictures)),
        ("boxes", str(about.instances)), ("detectors", str(len(compared.standings))),
        ("mien", about.version),
    ]  # fmt: skip
    alarms = "".join(f'<p class="alarm">{escape(line)}</p>' for line in about.warnings)
    notes = "".join(f'<p class="note">{escape(line)}</p>' for line in compared.notes)
    found = Disagreement(
        len(compared.standings),
        compared.apart,
        compared.disputes,
        None,
        "Of a picture each detector says of each class the highest score of a box; from "
        f"{SEEN:g} on it counts as found. The label says whether a box of the class is there. ",
    )
    names = [one.entrant.name for one in compared.standings]
    body = [
        boxes(items), alarms, notes, _scores(compared), _pairs(compared), _classes(compared),
        _published(compared), _costs(compared), learning(names, learned),
        differences(found, _pictures(compared) if show else (), about), _asked(compared),
    ]  # fmt: skip
    return document(f"Detectors compared on {about.data}", "\n".join(body), FOOTER)


def _scores(compared: BoxCompared) -> str:
    """Figures of all classes."""
    shown, every = compared.metric, compared.standings
    span = spread_of([end for one in every for end in (one.figure(shown), *one.bounds(shown))])
    rows = [
        [
            named(at, one.entrant.name),
            strip(at, one.figure(shown), one.bounds(shown), span),
            *(escape(cell(one.figure(name), one.bounds(name))) for name in TITLES),
            f"{one.table.score:.3f}",
        ]
        for at, one in enumerate(every)
    ]
    return (
        "<h2>Scores</h2>"
        + soft(
            "Means over the classes that are there. In brackets: 95 % intervals by drawing "
            "pictures; those that were made from one are drawn together. P and R are those at an "
            "overlap of 0.5 and at the score that is named, where the mean F1 of the classes is "
            f"highest, for each detector its own. The rail goes from {span[0]:.3f} to "
            f"{span[1]:.3f}, by {TITLES[shown]}."
        )
        + table(["network", "", *TITLES.values(), "score"], rows)
        + source(compared.about)
    )


def _pairs(compared: BoxCompared) -> str:
    """Every two detectors on the same drawn pictures."""
    title = f"<h2>Told apart by {TITLES[compared.metric]}</h2>"
    if not compared.pairs:
        return title + soft("All pictures were made from one: no interval can be drawn.")
    letters = letters_of(len(compared.standings))
    rows = []
    for one in compared.pairs:
        low, high = one.interval.mean
        better = one.better
        rows.append(
            [
                f"{letter(one.first)} − {letter(one.second)}",
                f"{one.mean:+.3f} [{low:+.3f}, {high:+.3f}]",
                "not told apart" if better is None else f"{letters[better]} is better",
                *map(_gap, one.values, one.interval.low, one.interval.high),
            ]
        )
    heads = ["pair", "difference", "so", *map(escape, compared.names)]
    return (
        title
        + soft(
            "First minus second, both scored on the same drawn pictures (paired bootstrap, 1000 "
            "draws, 95 %). If the interval does not hold 0, these pictures tell the two apart."
        )
        + table(heads, rows)
        + source(compared.about)
    )


def _gap(value: float, low: float, high: float) -> str:
    return "–" if np.isnan(value) else f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _classes(compared: BoxCompared) -> str:
    """Every class by every figure."""
    heads = [letter(at) for at in range(len(compared.standings))]
    parts = []
    for figure, title in TITLES.items():
        rows = [
            [
                f"<b>{escape(name)}</b>",
                *(
                    escape(cell(_figure(one.table.rows[place + 1], figure), bounds))
                    for one in compared.standings
                    for bounds in [_bounds(one.intervals, figure, place)]
                ),
                str(compared.standings[0].table.rows[place + 1].instances),
            ]
            for place, name in enumerate(compared.names)
        ]
        shown = f"<h3>{title}</h3>" + table(["", *heads, "boxes"], rows)
        folded = f"<details><summary>{title}</summary>{shown}</details>"
        parts.append(shown if figure in FIGURES else folded)
    return "<h2>Each class</h2>" + "".join(parts) + source(compared.about)


def _figure(row: ClassRow, name: str) -> float | None:
    value = float(getattr(row, name))
    return None if np.isnan(value) else value


def _bounds(intervals: object, name: str, place: int) -> tuple[float, float] | None:
    """Interval of a class."""
    if not isinstance(intervals, dict) or name not in intervals:
        return None
    low, high = float(intervals[name].low[place]), float(intervals[name].high[place])
    return None if np.isnan(low) else (low, high)


def _published(compared: BoxCompared) -> str:
    """Publications beside ours."""
    rows = []
    for at, one in enumerate(compared.standings):
        for expected in one.entrant.recipe.expected if one.entrant.recipe else ():
            ours = one.figure(expected.metric)
            theirs = expected.mean
            gap = "–" if ours is None or theirs is None else f"{ours - theirs:+.3f}"
            told = f"{expected.source}; {expected.protocol or 'protocol not said'}"
            title = TITLES.get(expected.metric, expected.metric)
            row = [named(at, one.entrant.name), title, cell(ours), cell(theirs), gap]
            rows.append([*row, escape(told)])
    if not rows:
        return ""
    return (
        "<h2>Beside the papers</h2>"
        + soft(
            "Theirs on other pictures, ours on these: the difference is no measure of the "
            "implementation."
        )
        + table(["network", "figure", "ours", "published", "difference", "published of"], rows)
        + source(compared.about)
    )


def _costs(compared: BoxCompared) -> str:
    """What they cost, and the figure against time."""
    if not compared.standings[0].costs:
        return ""
    title = TITLES[compared.metric]
    rows = [
        row
        for at, one in enumerate(compared.standings)
        for row in cost_rows(
            named(at, one.entrant.name), one.costs, (one.figure(compared.metric), one.small)
        )
    ]
    every = [
        Fast(
            one.entrant.name,
            one.figure(compared.metric),
            one.bounds(compared.metric),
            one.small,
            [cost.seconds for cost in one.costs],
        )
        for one in compared.standings
    ]
    return (
        "<h2>What they cost</h2>"
        + soft(
            "A second row in 8 bits where model.int8.onnx lies beside the network (mien export RUN "
            "--precision int8 --data DATA.yaml makes it). Multiply-adds are those of convolutions "
            "and matrix products for one picture. CPU time is that of one thread for one picture "
            "in memory: brought into the square, looked at, and of many boxes the best kept from a "
            f"score of {SEEN:g} on; all detectors in turns, the quickest of five rounds, on "
            f"{processor()}. Memory is what a process of its own grows by, at its peak, when it "
            "opens the file and looks at a picture."
        )
        + table([*COSTS, "CPU per picture", "memory", title], rows)
        + wide(against_time(every, title, "ms of CPU time per picture"))
        + soft("Dots as they are with 95 % intervals, rings in 8 bits; time goes by factors.")
        + source(compared.about)
    )


def _pictures(compared: BoxCompared) -> Iterator[str]:
    """The pictures on which the detectors differ most, with the boxes of each."""
    letters = letters_of(len(compared.standings))
    shown = []
    for number, one in enumerate(compared.disputes, 1):
        image = Picture.fromarray(read_picture(compared.part.path[one.row]))
        scale = SIDE / max(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        small = image.resize((width, height))
        draw = ImageDraw.Draw(small)
        for box in compared.true[one.row].box.tolist():
            draw.rectangle([end * scale for end in box], outline=WHITE)
        for at, said in enumerate(compared.said):
            found = said.boxes[one.row]
            scores: Float32 = np.ones(0, np.float32) if found.score is None else found.score
            for box in found.box[scores > SEEN].tolist():
                corner = [end * scale for end in box]
                draw.rectangle(corner, outline=colour_of(at), width=2)
                draw.text((corner[0] + 2, corner[1] + 1), letters[at], fill=colour_of(at))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=85)
        said_ = ", ".join(f"{value:.2f}" for value in one.said)
        shown.append(picture(buffer.getvalue(), "image/jpeg", f"{number}: {one.name} {said_}"))
    yield soft(
        f"White: the labels. Boxes from a score of {SEEN:g} on carry the letter of the detector."
    )
    yield pictures(shown)


def _asked(compared: BoxCompared) -> str:
    """Which files were asked."""
    rows = [
        [
            named(at, one.entrant.name),
            escape(one.entrant.spec.trained_on or "not said"),
            one.entrant.spec.precision,
            f"{one.entrant.spec.size} px",
            f"<code>{one.entrant.digest}</code>",
        ]
        for at, one in enumerate(compared.standings)
    ]
    return (
        "<h2>What was asked</h2>"
        + table(["network", "learned from", "precision", "square", "SHA-256"], rows)
        + f"<p>Pictures and boxes: <code>{compared.about.digest}</code>.</p>"
        + source(compared.about)
    )
