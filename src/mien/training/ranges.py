"""Ranges of settings: one sentence that names the setting, what came and what is expected."""

import math
from collections.abc import Iterable

from mien.errors import InputError

__all__ = ["LARGEST_SEED", "positive", "share", "within"]

LARGEST_SEED = 2**32 - 1


def within(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Refuse a number outside of a range that includes its ends.

    Raises:
        InputError: it is outside, or no number.
    """
    if not low <= value <= high:
        wanted = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
        raise InputError(f"{name} is {value:g}, expected {wanted}")


def positive(name: str, values: Iterable[float]) -> None:
    """Refuse numbers that are not above 0.

    Raises:
        InputError: one is not, or is no finite number.
    """
    for value in values:
        if not 0 < value < math.inf:
            raise InputError(f"{name} is {value:g}, expected a number above 0")


def share(name: str, *values: float) -> None:
    """Refuse numbers that are not from 0 to below 1.

    Raises:
        InputError: one is not.
    """
    for value in values:
        if not 0 <= value < 1:
            raise InputError(f"{name} is {value:g}, expected a number from 0 to below 1")
