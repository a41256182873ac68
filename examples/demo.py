"""Reads a photograph, moves its face at known times, reads the clip, and compares.

Run it with ``make demo``, or: python examples/demo.py --out demo
The photograph is scikit-image's "astronaut" (a portrait by NASA, in the public domain). She smiles
in it, so the clip begins by taking the smile back, and gives it again as one of its movements.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.data
from arro3.core import Table

import mien
from mien.animation.animate import animate, resize
from mien.animation.events import Event, Script
from mien.animation.recovery import find_again
from mien.facs.units import UNITS
from mien.results.html import Grid
from mien.results.page import Page, write_page
from mien.results.timeline import Band
from mien.results.writers import open_writer
from mien.values import Image
from mien.video.reader import open_source
from mien.video.writer import write_picture

astronaut: Callable[[], Image] = skimage.data.astronaut

REST = Event({(12, ""): -4.0, (24, ""): 5.0}, start=0.0, duration=60.0, ramp=0.0)
"""Her smile taken back and her lips closed, all the time."""

MOVEMENTS = {
    "blink": Event({(43, ""): 5.0}, 0.55, 0.3),
    "brow raise": Event({(1, ""): 4.0, (2, ""): 4.0}, 0.95, 0.95),
    "smile": Event({(12, ""): 4.0, (24, ""): -5.0}, 2.0, 1.1),
    "jaw drop": Event({(26, ""): 4.0, (24, ""): -5.0}, 3.2, 1.0),
    "second blink": Event({(43, ""): 5.0}, 4.35, 0.3),
}
"""What moves when; the smile gives back what REST takes away."""

READINGS = {
    "blink": ("eye_open",),
    "brow raise": ("AU1", "AU2"),
    "smile": ("AU12", "AU25"),
    "jaw drop": ("AU26", "AU25"),
    "second blink": ("eye_open",),
}
"""Where each movement is looked for."""


def main() -> None:
    """Run the demo and say where everything is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for what it makes")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    print("1. The photograph")
    photo = out / "photo.png"
    write_picture(photo, astronaut())
    read = mien.analyze(
        photo, neutral="none", output=out / "photo.csv", annotate=out / "photo.annotated.png"
    )
    show_strongest(read)

    print("\n2. A clip made from it, with movements planted at known times")
    clip = make_clip(out)
    table = mien.analyze(clip, output=out / "clip.parquet", annotate=out / "clip.annotated.mp4")
    with open_writer(out / "clip.csv", table.schema) as writer:
        for batch in table.to_batches():
            writer.write(batch)
    grid = compare(table)
    show(grid)

    report = json.loads((out / "clip.parquet.report.json").read_text(encoding="utf-8"))
    for source in report["sources"]:
        for note in source["notes"]:
            print(f"  note: {note}")
    write_moments(out)
    write_page(
        out / "report.html",
        table,
        Page(
            "A photograph, moved and read again",
            report,
            [Band(name, event.start, event.end) for name, event in MOVEMENTS.items()],
            [grid],
            [
                ("The photograph as it was read", out / "photo.annotated.png"),
                ("The clip at rest and at the height of each movement", out / "moments.jpg"),
            ],
        ),
    )
    print("\n3. Files")
    for path in sorted(out.iterdir()):
        print(f"  {path}  {path.stat().st_size / 1000:.0f} kB")


def show_strongest(table: Table, number: int = 6) -> None:
    """Print the strongest units of a table with one row."""
    names = [name for name in table.schema.names if name[:2] == "AU" and name[2:].isdecimal()]
    values = {name: table.column(name).to_pylist()[0] or 0.0 for name in names}
    for name, value in sorted(values.items(), key=lambda item: -item[1])[:number]:
        bar = "█" * round(4 * value)
        print(f"  {name:<5} {UNITS[int(name[2:])].name:<22} {value:4.1f}  {bar}")


def make_clip(out: Path) -> Path:
    """Cut out the head, enlarge it, and move its face for five seconds."""
    head = resize(cut_head(astronaut()), 600)
    faces = mien.find_faces(head)
    files = animate(
        head, faces[0], Script([REST, *MOVEMENTS.values()], length=5.0), out / "clip.mp4"
    )
    return files[0]


def cut_head(image: Image) -> Image:
    """A square around the largest face, three times as wide as it."""
    x0, y0, x1, y1 = mien.find_faces(image)[0].box.tolist()
    side = min(round(3 * (x1 - x0)), *image.shape[:2])
    left = int(np.clip((x0 + x1 - side) / 2, 0, image.shape[1] - side))
    top = int(np.clip((y0 + y1 - side) / 2, 0, image.shape[0] - side))
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def curve(table: Table, name: str) -> list[float | None]:
    """A column of the table; of the eyes how far they are closed, on a scale of about 0 to 5."""
    if name != "eye_open":
        return list(table.column(name).to_pylist())
    left, right = (np.array(table.column(f"eye_open_{side}").to_pylist(), float) for side in "LR")
    both = (left + right) / 2
    return list(5 * (1 - both / np.nanmedian(both)))


def compare(table: Table) -> Grid:
    """Find each movement again where it should show."""
    times = list(table.column("time").to_pylist())
    blinks = np.array(table.column("AU45_p").to_pylist(), float)
    rows = []
    for name, event in MOVEMENTS.items():
        others = [one for one in MOVEMENTS.values() if one is not event]
        for column in READINGS[name]:
            found = find_again(times, curve(table, column), event, others)
            label = "eye closure" if column == "eye_open" else column
            if column == "eye_open":
                seen = blinks[(np.array(times) >= event.start) & (np.array(times) <= event.end)]
                label += ", AU45 seen" if np.nansum(seen) else ", AU45 missed"
            if found is None:
                cells = ["not found", "", "", "", ""]
            else:
                cells = [
                    f"{found.half_rise:.2f} s",
                    f"{found.half_rise - event.half_rise:+.2f} s",
                    f"{found.half_fall:.2f} s",
                    f"{found.half_fall - event.half_fall:+.2f} s",
                    f"{found.height:.1f}",
                ]
            planted = [f"{event.half_rise:.2f} s", f"{event.half_fall:.2f} s"]
            rows.append([name, label, planted[0], cells[0], cells[1], planted[1], *cells[2:]])
    head = ["movement", "read from", "planted rise", "found", "error", "planted fall", "found"]
    return Grid(
        "Planted and found again",
        [*head, "error", "rise by"],
        rows,
        "Times at half height. A planted rise is 4 of 5, a blink 5; what is read is smaller or "
        "larger, since the networks are estimates. AU25 (lips part) was not planted by itself: "
        "lips part when she smiles and when the jaw drops.",
    )


def show(grid: Grid) -> None:
    """Print a grid."""
    lines = [grid.head, *grid.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(grid.head))]
    for line in lines:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)))


def write_moments(out: Path) -> None:
    """Set the clip at rest and at the height of each movement side by side."""
    wanted = [0.3, *((event.start + event.end) / 2 for event in MOVEMENTS.values())]
    with open_source(out / "clip.mp4") as source:
        frames = [(frame.time, frame.image) for frame in source]
    shown = [min(frames, key=lambda frame: abs(frame[0] - time))[1][::2, ::2] for time in wanted]
    write_picture(out / "moments.jpg", np.vstack([np.hstack(shown[:3]), np.hstack(shown[3:])]))


if __name__ == "__main__":
    main()
