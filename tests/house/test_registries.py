"""Every line of a registry stands on its page."""

import re

import pytest

from mien.data import DATASETS
from mien.models import MODELS
from mien.recipes import RECIPES
from mien.recipes.yolo import RECIPES as DETECTORS
from tests.house.pages import PAGES


def first_cells(page: str) -> str:
    """The first cells of all rows of a page's tables."""
    lines = PAGES[page].read_text(encoding="utf-8").splitlines()
    return "".join(line.split("|")[1] for line in lines if line.startswith("|"))


@pytest.mark.parametrize(
    ("page", "names"), [("models.md", MODELS), ("recipes.md", [*RECIPES, *DETECTORS])]
)
def test_networks_and_recipes_have_their_rows(page, names):
    told = set(re.findall(r"`([^`]+)`", first_cells(page)))
    assert [name for name in names if name not in told] == []


def test_data_sets_are_told_of():
    text = PAGES["datasets.md"].read_text(encoding="utf-8")
    assert [name for name in DATASETS if f"`{name}`" not in text] == []
