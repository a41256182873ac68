"""Whether a recipe fits a prepared data set; known without the learning half."""

from mien.data.balance import WEIGHTS
from mien.data.cache import Cache
from mien.data.protocols import fold_count
from mien.errors import InputError
from mien.training.recipe import Recipe

__all__ = ["check_data", "check_fold", "classes_of"]


def check_data(recipe: Recipe, cache: Cache) -> None:
    """Refuse another data set, another alignment, and labels that it does not have.

    Raises:
        InputError: the recipe does not fit the data.
    """
    data, name = recipe.data, cache.index.name
    if name != data.name:
        raise InputError(
            f"{recipe.name} is for the data set {data.name}, but {cache.folder} holds {name}; give "
            f"the right folder, or --set data.name={name}"
        )
    if (cache.template, cache.aligned) != (data.template, data.aligned):
        raise InputError(
            f"{recipe.name} reads faces aligned as {data.template} at {data.aligned} px, but "
            f"{cache.folder} holds {cache.template} at {cache.aligned} px; prepare it with: "
            f"mien datasets prepare {name} --template {data.template} --size {data.aligned}"
        )
    if data.size > data.aligned:
        raise InputError(
            f"data.size is {data.size}, larger than the aligned picture of {data.aligned} px"
        )
    if data.weights not in WEIGHTS:
        known = ", ".join(WEIGHTS)
        raise InputError(f"data.weights is {data.weights!r}, and there are {known}")
    if data.sampler == "balanced" and data.task != "expression":
        raise InputError(
            f"data.sampler=balanced draws classes of expressions, and the task is {data.task}; set "
            "data.sampler=shuffle"
        )
    _check_units(recipe, cache)


def check_fold(recipe: Recipe, cache: Cache, fold: int | None) -> None:
    """Refuse a fold that the protocol does not have; None is all of them.

    Raises:
        InputError: there is no such fold, or no such protocol.
    """
    protocol = recipe.data.protocol
    count = fold_count(cache.index, protocol, recipe.data.folds)
    if fold is not None and not 1 <= fold <= count:
        raise InputError(f"there is no fold {fold} of {protocol}; choose one from 1 to {count}")


def classes_of(cache: Cache) -> tuple[str, ...]:
    """Names of the expressions of a set.

    Raises:
        InputError: it has none.
    """
    if cache.index.expression is None:
        raise InputError(
            f"{cache.index.name} has no expressions; set data.task to occurrence or intensity"
        )
    return cache.index.expression.classes


def _check_units(recipe: Recipe, cache: Cache) -> None:
    """Refuse units with expressions; else none, the same twice, and those not labelled."""
    data = recipe.data
    if not recipe.labelled:
        if data.units or data.weights != "none":
            raise InputError(
                f"{recipe.name} learns without labels, and data.units or data.weights are set; "
                "set data.units= to nothing and data.weights=none"
            )
    elif data.task == "expression":
        if data.units:
            raise InputError(
                f"{recipe.name} names units, but its task is expression; "
                "set data.units= to nothing, or data.task=occurrence"
            )
        classes_of(cache)
    elif not data.units:
        raise InputError(f"{recipe.name} names no units; set them: --set data.units=1,2,4")
    elif len(set(data.units)) != len(data.units):
        raise InputError(f"data.units names one of {data.units} twice; expected each once")
    else:
        index = cache.index
        labels = index.intensity if data.task == "intensity" else index.occurrence
        if labels is None and data.task == "occurrence":
            labels = index.intensity
        if labels is not None and (silent := set(data.units) - set(labels.units)):
            lacking = ", ".join(f"AU{unit}" for unit in sorted(silent))
            raise InputError(f"{index.name} does not label {lacking}; leave it out of data.units")
