"""The pages, their blocks, and the lines of the shell in them."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = {page.name: page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.S | re.M)
SHELL = r"(mien|python -m benchmarks|pip|make|git)( |$)"


class Line(NamedTuple):
    """A line of a block that a person types into a shell."""

    text: str
    """Without what is said behind it, its places by single spaces."""
    pages: tuple[str, ...]
    """Where it stands."""

    @property
    def words(self) -> list[str]:
        """As a shell takes them apart, up to a pipe."""
        words = shlex.split(self.text)
        return words[: words.index("|")] if "|" in words else words


def shell_lines() -> list[Line]:
    """Every line of the shell, once, in the order of the pages."""
    found: dict[str, dict[str, None]] = {}
    for name, page in PAGES.items():
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind != "python":
                for line in re.sub(r"\\\n\s*", " ", text).splitlines():
                    words = re.sub(r"^([A-Z_]+=\S+ )+", "", line.removeprefix("$ ").strip())
                    if re.match(SHELL, words):
                        typed = " ".join(re.split(r"\s#\s", words)[0].split())
                        found.setdefault(typed, {})[name] = None
    return [Line(text, tuple(pages)) for text, pages in found.items()]
