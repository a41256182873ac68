"""The division of the portraits."""

import pytest

from mien.data.parts import PARTS, digest, part_of


def test_the_parts_are_as_large_as_told_and_do_not_change():
    parts = [part_of(f"{number:010x}.jpg") for number in range(3000)]
    for part, share in PARTS.items():
        assert parts.count(part) / 30 == pytest.approx(share, abs=3)
    assert [part_of(name) for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")] == [
        "training",
        "training",
        "training",
        "evaluation",
    ]


def test_the_digest_is_of_the_names_whatever_their_order():
    assert digest(["b.jpg", "a.jpg"]) == digest(["a.jpg", "b.jpg"])
    assert digest(["a.jpg"]) != digest(["c.jpg"])
