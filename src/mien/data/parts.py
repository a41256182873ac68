"""Which portraits are learned from, chosen by and judged by: one division for all networks."""

import hashlib
import json
from collections.abc import Sequence

__all__ = ["PARTS", "digest", "part_of"]

PARTS = {"evaluation": 31, "development": 10, "training": 59}
"""Shares of the portraits in per cent: to judge by, to choose by, to learn from."""


def part_of(name: str) -> str:
    """The part that a portrait belongs to, by the hash of its file's name: one of PARTS."""
    number = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 100
    for part, share in PARTS.items():
        if number < share:
            return part
        number -= share
    raise AssertionError("the shares make up a hundred")


def digest(names: Sequence[str]) -> str:
    """SHA-256 of the division of portraits, to be written down with figures."""
    division = {name: part_of(name) for name in sorted(names)}
    return hashlib.sha256(json.dumps(division).encode()).hexdigest()
