"""The pages say of each unit what the cards of the shipped networks say."""

import re

import pytest

from tests.house.models_page import FIRST, MEASURED, WEIGHTS, card, pages
from tests.house.models_page import MODELS as MODELS_PAGE

MODELS = MODELS_PAGE.read_text(encoding="utf-8")
README = FIRST.read_text(encoding="utf-8")


def classes(network):
    return dict(card(network).reliability)


def table(start):
    """Rows of a table of a page, as cells by unit, and the names of its columns."""
    lines = MODELS[MODELS.index(start) :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[0], {int(row[0]): row for row in cells[2:] if row[0].isdecimal()}


@pytest.mark.parametrize("path", [MODELS_PAGE, WEIGHTS, FIRST], ids=lambda path: path.name)
def test_what_cards_say_stands_on_the_page(path):
    # mended by: python tests/house/models_page.py
    assert path.read_text(encoding="utf-8") == pages()[path]


@pytest.mark.parametrize(("start", "networks"), MEASURED.items())
def test_the_measured_tables_have_the_classes_of_the_cards(start, networks):
    head, rows = table(start)
    for column, network in zip(("S is", "D is"), networks, strict=True):
        place = head.index(column)
        assert {unit: row[place] for unit, row in rows.items()} == classes(network)


def test_the_evidence_of_the_mesh_is_the_lower_of_both_figures():
    head, rows = table("| AU | S rendered")
    for letter, network in (("S", "au-mesh"), ("D", "au-mesh-difference")):
        rendered, mixed = head.index(f"{letter} rendered"), head.index(f"{letter} alone / mixed")
        said = {
            unit: min(float(row[rendered]), float(row[mixed].rpartition("/")[2]))
            for unit, row in rows.items()
        }
        assert said == pytest.approx(dict(card(network).evidence), abs=0.005)


def test_the_figures_under_nuisances_are_the_evidence_of_the_cards():
    head, rows = table("| AU | S alone")
    for column, network in (("S nuisance", "au-both"), ("D nuisance", "au-both-difference")):
        place = next(number for number, name in enumerate(head) if name.startswith(column))
        said = {unit: float(re.search(r"> ([\d.]+)", row[place])[1]) for unit, row in rows.items()}
        evidence = dict(card(network).evidence)
        # 8 bits and the file's float16 change the last digit of some
        assert said == pytest.approx(evidence, abs=0.015)


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
