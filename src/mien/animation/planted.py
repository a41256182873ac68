"""What an animated clip was told to show: its ground truth, as an AU table and as events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mien.animation.events import Event, Script, apart, names
from mien.files import cannot_write, whole_file
from mien.results.table import KEYS, TableBuilder, schema_of, unit_column
from mien.results.writers import open_writer

__all__ = ["moments", "planted_path", "planting"]


def planted_path(output: Path, suffix: str = ".csv") -> Path:
    """Where the truth of a clip stands: beside it, under its whole name.

    >>> str(planted_path(Path("out/clip.mp4")))
    'out/clip.mp4.planted.csv'
    """
    return output.with_name(f"{output.name}.planted{suffix}")


@contextmanager
def planting(output: Path, script: Script, facts: dict[str, Any]) -> Iterator[tuple[Path, Path]]:
    """Write what is planted in a clip, before the clip is made.

    The files appear beside the clip when the ``with`` block, in which the clip is made, ends
    without an error; so there is no clip without its truth.

    Args:
        output: the clip.
        script: what moves in it.
        facts: what else is worth knowing, JSON.

    Yields:
        The table (.planted.csv: one row per frame, columns of the AU table) and the events
        (.planted.json).

    Raises:
        InputError: one of them cannot be written.
    """
    facts = {**facts, "events": [moments(event) for event in script.events]}
    table, events = planted_path(output), planted_path(output, ".json")
    with whole_file(table) as partial_table, whole_file(events) as partial_events:
        _write_table(partial_table, str(output), script, facts)
        try:
            partial_events.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise cannot_write(events, error) from error
        yield table, events


def _write_table(path: Path, source: str, script: Script, facts: dict[str, Any]) -> None:
    """The intensities of each frame."""
    columns = (*KEYS, *map(unit_column, names(dict.fromkeys(script.units, 0.0))))
    schema = schema_of([column.field() for column in columns], facts)
    builder = TableBuilder(schema)
    for index, time in enumerate(script.times):
        keys = {"source": source, "frame": index, "time": time, "face": 0}
        builder.add(keys | names(script.at(time)))
    with open_writer(path, schema) as writer:
        writer.write(builder.batch())


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
