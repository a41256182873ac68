"""Which labelled pictures are held out: by a hash of the name, the same share of each class."""

from collections import Counter
from collections.abc import Collection, Mapping
from hashlib import blake2b

__all__ = ["held_out"]

LARGE = 200
"""Pictures of a class from which on the hash alone decides: the share is then near enough, and
nothing moves when pictures are added."""


def held_out(classes: Mapping[str, Collection[int]], share: float, seed: int) -> frozenset[str]:
    """Names of the pictures that are held out.

    A picture counts for the rarest of its classes. Of a small class those with the lowest hashes
    are held out: their share, rounded, at least one of two.

    Args:
        classes: numbers of the classes on each picture, by name; none for a picture that shows
            none.
        share: of each class, 0-1.
        seed: another number gives another division.

    >>> sorted(held_out({f"{n}.jpg": {n % 2} for n in range(10)}, 0.2, 0))
    ['4.jpg', '7.jpg']
    """
    count = Counter(number for there in classes.values() for number in set(there))
    groups: dict[int, list[tuple[float, str]]] = {}
    for name, there in classes.items():
        rarest = min(there, key=lambda number: (count[number], number), default=-1)
        groups.setdefault(rarest, []).append((_hash(name, seed), name))
    held: set[str] = set()
    for group in groups.values():
        if len(group) >= LARGE:
            held |= {name for value, name in group if value < share}
        else:
            many = min(max(round(share * len(group)), int(share > 0)), len(group) - 1)
            held |= {name for _, name in sorted(group)[:many]}
    return frozenset(held)


def _hash(name: str, seed: int) -> float:
    """A number that looks random, 0-1, the same for the same name and seed."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
