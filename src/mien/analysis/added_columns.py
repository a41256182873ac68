"""What the numbers of added networks become in the AU table."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from mien.analysis.sides import Sides
from mien.errors import InputError
from mien.results.table import class_column
from mien.spec import ModelSpec
from mien.values import Float32

__all__ = ["AddedColumns"]

Key = tuple[int, str]
"""Unit and side."""


class AddedColumns:
    """Columns by their networks' cards.

    An intensity network takes the place of the default reading of its units; where it has no sides,
    the table has none either. Occurrence gives ``AU12_p``, the larger of two sides. An expression
    network gives a column for each class, and ``expression``, the most probable. A network may
    give all of these from one pass.

    Args:
        specs: the cards.

    Raises:
        InputError: two networks give the same column.
    """

    def __init__(self, specs: Sequence[ModelSpec]) -> None:
        self.specs = tuple(specs)
        self.places: list[dict[str, slice]] = []
        """For each network, where the numbers of each output stand."""
        self.width = 0
        """How many numbers all give for a face."""
        for spec in self.specs:
            mine = {}
            for output in spec.outputs:
                if output not in ("maps", "landmarks", "relations"):
                    count = len(spec.classes if output == "expression" else spec.keys(output))
                    mine[output] = slice(self.width, self.width + count)
                    self.width += count
            self.places.append(mine)
        self._refuse_twice()

    @cached_property
    def probability(self) -> dict[int, list[int]]:
        """For each unit, where its probabilities stand."""
        found: dict[int, list[int]] = {}
        for place, (unit, _), _ in self._of("probability"):
            found.setdefault(unit, []).append(place)
        return found

    @cached_property
    def intensity(self) -> dict[Key, int]:
        """Where the intensity of each unit and side stands."""
        return {key: place for place, key, _ in self._of("intensity")}

    @cached_property
    def classes(self) -> dict[str, int]:
        """Where the probability of each expression class stands."""
        return {
            name: place.start + number
            for spec, mine in zip(self.specs, self.places, strict=True)
            if (place := mine.get("expression")) is not None
            for number, name in enumerate(spec.classes)
        }

    def unit_columns(self, spec: ModelSpec) -> tuple[str, ...]:
        """Names of all columns of units in their order: AU12, AU12_L, AU12_R, AU12_p, AU14.

        Args:
            spec: the default network's card.
        """
        names = [*Sides(self.layout(spec)).columns, *(f"AU{unit}_p" for unit in self.probability)]
        return tuple(sorted(names, key=lambda name: int(name[2:].partition("_")[0])))

    def layout(self, spec: ModelSpec) -> ModelSpec:
        """The default network's card, the units of the intensity networks in place of its own."""
        keys = [
            *(key for key in spec.keys("intensity") if key[0] not in self._taken),
            *self.intensity,
        ]
        return replace(
            spec, units=tuple(unit for unit, _ in keys), sides=tuple(side for _, side in keys)
        )

    def intensities(self, values: Float32, added: Float32, spec: ModelSpec) -> Float32:
        """Intensities in the order of ``layout``.

        Args:
            values: (n, k) of the default network.
            added: (n, width) of the added ones.
            spec: the default network's card.
        """
        if not self.intensity:
            return values
        kept = [
            place for place, key in enumerate(spec.keys("intensity")) if key[0] not in self._taken
        ]
        return np.concatenate([values[:, kept], added[:, list(self.intensity.values())]], axis=1)

    def columns(self, added: Float32) -> dict[str, list[object] | Float32]:
        """The columns that only the added networks give, from (n, width)."""
        found: dict[str, list[object] | Float32] = {
            f"AU{unit}_p": added[:, places].max(axis=1) for unit, places in self.probability.items()
        }
        if self.classes:
            chances = added[:, list(self.classes.values())]
            found |= dict(
                zip((class_column(name).name for name in self.classes), chances.T, strict=True)
            )
            names, seen = list(self.classes), ~np.isnan(chances.sum(axis=1))
            best = np.where(seen[:, None], chances, 0).argmax(axis=1)
            found["expression"] = [
                names[place] if there else None
                for place, there in zip(best.tolist(), seen.tolist(), strict=True)
            ]
        return found

    def marks(self) -> dict[str, dict[str, str]]:
        """Metadata of each column: the network, and how far it can be trusted if that is known."""
        marks: dict[str, dict[str, str]] = {}
        for output in ("probability", "intensity"):
            for _, (unit, side), spec in self._of(output):
                how = dict(spec.reliability).get(unit)
                mark = {"model": spec.name} | ({"reliability": how} if how else {})
                ends = ["_p"] if output == "probability" else ["", f"_{side}"] if side else [""]
                marks |= {f"AU{unit}{end}": mark for end in ends}
        for spec in self.specs:
            if "expression" in spec.outputs:
                names = [*(class_column(name).name for name in spec.classes), "expression"]
                marks |= {name: {"model": spec.name} for name in names}
        return marks

    @cached_property
    def _taken(self) -> frozenset[int]:
        """Units whose intensity is no longer the default network's."""
        return frozenset(unit for unit, _ in self.intensity)

    def _of(self, output: str) -> Iterable[tuple[int, Key, ModelSpec]]:
        """Place, unit with side, and card of every number of an output."""
        for spec, mine in zip(self.specs, self.places, strict=True):
            if (place := mine.get(output)) is not None:
                for number, key in enumerate(spec.keys(output)):
                    yield place.start + number, key, spec

    def _refuse_twice(self) -> None:
        """Raise InputError where two networks give the same."""
        givers: dict[str, ModelSpec] = {}
        for spec, mine in zip(self.specs, self.places, strict=True):
            gives = {"expressions"} if "expression" in mine else set()
            for output, end in (("intensity", ""), ("probability", "_p")):
                gives |= {f"AU{unit}{end}" for unit, _ in spec.keys(output) if output in mine}
            if both := sorted(gives & givers.keys()):
                raise InputError(
                    f"{givers[both[0]].name} and {spec.name} both give {', '.join(both)}; "
                    "give one network for each"
                )
            givers |= dict.fromkeys(gives, spec)
