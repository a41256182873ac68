"""Every example in a docstring is true."""

import doctest
import importlib
from pathlib import Path

import pytest

import mien

HOUSE = Path(mien.__file__).parent
MODULES = [
    ".".join(("mien", *path.relative_to(HOUSE).with_suffix("").parts))
    for path in sorted(HOUSE.rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    found = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert found.attempted
    assert not found.failed
