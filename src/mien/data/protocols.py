"""Protocols: how a data set is divided for training and testing, by name.

Persons are never on both sides, except under the one name that says so and where a set's own
parts do; such a split carries a note.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from mien.data import divide
from mien.data.divide import Choice, Division
from mien.data.labels import Index
from mien.data.published import BP4D_PARTS, DISFA_PARTS
from mien.data.splits import PARTS, Split, make_split
from mien.errors import InputError

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "fold_count",
    "split",
]


class Protocol(NamedTuple):
    """A way to divide."""

    divide: Callable[[Index, Choice], Division]
    folds: int | None
    """How many; None: as many as asked for."""
    text: str
    """What it is, in one sentence."""
    apart: bool = True
    """Whether it keeps persons apart, so that each is tested in one fold."""


PER_SUBJECT = 0
"""Folds of a protocol that has one for each person."""

PROTOCOLS: dict[str, Protocol] = {
    "subject-folds": Protocol(
        divide.subject_folds,
        None,
        "Persons dealt into folds with about the same number of pictures; nobody on both sides.",
    ),
    "leave-one-subject-out": Protocol(
        divide.leave_one_out, PER_SUBJECT, "One fold for each person, who is tested on alone."
    ),
    "bp4d-three-folds": Protocol(
        partial(divide.published, parts=BP4D_PARTS),
        3,
        "The published lists of 41 persons of BP4D: folds 1, 2, 3 test the parts 3, 2, 1.",
    ),
    "disfa-three-folds": Protocol(
        partial(divide.published, parts=DISFA_PARTS),
        3,
        "The published lists of 27 persons of DISFA: folds 1, 2, 3 test the parts 3, 2, 1.",
    ),
    "given": Protocol(
        divide.given,
        1,
        "The set's own training and testing parts, as RAF-DB has them.",
        apart=False,
    ),
    "whole": Protocol(
        divide.whole,
        1,
        "Everything is learned from, nothing tested: for learning without labels.",
    ),
    "sequence-folds-leaking": Protocol(
        divide.sequence_folds,
        None,
        "Shuffled folds of sequences as in published CK+ figures: persons LEAK from training to "
        "testing, and figures come out too high.",
        apart=False,
    ),
}
"""Every protocol by name; persons are kept apart unless the name says otherwise."""


def fold_count(index: Index, protocol: str, folds: int = 10) -> int:
    """How many folds a protocol has on a data set; they are numbered from 1.

    Raises:
        InputError: no such protocol, or fewer than two folds asked for.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"{protocol!r} is no protocol; there are {', '.join(PROTOCOLS)}")
    fixed = PROTOCOLS[protocol].folds
    if fixed == PER_SUBJECT:
        fixed = len(set(index.subject))
    elif fixed is None:
        fixed = folds
    if fixed < 2 and PROTOCOLS[protocol].folds != 1:
        raise InputError(
            f"{protocol} of {index.name} would have {fixed} fold, expected 2 or more; "
            "ask for more folds, or bring more persons"
        )
    return fixed


def split(
    index: Index, protocol: str, fold: int, *, folds: int = 10, held: float = 0.1, seed: int = 0
) -> Split:
    """Divide the pictures of an index for one fold.

    Args:
        index: the pictures; their order and names decide, with the seed, about the parts.
        protocol: one of PROTOCOLS.
        fold: from 1.
        folds: how many, where the protocol leaves it open.
        held: share, from 0 to below 1, of the training persons whose pictures become the
            validation part; at least one unless 0. Sequences instead of persons where persons
            leak anyway, pictures where nobody knows the persons. A set's own validation part
            goes before.
        seed: of ties between persons and of who is held out.

    Raises:
        InputError: the protocol or fold does not exist, does not fit the set, or leaves a part
            empty.
    """
    count = fold_count(index, protocol, folds)
    if not 1 <= fold <= count:
        raise InputError(f"there is no fold {fold} of {protocol}; choose one from 1 to {count}")
    if not 0 <= held < 1:
        raise InputError(f"held is {held}, expected a share from 0 to below 1, such as 0.1")
    division = PROTOCOLS[protocol].divide(index, Choice(protocol, fold, count, seed))
    validate = divide.hold_out(division, held, (seed, fold))
    masks = {"train": division.train & ~validate, "validate": validate, "test": division.test}
    parts = {name: np.flatnonzero(masks[name]) for name in PARTS}
    about = protocol, fold, count
    return make_split(index, parts, about, (held, seed), division.notes)
