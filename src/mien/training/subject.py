"""What is put on trial: a network with the run that it comes from, and whom that run learned from.

Needs no torch: the network is asked through its ONNX file.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.labels import Index, take
from mien.data.splits import Split, keys_digest, read_split
from mien.files import digest_of
from mien.runtime import Predictor, crop_threads, find_model
from mien.spec import ModelSpec
from mien.training.recipe import Recipe
from mien.training.runfolder import RECIPE, RUN, SPLIT, read_recipe, read_run

__all__ = ["Leak", "Subject", "leak_of", "open_subject", "warnings_of"]

Rows = NDArray[np.intp]

BORROWED = frozenset({"joined", "lists", "table"})
"""Sets that may hold persons of others, by the same name."""

NAMED = 5
"""Persons named in a warning."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is put on trial: a network, and the run it comes from if that is known."""

    file: Path
    predictor: Predictor
    recipe: Recipe | None = None
    split: Split | None = None
    data: str = ""
    """Digest of the prepared set that the run learned from."""

    @property
    def spec(self) -> ModelSpec:
        """The card of the network."""
        return self.predictor.spec

    @property
    def precision(self) -> str:
        """How its weights are stored."""
        return self.spec.precision

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return digest_of(self.file)

    def owns(self, index: Index) -> bool:
        """Whether these are the very pictures that the run divided."""
        return (
            self.split is not None
            and self.split.data == index.name
            and self.split.pictures == len(index)
            and self.split.keys == keys_digest(index)
        )


def open_subject(model: Path) -> Subject:
    """Open a run folder or an ONNX file; the file may lie in the folder of its run.

    Raises:
        InputError: there is no such file, or the run folder is damaged.
        WeightsError: it is no network of ours, or a detector.
    """
    file = find_model(model)
    predictor = Predictor(file, crop_threads())  # refuses a detector, whose recipe is another's
    folder = file.parent
    recipe = read_recipe(folder) if (folder / RECIPE).is_file() else None
    parts = read_split(folder / SPLIT) if recipe and (folder / SPLIT).is_file() else None
    data = str(read_run(folder)["data"]) if recipe and (folder / RUN).is_file() else ""
    return Subject(file, predictor, recipe, parts, data)


@dataclass(frozen=True)
class Leak:
    """What a network has learned from of the pictures that it is asked of."""

    persons: tuple[str, ...] = ()
    """Those that were in its training or validation part, sorted."""
    of: int = 0
    """Persons among the pictures."""
    pictures: int = 0
    """Pictures that it learned from, where nobody knows the persons."""
    asked: int = 0
    """Pictures in all."""

    def __bool__(self) -> bool:
        return bool(self.persons or self.pictures)

    def __str__(self) -> str:
        """Who, or how many, in the words of a warning."""
        if not self.persons:
            return f"{self.pictures} of the {self.asked} evaluated pictures"
        named = ", ".join(self.persons[:NAMED]) + (", ..." if len(self.persons) > NAMED else "")
        return f"{len(self.persons)} of the {self.of} evaluated persons ({named})"


def leak_of(subject: Subject, index: Index, rows: Rows) -> Leak:
    """Persons, or pictures, of these rows that the run of a network learned from, as far as known.

    A person is known by name, within one data set; a set of lists or a table may hold persons of
    any.
    """
    parts = subject.split
    if parts is None:
        return Leak()
    learned = {*parts.subjects["train"], *parts.subjects["validate"]}
    people = set(take(index.subject, rows)) - {""}
    shared = tuple(sorted(learned & people))
    if shared and (parts.data == index.name or BORROWED & {parts.data, index.name}):
        return Leak(shared, len(people))
    if subject.owns(index) and not learned:
        seen = np.isin(rows, np.concatenate([parts.train, parts.validate])).sum()
        return Leak(pictures=int(seen), asked=len(rows))
    return Leak()


def warnings_of(subject: Subject, index: Index, rows: Rows) -> tuple[str, ...]:
    """What makes the figures of a network on these rows better than they are."""
    name = subject.predictor.spec.name
    if subject.split is None:
        return (
            f"it is not known whom {name} was trained on: if persons of these pictures were among "
            "them, the figures are too good; evaluate the run folder to have this looked up",
        )
    if leak := leak_of(subject, index, rows):
        return (f"{leak} were in the training part of {name}: the figures are too good",)
    return ()
