"""What an animated clip was told to show: its ground truth, as an AU table and as events."""

import json
from pathlib import Path
from typing import Any

from arro3.core import Schema

from mien.animation.events import Event, Script, apart, names
from mien.files import whole_file
from mien.results.table import KEYS, METADATA_KEY, TableBuilder, unit_column
from mien.results.writers import open_writer

__all__ = ["moments", "planted_path", "write_planted"]


def planted_path(output: Path, suffix: str = ".csv") -> Path:
    """Where the truth of a clip or picture stands: beside it.

    >>> str(planted_path(Path("out/clip.mp4")))
    'out/clip.planted.csv'
    """
    return output.with_name(f"{output.stem}.planted{suffix}")


def write_planted(output: Path, script: Script, facts: dict[str, Any]) -> tuple[Path, Path]:
    """Write what was planted beside the clip.

    Args:
        output: the clip.
        script: what moves in it.
        facts: what else is worth knowing, JSON.

    Returns:
        The table (.planted.csv: one row per frame, columns of the AU table) and the events
        (.planted.json).
    """
    facts = {**facts, "events": [moments(event) for event in script.events]}
    table, events = planted_path(output), planted_path(output, ".json")
    columns = (*KEYS, *map(unit_column, names(dict.fromkeys(script.units, 0.0))))
    schema = Schema(
        [column.field() for column in columns], metadata={METADATA_KEY: json.dumps(facts).encode()}
    )
    builder = TableBuilder(schema)
    for index, time in enumerate(script.times):
        keys = {"source": str(output), "frame": index, "time": time, "face": 0}
        builder.add(keys | names(script.at(time)))
    with open_writer(table, schema) as writer:
        writer.write(builder.batch())
    with whole_file(events) as partial:
        partial.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return table, events


def moments(event: Event) -> dict[str, Any]:
    """An event with its moments in seconds, for JSON."""
    return {
        "units": names(apart(event.units)),
        "start": event.start,
        "half_rise": event.half_rise,
        "apex": event.start + event.rise,
        "apex_end": event.end - event.rise,
        "half_fall": event.half_fall,
        "end": event.end,
    }
