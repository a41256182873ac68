"""The default networks among those that are compared: what `mien analyze` says of one picture.

They read no aligned crop but a face with its mesh, which is found anew in the prepared picture: all
networks are asked of the same pixels. Each picture stands alone, without the person's neutral.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.analysis.reading import USUAL
from mien.analysis.sides import Sides
from mien.comparison.how import How
from mien.comparison.looks import AtHand, Looks
from mien.data.cache import Cache
from mien.data.synthesize import SETTINGS
from mien.errors import InputError
from mien.evaluation.evaluate import Evaluated, scored
from mien.facs.units import MAXIMUM
from mien.files import digest_of
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.values import Float32, Image, Scores

__all__ = ["WORD", "Shipped", "kind_of_pictures", "likelihood", "notes_of", "way_of"]

WORD = "default"
"""How the default networks are named; with a colon and a way to read the units after it."""

Rows = NDArray[np.intp]


def way_of(path: Path) -> str | None:
    """The way to read units that a word means: ``default``, ``default:mesh``; None of a path.

    >>> way_of(Path("default")), way_of(Path("default:mesh")), way_of(Path("runs/default"))
    ('picture', 'mesh', None)
    """
    word, _, way = str(path).partition(":")
    if word != WORD or path.exists():
        return None
    return way or USUAL


def kind_of_pictures(root: Path) -> str:
    """What a set of synthetic pictures is made of, see `mien.data.synthesize`; "" of any other."""
    for path in (root / SETTINGS, *sorted(root.glob(f"*/{SETTINGS}"))):
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["kind"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return ""


class Shipped:
    """The default networks as something that is put on trial, as `Subject` is of a run.

    Args:
        way: how they read the units.
        looks: shared by all ways, so that each face is looked for once.

    Raises:
        InputError: there is no such way.
    """

    recipe = None
    split = None
    data = ""

    def __init__(self, way: str, looks: Looks) -> None:
        self.way, self.looks = way, looks
        self.reading = looks.add(way)

    @property
    def name(self) -> str:
        """As it is typed."""
        return WORD if self.way == USUAL else f"{WORD}:{self.way}"

    @cached_property
    def parts(self) -> dict[str, tuple[Path, ModelSpec]]:
        """Its networks by their names, file and card of each; without those against a neutral."""
        found = {}
        for name in self.reading.files:
            path = self.looks.store.model_path(name)
            spec = Predictor(path).spec
            if not spec.reads.endswith("difference"):
                found[name] = (path, spec)
        return found

    @cached_property
    def spec(self) -> ModelSpec:
        """Card of what it says: units whose sides are averaged, as in the AU table."""
        units = Sides(self.reading.single).units
        cards = [spec for _, spec in self.parts.values()]
        return replace(
            self.reading.single,
            name=self.name,
            units=units,
            sides=("",) * len(units),
            trained_on="; ".join(dict.fromkeys(card.trained_on for card in cards)),
        )

    @property
    def precision(self) -> str:
        """How the weights of its networks are stored."""
        return "+".join(sorted({spec.precision for _, spec in self.parts.values()}))

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of every file that it takes, those that find the face too, by name."""
        names = ("face-short", "face-full", "face-mesh", *self.parts)
        return {name: digest_of(self.looks.store.model_path(name)) for name in names}

    @property
    def digest(self) -> str:
        """All of them."""
        return " ".join(self.digests.values())

    def owns(self, index: object) -> bool:  # noqa: ARG002 - as a run's subject is asked
        """Never: it divided no data set."""
        return False

    def cache_for(self, caches: Sequence[Cache]) -> Cache:
        """The preparation with the largest pictures, the first of these."""
        return max(caches, key=lambda one: one.aligned)

    def evaluate(self, cache: Cache, rows: Rows, how: How) -> Evaluated:
        """Score pictures in which a face was found before.

        Intensities are given as they are; as occurrence they are scores 0-1 that reach the
        threshold where the intensity says that a unit is there.

        Args:
            cache: prepared pictures.
            rows: (n,) which of them.
            how: what is asked.
        """
        occurs = how.task == "occurrence"
        output = "probability" if occurs else "intensity"
        spec = replace(self.spec, task=how.task, outputs=(output,))

        def read(wanted: Rows) -> Scores:
            said = Sides(self.reading.single).unit_values(self.looks.said(self.way, cache, wanted))
            if occurs:
                return Scores(probability=likelihood(said, how.shown, how.threshold))
            return Scores(intensity=said)

        return scored(spec, cache, rows, read, present=how.present, threshold=how.threshold)

    def at_hand(self, cache: Cache, rows: Rows) -> tuple[AtHand, Image]:
        """What reads faces whose meshes are found already, and their pictures."""
        images = np.stack([cache.image(int(row)) for row in rows])
        meshes = [
            self.looks.finder.mesh(image, cache.landmarks[row])
            for row, image in zip(rows.tolist(), images, strict=True)
        ]
        kept = [place for place, mesh in enumerate(meshes) if mesh is not None]
        return AtHand(self.reading, [m for m in meshes if m is not None]), images[kept]

    def warnings(self, root: Path, data: str) -> Iterator[str]:
        """Why its figures on these pictures may be too good."""
        kind = kind_of_pictures(root)
        if kind == "planted":
            yield (
                f"{data} is made of portraits with planted units, and {self.name} learned from "
                "such: where these are the portraits that it learned from, its figures are too good"
            )
        elif kind == "rendered":
            yield (
                f"{data} is rendered from the face model that {self.name} learned from: its "
                "figures are too good"
            )


def likelihood(intensity: Float32, shown: float, threshold: float) -> Float32:
    """Intensities 0-5 as scores 0-1 in the same order, ``threshold`` at the intensity ``shown``.

    In proportion below and above it, so that a score of 0 or 1 is an intensity of 0 or 5.

    Raises:
        InputError: the threshold is 0 or 1, which leaves no room on one side.

    >>> likelihood(np.array([0, 1, 2, 3.5, 5], np.float32), 2, 0.5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if not 0 < threshold < 1:
        raise InputError(
            f"with --threshold {threshold:g} the default networks say all units or none; give one "
            "between 0 and 1"
        )
    return np.interp(intensity, (0, shown, MAXIMUM), (0, threshold, 1)).astype(np.float32)


def notes_of(every: Sequence[tuple[Shipped, Cache]], shown: float | None) -> Iterator[str]:
    """How the default networks are asked, in sentences.

    Args:
        every: those that are compared, and the pictures that they read.
        shown: intensity from which they say that a unit is present; None of intensities.
    """
    if not every:
        return
    names = " and ".join(one.name for one, _ in every)
    cache = every[0][1]
    yield (
        f"{names}: face and mesh are found anew in the prepared pictures ({cache.template}, "
        f"{cache.aligned} px), and each picture is read by itself. mien analyze reads whole "
        "frames, and clips against the person's neutral."
    )
    if shown is not None:
        yield (
            f"{names}: a unit is present from intensity {shown:g} on. The scores are intensities, "
            "with the threshold at this one and in proportion below and above: no probabilities."
        )
    yield (
        f"{names}: learned from synthetic portraits and heads, from no person. Pictures that are "
        "made of the same portraits are not new to them."
    )
