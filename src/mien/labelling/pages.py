"""The page as one text that needs nothing else: style and scripts stand in it."""

import secrets
from functools import cache
from importlib.resources import files

__all__ = ["page"]

SCRIPTS = ("boxes.js", "saving.js", "page.js")


def page() -> tuple[bytes, str]:
    """The page, and the policy that lets the browser run this script and nothing else."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return _text().replace("NONCE", nonce).encode(), policy


@cache
def _text() -> str:
    """The page with the word NONCE where that of this time belongs."""
    folder = files("mien.labelling") / "page"
    parts = {name: (folder / name).read_text(encoding="utf-8") for name in ("page.css", *SCRIPTS)}
    text = (folder / "page.html").read_text(encoding="utf-8")
    text = text.replace("/* STYLE */", parts["page.css"])
    return text.replace("/* SCRIPT */", "\n".join(parts[name] for name in SCRIPTS))
