"""The whole chain, from the file of a picture or video to the table, as `mien analyze` runs it."""

import math
import tempfile
import time
from pathlib import Path

import numpy as np
from arro3.core import RecordBatch

from mien.analysis.networks import Networks
from mien.analysis.options import Options
from mien.analysis.pipeline import Outputs, analyze_to_files
from mien.analysis.reading import DEFAULTS
from mien.doctor.finding import Speed
from mien.values import Image
from mien.video.reader import read_picture
from mien.video.writer import VideoWriter
from mien.weights.store import Store

__all__ = ["Reading", "measure", "read_photo"]

Reading = dict[str, float]
"""Numbers of the table's row, by column."""

TEXTLESS = ("frame", "time", "face", "emotion_coverage", "neutral_quality")
"""Columns that say nothing of the picture."""

RATE = 30
FRAMES = 60
"""Of the clip that is read for the speed: two seconds."""
WINDOW = 480
"""Its side in pixels, out of the photograph's 512."""
SWING = 15
"""Pixels that the window moves to each side, so that the face is followed."""


def read_photo(photo: Path, store: Store) -> list[Reading]:
    """The numbers of each face of a picture."""
    rows: list[Reading] = []

    def keep(batch: RecordBatch) -> None:
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        for row in range(batch.num_rows):
            values = {name: column[row] for name, column in columns.items()}
            rows.append(
                {
                    name: float(value)
                    for name, value in values.items()
                    if isinstance(value, int | float)
                    and math.isfinite(value)
                    and name not in TEXTLESS
                }
            )

    analyze_to_files(photo, Options.of("none"), Outputs(), Networks(store), on_batch=keep)
    return rows


def measure(photo: Path, store: Store, seconds: float) -> list[Speed]:
    """Read a clip made from the photograph again and again, in each way, by turns.

    Args:
        photo: the picture.
        store: where the networks come from.
        seconds: about how long; each way is measured once at least.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "moving.mp4"
        _write_clip(read_picture(photo), clip)
        networks = {name: Networks(store, name) for name in DEFAULTS}
        best: dict[str, Speed] = {}
        end = time.perf_counter() + seconds
        while True:
            for name, one in networks.items():
                now = _once(clip, one, name)
                if name not in best or now.cpu < best[name].cpu:
                    best[name] = now
            if time.perf_counter() > end:
                return list(best.values())


def _once(clip: Path, networks: Networks, name: str) -> Speed:
    """Read the clip once."""
    report = analyze_to_files(clip, Options.of(), Outputs(), networks)
    frames = sum(source.analysed for source in report.sources)
    share = 1000 / max(frames, 1)
    return Speed(name, frames, report.cpu_seconds * share, report.wall_seconds * share)


def _write_clip(image: Image, path: Path) -> None:
    """A window that swings over the picture."""
    room = min(image.shape[0], image.shape[1]) - WINDOW
    with VideoWriter(path, WINDOW, WINDOW) as writer:
        for number in range(FRAMES):
            turn = 2 * math.pi * number / FRAMES
            left = round(room / 2 + min(SWING, room / 2) * math.sin(turn))
            top = round(room / 2 + min(SWING, room / 2) * math.cos(turn))
            part = image[top : top + WINDOW, left : left + WINDOW]
            writer.write(np.ascontiguousarray(part), number / RATE)
