"""Where on the face each action unit shows: pairs of centres, from landmarks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["EACNET_CENTRES", "JAANET_CENTRES", "SHOWN_CENTRES", "Centres"]


class Centres(NamedTuple):
    """Two places, one on each side of the face."""

    points: tuple[int, int]
    """Landmarks they start from, by index in the scheme; the person's right side first."""
    down: float
    """How far below these they lie, in distances between the inner eye corners (along x)."""


JAANET_CENTRES: Mapping[int, Centres] = MappingProxyType(
    {
        1: Centres((4, 5), -1 / 2),
        2: Centres((1, 8), -1 / 3),
        4: Centres((2, 7), 1 / 3),
        6: Centres((24, 29), 1),
        7: Centres((21, 26), 0),
        9: Centres((15, 17), -1 / 2),
        10: Centres((43, 45), 0),
        12: Centres((31, 37), 0),
        14: Centres((31, 37), 0),
        15: Centres((31, 37), 0),
        17: Centres((39, 41), 1 / 2),
        23: Centres((34, 40), 0),
        24: Centres((34, 40), 0),
        25: Centres((34, 40), 0),
        26: Centres((39, 41), 1 / 2),
    }
)
"""Centres of JAA-Net (Shao et al., IJCV 2021) by unit, on the scheme "49"; the eye corners are the
points 22 and 25. Any unit given centres here can be trained."""

EACNET_CENTRES: tuple[Centres, ...] = (
    Centres((21, 22), -1 / 2),
    Centres((18, 25), -1 / 3),
    Centres((19, 24), 1 / 3),
    Centres((41, 46), 1),
    Centres((38, 43), 0),
    Centres((49, 53), 0),
    Centres((48, 54), 0),
    Centres((51, 57), 0),
    Centres((61, 63), 0),
    Centres((56, 58), 1 / 2),
)
"""Centres of EAC-Net (Li et al., TPAMI 2018) on the scheme "68", in the order of its windows: for
units 1, 2, 4, 6, 7, 10, 12 and 14, the middle of the lips, 23 and 24, 17. The eye corners are the
points 39 and 42."""

SHOWN_CENTRES: Mapping[int, Centres] = MappingProxyType(
    {
        **JAANET_CENTRES,
        5: Centres((20, 27), -1 / 6),
        8: Centres((34, 40), 0),
        11: Centres((14, 18), 1 / 4),
        13: Centres((31, 37), -1 / 3),
        16: Centres((41, 39), 1 / 6),
        18: Centres((33, 35), -1 / 6),
        19: Centres((40, 40), -1 / 6),
        20: Centres((31, 37), 1 / 4),
        22: Centres((34, 40), 0),
        27: Centres((41, 39), 1),
        28: Centres((34, 40), 0),
        32: Centres((40, 40), 0),
        33: Centres((31, 37), -1 / 2),
        34: Centres((31, 37), -1 / 2),
        38: Centres((14, 18), 0),
        39: Centres((15, 17), 0),
        43: Centres((20, 27), 0),
    }
)
"""The same with the other units that published networks know; ours, to draw them on a face, not to
train with."""
