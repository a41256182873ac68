"""A comparison as files: the page, everything as JSON, the figures and disagreements as tables."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien.comparison.boxvalues import BoxCompared
from mien.comparison.compare import Compared, Standing
from mien.comparison.costs import Cost
from mien.comparison.learning import Learned
from mien.comparison.page import page
from mien.errors import InputError
from mien.evaluation.scoretable import title
from mien.files import cannot_write
from mien.machine import processor
from mien.training.runfolder import RECIPE, write_text

__all__ = [
    "DISAGREEMENTS", "PAGE", "SCORES", "VALUES", "as_csv", "check_folder", "cost_numbers",
    "heading", "learned_values", "plain", "write_comparison", "write_texts",
]  # fmt: skip

PAGE, VALUES = "compare.html", "compare.json"
SCORES, DISAGREEMENTS = "scores.csv", "disagreements.csv"


def write_comparison(
    compared: Compared, learned: Sequence[Learned], folder: Path, *, show: bool = False
) -> tuple[Path, ...]:
    """Write the page, the values, and two tables into a folder; each file whole or not at all.

    Args:
        compared: what came of it.
        learned: how the runs learned.
        folder: made if it is not there; not that of a run.
        show: put pictures of persons into the page.

    Raises:
        InputError: the folder cannot be made or written to, or is that of a run.
    """
    texts = {
        VALUES: json.dumps(_values(compared, learned), indent=1, allow_nan=False) + "\n",
        SCORES: as_csv(_rows(compared)),
        DISAGREEMENTS: as_csv(_disputes(compared)),
        PAGE: page(compared, learned, show=show),  # last: it says that all is there
    }
    return write_texts(texts, folder)


def write_texts(texts: dict[str, str], folder: Path) -> tuple[Path, ...]:
    """Write the files of a comparison by their names, each whole or not at all.

    Returns:
        The files, the last first.

    Raises:
        InputError: the folder cannot be made or written to, or is that of a run.
    """
    check_folder(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        for name, text in texts.items():
            write_text(folder / name, text)
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()  # stays if some of the files are there
        raise
    return tuple(folder / name for name in reversed(texts))


def check_folder(folder: Path) -> None:
    """Make sure, before long work, that a folder is none of a run.

    Raises:
        InputError: it is.
    """
    if (folder / RECIPE).exists():
        raise InputError(
            f"{folder} is a run folder and keeps its own report; name another folder with --out"
        )


def _values(compared: Compared, learned: Sequence[Learned]) -> dict[str, Any]:
    """Everything as JSON has it."""
    return {
        **heading(compared),
        "networks": [
            {
                "name": one.entrant.name,
                "path": str(one.entrant.path),
                "files": [
                    {"fold": stand.subject.split.fold if stand.subject.split else None,
                     "sha256": stand.subject.digest,
                     "precision": stand.subject.precision}
                    for stand in one.stands
                ],
                "scores": json.loads(one.table.to_json()),
                "all_units": json.loads(one.whole.to_json()),
                "published": None
                if one.published is None
                else json.loads(one.published.to_json()),
                "costs": [asdict(cost) for cost in one.costs],
                "mean_int8": one.small,
                "notes": list(one.notes),
                "together": compared.together[at].to_values() if compared.together else None,
            }
            for at, one in enumerate(compared.standings)
        ],
        "pairs": [
            {
                "first": compared.standings[one.first].entrant.name,
                "second": compared.standings[one.second].entrant.name,
                "metric": one.by.metric,
                "mean": plain(one.by.mean),
                "interval": [plain(end) for end in one.by.interval.mean],
                "told_apart": one.told_apart,
                "units": {
                    str(name): [plain(value), plain(low), plain(high)]
                    for name, value, low, high in zip(
                        one.by.names,
                        one.by.values.tolist(),
                        one.by.interval.low.tolist(),
                        one.by.interval.high.tolist(),
                        strict=False,  # one figure for all classes has no names
                    )
                },
            }
            for one in compared.pairs
        ],
        "disagreement": [asdict(one) for one in compared.apart],
        "learned": learned_values(learned),
    }  # fmt: skip


def heading(compared: Compared | BoxCompared) -> dict[str, Any]:
    """What a comparison is about and where it was made, as JSON has it."""
    return {
        "about": asdict(compared.about),
        "metric": compared.metric,
        "notes": list(compared.notes),
        "processor": processor(),
    }


def learned_values(learned: Sequence[Learned]) -> list[dict[str, Any]]:
    """How runs learned, as JSON has it."""
    return [
        {
            "name": one.name,
            "fold": one.fold,
            "chosen": one.chosen,
            "about": one.about,
            "command": one.command,
            "epochs": [{k: plain(v) for k, v in line.items()} for line in one.lines],
        }
        for one in learned
    ]


def _rows(compared: Compared) -> Iterator[dict[str, object]]:
    """A row for each figure of each network; every row says what it belongs to."""
    where = compared.about.columns()
    for one in compared.standings:
        who: dict[str, object] = {
            "network": one.entrant.name,
            "sha256": " ".join(stand.subject.digest for stand in one.stands),
            "precision": one.stands[0].subject.precision,
        }
        for what, metric, figures in _figures(one):
            yield {**who, "of": what, "metric": metric, **figures, "processor": "", **where}
        if one.small is not None:
            small = {"value": one.small, "low": None, "high": None, "processor": ""}
            who |= {"sha256": one.small_digest, "precision": "int8"}
            yield {**who, "of": "mean", "metric": compared.metric, **small, **where}
        for cost in one.costs:
            who |= {"sha256": cost.digest, "precision": cost.precision}
            for metric, value in cost_numbers(cost).items():
                figures = {"value": value, "low": None, "high": None, "processor": processor()}
                yield {**who, "of": "cost", "metric": metric, **figures, **where}


def _figures(one: Standing) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Of what, which metric, and the figure with its interval: means, then each unit."""
    tables = [("mean", one.table.mean, one.table.mean_interval)]
    tables += [
        (title(name), figures, one.whole.intervals.get(name, {}))
        for name, figures in one.whole.units.items()
    ]
    for what, found, bounds in tables:
        for metric, value in found.items():
            low, high = bounds.get(metric, (None, None))
            yield what, metric, {"value": value, "low": low, "high": high}


def cost_numbers(cost: Cost) -> dict[str, float | None]:
    """What a file costs, by name."""
    found = {
        "parameters": cost.parameters,
        "multiply_adds": cost.operations,
        "bytes": cost.size,
        "cpu_seconds_per_face": cost.seconds,
        "memory_megabytes": cost.memory,
    }
    finding = {} if cost.finding is None else {"cpu_seconds_finding_face_and_mesh": cost.finding}
    return found | finding


def _disputes(compared: Compared) -> Iterator[dict[str, object]]:
    """The pictures on which the networks differ most, by their files."""
    people = compared.standings[0].predictions.subjects
    names = [one.entrant.name for one in compared.standings]
    for number, one in enumerate(compared.disputes, 1):
        ground, place = compared.keys[one.row]
        path, frame = compared.grounds[ground].pictures[place]
        yield {
            "number": number,
            "path": path,
            "frame": frame if frame >= 0 else None,
            "person": None if people is None else people[one.row],
            "of": title(one.name),
            "label": one.truth,
            "spread": one.spread,
            **dict(zip(names, one.said, strict=True)),
            **compared.about.columns(),
        }


def as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows of the same columns as a table."""
    listed = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(listed[0]) if listed else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def plain(value: float) -> float | None:
    """A figure as JSON has it, which knows no NaN and no infinity."""
    return value if math.isfinite(value) else None
