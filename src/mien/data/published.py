"""Which persons are in which part of the published three-fold protocols.

The parts are those that JAA-Net (ECCV 2018) and ME-GraphAU (IJCAI 2022) give with their code; as
sets the two agree.
"""

__all__ = ["BP4D_PARTS", "DISFA_PARTS", "TESTED_PART"]


def _named(prefix: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number:03}" for number in numbers)


BP4D_PARTS: tuple[tuple[str, ...], ...] = (
    _named("F", 1, 2, 8, 9, 10, 16, 18, 23) + _named("M", 1, 4, 7, 8, 12, 14),
    _named("F", 3, 5, 11, 13, 20, 22) + _named("M", 2, 5, 10, 11, 13, 16, 17, 18),
    _named("F", 4, 6, 7, 12, 14, 15, 17, 19, 21) + _named("M", 3, 6, 9, 15),
)
"""41 persons of BP4D, women F and men M."""

DISFA_PARTS: tuple[tuple[str, ...], ...] = (
    _named("SN", 1, 2, 9, 10, 16, 26, 27, 30, 32),
    _named("SN", 6, 11, 12, 13, 18, 21, 24, 28, 31),
    _named("SN", 3, 4, 5, 7, 8, 17, 23, 25, 29),
)
"""27 persons of DISFA."""

TESTED_PART = {1: 3, 2: 2, 3: 1}
"""Fold to the part that it tests; the other two are trained on."""
