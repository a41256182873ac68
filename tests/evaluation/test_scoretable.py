import json
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError
from mien.evaluation.scoretable import ScoreTable, cell, plain
from mien.evaluation.scoring import score


@pytest.fixture
def occurring():
    rng = np.random.default_rng(8)
    truth = rng.random((40, 2)) < [0.0, 0.5]
    return score(
        "occurrence", rng.random((40, 2)), truth, None, (1, 12), subjects=["a", "b"] * 20
    ).about("bp4d", "bp4d-three-folds", 2)


@pytest.fixture
def expressed():
    said = np.eye(2)[[0, 1, 1, 0]]
    return score("expression", said, [0, 1, 0, 0], None, ("calm", "7"), subjects="abcd")


def test_a_table_comes_back_from_json(occurring, expressed):
    for table in (occurring, expressed):
        assert ScoreTable.from_json(table.to_json()) == table
    assert list(ScoreTable.from_json(occurring.to_json()).units) == [1, 12]
    assert list(ScoreTable.from_json(expressed.to_json()).units) == ["calm", "7"]


def test_json_has_null_where_there_is_no_figure(occurring):
    values = json.loads(occurring.to_json(), parse_constant=pytest.fail)
    assert values["units"]["1"]["auroc"] is None
    assert values["units"]["1"]["f1"] == 0
    facts = {name: values[name] for name in ("data", "protocol", "fold", "threshold", "pictures")}
    assert facts == {
        "data": "bp4d", "protocol": "bp4d-three-folds", "fold": "2", "threshold": 0.5,
        "pictures": 40,
    }  # fmt: skip
    assert values["subjects"] == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"task": "occurrence"}'])
def test_other_json_is_refused(text):
    with pytest.raises(InputError, match="no table of scores"):
        ScoreTable.from_json(text)


def test_markdown_says_what_and_on_what(occurring):
    lines = occurring.to_markdown().splitlines()
    assert lines[0] == (
        "bp4d, bp4d-three-folds, fold 2, 40 pictures of 2 persons, present from "
        f"probability 0.5 on, mien {occurring.version}."
    )
    assert lines[2].startswith("| unit | F1 | accuracy | balanced accuracy | AUROC | AP | shown in")
    low, high = occurring.intervals[12]["f1"]
    figure = occurring.units[12]["f1"]
    assert lines[5].startswith(f"| AU12 | {figure:.3f} [{low:.3f}, {high:.3f}] | ")
    assert lines[4].startswith("| AU1 | 0.000 [0.000, 0.000] | ")
    assert "| – | – | 0 | 40 |" in lines[4]
    assert lines[6].startswith(f"| mean | {occurring.mean['f1']:.3f} [")
    assert {line.count("|") for line in lines[2:7]} == {9}
    assert (
        "In brackets: 95 % intervals, by drawing persons. 2 persons are few: intervals by drawing "
        "them are often too narrow."
    ) in lines
    assert "few" not in replace(occurring, subjects=10).to_markdown()
    assert "few" in replace(occurring, subjects=9).to_markdown()
    assert "AUROC of AU1 does not exist and is left out of the mean." in lines


def test_markdown_of_expressions_has_the_matrix(expressed):
    text = expressed.to_markdown()
    assert "| class | accuracy | recall | precision | F1 |" in text
    assert "| calm | – | 0.667 [" in text
    assert "| calm | 2 | 1 |\n| 7 | 0 | 1 |" in text


def test_persons_are_not_claimed_where_each_picture_is_its_own(expressed):
    text = expressed.to_markdown()
    assert "not named, 4 pictures, mien" in text
    assert "by drawing pictures, each as a person of its own." in text


def test_cells_have_three_decimals_and_a_dash():
    assert cell(0.62349) == "0.623"
    assert cell(0.5, (None, 0.6)) == "0.500"
    assert cell(None, (0.1, 0.2)) == "–"


def test_no_number_becomes_none():
    assert plain(float("nan")) is None
    assert plain(np.float64(0.25)) == 0.25
