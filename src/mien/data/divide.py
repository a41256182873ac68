"""How pictures are divided into folds: one function a protocol, from an index to rows."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Index
from mien.data.published import TESTED_PART
from mien.errors import InputError

__all__ = [
    "KFOLD_SEED",
    "Choice",
    "Division",
    "deal",
    "given",
    "hold_out",
    "leave_one_out",
    "published",
    "sequence_folds",
    "shuffled_folds",
    "subject_folds",
    "whole",
]

KFOLD_SEED = 20
"""The random state of the CK+ source's folds."""

GIVEN = {"train", "validate", "test", ""}
"""Parts that a data set may name; pictures of the part "" are left out."""

Mask = NDArray[np.bool_]


class Choice(NamedTuple):
    """Which fold of how many."""

    protocol: str
    fold: int
    folds: int
    seed: int


class Division(NamedTuple):
    """The pictures of one fold, (n,) each."""

    train: Mask
    test: Mask
    group: NDArray[np.str_]
    """What stays together when pictures are held out of the training part."""
    unit: str
    """What a group is: subjects, sequences or pictures."""
    validate: Mask | None = None
    """The set's own validation part."""
    notes: tuple[str, ...] = ()


def published(index: Index, choice: Choice, parts: Sequence[Sequence[str]]) -> Division:
    """Train on two parts of a published list of persons, test on the third.

    Raises:
        InputError: a person who is on no list, or a part of whom this copy has nobody.
    """
    persons = _persons(index, choice.protocol)
    listed = {name for part in parts for name in part}
    strangers = sorted(set(persons.tolist()) - listed)
    if strangers:
        raise InputError(
            f"{_some(strangers)} of {index.name} {'is' if len(strangers) == 1 else 'are'} not "
            f"among the {len(listed)} persons of {choice.protocol}: this is another set, or "
            "another copy of it; choose the protocol subject-folds"
        )
    tested = parts[TESTED_PART[choice.fold] - 1]
    test: Mask = np.isin(persons, tested)
    if not test.any() or test.all():
        side = f"tests {_some(tested)}" if not test.any() else "trains on the others"
        raise InputError(
            f"fold {choice.fold} of {choice.protocol} {side}, and this copy has pictures of "
            f"{_some(sorted(set(persons.tolist())))} only; complete the copy, choose another fold, "
            "or the protocol subject-folds"
        )
    absent = sorted(listed - set(persons.tolist()))
    notes = (f"Not the published split: this copy lacks {_some(absent)}.",) if absent else ()
    return Division(~test, test, persons, "subjects", notes=notes)


def subject_folds(index: Index, choice: Choice) -> Division:
    """Persons dealt into folds with about the same number of pictures.

    Raises:
        InputError: fewer persons than folds.
    """
    persons = _persons(index, choice.protocol)
    counts = Counter(persons.tolist())
    if len(counts) < choice.folds:
        raise InputError(
            f"{index.name} has pictures of {len(counts)} persons, too few for {choice.folds} "
            f"folds; ask for {len(counts)} folds at most"
        )
    tested = deal(counts, choice.folds, choice.seed)[choice.fold - 1]
    test: Mask = np.isin(persons, tested)
    return Division(~test, test, persons, "subjects")


def leave_one_out(index: Index, choice: Choice) -> Division:
    """Test one person, in the order of their names; train on all others."""
    persons = _persons(index, choice.protocol)
    test: Mask = persons == np.unique(persons)[choice.fold - 1]
    return Division(~test, test, persons, "subjects")


def sequence_folds(index: Index, choice: Choice) -> Division:
    """Sequences, in the order of their names, in shuffled folds: persons are on both sides.

    Raises:
        InputError: fewer sequences than folds.
    """
    sequence = np.array(index.sequence)
    names = np.unique(sequence)
    if len(names) < choice.folds:
        raise InputError(
            f"{index.name} has {len(names)} sequences, too few for {choice.folds} folds; "
            f"ask for {len(names)} folds at most"
        )
    tested = names[shuffled_folds(len(names), choice.folds, KFOLD_SEED)[choice.fold - 1]]
    test: Mask = np.isin(sequence, tested)
    both = set(np.array(index.subject)[test]) & set(np.array(index.subject)[~test]) - {""}
    return Division(~test, test, sequence, "sequences", notes=_leak(both))


