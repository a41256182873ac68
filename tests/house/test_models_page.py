"""The pages say of each unit what the cards of the shipped networks say."""

import re
from pathlib import Path

import pytest

from mien.runtime import Predictor
from mien.weights.store import FILES

ROOT = Path(__file__).parents[2]
MODELS = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def classes(network):
    return dict(Predictor(FILES / f"{network}.onnx").spec.reliability)


def table(start):
    """Rows of a table of a page, as cells by unit, and the names of its columns."""
    lines = MODELS[MODELS.index(start) :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[0], {int(row[0]): row for row in cells[2:] if row[0].isdecimal()}


@pytest.mark.parametrize(
    ("start", "single", "against"),
    [
        ("| AU | S alone", "au-both", "au-both-difference"),
        ("| AU | S rendered", "au-mesh", "au-mesh-difference"),
    ],
)
def test_the_tables_have_the_classes_of_the_cards(start, single, against):
    head, rows = table(start)
    for column, network in (("S is", single), ("D is", against)):
        place = head.index(column)
        assert {unit: row[place] for unit, row in rows.items()} == classes(network)


def test_the_figures_under_nuisances_are_the_evidence_of_the_cards():
    head, rows = table("| AU | S alone")
    for column, network in (("S nuisance", "au-both"), ("D nuisance", "au-both-difference")):
        place = next(number for number, name in enumerate(head) if name.startswith(column))
        said = {unit: float(re.search(r"> ([\d.]+)", row[place])[1]) for unit, row in rows.items()}
        evidence = dict(Predictor(FILES / f"{network}.onnx").spec.evidence)
        # 8 bits and the file's float16 change the last digit of some
        assert said == pytest.approx(evidence, abs=0.015)


def test_the_first_page_lists_the_classes():
    for place, network in ((1, "au-both-difference"), (2, "au-both")):
        known = classes(network)
        for name in ("dependable", "fair"):
            row = next(line for line in README.splitlines() if line.startswith(f"| {name} |"))
            said = {int(unit) for unit in re.findall(r"\d+", row.split("|")[place + 1])}
            assert said == {unit for unit, one in known.items() if one == name}


def test_the_first_page_has_the_means_of_the_table():
    row = next(line for line in MODELS.splitlines() if line.startswith("| mean | ") and "[" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    single, against = (re.match(r"([\d.]+) > ([\d.]+)", cells[place]).groups() for place in (3, 7))
    said = re.sub(r"\s+", " ", README)
    assert f"from {single[0]} to {single[1]} (single frame)" in said
    assert f"from {against[0]} to {against[1]} (against the neutral)" in said
    table = [re.sub(r"\s", "", cells[place]).split("[")[0] for place in (1, 2, 3, 5, 6, 7)]
    rows = [line for line in README.splitlines() if " > " in line and line.startswith("| ")]
    there = [cell.replace(" ", "") for line in rows for cell in line.strip("|").split("|")[1:]]
    assert there == table[3:] + table[:3]
