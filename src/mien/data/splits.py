"""A split: which pictures of an index are trained on, chosen by and tested on; and its file."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Index, take
from mien.errors import InputError, ShapeError
from mien.files import write_whole

__all__ = ["PARTS", "Split", "keys_digest", "make_split", "read_split", "write_split"]

PARTS = ("train", "validate", "test")
"""Names of the parts, in order."""

FORMAT = 1
"""Number of the file format."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """The pictures of an index, divided."""

    data: str
    """Name of the data set."""
    protocol: str
    """One of `mien.data.protocols.PROTOCOLS`."""
    fold: int
    """From 1."""
    folds: int
    """How many folds there are."""
    held: float
    """Share of the training persons that was asked to be held out."""
    seed: int
    train: Rows
    """Rows of the index, ascending; so are the other two."""
    validate: Rows
    """Held out of the training part to choose the epoch by; may be empty."""
    test: Rows
    subjects: dict[str, tuple[str, ...]]
    """The persons of each part, sorted; none where each picture counts as a person of its own."""
    pictures: int
    """Rows of the index, those of no part included."""
    keys: str
    """sha256 of the keys of all rows: paths and frames, in order."""
    notes: tuple[str, ...] = ()
    """What a reader of results should know, in sentences."""

    def __post_init__(self) -> None:
        every = np.concatenate([self.train, self.validate, self.test])
        if len(np.unique(every)) != len(every):
            raise InputError(
                f"the parts of fold {self.fold} of {self.protocol} share pictures; "
                "expected each picture in one part at most"
            )
        strange = every[(every < 0) | (every >= self.pictures)]
        if len(strange):
            raise ShapeError(
                f"a part names row {strange[0]} of an index of {self.pictures} pictures; "
                "expected rows of this index"
            )

    def part(self, name: str) -> Rows:
        """The rows of "train", "validate" or "test"."""
        if name not in PARTS:
            raise InputError(f"{name!r} is no part of a split; there are {', '.join(PARTS)}")
        rows: Rows = getattr(self, name)
        return rows

    @property
    def digest(self) -> str:
        """sha256 over the name of the data set, the keys of its rows, and the parts."""
        parts = {name: _ranges(self.part(name)) for name in PARTS}
        text = json.dumps([self.data, self.keys, self.pictures, parts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, index: Index) -> None:
        """Refuse an index of which this is no split.

        Raises:
            InputError: the index has other pictures, or the same in another order.
        """
        if len(index) != self.pictures or keys_digest(index) != self.keys:
            raise InputError(
                f"the split (fold {self.fold} of {self.protocol}) was made of "
                f"{self.pictures} pictures of {self.data} and the index holds other pictures "
                f"({len(index)}); expected the same ones in the same order, so make the split anew"
            )

    def describe(self) -> str:
        """Sentences for a report: what was trained on and tested on, with the notes."""
        lines = [f"{self.data}, {self.protocol}, fold {self.fold} of {self.folds}:"]
        for name in PARTS:
            persons = len(self.subjects[name])
            of = f" of {persons} {'person' if persons == 1 else 'persons'}" if persons else ""
            count = len(self.part(name))
            lines.append(f"{name} {count} {'picture' if count == 1 else 'pictures'}{of};")
        lines.append(f"seed {self.seed}, digest {self.digest[:12]}.")
        return " ".join([*lines, *self.notes])


def make_split(
    index: Index,
    parts: dict[str, Rows],
    about: tuple[str, int, int],
    chosen: tuple[float, int],
    notes: tuple[str, ...],
) -> Split:
    """A split of an index.

    Args:
        index: the pictures.
        parts: rows of "train", "validate" and "test".
        about: the protocol, the fold, the number of folds.
        chosen: the share held out, the seed.
        notes: see `Split`.
    """
    rows = {name: np.sort(parts[name]).astype(np.intp) for name in PARTS}
    persons = {name: tuple(sorted(set(take(index.subject, rows[name])) - {""})) for name in PARTS}
    if len(index) == len(set(index.subject)):
        persons = dict.fromkeys(PARTS, ())
        notes = (*notes, "Who is in which picture is not known: each counts as a person.")
    (protocol, fold, folds), (held, seed) = about, chosen
    return Split(
        data=index.name,
        protocol=protocol,
        fold=fold,
        folds=folds,
        held=held,
        seed=seed,
        train=rows["train"],
        validate=rows["validate"],
        test=rows["test"],
        subjects=persons,
        pictures=len(index),
        keys=keys_digest(index),
        notes=notes,
    )


def keys_digest(index: Index) -> str:
    """sha256 of what names each row, in order: the path under the root, and the frame."""
    text = "\n".join(f"{p}#{f}" for p, f in zip(index.path, index.frame.tolist(), strict=True))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def write_split(split: Split, path: Path) -> None:
    """Write a split as JSON, with its digest.

    Raises:
        InputError: the file cannot be written.
    """
    values = {
        "format": FORMAT,
        "data": split.data,
        "protocol": split.protocol,
        "fold": split.fold,
        "folds": split.folds,
        "held": split.held,
        "seed": split.seed,
        "pictures": split.pictures,
        "keys": split.keys,
        "parts": {
            name: {
                "subjects": list(split.subjects[name]),
                "pictures": len(split.part(name)),
                "rows": _ranges(split.part(name)),
            }
            for name in PARTS
        },
        "notes": list(split.notes),
        "digest": split.digest,
    }
    write_whole(path, json.dumps(values, indent=1) + "\n")


def read_split(path: Path) -> Split:
    """Read a split and verify its digest.

    Raises:
        InputError: no such file, no split, of another format, or it was changed by hand.
    """
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise InputError(
                f"{path} is a split of format {values['format']}, this version reads {FORMAT}; "
                "make the split anew, or use the version of mien that wrote it"
            )
        parts = values["parts"]
        split = Split(
            data=values["data"],
            protocol=values["protocol"],
            fold=values["fold"],
            folds=values["folds"],
            held=values["held"],
            seed=values["seed"],
            train=_rows(parts["train"]["rows"]),
            validate=_rows(parts["validate"]["rows"]),
            test=_rows(parts["test"]["rows"]),
            subjects={name: tuple(parts[name]["subjects"]) for name in PARTS},
            pictures=values["pictures"],
            keys=values["keys"],
            notes=tuple(values["notes"]),
        )
        written = values["digest"]
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}); expected a file of a split"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is no file of a split ({error}); expected one written by mien train"
        ) from error
    if split.digest != written:
        raise InputError(
            f"{path} was changed after it was written: its parts have the digest "
            f"{split.digest[:12]} and the file says {str(written)[:12]}; make the split anew"
        )
    return split


def _ranges(rows: Rows) -> list[list[int]]:
    """Ascending rows as pairs of first and last.

    >>> _ranges(np.array([0, 1, 2, 7]))
    [[0, 2], [7, 7]]
    """
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) != 1)
    first, last = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]]
    return [[int(a), int(b)] for a, b in zip(first, last, strict=True)]


def _rows(ranges: list[list[int]]) -> Rows:
    parts = [np.arange(first, last + 1, dtype=np.intp) for first, last in ranges]
    return np.concatenate([np.empty(0, np.intp), *parts])
