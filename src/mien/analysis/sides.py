"""A network's outputs as units: one value per unit, and one per side where the unit has sides."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mien.spec import ModelSpec
from mien.values import Float32

__all__ = ["Sides"]


class Sides:
    """Order and meaning of a network's outputs.

    Args:
        spec: the network's card.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._keys = tuple(zip(spec.units, spec.sides, strict=True))

    @cached_property
    def units(self) -> tuple[int, ...]:
        """Numbers of the units, ascending."""
        return tuple(sorted({unit for unit, _ in self._keys}))

    @cached_property
    def sided(self) -> tuple[tuple[int, str], ...]:
        """Unit and side of the outputs that have a side, ascending, L before R."""
        return tuple(sorted(key for key in self._keys if key[1]))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the AU table's columns: each unit, followed by its sides."""
        names: list[str] = []
        for unit in self.units:
            names.append(f"AU{unit}")
            names += [f"AU{unit}_{side}" for number, side in self.sided if number == unit]
        return tuple(names)

    @cached_property
    def _mean(self) -> Float32:
        """(k, u): each unit as the mean of its outputs."""
        matrix = np.array(
            [[unit == key[0] for unit in self.units] for key in self._keys], np.float32
        )
        return np.asarray(matrix / matrix.sum(axis=0), np.float32)

    def unit_values(self, values: Float32) -> Float32:
        """Outputs (n, k) as units (n, u): a sided unit is the mean of its sides."""
        return np.asarray(values @ self._mean, np.float32)

    def sided_values(self, values: Float32) -> Float32:
        """Outputs (n, k) as sided units (n, s)."""
        return values[:, [self._keys.index(key) for key in self.sided]]

    def outputs_of(self, units: Sequence[int]) -> NDArray[np.bool_]:
        """(k,) True for the outputs of these units."""
        return np.array([unit in units for unit, _ in self._keys], bool)
