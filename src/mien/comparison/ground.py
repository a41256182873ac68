"""The ground of a comparison: the same pictures for all, in which none of the networks learned.

A data set may be prepared several times, for networks that read other alignments. Pictures are
known by their file and frame, whichever preparation they are in.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.comparison.entrants import Asked, Entrant
from mien.comparison.shipped import Shipped
from mien.data.cache import Cache
from mien.data.protocols import split
from mien.errors import InputError
from mien.evaluation.evaluate import check_cache, readable
from mien.spec import ModelSpec
from mien.training.subject import leak_of

__all__ = ["Ground", "Key", "Stand", "cache_for", "check_leaks", "check_sets", "ground_of"]

Rows = NDArray[np.intp]

Key = tuple[str, int]
"""A picture: its file under the root of the data set, and its frame."""


@dataclass(frozen=True, eq=False)
class Stand:
    """One network in one fold: where it finds the pictures."""

    entrant: Entrant
    subject: Asked
    cache: Cache
    rows: Rows
    """(n,) of the cache: the pictures of the fold, in the order of all."""
    own: Rows
    """(m,) of the cache: the test part of its own fold; empty where this is not its data set."""


@dataclass(frozen=True, eq=False)
class Ground:
    """One fold."""

    fold: int
    """0 where the set is not divided."""
    protocol: str
    pictures: tuple[Key, ...]
    stands: tuple[Stand, ...]
    """One for each network, in their order."""
    words: str
    """What the pictures are."""
    notes: tuple[str, ...] = ()


def check_sets(caches: Sequence[Cache]) -> None:
    """Refuse preparations of several data sets.

    Raises:
        InputError: they are of different sets, or none is there.
    """
    if not caches:
        raise InputError("no data set is named; name the prepared pictures with --on")
    names = {cache.index.name: cache.folder for cache in caches}
    if len(names) > 1:
        told = ", ".join(f"{folder} holds {name}" for name, folder in names.items())
        raise InputError(
            f"{told}: figures on different pictures cannot be compared; name preparations of one "
            "data set with --on"
        )


def cache_for(spec: ModelSpec, caches: Sequence[Cache]) -> Cache:
    """The preparation that a network can read.

    Raises:
        InputError: there is none; the message says how it is made.
    """
    for cache in caches:
        if (cache.template, cache.aligned) == (spec.template, spec.aligned or spec.size):
            check_cache(spec, cache)
            return cache
    check_cache(spec, caches[0])
    raise InputError(f"no preparation fits {spec.name}")  # pragma: no cover - told before


def ground_of(
    entrants: Sequence[Entrant],
    caches: Sequence[Cache],
    fold: int,
    protocol: str = "",
    folds: int = 10,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Ground:
    """The pictures of one fold that every network can be asked of.

    Without a protocol these are the pictures in the test parts of all runs that divided this very
    set; if none did, all pictures. Where no face is found that a network needs, a picture is left
    out for all.

    Args:
        entrants: the networks.
        caches: preparations of the set.
        fold: its number.
        protocol: divide the set anew by this.
        folds: how many, where the protocol leaves it open.
        tell: told for whom faces are looked for, and in how many pictures, of how many.

    Raises:
        InputError: the networks have no tested picture in common, or a preparation is missing.
    """
    chosen = [(one, one.subject(fold)) for one in entrants]
    found = [_cache_of(subject, caches) for _, subject in chosen]
    places = {id(cache): _places(cache) for cache in caches}
    owners = [
        (one, subject, cache)
        for (one, subject), cache in zip(chosen, found, strict=True)
        if subject.owns(cache.index)
    ]
    wanted, words, named = _asked(caches, owners, places, fold, protocol, folds)
    keys = [key for key in wanted if all(key in places[id(cache)] for cache in found)]
    notes = _left_out(len(wanted), len(keys), "are not in every preparation")
    for (_, subject), cache in zip(chosen, found, strict=True):
        rows = np.array([places[id(cache)][key] for key in keys], np.intp)
        kept, why = _there(subject, cache, rows, tell)
        before, there = len(keys), set(kept.tolist())
        keys = [key for key, row in zip(keys, rows.tolist(), strict=True) if row in there]
        notes += _left_out(before, len(keys), why)
    if not keys:
        raise InputError(
            f"no picture of {caches[0].index.name} can be shown to all of "
            f"{', '.join(one.name for one in entrants)}: {words}; "
            "train them on folds of the same division, or name a --protocol"
        )
    if owners and not protocol:
        notes += tuple(_smaller(owners, keys))
    stands = tuple(
        Stand(
            one,
            subject,
            cache,
            np.array([places[id(cache)][key] for key in keys], np.intp),
            subject.split.test
            if subject.split is not None and subject.owns(cache.index)
            else np.empty(0, np.intp),
        )
        for (one, subject), cache in zip(chosen, found, strict=True)
    )
    return Ground(fold if named else 0, named or "all pictures", tuple(keys), stands, words, notes)


def check_leaks(grounds: Sequence[Ground], *, anyway: bool) -> tuple[str, ...]:
    """Refuse networks that learned from persons of the tested pictures, or from another set.

    Args:
        grounds: the folds.
        anyway: do not refuse.

    Returns:
        What makes figures too good, or not comparable, for each network and fold.

    Raises:
        InputError: there is something, and ``anyway`` is not said.
    """
    leaks = [line for ground in grounds for line in _leaks(ground)]
    others = [line for ground in grounds for line in _of_others(ground)]
    if (leaks or others) and not anyway:
        first = (leaks or others)[0]
        more = len(leaks) + len(others) - 1
        told = f" (and {more} more such)" if more else ""
        raise InputError(
            f"{first}{told}; compare on pictures that none of them learned from, or say --anyway: "
            "then every table says so"
        )
    unknown = [
        f"It is not known whom {stand.entrant.name} learned from: if persons of these pictures "
        "were among them, its figures are too good."
        for stand in grounds[0].stands
        if stand.subject.split is None and not isinstance(stand.subject, Shipped)
    ]
    shipped = [line for stand in grounds[0].stands for line in _of_shipped(stand)]
    every = [*leaks, *others, *shipped]
    return tuple(dict.fromkeys([*(f"{line}." for line in every), *unknown]))


def _leaks(ground: Ground) -> Iterator[str]:
    for stand in ground.stands:
        if isinstance(stand.subject, Shipped):
            continue
        if leak := leak_of(stand.subject, stand.cache.index, stand.rows):
            where = f" of fold {ground.fold}" if ground.fold else ""
            yield (
                f"LEAKAGE: {leak}{where} were in the training part of {stand.entrant.name}, whose "
                "figures are too good"
            )


def _of_shipped(stand: Stand) -> Iterator[str]:
    if isinstance(stand.subject, Shipped):
        index = stand.cache.index
        yield from stand.subject.warnings(index.root, index.name)


def _of_others(ground: Ground) -> Iterator[str]:
    for stand in ground.stands:
        parts, name = stand.subject.split, stand.cache.index.name
        if parts is not None and parts.data != name:
            yield f"{stand.entrant.name} learned from {parts.data}, and is compared on {name}"


def _cache_of(subject: Asked, caches: Sequence[Cache]) -> Cache:
    """The preparation that is read."""
    if isinstance(subject, Shipped):
        return subject.cache_for(caches)
    return cache_for(subject.spec, caches)


def _there(
    subject: Asked, cache: Cache, rows: Rows, tell: Callable[[str, int, int], None]
) -> tuple[Rows, str]:
    """The pictures that a network can be asked of, and what is the matter with the others."""
    if isinstance(subject, Shipped):
        name = subject.name
        kept = subject.looks.there(cache, rows, lambda done, of: tell(name, done, of))
        return kept, f"show no face that {name} finds"
    return readable(subject.spec, cache, rows)[
        0
    ], f"lack landmarks, which {subject.spec.name} reads,"


_Owner = tuple[Entrant, Asked, Cache]
_Places = dict[int, dict[Key, int]]


def _asked(
    caches: Sequence[Cache],
    owners: Sequence[_Owner],
    places: _Places,
    fold: int,
    protocol: str,
    folds: int,
) -> tuple[list[Key], str, str]:
    """Pictures in the order of the first preparation, what they are, and the protocol."""
    first = caches[0]
    order = list(places[id(first)])
    if protocol:
        parts = split(first.index, protocol, fold, folds=folds, held=0.0)
        words = f"part test of {protocol}, fold {fold} of {parts.folds}"
        return [order[row] for row in parts.test.tolist()], words, protocol
    if not owners:
        return order, "all pictures, for none of the networks divided this set", ""
    tested, named, protocols = [], [], []
    for _, subject, cache in owners:
        if subject.split is not None:
            order = list(places[id(cache)])
            tested.append({order[row] for row in subject.split.test.tolist()})
            named.append(f"{subject.split.protocol}, fold {fold} of {subject.split.folds}")
            protocols.append(subject.split.protocol)
    both, named = set.intersection(*tested), list(dict.fromkeys(named))
    words = "part test of " + " and of ".join(named)
    words += ": the pictures that all of them test" if len(named) > 1 else ""
    # in the order of any preparation, if the first one lacks some
    every = dict.fromkeys(key for cache in caches for key in places[id(cache)])
    return [key for key in every if key in both], words, " and ".join(sorted(set(protocols)))


def _places(cache: Cache) -> dict[Key, int]:
    """Row of each picture."""
    frames = cache.index.frame.tolist()
    return {key: row for row, key in enumerate(zip(cache.index.path, frames, strict=True))}


def _smaller(owners: Sequence[_Owner], keys: Sequence[Key]) -> Iterator[str]:
    """A sentence for each run whose test part is larger than what is compared."""
    for one, subject, _ in owners:
        total = len(subject.split.test) if subject.split is not None else 0
        if total > len(keys):
            yield (
                f"The test part of {one.name} has {total} pictures; the {len(keys)} are compared "
                "that all networks can be asked of."
            )


def _left_out(before: int, after: int, why: str) -> tuple[str, ...]:
    if before == after:
        return ()
    return (f"{before - after} of {before} pictures {why} and are left out.",)
