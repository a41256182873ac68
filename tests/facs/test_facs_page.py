"""The page on action units says what the tables say."""

from pathlib import Path

import pytest

from mien.facs.combinations import ALIASES, DEFINING, EMOTIONS, INHIBITORS
from mien.facs.units import OTHER_CODES, UNITS

PAGE = (Path(__file__).parents[2] / "docs" / "facs.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| ")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=str)
def test_every_unit_has_its_row(unit):
    sides = "yes" if unit.sided else "no"
    expected = [unit.name, unit.muscles or "–", unit.region, sides, unit.appearance]
    assert ROWS[str(unit.number)] == expected


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_has_its_row(emotion):
    *_, against, defined = ROWS[emotion]
    assert against == ", ".join(map(str, sorted(INHIBITORS[emotion])))
    assert defined == " or ".join("+".join(map(str, sorted(units))) for units in DEFINING[emotion])


def test_other_codes_and_aliases_are_named():
    assert all(f"{code} {name}" in PAGE for code, name in OTHER_CODES.items())
    assert [(alias.unit, alias.source, alias.above) for alias in ALIASES] == [
        (23, 24, 0.0),
        (27, 26, 3.0),
    ]
    assert "**is read from 24's number**" in PAGE
    assert "27 is read from 26 where that is 3 or more" in PAGE
