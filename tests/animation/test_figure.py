"""The drawings of the units: what moves, and that the page shows what the code draws."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from examples.draw_units import page
from mien.animation.figure import MOVED, REST, unit_figure
from mien.animation.moves import known_units

DOCS = Path(__file__).parents[2] / "docs"
SPACE = "{http://www.w3.org/2000/svg}"


def places(figure, colour):
    """Every place that strokes of a colour touch."""
    root = ElementTree.fromstring(figure)
    [path] = [one for one in root.iter(f"{SPACE}path") if one.get("stroke") == colour]
    found = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d"))
    return [(float(x), float(y)) for x, y in found]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def test_a_brow_raise_is_above_the_eyes_and_a_jaw_drop_below_the_nose():
    brows, jaw = places(unit_figure(2), MOVED), places(unit_figure(27), MOVED)
    height = mean(y for _, y in places(unit_figure(2), REST))
    assert mean(y for _, y in brows) < height < mean(y for _, y in jaw)
    assert max(y for _, y in jaw) > max(y for _, y in places(unit_figure(27), REST))


def test_the_drawing_is_whole_and_asks_for_nothing_outside():
    for unit in known_units():
        figure = unit_figure(unit)
        width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', figure).groups())
        for x, y in places(figure, REST) + places(figure, MOVED):
            assert 0 <= x <= width, unit
            assert 0 <= y <= height, unit
        assert set(re.findall(r"https?://[^\"]+", figure)) == {SPACE.strip("{}")}
    with pytest.raises(KeyError):
        unit_figure(3)


def test_the_page_and_its_drawings_are_those_of_the_code():
    assert (DOCS / "units.md").read_text(encoding="utf-8") == page()
    kept = {path.stem: path.read_text(encoding="utf-8") for path in (DOCS / "units").glob("*.svg")}
    assert kept == {f"AU{unit}": unit_figure(unit) for unit in known_units()}
