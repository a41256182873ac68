"""The page of documentation: its options, files and sections exist."""

import re

import pytest

from mien.comparison import writing
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def text():
    return (REPOSITORY / "docs" / "compare.md").read_text(encoding="utf-8")


def test_options_and_files_exist(text, capsys, monkeypatch):
    import sys

    from mien import cli

    monkeypatch.setattr(sys, "argv", ["mien", "compare", "--help"])
    with pytest.raises(SystemExit):
        cli.main()
    helped = capsys.readouterr().out
    own = re.sub(r"^mien (?!compare).*$|`--default mesh`", "", text, flags=re.MULTILINE)
    ours = set(re.findall(r"--[a-z][a-z-]+", own)) - {"--precision", "--data", "--set"}  # of others
    assert {"--anyway", "--pictures", "--fold"} <= ours
    assert [one for one in ours if one not in helped] == []
    named = {writing.PAGE, writing.VALUES, writing.SCORES, writing.DISAGREEMENTS}
    assert set(re.findall(r"^\| `(\S+)` \|", text, re.MULTILINE)) == named


def test_sections_are_those_of_the_page(text):
    from mien.comparison import evidence, page, sections

    sources = "".join(
        (REPOSITORY / "src/mien/comparison" / f"{one.__name__.rsplit('.', 1)[1]}.py").read_text()
        for one in (evidence, page, sections)
    )
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \| ", text, re.MULTILINE)
    assert len(rows) == 9
    assert [row for row in rows if f"<h2>{row.removesuffix(' unit')}" not in sources] == []
