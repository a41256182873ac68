"""Draws what each action unit does to the face, and writes the page that shows them.

Run it as: python examples/draw_units.py docs
"""

import sys
from pathlib import Path

from mien.animation.figure import unit_figure
from mien.animation.moves import known_units
from mien.facs.units import UNITS

HEAD = """# Each action unit, drawn

The face at rest in grey, and in colour where the unit takes it at its strongest (E, intensity 5),
with the skin that moves. These are the movements of `mien animate`, written by hand from the
descriptions of the muscles, on the reference face of the mesh. Wrinkles, bulges and lips that are
pressed or rolled in show little in lines. How well each one is read stands in
[the models' figures](models.md); muscles and sides in
[the list of all units](facs.md#the-action-units).

"""


def page() -> str:
    """The page."""
    entries = [
        f"## AU{number} {UNITS[number].name}\n\n{UNITS[number].appearance}\n\n"
        f"![AU{number}: {UNITS[number].appearance}](units/AU{number}.svg)\n"
        for number in known_units()
        if number in UNITS
    ]
    return HEAD + "\n".join(entries)


def write(folder: Path) -> None:
    """Write the page and its drawings."""
    (folder / "units").mkdir(exist_ok=True)
    (folder / "units.md").write_text(page(), encoding="utf-8")
    for number in known_units():
        path = folder / "units" / f"AU{number}.svg"
        path.write_text(unit_figure(number), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