def given(index: Index, choice: Choice) -> Division:
    """The set's own division.

    Raises:
        InputError: the set has none, or names other parts.
    """
    if index.part is None:
        raise InputError(
            f"{index.name} has no parts of its own for the protocol {choice.protocol}; "
            "choose the protocol subject-folds"
        )
    part = np.array(index.part)
    strange = sorted(set(index.part) - GIVEN)
    if strange:
        raise InputError(
            f"{index.name} names the parts {_some(strange)}, expected train, validate and test; "
            "choose another protocol"
        )
    for name in ("train", "test"):
        if name not in index.part:
            raise InputError(
                f"{index.name} has no picture of the part {name}; complete the copy, or choose "
                "another protocol"
            )
    persons = np.array(index.subject)
    if (persons == "").any():
        group, unit = np.arange(len(index)).astype(str), "pictures"
    else:
        group, unit = persons, "subjects"
    train, test = part == "train", part == "test"
    both = set(persons[train].tolist()) & set(persons[test].tolist()) - {""}
    validate = part == "validate" if "validate" in index.part else None
    return Division(train, test, group, unit, validate, _leak(both))


def whole(index: Index, choice: Choice) -> Division:  # noqa: ARG001 - there is nothing to choose
    """Everything is learned from, and nothing tested."""
    persons = np.array(index.subject)
    if (persons == "").any():
        persons = np.arange(len(index)).astype(str)
    every = np.ones(len(index), bool)
    return Division(every, ~every, persons, "subjects")


def deal(counts: dict[str, int], folds: int, seed: int) -> list[list[str]]:
    """Divide persons so that each fold has about the same number of pictures.

    The person with most pictures first, each into the fold that has fewest so far; the seed says
    in which order persons with the same number come.

    >>> deal({"a": 4, "b": 3, "c": 2, "d": 1}, 2, seed=0)
    [['a', 'd'], ['b', 'c']]
    """
    names = np.random.default_rng(seed).permutation(sorted(counts)).tolist()
    dealt: list[list[str]] = [[] for _ in range(folds)]
    filled = [0] * folds
    for name in sorted(names, key=lambda one: -counts[one]):
        place = min(range(folds), key=lambda at: (filled[at], len(dealt[at]), at))
        dealt[place].append(name)
        filled[place] += counts[name]
    return [sorted(part) for part in dealt]


def shuffled_folds(count: int, folds: int, random_state: int) -> list[NDArray[np.intp]]:
    """What ``KFold(folds, shuffle=True, random_state=...)`` of scikit-learn tests in each fold.

    >>> [part.tolist() for part in shuffled_folds(5, 2, 20)]
    [[0, 1, 4], [2, 3]]
    """
    order = np.arange(count)
    np.random.RandomState(random_state).shuffle(order)
    sizes = np.full(folds, count // folds)
    sizes[: count % folds] += 1
    return [np.sort(part) for part in np.split(order, np.cumsum(sizes)[:-1])]


def hold_out(division: Division, held: float, seed: tuple[int, int]) -> Mask:
    """Pictures of the training part that are held out: a share of its groups, at least one.

    Raises:
        InputError: nothing would be left to train on.
    """
    if division.validate is not None:
        return division.validate
    groups = np.unique(division.group[division.train])
    if held == 0:
        return np.zeros(len(division.train), bool)
    count = max(1, round(held * len(groups)))
    if count >= len(groups):
        raise InputError(
            f"the training part has {len(groups)} of the {division.unit} and {count} would be held "
            "out to choose the epoch by; hold out fewer (held=0 holds out none)"
        )
    chosen = np.random.default_rng(seed).permutation(groups)[:count]
    out: Mask = division.train & np.isin(division.group, chosen)
    return out


def _persons(index: Index, protocol: str) -> NDArray[np.str_]:
    persons = np.array(index.subject, dtype=np.str_)
    if (persons == "").any():
        raise InputError(
            f"{index.name} does not say who is in {int((persons == '').sum())} of "
            f"{len(index)} pictures, which {protocol} needs; choose the protocol given"
        )
    return persons


def _leak(both: set[str]) -> tuple[str, ...]:
    """What to say of persons on both sides."""
    are = "is" if len(both) == 1 else "are"
    return (f"Persons leak: {len(both)} {are} in training and in testing.",) if both else ()


def _some(names: Sequence[str], most: int = 5) -> str:
    """Names for a message.

    >>> _some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
