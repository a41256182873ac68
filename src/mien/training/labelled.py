"""The pictures of a part that say anything of what a recipe learns."""

import numpy as np
from numpy.typing import NDArray

from mien.data.loading import CropDataset
from mien.errors import InputError
from mien.training.recipe import Recipe

__all__ = ["labelled"]


def labelled(part: CropDataset, name: str, recipe: Recipe) -> CropDataset:
    """The pictures of a part that say anything, and the refusal of units nowhere known in it."""
    units = recipe.data.units
    if name == "train":
        _check_units(recipe, units, part.known, "data.units")
        for task, known in part.beside.items():
            if not known.any():
                raise InputError(
                    f"{recipe.data.name} says {task} of no picture of the training part, and "
                    f"{recipe.model.name} has a head for it; leave that out of model.options"
                )
            _check_units(recipe, part.view.detected, known, "model.options.detected")
    keep = _said(part.known)
    for known in part.beside.values():
        keep |= _said(known)
    if not keep.any():
        raise InputError(
            f"no picture of the part {name!r} of {recipe.data.name} has a label that "
            f"{recipe.name} learns; choose other units or another task"
        )
    if keep.all():
        return part
    return CropDataset(part.cache, part.rows[keep], part.view, part.augment, part.seed)


def _said(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n,): whether anything is known of each picture."""
    return np.asarray(known.reshape(len(known), -1).any(axis=1))


def _check_units(
    recipe: Recipe, units: tuple[int, ...], known: NDArray[np.bool_], setting: str
) -> None:
    """Refuse units that nobody can learn; of expressions, (n,), there are none."""
    learned: list[bool] = known.any(axis=0).tolist() if known.ndim == 2 else []  # type: ignore[assignment]
    if silent := [unit for unit, said in zip(units, learned, strict=False) if not said]:
        lacking = ", ".join(f"AU{unit}" for unit in silent)
        raise InputError(
            f"{recipe.data.name} does not label {lacking} in any picture of the training part; "
            f"leave it out of {setting}"
        )
