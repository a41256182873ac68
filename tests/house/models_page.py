"""Writes what the cards of the networks say into the pages anew, after a network was changed.

Tables between "<!-- from the cards: NAME -->" and "<!-- so far -->", the columns of classes in the
measured tables, and the lists of the first page: python tests/house/models_page.py. Figures that
were measured are left as they are; the tests compare them with the cards.
"""

import re
from functools import cache
from pathlib import Path

from mien.facs.units import UNITS
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.weights.store import FILES, open_store

ROOT = Path(__file__).parents[2]
MODELS, WEIGHTS, FIRST = (
    ROOT / "docs" / "models.md",
    ROOT / "docs" / "weights.md",
    ROOT / "README.md",
)

READERS = ("au-mesh", "au-mesh-difference", "au-both", "au-both-difference")
MEASURED = {"| AU | S alone": READERS[2:], "| AU | S rendered": READERS[:2]}
"""The networks behind "S is" and "D is", by the beginning of each measured table."""
FIRST_PAGE = ("au-both-difference", "au-both")
"""The networks of the columns of the first page's lists."""

READS = {
    "mesh": "the mesh of one frame, {size} numbers",
    "mesh-difference": "a frame's mesh minus that of the same person's neutral face, "
    "{size} numbers",
    "crop": "a crop of {size} pixels",
    "both": "what `au-mesh` says, and the description of the crop",
    "both-difference": "what `au-mesh-difference` says, and the descriptions of the frame and of "
    "the neutral",
}
STORED = {"fp32": "32 bits", "fp16": "16 bits", "int8": "8 bits"}


@cache
def card(name: str) -> ModelSpec:
    """Of a network that comes with mien."""
    return Predictor(FILES / f"{name}.onnx").spec


def pages() -> dict[Path, str]:
    """Each page as it has to be."""
    models = _between(MODELS.read_text(encoding="utf-8"), "files", _files())
    models = _between(models, "units", _units())
    for start, (single, against) in MEASURED.items():
        models = _with_classes(models, start, {"S is": single, "D is": against})
    weights = _between(WEIGHTS.read_text(encoding="utf-8"), "catalogue", _catalogue())
    return {MODELS: models, WEIGHTS: weights, FIRST: _first(FIRST.read_text(encoding="utf-8"))}


def _between(page: str, name: str, table: list[list[str]]) -> str:
    """A page with another table between its marks."""
    head, *rows = table
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    mark = f"<!-- from the cards: {name} -->"
    pattern = re.compile(re.escape(mark) + r"\n.*?<!-- so far -->", re.S)
    return pattern.sub(lambda _: f"{mark}\n\n{text}\n\n<!-- so far -->", page)


def _files() -> list[list[str]]:
    rows = [["name", "reads", "gives", "weights", "size", "licence"]]
    shipped = open_store().catalog.shipped
    for name, network in shipped.items():
        spec = card(name)
        gives = f"intensity 0-5 of {len(set(spec.units))} action units, left and right where sided"
        if not spec.reliability:  # it describes; what reads it says on how many numbers
            gives = f"{card('au-both').size - len(spec.units)} numbers that describe it"
        reads = READS[spec.reads].format(size=spec.size)
        stored, size = STORED[spec.precision], f"{network.size / 1e6:.2f} MB"
        rows.append([f"`{name}`", reads, gives, stored, size, spec.licence])
    total = sum(network.size for network in shipped.values())
    return [*rows, ["together", "", "", "", f"{total / 1e6:.1f} MB", ""]]


def _units() -> list[list[str]]:
    """Class and evidence of every unit in every network."""
    rows = [["AU", "name", *(f"`{name}`" for name in READERS)]]
    said = [(dict(card(name).reliability), dict(card(name).evidence)) for name in READERS]
    for unit in said[0][0]:
        cells = [f"{classes[unit]}, {evidence[unit]:.2f}" for classes, evidence in said]
        rows.append([str(unit), UNITS[unit].name, *cells])
    return rows


def _catalogue() -> list[list[str]]:
    catalog = open_store().catalog
    rows = [["network", "what for", "file", "licence", "where it comes from"]]
    for name, one in {**catalog.fetched, **catalog.shipped}.items():
        shipped = name in catalog.shipped
        origin = "comes with `mien`, trained by it" if shipped else f"fetched: {one.origin}"
        rows.append([f"`{name}`", one.purpose, f"{one.size / 1e6:.2f} MB", one.licence, origin])
    return rows


def _with_classes(page: str, start: str, columns: dict[str, str]) -> str:
    """A measured table with the classes of the cards in its columns."""
    before, table = page[: page.index(start)], page[page.index(start) :].split("\n\n")[0]
    head = _cells(table.splitlines()[0])
    lines = []
    for line in table.splitlines():
        cells = _cells(line)
        if cells[0].isdecimal():
            for column, name in columns.items():
                cells[head.index(column)] = dict(card(name).reliability)[int(cells[0])]
            line = f"| {' | '.join(cells)} |"
        lines.append(line)
    return before + "\n".join(lines) + page[len(before) + len(table) :]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _first(page: str) -> str:
    """The first page with its lists of units by class."""
    for name in ("dependable", "fair"):
        lists = []
        for network in FIRST_PAGE:
            mine = sorted(unit for unit, one in card(network).reliability if one == name)
            lists.append(", ".join(map(str, mine)))
        page = re.sub(rf"^\| {name} \|.*$", f"| {name} | {' | '.join(lists)} |", page, flags=re.M)
    return page


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
