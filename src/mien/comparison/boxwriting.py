"""A comparison of detectors as files: the page, everything as JSON, two tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien.comparison.boxpage import box_page
from mien.comparison.boxvalues import TITLES, BoxCompared, BoxStanding
from mien.comparison.learning import Learned
from mien.comparison.writing import (
    DISAGREEMENTS,
    PAGE,
    SCORES,
    VALUES,
    as_csv,
    cost_numbers,
    heading,
    learned_values,
    plain,
    write_texts,
)
from mien.machine import processor

__all__ = ["write_boxes"]


def write_boxes(
    compared: BoxCompared, learned: Sequence[Learned], folder: Path, *, show: bool = False
) -> tuple[Path, ...]:
    """Write the page, the values, and two tables into a folder; each file whole or not at all.

    Args:
        compared: what came of it.
        learned: how the detectors learned.
        folder: made if it is not there; not that of a run.
        show: put pictures into the page.

    Raises:
        InputError: the folder cannot be made or written to, or is that of a run.
    """
    texts = {
        VALUES: json.dumps(_values(compared, learned), indent=1, allow_nan=False) + "\n",
        SCORES: as_csv(_rows(compared)),
        DISAGREEMENTS: as_csv(_disputes(compared)),
        PAGE: box_page(compared, learned, show=show),  # last: it says that all is there
    }
    return write_texts(texts, folder)


def _values(compared: BoxCompared, learned: Sequence[Learned]) -> dict[str, Any]:
    """Everything as JSON has it."""
    return {
        **heading(compared),
        "networks": [
            {
                "name": one.entrant.name,
                "path": str(one.entrant.path),
                "sha256": one.entrant.digest,
                "precision": one.entrant.spec.precision,
                "scores": one.table.to_values(),
                "figures": list(_figures(compared, one)),
                "costs": [asdict(cost) for cost in one.costs],
                "int8": one.small,
            }
            for one in compared.standings
        ],
        "pairs": [
            {
                "first": compared.standings[one.first].entrant.name,
                "second": compared.standings[one.second].entrant.name,
                "metric": compared.metric,
                "mean": plain(one.mean),
                "interval": [plain(end) for end in one.interval.mean],
                "told_apart": one.better is not None,
                "classes": {
                    name: [plain(float(end)) for end in ends]
                    for name, *ends in zip(
                        compared.names, one.values, one.interval.low, one.interval.high, strict=True
                    )
                },
            }
            for one in compared.pairs
        ],
        "disagreement": [asdict(one) for one in compared.apart],
        "learned": learned_values(learned),
    }


def _figures(compared: BoxCompared, one: BoxStanding) -> Iterator[dict[str, object]]:
    """Every figure with its interval: of all classes, then of each."""
    for place, row in enumerate(one.table.rows):
        for metric in TITLES:
            low = high = None
            if metric in one.intervals:
                found = one.intervals[metric]
                ends = found.mean if not place else (found.low[place - 1], found.high[place - 1])
                low, high = (plain(float(end)) for end in ends)
            what = "mean" if not place else compared.names[place - 1]
            value = plain(float(getattr(row, metric)))
            yield {"of": what, "metric": metric, "value": value, "low": low, "high": high}


def _rows(compared: BoxCompared) -> Iterator[dict[str, object]]:
    """A row for each figure of each detector; every row says what it belongs to."""
    where = compared.about.columns()
    for one in compared.standings:
        who: dict[str, object] = {"network": one.entrant.name, "sha256": one.entrant.digest}
        for figure in _figures(compared, one):
            at = one.table.score if figure["metric"] in ("precision", "recall") else None
            more = {"precision": one.entrant.spec.precision, "threshold": at, "processor": ""}
            yield {**who, **more, **figure, **where}
        for cost in one.costs:
            who = {"network": one.entrant.name, "sha256": cost.digest, "precision": cost.precision}
            if cost is not one.costs[0] and one.small is not None:
                small = {"of": "mean", "metric": compared.metric, "value": one.small}
                yield {**who, "threshold": None, "processor": "", **small, **_ends(), **where}
            for metric, value in cost_numbers(cost).items():
                named = metric.replace("_face", "_picture")
                spent = {"of": "cost", "metric": named, "value": value}
                yield {**who, "threshold": None, "processor": processor(), **spent, **_ends(),
                       **where}  # fmt: skip


def _ends() -> dict[str, None]:
    return {"low": None, "high": None}


def _disputes(compared: BoxCompared) -> Iterator[dict[str, object]]:
    """The pictures on which the detectors differ most, by their files."""
    names = [one.entrant.name for one in compared.standings]
    for number, one in enumerate(compared.disputes, 1):
        yield {
            "number": number,
            "path": compared.part.path[one.row].as_posix(),
            "of": one.name,
            "label": one.truth,
            "spread": one.spread,
            **dict(zip(names, one.said, strict=True)),
            **compared.about.columns(),
        }
