"""What pages are made of: the document with its style inside, tables, boxes of facts, pictures."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

__all__ = ["Grid", "boxes", "document", "picture", "pictures", "table"]


@dataclass(frozen=True)
class Grid:
    """A table of texts that is shown as it is."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def drawn(self) -> str:
        """Title, note and table."""
        note = f'<p class="soft">{escape(self.note)}</p>' if self.note else ""
        shown = table([escape(text) for text in self.head], [map(escape, row) for row in self.rows])
        return f"<h2>{escape(self.title)}</h2>{note}{shown}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table whose first column is of names and whose others are of numbers; cells are HTML."""
    heads = "".join(
        f'<th class="{"n" if column else ""}">{cell}</th>' for column, cell in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"n" if column else ""}">{cell}</td>' for column, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def document(title: str, body: str, footer: str) -> str:
    """A whole page that needs nothing else: no scripts, no links.

    Args:
        title: as text; so is ``footer``.
        body: as HTML.
        footer: below everything.
    """
    style = (files("mien.results") / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n<footer>{escape(footer)}</footer>\n</body>\n</html>\n"
    )


def boxes(items: Iterable[tuple[str, str]]) -> str:
    """Names and values beside each other."""
    shown = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in items)
    return f'<dl class="facts">{shown}</dl>'


def picture(data: bytes, kind: str, caption: str) -> str:
    """A picture as part of the page itself.

    Args:
        data: the file.
        kind: image/png, image/jpeg, ...
        caption: below it.
    """
    coded = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{escape(caption)}" src="data:{kind};base64,{coded}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def pictures(shown: Sequence[str]) -> str:
    """Pictures beside each other; nothing where there are none."""
    return f'<div class="pictures">{"".join(shown)}</div>' if shown else ""
