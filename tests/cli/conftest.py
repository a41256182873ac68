"""Runs the command line inside the test's own process."""

import sys
from dataclasses import dataclass

import pytest

from mien import cli


@dataclass
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def mien_command(monkeypatch, capsys):
    """Run ``mien`` with these arguments."""

    def run(*arguments) -> Ended:
        monkeypatch.setattr(sys, "argv", ["mien", *map(str, arguments)])
        code: int | str | None = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return Ended(0 if code is None else int(code), said.out, said.err)

    return run
